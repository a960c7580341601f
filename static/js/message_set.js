/** Messages of one chat, each in its newest revision, in order. */

import { OPEN } from "./protocol.js";

const MOST_EARLY = 2_000;

export class MessageSet {
  #chatId;
  #messages = new Map();
  #sorted = null;

  constructor(chatId) {
    this.#chatId = chatId;
  }

  get all() {
    this.#sorted ??= [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get(messageId) {
    return this.#messages.get(messageId);
  }

  add(messages) {
    const isOurs = ({ chatId }) => chatId === this.#chatId;
    const isNews = ({ messageId, rev }) => !(this.get(messageId)?.rev >= rev);
    messages.filter(isOurs).filter(isNews).forEach((message) => this.#set(message));
  }

  keep(isKept) {
    this.#messages = new Map(this.all.filter(isKept).map((message) => [message.messageId, message]));
    this.#sorted = null;
  }

  grow({ messageId, rev, from, text }) {
    const message = this.get(messageId);
    if (message?.rev !== rev) {
      return false;
    }
    const pieces = [...(message.early ?? []), { from, text }].slice(-MOST_EARLY);
    this.#set(grown(message, pieces));
    return this.get(messageId).early.length > 0;
  }

  /** The server's text so far may be behind what was heard. */
  catchUp(message) {
    const known = this.get(message.messageId);
    if (known?.rev === message.rev && OPEN.has(message.status)) {
      const pieces = [{ from: 0, text: message.content }, ...(known.early ?? [])];
      this.#set(grown(known, pieces));
    } else {
      this.put(message);
    }
  }

  #set(message) {
    this.#messages.set(message.messageId, message);
    this.#sorted = null;
  }
}

/** Pieces are placed by code point; those after a hole are early. */
function grown(message, pieces) {
  let content = [...message.content];
  const early = [];
  for (const { from, text } of pieces) {
    if (from > content.length) {
      early.push({ from, text });
    } else {
      content = content.concat([...text].slice(content.length - from));
    }
  }
  return { ...message, content: content.join(""), early };
}
