/** The life of one WebSocket. */

import { Alarms } from "./alarms.js";
import { Calls } from "./calls.js";
import { SUBPROTOCOL, decode } from "./protocol.js";

const HELLO_MS = 10_000;

/**
 * A line tells its listener `onOpen()`, `onFrame(frame)`, `onHeads(heads)` and once `onEnd(code,
 * message)`, with null where nobody said why. After `close` it says nothing.
 */
export class SocketLine {
  #listener;
  #alarms;
  #socket;
  #calls = new Calls();
  #interval;
  #hasHeard = false;
  #lastError = null;

  constructor({ openSocket, listener, timers, clock }) {
    this.#listener = listener;
    this.#alarms = new Alarms(timers, clock);
    this.#socket = openSocket(SUBPROTOCOL);
    this.#socket.onmessage = ({ data }) => this.#hear(decode(data));
    this.#socket.onclose = ({ code }) => this.#end(code);
    this.#alarms.last("watch", HELLO_MS, () => this.#end(null));
  }

  call(frame) {
    return this.#calls.ask((id) => this.#socket.send(JSON.stringify({ ...frame, id })));
  }

  listen(chatIds) {
    for (const chatId of chatIds) {
      this.call({ action: "subscribe", chatId, since: null, tail: 0 }).catch(() => undefined);
    }
  }

  nudge() {
    this.#alarms.catchUp();
  }

  close() {
    this.#alarms.silence();
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#calls.giveUp();
  }

  #hear(frame) {
    this.#hasHeard = true;
    if (frame?.op === "hello") {
      this.#interval = frame.pingIntervalMs;
      this.#beatLater();
      this.#listener.onOpen();
    } else if (frame?.op === "reply") {
      this.#calls.answer(frame);
    } else if (frame?.op === "error") {
      this.#lastError = frame.error;
    } else if (frame !== null) {
      this.#listener.onFrame(frame);
    }
  }

  #beatLater() {
    this.#alarms.last("watch", this.#interval, () => this.#beat());
  }

  /** A network that is gone is silent: after a ping that counts as an end. */
  #beat() {
    if (!this.#hasHeard) {
      this.#end(null);
      return;
    }
    this.#hasHeard = false;
    this.#beatLater();
    const heard = ({ heads }) => this.#listener.onHeads(heads);
    this.call({ action: "ping" }).then(heard, () => undefined);
  }

  #end(code) {
    this.close();
    this.#listener.onEnd(code, this.#lastError?.message ?? null);
  }
}
