/** An answer while it is written: pieces placed by code point, in whatever order they come. */

const MOST_KEPT = 2_000;

export class Growing {
  #content;
  #length;
  #early = [];

  constructor(content) {
    this.#content = content;
    this.#length = [...content].length;
  }

  get content() {
    return this.#content;
  }

  get isBehind() {
    return this.#early.length > 0;
  }

  /** One piece: what is known already is dropped, what comes after a hole is kept for later. */
  take({ from, text }) {
    if (from > this.#length) {
      this.#early = [...this.#early, { from, text }].slice(-MOST_KEPT);
      return;
    }
    const fresh = [...text].slice(this.#length - from);
    this.#content += fresh.join("");
    this.#length += fresh.length;
  }

  /** The server's own text so far, which may be older than what is here. */
  catchUp(content) {
    const { length } = [...content];
    if (length > this.#length) {
      this.#content = content;
      this.#length = length;
    }
    const early = this.#early;
    this.#early = [];
    early.forEach((piece) => this.take(piece));
  }
}
