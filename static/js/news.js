/** What is new to the reader of one chat. */

export class News {
  #selfId;
  #seen;
  #begin;

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
    return messages.filter((message) => this.#isNew(message, this.#seen)).length;
  }

  /** Null where the first new one may not be here. */
  firstOf(messages, hasOlder) {
    if (this.#seen > this.#begin && this.count(messages) > 0) {
      this.#begin = this.#seen;
    }
    const isKnown = !hasOlder || messages[0]?.seq <= this.#begin;
    return (isKnown && messages.find((message) => this.#isNew(message, this.#begin))) || null;
  }

  #isNew({ seq, author }, since) {
    return since !== null && seq > since && author?.id !== this.#selfId;
  }
}
