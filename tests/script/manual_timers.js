/** Timers that run when the test says so. */

export class ManualTimers {
  now = 0;
  #waiting = new Map();
  #lastId = 0;

  setTimeout(act, delay) {
    this.#lastId += 1;
    this.#waiting.set(this.#lastId, { act, at: this.now + delay });
    return this.#lastId;
  }

  clearTimeout(id) {
    this.#waiting.delete(id);
  }

  get count() {
    return this.#waiting.size;
  }

  /** Lets time pass; what comes due runs in order, and so does what it sets in turn. */
  async pass(ms) {
    const end = this.now + ms;
    for (let due = this.#next(end); due; due = this.#next(end)) {
      const [id, { act, at }] = due;
      this.#waiting.delete(id);
      this.now = at;
      act();
      await settled();
    }
    this.now = end;
  }

  #next(end) {
    return [...this.#waiting].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
  }
}

/** Every promise that can be settled by now is. */
export function settled() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
