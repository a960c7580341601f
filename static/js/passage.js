/** The stretch of a chat that its page shows: it moves with its reader, and never grows long. */

export const MOST_SHOWN = 300;
export const STEP = 100;

/**
 * At the live end it is the last part of the tail (a Timeline, which ends with the newest message).
 * Further up it is a stretch of its own, messages in order, which need not touch the tail.
 */
export class Passage {
  #chatId;
  #tail;
  #from = Infinity; // of what is shown of the tail; Infinity: just its newest
  #stretch = null;
  #moreBefore = false;
  #isAtEnd = true;

  constructor(chatId, tail) {
    this.#chatId = chatId;
    this.#tail = tail;
  }

  get isLive() {
    return this.#stretch === null;
  }

  get messages() {
    return this.#stretch?.map((message) => this.#newestOf(message)) ?? this.#shownOfTail();
  }

  get hasOlder() {
    return this.isLive ? this.#tail.from > 0 || this.#unseenOfTail().length > 0 : this.#moreBefore;
  }

  /** Goes up as far as is known. Returns the seq before which has to be asked for more, or null. */
  rise() {
    const known = this.#tail.messages;
    const first = this.messages[0]?.seq ?? Infinity;
    const older = known.filter(({ seq }) => seq < first);
    const isJoined = this.isLive || (known.length > 0 && known[0].seq <= first);
    if (!isJoined || older.length === 0) {
      return this.hasOlder && first < Infinity ? first : null;
    }
    const fresh = older.slice(-STEP);
    const hasMore = older.length > fresh.length || this.#tail.from > 0;
    this.#show([...fresh, ...this.messages], hasMore);
    return null;
  }

  takeOlder(before, { messages, moreBefore }) {
    const older = this.#oursOf(messages);
    if (this.isLive && this.#tail.from === before) {
      this.#tail.extend(older, moreBefore);
      this.rise();
    } else if (this.#stretch?.[0]?.seq === before) {
      this.#show([...older, ...this.#stretch], moreBefore);
    }
  }

  /** Goes down as far as is known. Returns the seq after which has to be asked for more, or null. */
  sink() {
    if (this.isLive) {
      return null;
    }
    const last = this.#stretch.at(-1)?.seq ?? 0;
    const known = this.#tail.messages;
    if (known.length === 0 || (last < known[0].seq && this.#tail.from > 0)) {
      return last;
    }
    const newer = known.filter(({ seq }) => seq > last);
    this.#append(newer.slice(0, STEP));
    if (newer.length <= STEP) {
      this.#join();
    }
    return null;
  }

  takeNewer(after, { messages, moreAfter }) {
    if (this.#stretch?.at(-1)?.seq === after) {
      this.#append(this.#oursOf(messages));
      this.#joinUnless(moreAfter);
    }
  }

  takeAround({ messages, moreBefore, moreAfter }) {
    this.#stretch = this.#oursOf(messages);
    this.#moreBefore = moreBefore;
    this.#joinUnless(moreAfter);
  }

  toEnd() {
    this.#stretch = null;
    this.#from = Infinity;
  }

  /** Before the tail is replaced: what is being read stays, what is not may go. */
  letGoOfTail() {
    if ((this.isLive && this.#isAtEnd) || this.messages.length === 0) {
      this.toEnd();
    } else if (this.isLive) {
      this.#moreBefore = this.hasOlder;
      this.#stretch = this.messages;
    }
  }

  /** What is new has come to the live end: who reads further up is not moved by it. */
  settle(isAtEnd) {
    this.#isAtEnd = isAtEnd;
    if (this.isLive && this.#shownOfTail().length > MOST_SHOWN) {
      if (isAtEnd) {
        this.#from = this.#tail.messages.at(-MOST_SHOWN).seq;
      } else {
        this.#show(this.messages, true);
      }
    }
  }

  put(message) {
    this.#tail.put(message);
    const at = this.#stretch?.findIndex(({ messageId }) => messageId === message.messageId) ?? -1;
    if (at >= 0 && this.#stretch[at].rev < message.rev) {
      this.#stretch[at] = message;
    }
  }

  find(messageId) {
    const shown = this.#stretch?.find((message) => message.messageId === messageId);
    return this.#tail.get(messageId) ?? shown ?? null;
  }

  #newestOf(message) {
    const known = this.#tail.get(message.messageId);
    return known && known.rev >= message.rev ? known : message;
  }

  /** Once a first message is chosen it stays the first, whatever comes at the end. */
  #shownOfTail() {
    const known = this.#tail.messages;
    if (this.#from === Infinity && known.length > 0) {
      this.#from = known.at(-STEP)?.seq ?? known[0].seq;
    }
    return known.filter(({ seq }) => seq >= this.#from);
  }

  #unseenOfTail() {
    const first = this.#shownOfTail()[0]?.seq ?? 0;
    return this.#tail.messages.filter(({ seq }) => seq < first);
  }

  #oursOf(messages) {
    return messages.filter(({ chatId }) => chatId === this.#chatId);
  }

  #show(messages, moreBefore) {
    if (this.isLive && messages.length <= MOST_SHOWN) {
      this.#from = messages[0].seq;
      return;
    }
    this.#stretch = messages.slice(0, MOST_SHOWN);
    this.#moreBefore = moreBefore;
  }

  #append(messages) {
    const all = [...this.#stretch, ...messages];
    this.#moreBefore ||= all.length > MOST_SHOWN;
    this.#stretch = all.slice(-MOST_SHOWN);
  }

  #joinUnless(moreAfter) {
    if (!moreAfter) {
      this.#stretch.forEach((message) => this.#tail.put(message));
      this.#join();
    }
  }

  /** The stretch has reached the live end, and becomes the last part of the tail. */
  #join() {
    const shown = this.#stretch;
    this.#tail.extend(shown, this.#moreBefore);
    this.#stretch = null;
    this.#from = shown[0]?.seq ?? Infinity;
  }
}
