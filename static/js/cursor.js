/** The position in one chat's log: events pass in order, once each, without holes. */

const MOST_HELD = 500;

export function parseCursor(text) {
  const [epoch, seq] = text?.split(":") ?? [null, 0];
  return { epoch, seq: Number(seq) };
}

export class Cursor {
  #epoch;
  #seq;
  #held = [];
  #head = null;

  constructor(text) {
    ({ epoch: this.#epoch, seq: this.#seq } = parseCursor(text));
  }

  toString() {
    return `${this.#epoch}:${this.#seq}`;
  }

  get since() {
    return this.#epoch === null ? null : `${this}`;
  }

  get epoch() {
    return this.#epoch;
  }

  get seq() {
    return this.#seq;
  }

  meets(text, from) {
    const position = parseCursor(text);
    return this.#covers(position) && position.seq >= from - 1;
  }

  get isBehind() {
    return this.#held.length > 0 || this.#head !== null;
  }

  get behind() {
    const ahead = [this.#head, ...this.#held].filter((known) => known?.epoch === this.#epoch);
    return Math.max(this.#seq, ...ahead.map(({ seq }) => seq)) - this.#seq;
  }

  take(event) {
    // What does not fit is not lost: being behind already means asking for everything missing.
    if (!this.#covers(event) && this.#held.length < MOST_HELD) {
      this.#held.push(event);
    }
    return this.#release();
  }

  hearOf(headText) {
    const head = parseCursor(headText);
    this.#head = this.#covers(head) ? null : head;
  }

  advance(headText) {
    return this.reset(this.#covers(parseCursor(headText)) ? `${this}` : headText);
  }

  reset(headText) {
    const { epoch, seq } = parseCursor(headText);
    this.#epoch = epoch;
    this.#seq = seq;
    this.#held = this.#held.filter((event) => event.epoch === epoch);
    this.#head = this.#head?.epoch === epoch ? this.#head : null;
    return this.#release();
  }

  #covers({ epoch, seq }) {
    return epoch === this.#epoch && seq <= this.#seq;
  }

  #release() {
    const released = [];
    for (let next = this.#next(); next; next = this.#next()) {
      this.#seq = next.seq;
      released.push(next);
    }
    this.#held = this.#held.filter((event) => !this.#covers(event));
    this.#head = this.#head && this.#covers(this.#head) ? null : this.#head;
    return released;
  }

  #next() {
    return this.#held.find(({ epoch, seq }) => epoch === this.#epoch && seq === this.#seq + 1);
  }
}
