/** Empties the outbox over the connection: one message at a time, in order, each until it is told. */

import { Disconnected, action, bytesOf } from "./protocol.js";

const RETRY_MS = 1_000;

export class Sender {
  #chatId;
  #outbox;
  #connection;
  #alarms;
  #listener;
  #frameBytes = null;

  /** The listener is told `onStored(message)` and `onOutbox()` whenever the outbox changed. */
  constructor({ chatId, outbox, connection, alarms, listener }) {
    this.#chatId = chatId;
    this.#outbox = outbox;
    this.#connection = connection;
    this.#alarms = alarms;
    this.#listener = listener;
  }

  /** From the first subscription on; before it nobody knows whether sockets work from here. */
  open({ frameBytes }) {
    this.#frameBytes = frameBytes;
    this.flush();
  }

  /** For good: what was not sent stays to be seen, with the reason. */
  close(reason) {
    this.#frameBytes = null;
    this.#outbox.entries.forEach((entry) => this.#outbox.refuse(entry.clientMessageId, reason));
    this.#listener.onOutbox();
  }

  /** Returns false for what has to go another way. */
  offer(clientMessageId, what) {
    const frame = action.send(this.#chatId, { ...what, clientMessageId });
    if (this.#frameBytes === null || bytesOf(frame) > this.#frameBytes) {
      return false;
    }
    this.#outbox.add(clientMessageId, what);
    this.#listener.onOutbox();
    this.flush();
    return true;
  }

  async flush() {
    const isFree = this.#connection.isReady && !this.#alarms.has("send");
    const entry = isFree ? this.#outbox.next() : null;
    if (entry === null) {
      return;
    }
    try {
      const { message, placeholder } = await this.#connection.call(
        action.send(this.#chatId, entry),
      );
      this.#outbox.settle(entry.clientMessageId);
      [message, placeholder].filter(Boolean).forEach((stored) => this.#listener.onStored(stored));
    } catch (problem) {
      this.#refused(entry.clientMessageId, problem);
    }
    this.#listener.onOutbox();
    this.flush();
  }

  /** Not knowing, or being told to wait, means the same message again; a clear no means no. */
  #refused(clientMessageId, problem) {
    if (problem instanceof Disconnected) {
      this.#outbox.release(clientMessageId);
    } else if (problem.retryable) {
      this.#outbox.release(clientMessageId);
      this.#alarms.first("send", problem.retryAfterMs ?? RETRY_MS, () => this.flush());
    } else {
      this.#outbox.refuse(clientMessageId, problem.message);
    }
  }
}
