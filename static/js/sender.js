/** Empties the outbox over the connection: one message at a time, in order, each until it is told. */

import { Disconnected, action, bytesOf } from "./protocol.js";

const RETRY_MS = 1_000;
const FRAME_BYTES = 65_536;

export class Sender {
  #chatId;
  #outbox;
  #connection;
  #rest;
  #unsent;
  #alarms;
  #clock;
  #listener;
  #isBusy = false;
  #hasToGoOn = false;
  #isStopped = false;
  #frameBytes = FRAME_BYTES;

  /** The listener is told `onStored(message)` and `onOutbox()` whenever the outbox changed. */
  constructor({ chatId, outbox, connection, rest, unsent, alarms, clock, listener }) {
    this.#chatId = chatId;
    this.#outbox = outbox;
    this.#connection = connection;
    this.#rest = rest;
    this.#unsent = unsent;
    this.#alarms = alarms;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Subscribed: what the server takes, and a good moment to try. */
  open({ frameBytes }) {
    this.#frameBytes = frameBytes;
    this.#alarms.cancel("send");
    this.flush();
  }

  /** For good, in this page: what was not sent stays to be seen. */
  close() {
    this.#isStopped = true;
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
      while (this.#isFree && !this.#outbox.isEmpty && (await this.#alone())) {
        this.#listener.onOutbox();
      }
    }
    this.#isBusy = false;
    this.#listener.onOutbox();
  }

  get #isFree() {
    return !this.#isStopped && this.#connection.isReady && !this.#alarms.has("send");
  }

  #alone() {
    if (!this.#unsent) {
      return this.#sendOne();
    }
    return this.#unsent.alone(`chatrouting send ${this.#chatId}`, async () => {
      await this.#outbox.refresh(); // another tab may have been here before
      return this.#sendOne();
    });
  }

  /** Returns whether to go on. */
  async #sendOne() {
    const entry = this.#isFree ? this.#outbox.next() : null;
    const wait = (entry?.retryAt ?? 0) - this.#clock();
    if (entry === null || wait > 0) {
      if (wait > 0) {
        this.#wait(wait);
      }
      return false;
    }
    try {
      const { message, placeholder } = await this.#call(action.send(this.#chatId, entry));
      this.#outbox.settle(entry.clientMessageId);
      [message, placeholder].filter(Boolean).forEach((stored) => this.#listener.onStored(stored));
      return true;
    } catch (problem) {
      return this.#refused(entry.clientMessageId, problem);
    }
  }

  #call(frame) {
    const fits = bytesOf(frame) <= this.#frameBytes;
    return fits ? this.#connection.call(frame) : this.#rest.call(frame);
  }

  /** Not knowing, or being told to wait, means the same message again; a clear no means no. */
  #refused(clientMessageId, problem) {
    if (problem instanceof Disconnected) {
      this.#wait(RETRY_MS); // a break cancels it, and coming back tries at once
      return false;
    }
    if (problem.retryable) {
      const wait = problem.retryAfterMs ?? RETRY_MS;
      this.#outbox.postpone(clientMessageId, this.#clock() + wait);
      this.#wait(wait);
      return false;
    }
    this.#outbox.refuse(clientMessageId, problem);
    return true;
  }

  #wait(ms) {
    this.#alarms.first("send", ms, () => this.flush());
  }
}
