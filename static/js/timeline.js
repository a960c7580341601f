/** The messages of one chat as far as this page knows them: by id, ordered by seq, newest rev. */

import { Growing } from "./growing.js";
import { OPEN } from "./protocol.js";

const MOST_KEPT = 500;

export class Timeline {
  #chatId;
  #messages = new Map();
  #sorted = null;

  /** The seq this page begins at, 0 where it has the whole chat; what is older is not shown. */
  from = 0;

  constructor(chatId) {
    this.#chatId = chatId;
  }

  /** Returns whether it changed anything; older revisions and other chats' messages never do. */
  put(message) {
    const known = this.#messages.get(message.messageId);
    const isStale = known ? known.rev >= message.rev : message.seq < this.from;
    if (isStale || message.chatId !== this.#chatId) {
      return false;
    }
    this.#set(message);
    this.#trim();
    return true;
  }

  /** Messages that end where these begin, or overlap them; newer revisions known here stay. */
  extend(messages, moreBefore) {
    const first = Math.min(...messages.map(({ seq }) => seq), this.messages[0]?.seq ?? Infinity);
    if (this.from > 0 || this.#messages.size === 0) {
      this.from = moreBefore && first < Infinity ? first : 0;
    }
    messages.forEach((message) => this.put(message));
  }

  /** A piece of an answer. Returns whether the message has to be fetched, since one is missing. */
  grow({ messageId, rev, ...piece }) {
    const message = this.#messages.get(messageId);
    if (message?.rev !== rev) {
      return false; // over already, or its beginning is still on the way
    }
    return this.#grow(message, message, (growing) => growing.take(piece));
  }

  /** A message as the server has it now; its text so far may be behind what was heard. */
  catchUp(message) {
    const known = this.#messages.get(message.messageId);
    if (known?.rev === message.rev && OPEN.has(message.status)) {
      this.#grow(message, known, (growing) => growing.catchUp(message.content));
    } else {
      this.put(message);
    }
  }

  /** A first page or a snapshot: what was known before may be stale, or of another epoch. */
  replace(messages, moreBefore) {
    this.#messages.clear();
    this.#sorted = null;
    this.from = moreBefore ? Math.min(...messages.map(({ seq }) => seq)) : 0;
    messages.forEach((message) => this.put(message));
  }

  get messages() {
    this.#sorted ??= [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get(messageId) {
    return this.#messages.get(messageId);
  }

  #grow(message, { growing = new Growing(message.content ?? "") }, act) {
    act(growing);
    this.#set({ ...message, content: growing.content, growing });
    return growing.isBehind;
  }

  #set(message) {
    this.#messages.set(message.messageId, message);
    this.#sorted = null;
  }

  #trim() {
    if (this.#messages.size > MOST_KEPT) {
      const [oldest, next] = this.messages;
      this.#messages.delete(oldest.messageId);
      this.#sorted = null;
      this.from = next.seq;
    }
  }
}
