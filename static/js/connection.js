/** The life of one WebSocket: connect, say hello, ping, notice silence, come back after a break. */

import { Backoff } from "./backoff.js";
import { Disconnected, Refusal, SUBPROTOCOL, action, decode, encode, isFinal } from "./protocol.js";

const HELLO_MS = 10_000;

/**
 * Tells its listener `onOpen(hello)`, `onFrame(frame)`, `onHeads(heads)` after each ping,
 * `onWaiting()` (a break, to be tried again) and `onStopped(code, message)` (for good). Sockets and timers are handed in, for the tests.
 */
export class Connection {
  #openSocket;
  #timers;
  #backoff;
  #listener;
  #socket = null;
  #calls = new Map();
  #lastId = 0;
  #retry = null;
  #watch = null;
  #heard = false;
  #isReady = false;
  #lastError = null;

  constructor({ openSocket, listener, timers = globalThis, backoff = new Backoff() }) {
    this.#openSocket = openSocket;
    this.#listener = listener;
    this.#timers = timers;
    this.#backoff = backoff;
  }

  get isReady() {
    return this.#isReady;
  }

  start() {
    this.#retry = null;
    this.#lastError = null;
    const socket = this.#openSocket(SUBPROTOCOL);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code }) => this.#broke(code);
    this.#watch = this.#timers.setTimeout(() => this.interrupt(), HELLO_MS);
  }

  /** Sends an action; resolves with the reply's `data`, rejects with Refusal or Disconnected. */
  call(frame) {
    if (!this.#isReady) {
      return Promise.reject(new Disconnected());
    }
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(encode(frame, id));
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  /** All is well: the next break begins with a short wait again. */
  settle() {
    this.#backoff.reset();
  }

  /** A sign that it may work now: do not wait for the timer. */
  hurry() {
    if (this.#retry !== null) {
      this.#timers.clearTimeout(this.#retry);
      this.start();
    }
  }

  /** The connection is as good as dead, whatever the socket says. */
  interrupt() {
    if (this.#socket !== null) {
      this.#broke(null);
    }
  }

  /** For good: nothing comes back after this. */
  stop() {
    this.#letGo();
    this.#timers.clearTimeout(this.#retry);
    this.#retry = null;
  }

  #hear(text) {
    this.#heard = true;
    const frame = decode(text);
    if (frame === null) {
      return;
    }
    switch (frame.op) {
      case "hello":
        return this.#greet(frame);
      case "reply":
        return this.#answer(frame);
      case "error":
        this.#lastError = frame.error;
        return undefined;
      default:
        return this.#listener.onFrame(frame);
    }
  }

  #greet(hello) {
    this.#isReady = true;
    this.#timers.clearTimeout(this.#watch);
    this.#watch = this.#timers.setTimeout(() => this.#beat(hello.pingIntervalMs), hello.pingIntervalMs);
    this.#listener.onOpen(hello);
  }

  #answer({ id, ok, data, error }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (ok) {
      call?.resolve(data ?? {});
    } else {
      call?.reject(new Refusal(error));
    }
  }

  /** A network that is gone does not say so: silence for a whole interval counts as a break. */
  #beat(interval) {
    if (!this.#heard) {
      this.interrupt();
      return;
    }
    this.#heard = false;
    this.#watch = this.#timers.setTimeout(() => this.#beat(interval), interval);
    this.call(action.ping()).then(
      (data) => this.#listener.onHeads(data.heads),
      () => undefined,
    );
  }

  #broke(code) {
    this.#letGo();
    if (isFinal(code)) {
      this.#listener.onStopped(code, this.#lastError?.message ?? null);
      return;
    }
    this.#retry = this.#timers.setTimeout(() => this.start(), this.#backoff.next());
    this.#listener.onWaiting();
  }

  #letGo() {
    this.#timers.clearTimeout(this.#watch);
    this.#isReady = false;
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    calls.forEach(({ reject }) => reject(new Disconnected()));
  }
}
