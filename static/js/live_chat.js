/** One chat as its page knows it, live: what arrived, what is on its way, who is here. */

import { Alarms } from "./alarms.js";
import { Company } from "./company.js";
import { Cursor } from "./cursor.js";
import { Follower } from "./follower.js";
import { History } from "./history.js";
import { News } from "./news.js";
import { Outbox } from "./outbox.js";
import { Passage } from "./passage.js";
import { isEditable } from "./permitted.js";
import { OPEN, action, meaningOf } from "./protocol.js";
import { Quotes } from "./quotes.js";
import { Sender } from "./sender.js";
import { Timeline } from "./timeline.js";

const READ_MS = 1_000;
const FETCH_MS = 1_000;
const TICK_MS = 1_000;
const FRAME_BYTES = 65_536;
const NOTHING = () => undefined;

// After these the server may allow more or less than it said when this page subscribed.
const CHANGES_PERMISSIONS = /^(chat_frozen|chat_unfrozen|member_muted|member_unmuted)$/;

export class LiveChat {
  #selfId;
  #onGone;
  #onRead;
  #company;
  #timeline;
  #quotes = new Quotes(this);
  #follower = new Follower(this);
  #sender = new Sender(this);
  #hasBroken = false;
  #hasBegun = false;
  #readSeq = 0;

  permissions = null;
  frameBytes = FRAME_BYTES;
  stopped = null;
  /** What is in the box, and where the log stands, while another chat is shown; see chat.js. */
  draft = {};
  place = null;

