/** How long to wait before the next try: anywhere below a ceiling that doubles. */

const FIRST_MS = 500;
const MOST_MS = 30_000;

export class Backoff {
  #random;
  #tries = 0;

  constructor(random = Math.random) {
    this.#random = random;
  }

  next() {
    const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** this.#tries);
    this.#tries += 1;
    return this.#random() * ceiling;
  }

  reset() {
    this.#tries = 0;
  }
}
