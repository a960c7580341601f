/** Requests that wait for the chats looked at, and one now and then for all. */

import { meaningOf } from "./protocol.js";
import { RequestLine } from "./request_line.js";

const WAIT_S = 25;
const PATIENCE_MS = 40_000;
const HEADS_MS = 5_000;
const REST_MS = 1_000;
const MOST_WATCHED = 3;

export class PollLine extends RequestLine {
  #watched;
  #positions = new Map();
  #polls = new Map();

  constructor({ chatIds, ...means }) {
    super(means);
    this.#watched = chatIds.slice(0, 1);
    this.#askForHeads(() => this.listener.onOpen());
  }

  follow(chatId, head) {
    this.#positions.set(chatId, head);
    this.#poll();
  }

  watch(chatId) {
    const others = this.#watched.filter((known) => known !== chatId);
    this.#watched = [chatId, ...others].slice(0, MOST_WATCHED);
    this.#poll();
  }

  close() {
    super.close();
    this.#polls.forEach((poll) => poll.abort());
    this.#polls.clear();
  }

  async #askForHeads(then = () => undefined) {
    try {
      const { heads } = await this.rest.call({ action: "ping" });
      if (!this.isClosed) {
        this.listener.onHeads(heads);
        this.alarms.last("heads", HEADS_MS, () => this.#askForHeads());
        then();
      }
    } catch (problem) {
      this.end(problem);
    }
  }

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
      if (!poll.signal.aborted) {
        this.#giveUp(chatId, problem);
      }
    }
  }

  async #once(chatId, signal) {
    const query = new URLSearchParams({ after: this.#positions.get(chatId), wait: WAIT_S });
    const path = `chats/${chatId}/events/?${query}`;
    const { events, head, more } = await this.rest.get(path, { patience: PATIENCE_MS, signal });
    if (signal.aborted) {
      return;
    }
    events.forEach((event) => this.listener.onFrame({ op: "event", ...event }));
    const last = events.at(-1);
    this.#positions.set(chatId, more ? `${last.epoch}:${last.seq}` : head);
    if (events.length === 0) {
      // Should the answer come at once, whatever was asked for.
      await new Promise((resolve) => this.alarms.last(`rest ${chatId}`, REST_MS, resolve));
    }
  }

  #giveUp(chatId, problem) {
    const isStale = problem.code === "staleCursor";
    if (!isStale && meaningOf(problem.code) !== "noAccess") {
      this.end(problem);
      return;
    }
    this.#polls.delete(chatId);
    this.#positions.delete(chatId);
    const type = isStale ? "positionLost" : "subscriptionRevoked";
    this.listener.onFrame({ op: "notice", type, chatId });
  }
}
