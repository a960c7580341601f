/** Server-sent events bring what happens, the HTTP API carries the rest. */

import { Refusal, decode } from "./protocol.js";
import { RequestLine } from "./request_line.js";

const HELLO_MS = 10_000;
const GATHER_MS = 50;
const MOST_CHATS = 50;
const BEATS_MISSED = 3;

export class StreamLine extends RequestLine {
  #openStream;
  #heard; // chatId to position, null for the head; oldest first
  #stream = null;
  #patience = HELLO_MS;
  #isOpen = false;
  #lastError = null;

  constructor({ openStream = openByFetch, chatIds, ...means }) {
    super(means);
    this.#openStream = openStream;
    this.#heard = new Map(chatIds.slice(0, MOST_CHATS).map((chatId) => [chatId, null]));
    this.#begin();
  }

  listen(chatIds) {
    chatIds.forEach((chatId) => this.follow(chatId, null));
  }

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
        this.#take(decode(valueOf("data")), valueOf("id"));
      }
    }
  }

  #path() {
    const places = [...this.#heard].filter(([, position]) => position !== null);
    const since = places.map((place) => place.join("=")).join(",");
    const chats = [...this.#heard.keys()].join(",");
    const user = this.rest.selfId;
    return `stream/?${new URLSearchParams({ user, chats, ...(since && { since }) })}`;
  }

  #take(frame, id) {
    const places = id?.split(",").map((place) => place.split("=")) ?? [];
    const heard = places.filter(([chatId]) => this.#heard.has(chatId));
    heard.forEach(([chatId, position]) => this.#heard.set(chatId, position));
    if (frame?.op === "hello") {
      this.#greet(frame);
    } else if (frame?.op === "error") {
      this.#lastError = frame.error;
    } else if (frame !== null) {
      this.listener.onFrame(frame);
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

  /** Something, if only a comment, comes all the time. */
  #waitFor(ms) {
    this.alarms.last("watch", ms, () => this.end(this.#lastError));
  }
}

async function openByFetch(path, signal) {
  const answer = await fetch(`/api/v1/${path}`, { signal, cache: "no-store" });
  if (!answer.ok) {
    throw new Refusal((await answer.json()).error);
  }
  return piecesOf(answer.body.pipeThrough(new TextDecoderStream()));
}

async function* piecesOf(stream) {
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    yield piece.value;
  }
}
