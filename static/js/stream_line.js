/** A line of server-sent events: they bring what happens, the HTTP API carries the rest. */

import { decode } from "./protocol.js";
import { RequestLine } from "./request_line.js";

const HELLO_MS = 10_000;
const GATHER_MS = 50;
const MOST_CHATS = 50;
const BEATS_MISSED = 3;

export class StreamLine extends RequestLine {
  #openStream;
  #heard; // chatId to the position it is heard from, null for the head; oldest first
  #stream = null;
  #patience = HELLO_MS;
  #isOpen = false;
  #lastError = null;

  /** `openStream(path, signal)` resolves with an async iterable of text. */
  constructor({ openStream, chatIds, ...means }) {
    super(means);
    this.#openStream = openStream;
    this.#heard = new Map(chatIds.slice(0, MOST_CHATS).map((chatId) => [chatId, null]));
    this.#begin();
  }

  async call(frame) {
    const data = await super.call(frame);
    if (frame.action === "unsubscribe") {
      this.#heard.delete(frame.chatId);
    }
    return data;
  }

  listen(chatIds) {
    chatIds.forEach((chatId) => this.follow(chatId, null));
  }

  /** Another chat needs another stream; some are gathered for one. */
  follow(chatId, position) {
    if (this.#heard.has(chatId)) {
      return;
    }
    if (this.#heard.size >= MOST_CHATS) {
      this.#heard.delete(this.#heard.keys().next().value);
    }
    this.#heard.set(chatId, position);
    this.alarms.last("gather", GATHER_MS, () => this.#begin());
  }

  close() {
    super.close();
    this.#stream?.abort();
  }

  /** The new one goes on from where each chat was heard of last, so nothing falls in between. */
  async #begin() {
    this.#stream?.abort();
    this.#stream = new AbortController();
    const { signal } = this.#stream;
    this.#waitFor(HELLO_MS);
    try {
      await this.#read(await this.#openStream(this.#path(), signal), signal);
    } catch (problem) {
      this.#lastError ??= problem;
    }
    if (!signal.aborted) {
      this.end(this.#lastError);
    }
  }

  /** Server-sent events, as far as our server uses them. */
  async #read(pieces, signal) {
    let text = "";
    for await (const piece of pieces) {
      if (signal.aborted) {
        return;
      }
      this.#waitFor(this.#patience);
      const events = (text + piece).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const valueOf = (field) => new RegExp(`^${field}: (.*)`, "m").exec(event)?.[1];
        this.#take(decode(valueOf("data") ?? null), valueOf("id"));
      }
    }
  }

  #path() {
    const places = [...this.#heard].filter(([, position]) => position !== null);
    const since = places.map((place) => place.join("=")).join(",");
    const chats = [...this.#heard.keys()].join(",");
    return `stream/?${new URLSearchParams({ chats, ...(since && { since }) })}`;
  }

  #take(frame, id) {
    id?.split(",").forEach((place) => this.#stand(...place.split("=")));
    if (frame?.op === "hello") {
      this.#greet(frame);
    } else if (frame?.op === "error") {
      this.#lastError = frame.error;
    } else if (frame !== null) {
      this.listener.onFrame(frame);
    }
  }

  #stand(chatId, position) {
    if (this.#heard.has(chatId)) {
      this.#heard.set(chatId, position);
    }
  }

  #greet({ pingIntervalMs }) {
    this.#patience = BEATS_MISSED * pingIntervalMs;
    this.#waitFor(this.#patience);
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.listener.onOpen();
    }
  }

  /** Something, if only a comment, comes all the time; what nobody lets through is no line. */
  #waitFor(ms) {
    this.alarms.last("watch", ms, () => this.end(this.#lastError));
  }
}
