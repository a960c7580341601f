/** One chat as its page knows it, and what its reader does. */

import { Alarms } from "./alarms.js";
import { Company } from "./company.js";
import { Cursor } from "./cursor.js";
import { History } from "./history.js";
import { News } from "./news.js";
import { Outbox } from "./outbox.js";
import { isEditable } from "./permitted.js";
import { Quotes } from "./quotes.js";
import { Timeline } from "./timeline.js";

const READ_MS = 1_000;
const FRAME_BYTES = 65_536;
const NOTHING = () => undefined;

export class KnownChat {
  outbox = new Outbox(this);
  history = new History(this);
  quotes = new Quotes(this);
  company = new Company(this);

  title = null;
  permissions = null;
  frameBytes = FRAME_BYTES;
  seenSeq = 0;
  toldSeq = 0;
  stopped = null;
  draft = {};
  place = null;
  clock = Date.now;
  onRead = NOTHING;
  onGone = NOTHING;

  /** A null cursor means nothing yet, `passage` is a page of the past. */
  constructor({ user, cursor, messages, moreBefore, readSeq = null, passage, ...page }, { timers, ...means }) {
    Object.assign(this, page, means);
    this.selfId = user.id;
    this.alarms = new Alarms(timers, this.clock);
    this.cursor = new Cursor(cursor);
    this.timeline = new Timeline(this.chatId);
    this.timeline.replace(messages, moreBefore);
    if (passage) {
      this.timeline.take("around", null, passage);
    }
    this.news = new News(user.id, readSeq);
    this.toldSeq = readSeq ?? 0;
  }

  rows() {
    const { isLive, messages } = this.timeline;
    return isLive ? [...messages, ...this.outbox.entries] : messages;
  }

  quoted(messageId) {
    return this.timeline.find(messageId) ?? this.quotes.get(messageId);
  }

  sidesOf(message) {
    const asker = message.type === "ai" ? this.timeline.find(message.replyTo) : message;
    const isMine = (one) => one?.author?.id === this.selfId;
    return { isOwn: isMine(message), isAsked: isMine(asker) };
  }

  get newestOwn() {
    return this.rows().findLast((row) => row.messageId && isEditable(row, this.selfId)) ?? null;
  }

  get unseen() {
    return this.news.count(this.timeline.tail);
  }

  get firstNew() {
    return this.news.firstOf(this.timeline.messages, this.timeline.hasOlder);
  }

  send(what) {
    const isTaken = this.stopped === null && !this.connection.isHopeless;
    if (isTaken) {
      this.outbox.add(what);
      this.outbox.flush();
    }
    return isTaken;
  }

  ask(action, what) {
    return this.connection.call({ action, chatId: this.chatId, ...what });
  }

  tell(action, what) {
    this.ask(action, what).catch(NOTHING);
  }

  async change(action, what) {
    this.onStored((await this.ask(action, what)).message);
    this.onChange();
  }

  /** Null takes a `verdict` back; without one, what was said before. */
  async rate(messageId, verdict) {
    const path = `chats/${this.chatId}/messages/${messageId}/feedback/`;
    const method = verdict === undefined ? "GET" : "POST";
    return (await this.rest.request({ method, path, body: { verdict } })).verdict;
  }

  async whyRemoved(messageId) {
    const { decisions } = await this.rest.get(`chats/${this.chatId}/decisions/`);
    return decisions.find((told) => told.verb === "remove" && told.messageId === messageId)?.reason;
  }

  markRead() {
    // What was answered to a send may be here before its event is.
    this.news.see(Math.max(this.cursor.seq, this.timeline.tail.at(-1)?.seq ?? 0));
    this.seenSeq = this.cursor.seq;
    this.#tellRead();
  }

  /** Also of a chat that was left meanwhile. */
  #tellRead() {
    if (this.seenSeq > this.toldSeq && !this.alarms.has("read")) {
      this.toldSeq = this.seenSeq;
      this.tell("read", { seq: this.toldSeq });
      this.onRead(this.toldSeq);
      this.alarms.first("read", READ_MS, () => this.#tellRead());
    }
  }

  get known() {
    const { chatId, title, place, timeline } = this;
    const cursor = this.cursor.since;
    const messages = timeline.tail.map(({ early, attempt, ...message }) => message);
    const known = { chatId, title, cursor, messages, from: timeline.from, place, at: this.clock() };
    return cursor === null || this.stopped !== null ? null : known;
  }

  recall({ title, cursor, messages, from, place }) {
    const isFirst = this.cursor.since === null;
    if (!isFirst && !this.cursor.meets(cursor, this.timeline.from)) {
      return;
    }
    this.title ??= title;
    this.place ??= place;
    this.timeline.extend(messages, from > 0);
    this.cursor.reset(cursor); // what came after it is told again
    this.onChange();
  }

  readPage(query) {
    return this.rest.get(`chats/${this.chatId}/messages/?${new URLSearchParams(query)}`);
  }

  async lookUp(messageIds) {
    const { results } = await this.ask("fetch", { messageIds });
    return Object.values(results).filter(({ chatId }) => chatId === this.chatId);
  }

  onStored(message) {
    this.history.put(message);
    this.quotes.put(message);
    this.company.spoke(message.author);
    if (message.author?.id === this.selfId) {
      this.outbox.settle(message.clientMessageId);
    }
  }
}
