/** Named timers: at most one of each name, and one line that lets go of them all. */

export class Alarms {
  #timers;
  #set = new Map();

  constructor(timers = globalThis) {
    this.#timers = timers;
  }

  has(name) {
    return this.#set.has(name);
  }

  /** Leaves an alarm of that name as it is: the first one counts. */
  first(name, delay, act) {
    if (!this.#set.has(name)) {
      this.last(name, delay, act);
    }
  }

  /** Puts off an alarm of that name: the last one counts. */
  last(name, delay, act) {
    this.cancel(name);
    const fire = () => {
      this.#set.delete(name);
      act();
    };
    this.#set.set(name, this.#timers.setTimeout(fire, delay));
  }

  cancel(name) {
    this.#timers.clearTimeout(this.#set.get(name));
    this.#set.delete(name);
  }

  silence() {
    [...this.#set.keys()].forEach((name) => this.cancel(name));
  }
}
