/** The messages of one chat that a page knows, and those that it shows. */

import { MessageSet } from "./message_set.js";

const MOST_KEPT = 500;
export const MOST_SHOWN = 300;
export const STEP = 100;

/**
 * Two runs are known, without holes: the tail, which ends with the newest message, and what is
 * shown, which is the end of the tail or a stretch of the past.
 */
export class Timeline extends MessageSet {
  #first = Infinity; // seq of what is shown; Infinity: just the newest
  #last = Infinity; // Infinity: the live end
  #stale = null; // what is shown after all was replaced, until it is read anew
  #isAtEnd = true;

  /** Where the tail begins: 0 if with the chat itself, Infinity if nothing is known of it. */
  from = 0;

  get tail() {
    return this.all.filter(({ seq }) => seq >= this.from);
  }

  get messages() {
    const first = this.#begin;
    return this.#stale ?? this.all.filter(({ seq }) => seq >= first && seq <= this.#last);
  }

  get isLive() {
    return this.#last === Infinity && this.#stale === null;
  }

  get hasOlder() {
    return this.#begin > 0 && this.#begin < Infinity;
  }

  get staleAt() {
    return this.#stale?.[this.#stale.length >> 1].seq ?? null;
  }

  find(messageId) {
    const isIt = (message) => message.messageId === messageId;
    return this.get(messageId) ?? this.#stale?.find(isIt) ?? null;
  }

  /** What was known may be of another epoch: it stays while it is read. */
  replace(messages, moreBefore) {
    const isRead = !(this.isLive && this.#isAtEnd) && this.messages.length > 0;
    this.#stale = isRead ? this.messages : null;
    this.#first = Infinity;
    this.#last = Infinity;
    this.keep(() => false);
    this.from = moreBefore ? firstOf(messages) : 0;
    this.add(messages);
  }

  put(message) {
    if (this.get(message.messageId) || this.#reaches(message)) {
      this.add([message]);
    }
    if (this.all.length > MOST_KEPT) {
      this.#trim();
    }
  }

  /** Messages that end where the tail begins, or overlap it. */
  extend(messages, moreBefore) {
    if (this.from > 0 || this.tail.length === 0) {
      const first = firstOf([...messages, ...this.tail]);
      this.from = moreBefore && first < Infinity ? first : 0;
    }
    this.add(messages);
    this.#trim();
  }

  /** Shows more, or returns the seq before or after which to ask for it. */
  move(way) {
    if (way === "after" && this.#last < this.from) {
      return this.#last;
    }
    if (way === "after") {
      const newer = this.tail.filter(({ seq }) => seq > this.#last);
      this.#goDown(newer.length > STEP ? newer[STEP - 1].seq : Infinity);
      return null;
    }
    const first = this.#begin;
    const older = this.tail.filter(({ seq }) => seq < first);
    if (older.length === 0) {
      return this.hasOlder ? first : null;
    }
    this.#goUp(older.length > STEP ? older.at(-STEP).seq : this.from);
    return null;
  }

  take(way, seq, { messages, moreBefore, moreAfter }) {
    const first = moreBefore ? firstOf(messages) : 0;
    const last = moreAfter ? messages.at(-1).seq : Infinity;
    if (way === "before" && this.#first === seq) {
      this.add(messages);
      this.#goUp(first);
    } else if (way === "after" && this.#last === seq) {
      this.add(messages);
      this.#goDown(last);
    } else if (way === "around") {
      this.from = moreAfter && this.tail.length === 0 ? Infinity : this.from;
      this.#stale = null;
      this.add(messages);
      this.#show(first, last);
    }
  }

  toEnd() {
    this.#stale = null;
    this.#show(Infinity, Infinity);
  }

  /** Who reads further up is not moved by what is new. */
  settle(isAtEnd) {
    this.#isAtEnd = isAtEnd;
    if (this.isLive && this.messages.length > MOST_SHOWN) {
      isAtEnd ? this.#goDown(Infinity) : this.#goUp(this.#first);
    }
  }

  #goUp(first) {
    this.#first = first;
    this.#show(first, this.messages[MOST_SHOWN] ? this.messages[MOST_SHOWN - 1].seq : this.#last);
  }

  #goDown(last) {
    this.#last = last;
    this.#show(this.messages.at(-MOST_SHOWN - 1) ? this.messages.at(-MOST_SHOWN).seq : this.#first, last);
  }

  /** Where that touches the tail, the two are one. What is neither goes. */
  #show(first, last) {
    this.#first = first;
    this.#last = last;
    if (last >= this.from) {
      this.from = Math.min(this.from, first);
    }
    this.#trim();
  }

  #trim() {
    const { tail } = this;
    if (tail.length > MOST_KEPT) {
      this.from = tail.at(-MOST_KEPT).seq;
    }
    if (this.#last === Infinity) {
      this.#first = Math.max(this.#first, this.from);
    }
    this.keep((message) => this.#reaches(message));
  }

  #reaches({ seq }) {
    return seq >= this.from || (seq >= this.#first && seq <= this.#last);
  }

  /** Once chosen it stays the first, whatever comes at the end. */
  get #begin() {
    if (this.#first === Infinity && this.all.length > 0) {
      this.#first = this.tail.length > STEP ? this.tail.at(-STEP).seq : this.from;
    }
    return this.#first;
  }
}

function firstOf(messages) {
  return Math.min(...messages.map(({ seq }) => seq));
}
