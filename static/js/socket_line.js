/** The life of one WebSocket: hello, frames, pings, and an end that is noticed. */

import { Calls } from "./calls.js";
import { SUBPROTOCOL, action, decode, encode } from "./protocol.js";

const HELLO_MS = 10_000;

/**
 * A line tells its listener `onOpen(hello)`, then `onFrame(frame)` and `onHeads(heads)`, and once
 * `onEnd(code, message)`; `code` is null where nobody said why. After `close` it says nothing.
 */
export class SocketLine {
  #listener;
  #timers;
  #clock;
  #socket;
  #calls = new Calls();
  #watch;
  #interval = Infinity;
  #beatAt = Infinity;
  #heard = false;
  #lastError = null;

  constructor({ openSocket, listener, timers = globalThis, clock = Date.now }) {
    this.#listener = listener;
    this.#timers = timers;
    this.#clock = clock;
    const socket = openSocket(SUBPROTOCOL);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code }) => this.#end(code);
    this.#watch = timers.setTimeout(() => this.#end(null), HELLO_MS);
  }

  call(frame) {
    return this.#calls.ask((id) => this.#socket.send(encode(frame, id)));
  }

  /** To hear of these chats too; what they say first is not waited for. */
  listen(chatIds) {
    for (const chatId of chatIds) {
      this.call(action.subscribe(chatId, null, 0)).catch(() => undefined);
    }
  }

  /** A socket brings every chat's events alike. */
  watch() {}

  /** Timers of hidden pages sleep: whoever is awake may say that a beat is due. */
  nudge() {
    if (this.#clock() >= this.#beatAt) {
      this.#timers.clearTimeout(this.#watch);
      this.#beat();
    }
  }

  close() {
    this.#timers.clearTimeout(this.#watch);
    this.#beatAt = Infinity;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#calls.giveUp();
  }

  #hear(text) {
    this.#heard = true;
    const frame = decode(text);
    switch (frame?.op) {
      case undefined:
        return undefined;
      case "hello":
        return this.#greet(frame);
      case "reply":
        return this.#calls.answer(frame);
      case "error":
        this.#lastError = frame.error;
        return undefined;
      default:
        return this.#listener.onFrame(frame);
    }
  }

  #greet(hello) {
    this.#timers.clearTimeout(this.#watch);
    this.#interval = hello.pingIntervalMs;
    this.#await();
    this.#listener.onOpen(hello);
  }

  #await() {
    this.#beatAt = this.#clock() + this.#interval;
    this.#watch = this.#timers.setTimeout(() => this.#beat(), this.#interval);
  }

  /** A network that is gone does not say so: silence after a ping counts as an end. */
  #beat() {
    if (!this.#heard) {
      this.#end(null);
      return;
    }
    this.#heard = false;
    this.#await();
    this.call(action.ping()).then(
      (data) => this.#listener.onHeads(data.heads),
      () => undefined,
    );
  }

  #end(code) {
    this.close();
    this.#listener.onEnd(code, this.#lastError?.message ?? null);
  }
}
