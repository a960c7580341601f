/** Empties the outbox over the connection: one message at a time, in order, each until it is told. */

import { Disconnected, action, bytesOf } from "./protocol.js";

const RETRY_MS = 1_000;

export class Sender {
  #chat;
  #isBusy = false;
  #hasToGoOn = false;

  /** `chat` has the outbox, and is told `onStored(message)`, and `onOutbox()` when that changed. */
  constructor(chat) {
    this.#chat = chat;
  }

  /** Whatever can be sent now is, by one tab at a time. */
  async flush() {
    this.#hasToGoOn = true;
    if (this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    while (this.#hasToGoOn) {
      this.#hasToGoOn = false;
      while (this.#isFree && !this.#chat.outbox.isEmpty && (await this.#alone())) {
        this.#chat.onOutbox();
      }
    }
    this.#isBusy = false;
    this.#chat.onOutbox();
  }

  get #isFree() {
    const { stopped, connection, alarms } = this.#chat;
    return stopped === null && connection.isReady && !alarms.has("send");
  }

  #alone() {
    const { chatId, unsent, outbox } = this.#chat;
    if (!unsent) {
      return this.#sendOne();
    }
    return unsent.alone(`chatrouting send ${chatId}`, async () => {
      await outbox.refresh(); // another tab may have been here before
      return this.#sendOne();
    });
  }

  async #sendOne() {
    const { chatId, outbox, clock } = this.#chat;
    const entry = this.#isFree ? outbox.next() : null;
    const wait = (entry?.retryAt ?? 0) - clock();
    if (wait > 0) {
      this.#wait(wait);
    }
    if (entry === null || wait > 0) {
      return false;
    }
    try {
      const { message, placeholder } = await this.#call(action.send(chatId, entry));
      outbox.settle(entry.clientMessageId);
      [message, placeholder].filter(Boolean).forEach((stored) => this.#chat.onStored(stored));
      return true;
    } catch (problem) {
      return this.#refused(entry.clientMessageId, problem);
    }
  }

  #call(frame) {
    const { connection, rest, frameBytes } = this.#chat;
    return (bytesOf(frame) <= frameBytes ? connection : rest).call(frame);
  }

  /** Not knowing, or being told to wait, means the same message again; a clear no means no. */
  #refused(clientMessageId, problem) {
    const { outbox, clock } = this.#chat;
    const isUnknown = problem instanceof Disconnected;
    if (!isUnknown && !problem.retryable) {
      outbox.refuse(clientMessageId, problem);
      return true;
    }
    const wait = problem.retryAfterMs ?? RETRY_MS;
    if (!isUnknown) {
      outbox.postpone(clientMessageId, clock() + wait);
    }
    this.#wait(wait); // a break cancels it, and coming back tries at once
    return false;
  }

  #wait(ms) {
    this.#chat.alarms.first("send", ms, () => this.flush());
  }
}
