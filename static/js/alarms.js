/** Named timers: at most one of each name. */

export class Alarms {
  #timers;
  #clock;
  #set = new Map();

  constructor(timers = globalThis, clock = Date.now) {
    this.#timers = timers;
    this.#clock = clock;
  }

  get now() {
    return this.#clock();
  }

  has(name) {
    return this.#set.has(name);
  }

  first(name, delay, act) {
    if (!this.has(name)) {
      this.last(name, delay, act);
    }
  }

  last(name, delay, act) {
    this.cancel(name);
    const ring = () => {
      this.cancel(name);
      act();
    };
    this.#set.set(name, { id: this.#timers.setTimeout(ring, delay), at: this.now + delay, ring });
  }

  /** Timers of hidden pages sleep: whoever is awake may have done what is due. */
  catchUp() {
    const due = [...this.#set.values()].filter(({ at }) => at <= this.now);
    due.forEach(({ ring }) => ring());
  }

  cancel(name) {
    this.#timers.clearTimeout(this.#set.get(name)?.id);
    this.#set.delete(name);
  }

  silence() {
    [...this.#set.keys()].forEach((name) => this.cancel(name));
  }
}
