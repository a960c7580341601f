/** What is new to the reader of one chat: where it begins, and how much they have not come to. */

export class News {
  #selfId;
  #seen;
  #begin;

  /** `readSeq` is how far the server says they have read; null where it is not known. */
  constructor(selfId, readSeq) {
    this.#selfId = selfId;
    this.#seen = readSeq;
    this.#begin = readSeq;
  }

  see(seq) {
    this.#seen = Math.max(this.#seen ?? 0, seq);
  }

  /** Who writes has no use for a line that says what was new before. */
  answer() {
    this.#begin = null;
  }

  count(messages) {
    return this.#seen === null ? 0 : messages.filter((message) => this.#isNew(message, this.#seen)).length;
  }

  /** The first new one of these, to stand below a line; null where it may not be among them. */
  firstOf(messages, hasOlder) {
    if (this.#begin === null || this.#beginsAgain(messages)) {
      this.#begin = this.#seen;
    }
    const isKnown = this.#begin !== null && (!hasOlder || messages[0]?.seq <= this.#begin);
    return isKnown ? (messages.find((message) => this.#isNew(message, this.#begin)) ?? null) : null;
  }

  /** All that was new has been seen, and then more came that was not. */
  #beginsAgain(messages) {
    return this.#seen > this.#begin && this.count(messages) > 0;
  }

  #isNew({ seq, author }, since) {
    return seq > since && author?.id !== this.#selfId;
  }
}
