/** A lock that one tab of a browser holds, until another one takes it for dead. */

export class TabLock {
  #means;
  #waiting = null;
  #release = null;
  #isOver = false;

  constructor(means) {
    this.#means = means;
  }

  wait() {
    this.#waiting = new AbortController();
    this.#request({ signal: this.#waiting.signal });
  }

  steal() {
    this.#waiting.abort();
    this.#request({ steal: true });
  }

  leave() {
    this.#isOver = true;
    this.#waiting.abort();
    this.#release?.();
  }

  async #request(options) {
    const { locks, name, onHeld, onLost } = this.#means;
    let isHeld = false;
    const hold = () => {
      isHeld = true;
      onHeld();
      return new Promise((resolve) => (this.#release = resolve));
    };
    try {
      await locks.request(name, options, hold);
    } catch {
      if (isHeld && !this.#isOver) {
        onLost();
      }
    }
  }
}
