/** An answer while it is written: pieces placed by code point, in whatever order they come. */

const MOST_KEPT = 2_000;

export class Growing {
  #length;
  #early = [];

  constructor(content) {
    this.content = content;
    this.#length = [...content].length;
  }

  get isBehind() {
    return this.#early.length > 0;
  }

  take({ from, text }) {
    if (from > this.#length) {
      this.#early = [...this.#early, { from, text }].slice(-MOST_KEPT);
      return;
    }
    const fresh = [...text].slice(this.#length - from);
    this.content += fresh.join("");
    this.#length += fresh.length;
  }

  /** The server's text so far may be older than what is here. */
  catchUp(content) {
    const { length } = [...content];
    if (length > this.#length) {
      this.content = content;
      this.#length = length;
    }
    const early = this.#early;
    this.#early = [];
    early.forEach((piece) => this.take(piece));
  }
}
