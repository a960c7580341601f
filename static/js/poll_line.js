/** A line of plain requests: one that waits for the chats looked at, one now and then for all. */

import { Disconnected, meaningOf } from "./protocol.js";

const WAIT_S = 25;
const HEADS_MS = 5_000;
const REST_MS = 1_000;
const MOST_WATCHED = 3;

/** As SocketLine; see there for what it tells its listener. */
export class PollLine {
  #rest;
  #listener;
  #timers;
  #user;
  #watched = []; // chatIds, the one looked at last comes first
  #positions = new Map();
  #polls = new Map();
  #heads = null;
  #isClosed = false;

  constructor({ rest, listener, user, chatIds, timers = globalThis }) {
    this.#rest = rest;
    this.#listener = listener;
    this.#timers = timers;
    this.#user = user;
    this.#watched = chatIds.slice(0, 1);
    this.#begin();
  }

  async call(frame) {
    const data = await this.#rest.call(frame);
    if (this.#isClosed) {
      throw new Disconnected();
    }
    if (frame.action === "subscribe") {
      this.#positions.set(frame.chatId, data.head);
      this.#poll();
    }
    return data;
  }

  /** The heads tell what has happened in these. */
  listen() {}

  watch(chatId) {
    this.#watched = [chatId, ...this.#watched.filter((known) => known !== chatId)];
    this.#watched = this.#watched.slice(0, MOST_WATCHED);
    this.#poll();
  }

  nudge() {}

  close() {
    this.#isClosed = true;
    this.#timers.clearTimeout(this.#heads);
    this.#polls.forEach((poll) => poll.abort());
    this.#polls.clear();
  }

  async #begin() {
    if (await this.#askForHeads()) {
      this.#listener.onOpen({ op: "hello", user: this.#user });
    }
  }

  async #askForHeads() {
    try {
      const { heads } = await this.#rest.call({ action: "ping" });
      if (this.#isClosed) {
        return false;
      }
      this.#listener.onHeads(heads);
      this.#heads = this.#timers.setTimeout(() => this.#askForHeads(), HEADS_MS);
      return true;
    } catch (problem) {
      this.#end(problem);
      return false;
    }
  }

  /** One waiting request for each chat looked at and subscribed to. */
  #poll() {
    for (const [chatId, poll] of this.#polls) {
      if (!this.#watched.includes(chatId)) {
        this.#polls.delete(chatId);
        poll.abort();
      }
    }
    const isNew = (chatId) => this.#positions.has(chatId) && !this.#polls.has(chatId);
    this.#watched.filter(isNew).forEach((chatId) => this.#wait(chatId));
  }

  async #wait(chatId) {
    const poll = new AbortController();
    this.#polls.set(chatId, poll);
    try {
      while (!poll.signal.aborted) {
        await this.#once(chatId, poll.signal);
      }
    } catch (problem) {
      this.#giveUp(chatId, poll, problem);
    }
  }

  async #once(chatId, signal) {
    const after = encodeURIComponent(this.#positions.get(chatId));
    const path = `chats/${chatId}/events/?after=${after}&wait=${WAIT_S}`;
    const { events, head, more } = await this.#rest.get(path, { patience: 40_000, signal });
    if (signal.aborted) {
      return;
    }
    events.forEach((event) => this.#listener.onFrame({ op: "event", ...event }));
    this.#positions.set(chatId, more ? positionOf(events.at(-1)) : head);
    if (events.length === 0) {
      await this.#rests(); // should the answer come at once, whatever was asked for
    }
  }

  #rests() {
    return new Promise((resolve) => {
      this.#timers.setTimeout(resolve, REST_MS);
    });
  }

  #giveUp(chatId, poll, problem) {
    if (poll.signal.aborted || this.#isClosed) {
      return;
    }
    this.#polls.delete(chatId);
    if (problem.code === "staleCursor") {
      this.#positions.delete(chatId);
      this.#listener.onFrame({ op: "notice", type: "positionLost", chatId });
    } else if (meaningOf(problem.code) === "noAccess") {
      this.#positions.delete(chatId);
      this.#listener.onFrame({ op: "notice", type: "subscriptionRevoked", chatId });
    } else {
      this.#end(problem);
    }
  }

  #end(problem) {
    if (!this.#isClosed) {
      this.close();
      const isOver = meaningOf(problem.code) === "signedOut";
      this.#listener.onEnd(isOver ? 4501 : null, problem.message || null);
    }
  }
}

function positionOf({ epoch, seq }) {
  return `${epoch}:${seq}`;
}
