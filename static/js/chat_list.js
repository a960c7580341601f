/** The list of one's chats, the newest first, with what is unread. */

import { parseCursor } from "./cursor.js";

const MISSED_MS = 1_000;
const FRESH_MS = 60_000; // nobody tells who is added
const FIRST_SAID = /^(user|system|youtube|ai)_message$/;

export class ChatList {
  #means; // selfId, read, alarms, onAdded, onChange
  #lines = new Map();

  constructor({ lines = [], ...means }) {
    this.#means = means;
    lines.forEach((line) => this.#lines.set(line.chatId, line));
    this.#later();
  }

  get lines() {
    return [...this.#lines.values()].sort((a, b) => b.at - a.at);
  }

  get chatIds() {
    return this.lines.map(({ chatId }) => chatId);
  }

  get unread() {
    return this.lines.reduce((sum, { unread }) => sum + unread, 0);
  }

  get(chatId) {
    return this.#lines.get(chatId);
  }

  async refresh() {
    this.#means.alarms.cancel("list");
    this.#later();
    try {
      const { chats } = await this.#means.read();
      const known = this.#lines;
      this.#lines = new Map(chats.map((chat) => [chat.chatId, this.#newer(chat)]));
      this.#means.onAdded?.(this.chatIds.filter((chatId) => !known.has(chatId)));
      this.#means.onChange();
    } catch {
      // The next look tells.
    }
  }

  remove(chatId) {
    this.#lines.delete(chatId);
    this.#means.onChange();
  }

  readUpTo(chatId, seq) {
    const line = this.#lines.get(chatId);
    if (line?.unread > 0) {
      if (seq >= parseCursor(line.head).seq) {
        this.#set(line, { unread: 0 });
      } else {
        this.#missed();
      }
    }
  }

  onHeads(heads = {}) {
    const isNews = ([chatId, head]) => this.#lines.get(chatId)?.head !== head;
    if (Object.entries(heads).some(isNews)) {
      this.#missed();
    }
  }

  onFrame(frame) {
    if (frame.op === "event") {
      this.#take(frame);
    } else if (frame.op === "ephemeral" && frame.type === "read") {
      this.readUpTo(frame.chatId, frame.seq);
    } else if (frame.op === "notice" && frame.type === "subscriptionRevoked") {
      this.remove(frame.chatId);
    }
  }

  #take(event) {
    const line = this.#lines.get(event.chatId);
    const head = line && parseCursor(line.head);
    if (!line || head.epoch !== event.epoch || event.seq > head.seq + 1) {
      this.#missed();
    } else if (event.seq === head.seq + 1) {
      this.#set(line, { head: `${event.epoch}:${event.seq}`, ...this.#changeBy(event, line) });
    }
  }

  #changeBy({ type, message, data }, line) {
    if (type === "chat_renamed" && data?.title) {
      return { title: data.title };
    }
    if (type === "message_removed") {
      this.#missed(); // it may have been one of the unread
    }
    if (message && FIRST_SAID.test(type)) {
      const isNews = message.author?.id !== this.#means.selfId;
      return { at: message.timestamp, last: message, unread: line.unread + (isNews ? 1 : 0) };
    }
    return message && message.messageId === line.last?.messageId ? { last: message } : {};
  }

  #set(line, change) {
    this.#lines.set(line.chatId, { ...line, ...change });
    this.#means.onChange();
  }

  #later() {
    this.#means.alarms.last("fresh", FRESH_MS, () => this.refresh());
  }

  #missed() {
    this.#means.alarms.first("list", MISSED_MS, () => this.refresh());
  }

  #newer({ chatId, title, head, unread, lastMessage: last, createdAt }) {
    const known = this.#lines.get(chatId);
    const [mine, theirs] = [known?.head ?? head, head].map(parseCursor);
    if (mine.epoch === theirs.epoch && mine.seq > theirs.seq) {
      this.#missed();
      return known;
    }
    return { chatId, title, head, unread, last, at: last?.timestamp ?? createdAt };
  }
}
