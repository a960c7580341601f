/** The messages that others reply to: known already, or looked up, many at once. */

import { Backoff } from "./backoff.js";

const MOST_KEPT = 500;
const MOST_AT_ONCE = 100;

export class Quotes {
  #chat;
  #found = new Map();
  #wanted = new Set();
  #backoff;

  constructor(chat) {
    this.#chat = chat;
    this.#backoff = chat.backoff ?? new Backoff();
  }

  /** The message; null where there is none; undefined while that is not known. */
  get(messageId) {
    if (!this.#found.has(messageId)) {
      if (this.#wanted.size === 0) {
        queueMicrotask(() => this.#ask());
      }
      this.#wanted.add(messageId);
    }
    return this.#found.get(messageId);
  }

  put(message) {
    if (this.#found.get(message.messageId)?.rev < message.rev) {
      this.#found.set(message.messageId, message);
    }
  }

  /** What is kept may have changed unheard, and what could not be had may be there now. */
  renew() {
    this.#found.clear();
    this.#wanted.clear();
  }

  async #ask() {
    const messageIds = [...this.#wanted].slice(0, MOST_AT_ONCE);
    if (messageIds.length === 0) {
      return;
    }
    try {
      const messages = await this.#chat.lookUp(messageIds);
      this.#backoff.reset();
      messageIds.forEach((messageId) => this.#settle(messageId, messages));
      this.#chat.onChange();
      this.#ask(); // what did not fit, or is new
    } catch ({ retryable = true }) {
      if (retryable) {
        this.#chat.alarms.first("quotes", this.#backoff.next(), () => this.#ask());
      }
    }
  }

  #settle(messageId, messages) {
    this.#found.set(messageId, messages.find((message) => message.messageId === messageId) ?? null);
    this.#wanted.delete(messageId);
    if (this.#found.size > MOST_KEPT) {
      this.#found.delete(this.#found.keys().next().value);
    }
  }
}
