/** What was written in one chat and is not yet known to be stored: sent in order, until it is. */

import { newClientMessageId } from "./client_message_id.js";

export class Outbox {
  #chatId;
  #unsent;
  #clock;
  #entries = new Map();
  #kept = new Set(); // ids of what is safe beyond this page
  #settled = new Set(); // what was read of others before may still have them
  #lastAt = 0;

  /** `unsent` keeps the entries for other tabs and later pages; without it they live as long as this. */
  constructor({ chatId, unsent, clock }) {
    this.#chatId = chatId;
    this.#unsent = unsent;
    this.#clock = clock;
  }

  /** In the order of writing: `{clientMessageId, state, reason, code, retryAt}`, and what is sent.
   * `state` is `sending`, `waiting` (until `retryAt`, ms) or `failed`, with the server's `reason`. */
  get entries() {
    return [...this.#entries.values()];
  }

  get isEmpty() {
    return this.#entries.size === 0;
  }

  get isSafe() {
    return this.entries.every(({ clientMessageId }) => this.#kept.has(clientMessageId));
  }

  /** `what` is `{content, type, url, replyTo}`, all but the first as needed. */
  add({ content, type, url, replyTo }, clientMessageId = newClientMessageId()) {
    this.#lastAt = Math.max(this.#clock(), this.#lastAt + 1);
    const what = { content, ...(type && { type }), ...(url && { url }), ...(replyTo && { replyTo }) };
    const { chatId, at } = { chatId: this.#chatId, at: this.#lastAt };
    this.#put({ ...what, clientMessageId, chatId, at, state: "sending" });
  }

  next() {
    return this.entries.find(({ state }) => state !== "failed") ?? null;
  }

  /** It is stored. Its event and its reply both say so, in any order. */
  settle(clientMessageId) {
    const entry = this.#entries.get(clientMessageId);
    if (entry) {
      this.#settled.add(clientMessageId);
      this.#entries.delete(clientMessageId);
      this.#kept.delete(clientMessageId);
      this.#unsent?.forget(entry);
    }
    return entry !== undefined;
  }

  /** It goes again by itself at that time, under the same id and before the others. */
  postpone(clientMessageId, retryAt) {
    this.#change(clientMessageId, { state: "waiting", retryAt });
  }

  /** It will not be stored as things are; it stays to be seen, and does not hold up the others. */
  refuse(clientMessageId, { message: reason, code }) {
    this.#change(clientMessageId, { state: "failed", reason, code });
  }

  /** Nothing is sent any more from this page; a later one may, unless that is `forGood`. */
  strand({ code, message: reason }, forGood = false) {
    for (const [id, entry] of this.#entries) {
      if (forGood) {
        this.refuse(id, { code, message: reason });
      } else {
        this.#entries.set(id, { ...entry, state: "failed", reason });
      }
    }
  }

  resend(clientMessageId) {
    const entry = this.#entries.get(clientMessageId);
    if (entry?.code === "idConflict") {
      this.settle(clientMessageId);
      this.add(entry);
    } else {
      this.#change(clientMessageId, { state: "sending" });
    }
  }

  takeBack(clientMessageId) {
    const entry = this.#entries.get(clientMessageId);
    this.settle(clientMessageId);
    return entry?.url ?? entry?.content ?? "";
  }

  /** What other tabs and earlier pages have written, sent and taken back. */
  async refresh() {
    const found = await this.#unsent?.all(this.#chatId);
    if (!found) {
      return;
    }
    const kept = found.filter(({ clientMessageId }) => !this.#settled.has(clientMessageId));
    const ids = new Set(kept.map(({ clientMessageId }) => clientMessageId));
    const isOwn = ({ clientMessageId: id }) => !ids.has(id) && !this.#kept.has(id);
    const all = [...kept, ...this.entries.filter(isOwn)].sort((a, b) => a.at - b.at);
    this.#kept = ids;
    this.#entries = new Map(all.map((entry) => [entry.clientMessageId, entry]));
  }

  #change(clientMessageId, change) {
    const entry = this.#entries.get(clientMessageId);
    if (entry) {
      const { reason, code, retryAt, ...what } = entry;
      this.#put({ ...what, ...change });
    }
  }

  async #put(entry) {
    const { clientMessageId } = entry;
    this.#entries.set(clientMessageId, entry);
    if ((await this.#unsent?.keep(entry)) && this.#entries.has(clientMessageId)) {
      this.#kept.add(clientMessageId);
    }
  }
}
