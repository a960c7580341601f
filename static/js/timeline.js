/** The messages of one chat as far as this page knows them, and which of them it shows. */

import { Growing } from "./growing.js";
import { OPEN } from "./protocol.js";

const MOST_KEPT = 500;
export const MOST_SHOWN = 300;
export const STEP = 100;

/**
 * Two runs of messages are known, both without holes: the tail, which ends with the newest one, and
 * what is shown. That is the end of the tail, or a stretch of the past, and never grows long.
 */
export class Timeline {
  #chatId;
  #messages = new Map();
  #sorted = null;
  #first = Infinity; // seq of what is shown; Infinity: just the newest
  #last = Infinity; // Infinity: the live end
  #stale = null; // what is shown after all was replaced, until it is read anew
  #isAtEnd = true;

  /** Where the tail begins: 0 if with the chat itself, Infinity if nothing is known of it. */
  from = 0;

  constructor(chatId) {
    this.#chatId = chatId;
  }

  get tail() {
    return this.#all.filter(({ seq }) => seq >= this.from);
  }

  get messages() {
    const first = this.#begin;
    return this.#stale ?? this.#all.filter(({ seq }) => seq >= first && seq <= this.#last);
  }

  get isLive() {
    return this.#last === Infinity && this.#stale === null;
  }

  get hasOlder() {
    return this.#begin > 0 && this.#begin < Infinity;
  }

  /** Around this what is shown has to be read anew. */
  get staleAt() {
    return this.#stale?.[this.#stale.length >> 1].seq ?? null;
  }

  find(messageId) {
    const isIt = (message) => message.messageId === messageId;
    return this.#messages.get(messageId) ?? this.#stale?.find(isIt) ?? null;
  }

  /** What was known may be of another epoch: it stays while it is read. */
  replace(messages, moreBefore) {
    const isRead = !(this.isLive && this.#isAtEnd) && this.messages.length > 0;
    this.#stale = isRead ? this.messages : null;
    this.#first = Infinity;
    this.#last = Infinity;
    this.#messages.clear();
    this.from = moreBefore ? firstOf(messages) : 0;
    this.#add(messages);
  }

  /** Neither older revisions nor other chats' messages are taken. */
  put(message) {
    if (this.#messages.has(message.messageId) || this.#reaches(message)) {
      this.#add([message]);
      this.#trim();
    }
  }

  /** Messages that end where the tail begins, or overlap it. */
  extend(messages, moreBefore) {
    if (this.from > 0 || this.tail.length === 0) {
      const first = firstOf([...messages, ...this.tail]);
      this.from = moreBefore && first < Infinity ? first : 0;
    }
    this.#add(messages);
    this.#trim();
  }

  /** Returns whether a piece is missing, and the message has to be fetched. */
  grow({ messageId, rev, ...piece }) {
    const message = this.#messages.get(messageId);
    if (message?.rev !== rev) {
      return false; // over already, or its beginning is still on the way
    }
    return this.#grow(message, message, (growing) => growing.take(piece));
  }

  /** The server's text so far may be behind what was heard. */
  catchUp(message) {
    const known = this.#messages.get(message.messageId);
    if (known?.rev === message.rev && OPEN.has(message.status)) {
      this.#grow(message, known, (growing) => growing.catchUp(message.content));
    } else {
      this.put(message);
    }
  }

  /** Goes up as far as is known, else returns the seq before which to ask for more. */
  rise() {
    const first = this.#begin;
    const older = this.tail.filter(({ seq }) => seq < first);
    if (older.length === 0) {
      return this.hasOlder ? first : null;
    }
    this.#goUp(older.length > STEP ? older.at(-STEP).seq : this.from);
    return null;
  }

  takeOlder(before, { messages, moreBefore }) {
    if (this.#first === before) {
      this.#add(messages);
      this.#goUp(moreBefore ? firstOf(messages) : 0);
    }
  }

  /** Goes down as far as is known, else returns the seq after which to ask for more. */
  sink() {
    if (this.#last < this.from) {
      return this.#last;
    }
    const newer = this.tail.filter(({ seq }) => seq > this.#last);
    this.#goDown(newer.length > STEP ? newer[STEP - 1].seq : Infinity);
    return null;
  }

  takeNewer(after, { messages, moreAfter }) {
    if (this.#last === after) {
      this.#add(messages);
      this.#goDown(moreAfter ? messages.at(-1).seq : Infinity);
    }
  }

  takeAround({ messages, moreBefore, moreAfter }) {
    if (moreAfter && this.tail.length === 0) {
      this.from = Infinity;
    }
    this.#stale = null;
    this.#add(messages);
    this.#show(moreBefore ? firstOf(messages) : 0, moreAfter ? messages.at(-1).seq : Infinity);
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

  /** Where that touches the tail, the two are one. */
  #show(first, last) {
    this.#first = first;
    this.#last = last;
    if (last >= this.from) {
      this.from = Math.min(this.from, first);
    }
    this.#trim();
  }

  /** What is neither shown nor among the newest goes. */
  #trim() {
    const { tail } = this;
    if (tail.length > MOST_KEPT) {
      this.from = tail.at(-MOST_KEPT).seq;
    }
    if (this.#last === Infinity) {
      this.#first = Math.max(this.#first, this.from);
    }
    const gone = this.#all.filter((message) => !this.#reaches(message));
    gone.forEach(({ messageId }) => this.#messages.delete(messageId));
    this.#sorted = null;
  }

  #reaches({ seq }) {
    return seq >= this.from || (seq >= this.#first && seq <= this.#last);
  }

  /** Once chosen it stays the first, whatever comes at the end. */
  get #begin() {
    const { tail } = this;
    if (this.#first === Infinity && tail.length > 0) {
      this.#first = tail.length > STEP ? tail.at(-STEP).seq : this.from;
    }
    return this.#first;
  }

  get #all() {
    this.#sorted ??= [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  #grow(message, { growing = new Growing(message.content ?? "") }, act) {
    act(growing);
    this.#set({ ...message, content: growing.content, growing });
    return growing.isBehind;
  }

  #add(messages) {
    const isOurs = ({ chatId }) => chatId === this.#chatId;
    const isNews = ({ messageId, rev }) => !(this.#messages.get(messageId)?.rev >= rev);
    messages.filter(isOurs).filter(isNews).forEach((message) => this.#set(message));
  }

  #set(message) {
    this.#messages.set(message.messageId, message);
    this.#sorted = null;
  }
}

function firstOf(messages) {
  return Math.min(...messages.map(({ seq }) => seq));
}
