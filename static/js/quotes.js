/** The messages that others reply to, looked up many at a time. */

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

  /** Null where there is none, undefined while that is not known. */
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

  /** What changed unheard, or could not be had, may be otherwise now. */
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
      this.#take(messageIds, await this.#chat.lookUp(messageIds));
      this.#ask(); // for what did not fit, or was wanted meanwhile
    } catch ({ retryable = true }) {
      if (retryable) {
        this.#chat.alarms.first("quotes", this.#backoff.next(), () => this.#ask());
      }
    }
  }

  #take(messageIds, messages) {
    this.#backoff.reset();
    messageIds.forEach((messageId) => this.#found.set(messageId, null));
    messageIds.forEach((messageId) => this.#wanted.delete(messageId));
    messages.forEach((message) => this.#found.set(message.messageId, message));
    [...this.#found.keys()].slice(0, -MOST_KEPT).forEach((messageId) => this.#found.delete(messageId));
    this.#chat.onChange();
  }
}