  /**
   * `page` is what is known: `{chatId, title, user, cursor, messages, moreBefore, readSeq, passage}`;
   * a null cursor means nothing yet, `passage` is a page of the past. `onChange()` is called often:
   * gather before painting. `onRead(seq)` and `onGone()` say that it was read so far, and that it is
   * not ours, or not there.
   */
  constructor(page, { onGone = NOTHING, onRead = NOTHING, timers, clock = Date.now, ...means }) {
    const { chatId, title = null, user, cursor, messages, moreBefore, readSeq = null, passage } = page;
    Object.assign(this, { chatId, title, clock, ...means }); // connection, rest, unsent, onChange
    this.#selfId = user.id;
    this.#readSeq = readSeq ?? 0;
    this.#onGone = onGone;
    this.#onRead = onRead;
    this.alarms = new Alarms(timers, clock);
    this.cursor = new Cursor(cursor);
    this.outbox = new Outbox(this);
    this.#timeline = new Timeline(chatId);
    this.#timeline.replace(messages, moreBefore);
    this.passage = new Passage(chatId, this.#timeline);
    if (passage) {
      this.passage.takeAround(passage);
    }
    this.history = new History(this);
    this.news = new News(user.id, readSeq);
    this.#company = new Company(user.id);
  }

  // What the page shows

  rows() {
    const { isLive, messages } = this.passage;
    return isLive ? [...messages, ...this.outbox.entries] : messages;
  }

  /** A message that another replies to, wherever it stands; undefined while that is not known. */
  quoted(messageId) {
    return this.passage.find(messageId) ?? this.#quotes.get(messageId);
  }

  /** Whose the message is: the reader's own, or an answer to what the reader asked. */
  sidesOf(message) {
    const asker = message.type === "ai" ? this.passage.find(message.replyTo) : message;
    const isMine = (one) => one?.author?.id === this.#selfId;
    return { isOwn: isMine(message), isAsked: isMine(asker) };
  }

  get newestOwn() {
    return this.rows().findLast((row) => row.messageId && isEditable(row, this.#selfId)) ?? null;
  }

  get unseen() {
    return this.news.count(this.#timeline.messages);
  }

  get firstNew() {
    return this.news.firstOf(this.passage.messages, this.passage.hasOlder);
  }

  /** `stopped`, `offline`, `catchingUp` or `inStep`; never better than it is. */
  get state() {
    if (this.stopped !== null) {
      return "stopped";
    }
    if (!this.connection.isReady && this.#hasBroken) {
      return "offline";
    }
    return this.#follower.isInStep && !this.history.isStale ? "inStep" : "catchingUp";
  }

  get facts() {
    const { state, stopped, cursor, outbox, history } = this;
    const unsent = outbox.entries.filter((entry) => entry.state !== "failed").length;
    return { state, stopped, behind: cursor.behind, unsent, incompleteBefore: history.incompleteBefore };
  }

  get company() {
    return { others: this.#company.others(), writing: this.#company.writing(this.clock()) };
  }

  get hasUnsent() {
    return !this.outbox.isEmpty;
  }

  // What its reader does

  /** Returns false for what has to go by the page's form instead; `what` as the outbox has it. */
  send(what) {
    if (this.stopped !== null || this.connection.isHopeless) {
      return false;
    }
    this.outbox.add(what);
    this.#goOnSending();
    return true;
  }

  resend(clientMessageId) {
    this.outbox.resend(clientMessageId);
    this.#goOnSending();
  }

  takeBack(clientMessageId) {
    const content = this.outbox.takeBack(clientMessageId);
    this.onChange();
    return content;
  }

  async heedOutbox() {
    await this.outbox.refresh();
    this.#sender.flush();
  }

  ask(name, ...values) {
    return this.connection.call(action[name](this.chatId, ...values));
  }

  /** Without need of an answer; what comes of it is told as an event. */
  tell(name, ...values) {
    this.ask(name, ...values).catch(NOTHING);
  }

  /** What answers with the message as it is then; rejects with the server's no, or Disconnected. */
  async change(name, ...values) {
    this.onStored((await this.ask(name, ...values)).message);
    this.onChange();
  }

  /** `verdict` is "up", "down", or null to take it back; without it, what was said. */
  async rate(messageId, verdict) {
    const path = `chats/${this.chatId}/messages/${messageId}/feedback/`;
    const asked = verdict === undefined ? this.rest.get(path) : this.rest.request({ path, body: { verdict } });
    return (await asked).verdict;
  }

  /** Told at once, and then at most once a second. */
  markRead() {
    // What was answered to a send may be here before its event is.
    this.news.see(Math.max(this.cursor.seq, this.#timeline.messages.at(-1)?.seq ?? 0));
    if (this.cursor.seq > this.#readSeq && !this.alarms.has("read")) {
      this.#readSeq = this.cursor.seq;
      this.tell("read", this.#readSeq);
      this.#onRead(this.#readSeq);
      this.alarms.first("read", READ_MS, this.onChange);
    }
  }

  // What a browser keeps

  get known() {
    const { chatId, title, place } = this;
    const cursor = this.cursor.since;
    const messages = this.#timeline.messages.map(({ growing, attempt, ...message }) => message);
    const known = { chatId, title, cursor, messages, from: this.#timeline.from, place, at: this.clock() };
    return cursor === null || this.stopped !== null ? null : known;
  }

  /** What an earlier page knew, as far as it meets what this one knows; before any subscription. */
  recall({ title, cursor, messages, from, place }) {
    const isFirst = this.cursor.since === null;
    if (this.#hasBegun || (!isFirst && !this.cursor.meets(cursor, this.#timeline.from))) {
      return;
    }
    this.title ??= title;
    this.place ??= place;
    this.#timeline.extend(messages, from > 0);
    this.cursor.reset(cursor); // what came after it is told again
    this.onChange();
  }

  /** Nothing of this chat is heard or said from here on. */
  close() {
    this.stopped ??= { code: "closed", message: null };
    this.alarms.silence();
    this.tell("unsubscribe");
  }

  // What the connection tells

  onOpen() {
    if (this.stopped === null) {
      this.#hasBegun = true;
      this.#follower.subscribe();
    }
  }

  onWaiting() {
    this.#hasBroken = true;
    this.#readSeq = 0;
    this.#goQuiet();
  }

  /** `code` is a close code, an error's code or a notice's type; `message` is the server's word. */
  onStopped(code, message) {
    this.stopped = { code, message };
    this.outbox.strand({ code, message }, meaningOf(code) === "noAccess");
    this.#goQuiet();
  }

  onHeads(heads) {
    if (heads?.[this.chatId] && this.stopped === null) {
      this.#follower.hearOf(heads[this.chatId]);
      // Plain requests do not bring an answer piece by piece.
      const open = this.#timeline.messages.filter(({ status }) => OPEN.has(status));
      if (this.connection.rung > 1 && open.length > 0) {
        this.#fetch(open.map(({ messageId }) => messageId));
      }
    }
  }

  /** What is not of this chat, or of a kind not known here, ends at this door. */
  onFrame(frame) {
    const { op, type, chatId } = frame;
    if (chatId !== this.chatId || this.stopped !== null) {
      return;
    }
    if (op === "event") {
      this.#follower.take(frame);
    } else if (op === "ephemeral") {
      this.#overhear(frame);
    } else if (type === "subscriptionRevoked") {
      this.onRefused({ code: type, message: null });
    } else if (type === "positionLost") {
      this.#follower.subscribe();
    }
  }

  #goQuiet() {
    this.alarms.silence();
    this.#company.gather([]);
    this.onChange();
  }

  #overhear({ type, user, on, online, ...piece }) {
    if (type === "aiDelta") {
      this.#grow(piece);
    } else if (type === "presence") {
      this.#company.presence(user, online);
    } else if (type === "typing") {
      const lasts = this.#company.typing(user, on, this.clock());
      this.alarms.last(`typing ${user.id}`, lasts, this.onChange);
    }
    this.onChange();
  }

  /** Text that begins further on than what is here ends: a piece was dropped. */
  #grow(piece) {
    if (this.#timeline.grow(piece)) {
      const { messageId } = piece;
      this.alarms.first(`fetch ${messageId}`, FETCH_MS, () => this.#fetch([messageId]));
    }
  }

  async #fetch(messageIds) {
    try {
      const messages = await this.lookUp(messageIds);
      messages.forEach((message) => this.#timeline.catchUp(message));
      this.onChange();
    } catch {
      // The next piece asks again, and the end of the answer needs none.
    }
  }

  // What its parts ask and tell

  readPage(place, limit) {
    return this.rest.get(`chats/${this.chatId}/messages/?${new URLSearchParams({ ...place, limit })}`);
  }

  async lookUp(messageIds) {
    const { results } = await this.ask("fetch", messageIds);
    return Object.values(results).filter(({ chatId }) => chatId === this.chatId);
  }

  onEvents(events) {
    for (const { type, message, data } of events) {
      if (message) {
        this.onStored(data?.attempt > 1 ? { ...message, attempt: data } : message);
      }
      if (type === "chat_renamed" && data?.title) {
        this.title = data.title;
      }
      if (CHANGES_PERMISSIONS.test(type)) {
        this.alarms.first("permissions", 0, () => this.#follower.subscribe());
      }
    }
  }

  onSnapshot(messages, moreBefore) {
    this.history.lose();
    this.#timeline.replace(messages, moreBefore);
    messages.forEach((message) => this.onStored(message));
  }

  onSubscribed({ open, presence, permissions, limits }) {
    open.forEach((message) => this.#timeline.catchUp(message));
    this.#company.gather(presence);
    this.permissions = permissions;
    this.frameBytes = limits.frameBytes;
    this.connection.settle();
    this.alarms.cancel("send"); // a good moment to try
    this.#sender.flush();
    this.#quotes.renew();
    this.history.resume();
  }

  onRefused({ code, message }) {
    this.onStopped(code, message);
    if (meaningOf(code) === "noAccess") {
      this.#onGone();
    }
  }

  onStored(message) {
    this.history.put(message);
    this.#quotes.put(message);
    this.#company.spoke(message.author?.id);
    if (message.author?.id === this.#selfId) {
      this.outbox.settle(message.clientMessageId);
    }
  }

  /** While something waits for its time, the seconds are shown. */
  onOutbox() {
    if (this.outbox.entries.some(({ state }) => state === "waiting")) {
      this.alarms.first("tick", TICK_MS, () => this.onOutbox());
    }
    this.onChange();
  }

  #goOnSending() {
    this.onChange();
    this.#sender.flush();
  }
}
