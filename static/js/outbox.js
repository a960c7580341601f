/** What was written and is not yet known to be stored: sent one by one, in order, until it is. */

export class Outbox {
  #entries = new Map();
  #onItsWay = null;

  /** Entries in the order of writing: `{clientMessageId, state, reason}` and what is to be sent. */
  get entries() {
    return [...this.#entries.values()];
  }

  get isEmpty() {
    return this.#entries.size === 0;
  }

  /** `what` is `{content, type, url, replyTo}`, all but the first as needed. */
  add(clientMessageId, what) {
    this.#entries.set(clientMessageId, {
      ...what,
      clientMessageId,
      state: "sending",
      reason: null,
    });
  }

  /** The next entry to send, or null while one is on its way: order matters more than speed. */
  next() {
    if (this.#onItsWay !== null) {
      return null;
    }
    const entry = this.entries.find(({ state }) => state === "sending") ?? null;
    this.#onItsWay = entry?.clientMessageId ?? null;
    return entry;
  }

  /** It may or may not have arrived: to be sent again, under the same id. */
  release(clientMessageId) {
    if (this.#onItsWay === clientMessageId) {
      this.#onItsWay = null;
    }
  }

  /** It is stored. Its event and its reply both say so, in any order. */
  settle(clientMessageId) {
    this.release(clientMessageId);
    return this.#entries.delete(clientMessageId);
  }

  /** It will never be stored as it is; it stays to be seen, and does not hold up the others. */
  refuse(clientMessageId, reason) {
    this.release(clientMessageId);
    const entry = this.#entries.get(clientMessageId);
    if (entry) {
      this.#entries.set(clientMessageId, { ...entry, state: "failed", reason });
    }
  }

  /** Gives the text back to its writer. */
  takeBack(clientMessageId) {
    const entry = this.#entries.get(clientMessageId);
    this.settle(clientMessageId);
    return entry?.url ?? entry?.content ?? "";
  }
}
