/** A line of server-sent events: they bring what happens, the HTTP API carries the rest. */

import { EventStream } from "./event_stream.js";
import { Disconnected, decode, meaningOf } from "./protocol.js";

const HELLO_MS = 10_000;
const GATHER_MS = 50;
const MOST_CHATS = 50;
const BEATS_MISSED = 3;

/** As SocketLine; see there for what it tells its listener. */
export class StreamLine {
  #openStream;
  #rest;
  #listener;
  #timers;
  #heard = new Map(); // chatId to the position it is heard from, null for the head; oldest first
  #stream = null;
  #watch = null;
  #gathering = null;
  #interval = Infinity;
  #isOpen = false;
  #isClosed = false;
  #lastError = null;

  /**
   * `openStream(path, signal)` resolves with `{status, error, pieces}`, the last an async iterable
   * of text; `chatIds` are heard from the beginning.
   */
  constructor({ openStream, rest, listener, chatIds, timers = globalThis }) {
    this.#openStream = openStream;
    this.#rest = rest;
    this.#listener = listener;
    this.#timers = timers;
    chatIds.slice(0, MOST_CHATS).forEach((chatId) => this.#heard.set(chatId, null));
    this.#begin();
  }

  /** Whoever subscribes is told what they have missed, and the stream goes on from there. */
  async call(frame) {
    const data = await this.#orClosed(this.#rest.call(frame));
    if (frame.action === "subscribe") {
      this.#hear(frame.chatId, data.head);
    } else if (frame.action === "unsubscribe") {
      this.#heard.delete(frame.chatId);
    }
    return data;
  }

  listen(chatIds) {
    chatIds.forEach((chatId) => this.#hear(chatId, null));
  }

  watch() {}

  nudge() {}

  close() {
    this.#isClosed = true;
    this.#timers.clearTimeout(this.#watch);
    this.#timers.clearTimeout(this.#gathering);
    this.#stream?.abort();
  }

  async #orClosed(answer) {
    const data = await answer;
    if (this.#isClosed) {
      throw new Disconnected();
    }
    return data;
  }

  /** A chat that the stream does not have yet needs another stream; some are gathered for one. */
  #hear(chatId, position) {
    if (this.#heard.has(chatId)) {
      return;
    }
    if (this.#heard.size >= MOST_CHATS) {
      this.#heard.delete(this.#heard.keys().next().value);
    }
    this.#heard.set(chatId, position);
    this.#timers.clearTimeout(this.#gathering);
    this.#gathering = this.#timers.setTimeout(() => this.#begin(), GATHER_MS);
  }

  /** The new one goes on from where each chat was heard of last, so nothing falls in between. */
  async #begin() {
    this.#stream?.abort();
    const stream = new AbortController();
    this.#stream = stream;
    this.#waitFor(HELLO_MS);
    const events = new EventStream((data, id) => this.#take(decode(data), id));
    try {
      const answer = await this.#openStream(this.#path(), stream.signal);
      if (answer.error) {
        return this.#refused(answer.error);
      }
      for await (const piece of answer.pieces) {
        if (stream.signal.aborted) {
          return undefined;
        }
        this.#waitFor(BEATS_MISSED * this.#interval);
        events.take(piece);
      }
    } catch {
      // A cut says no more than an end does.
    }
    return stream.signal.aborted ? undefined : this.#ended();
  }

  #path() {
    const places = [...this.#heard].filter(([, position]) => position !== null);
    const since = places.map((place) => place.join("=")).join(",");
    const query = new URLSearchParams({ chats: [...this.#heard.keys()].join(",") });
    if (since) {
      query.set("since", since);
    }
    return `stream/?${query}`;
  }

  #take(frame, id) {
    id?.split(",").forEach((place) => this.#stand(...place.split("=")));
    if (frame?.op === "hello") {
      this.#greet(frame);
    } else if (frame?.op === "error") {
      this.#lastError = frame.error;
    } else if (frame !== null) {
      this.#listener.onFrame(frame);
    }
  }

  #stand(chatId, position) {
    if (this.#heard.has(chatId)) {
      this.#heard.set(chatId, position);
    }
  }

  #greet(hello) {
    this.#interval = hello.pingIntervalMs;
    this.#waitFor(BEATS_MISSED * this.#interval);
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#listener.onOpen(hello);
    }
  }

  /** Something, if only a comment, comes all the time; what nobody lets through is no line. */
  #waitFor(ms) {
    this.#timers.clearTimeout(this.#watch);
    if (Number.isFinite(ms)) {
      this.#watch = this.#timers.setTimeout(() => this.#ended(), ms);
    }
  }

  #refused(error) {
    this.#lastError = error;
    return this.#ended();
  }

  /** A stream has no close codes: its last word says whether to come back. */
  #ended() {
    if (!this.#isClosed) {
      this.close();
      const isOver = meaningOf(this.#lastError?.code) === "signedOut";
      this.#listener.onEnd(isOver ? 4501 : null, this.#lastError?.message ?? null);
    }
  }
}
