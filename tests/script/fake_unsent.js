/** What a browser's tabs share of their outboxes, in memory: done in the order of asking, as
 * IndexedDB does it, and known a little later. */

import { settled } from "./manual_timers.js";

export class FakeUnsent {
  isBroken = false;
  #kept = new Map();
  #queue = Promise.resolve();

  async keep(entry) {
    const isKept = !this.isBroken;
    if (isKept) {
      this.#kept.set(entry.clientMessageId, structuredClone(entry));
    }
    await settled();
    return isKept;
  }

  async forget({ clientMessageId }) {
    this.#kept.delete(clientMessageId);
    await settled();
  }

  async all() {
    const kept = [...this.#kept.values()];
    await settled();
    return kept;
  }

  /** One after the other, whichever tab asks. */
  alone(_name, act) {
    const turn = this.#queue.then(act);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async settled() {
    await settled();
    await settled();
  }
}
