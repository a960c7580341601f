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
import { action, meaningOf } from "./protocol.js";
import { Quotes } from "./quotes.js";
import { Sender } from "./sender.js";
import { Timeline } from "./timeline.js";

const READ_MS = 1_000;
const FETCH_MS = 1_000;
const TICK_MS = 1_000;

// After these the server may allow more or less than it said when this page subscribed.
const CHANGES_PERMISSIONS = /^(chat_frozen|chat_unfrozen|member_muted|member_unmuted)$/;

export class LiveChat {
  #chatId;
  #selfId;
  #connection;
  #onChange;
  #onGone;
  #onRead;
  #clock;
  #alarms;
  #cursor;
  #company;
  #outbox;
  #timeline;
  #passage;
  #rest;
  #quotes;
  #follower;
  #sender;
  #hasBroken = false;
  #hasBegun = false;
  #readSeq = 0;

  title;
  permissions = null;
  stopped = null;
  history;
  news;
  /** What is in the box, and where the log stands, while another chat is shown; see chat.js. */
  draft = {};
  place = null;

  /**
   * `page` is what is known: `{chatId, title, user, cursor, messages, moreBefore, readSeq, passage}`;
   * a null cursor means nothing yet, `passage` is a page of the past. `onChange()` is called often:
   * gather before painting. `onRead(seq)` and `onGone()` say that it was read so far, and that it is
   * not ours, or not there.
   */
  constructor(page, { connection, rest, onChange, onGone = () => undefined, ...means }) {
    const { onRead = () => undefined, unsent, timers = globalThis, clock = Date.now } = means;
    const chatId = page.chatId;
    this.#chatId = chatId;
    this.title = page.title ?? null;
    this.#selfId = page.user.id;
    this.#onChange = onChange;
    this.#onGone = onGone;
    this.#onRead = onRead;
    this.#clock = clock;
    this.#alarms = new Alarms(timers);
    this.#cursor = new Cursor(page.cursor);
    this.#company = new Company(page.user.id);
    this.#outbox = new Outbox({ chatId, unsent, clock });
    this.#timeline = new Timeline(chatId, this.#outbox);
    this.#timeline.replace(page.messages, page.moreBefore);
    this.#passage = new Passage(chatId, this.#timeline);
    if (page.passage) {
      this.#passage.takeAround(page.passage);
    }
    this.#quotes = new Quotes({ lookUp: (ids) => this.#lookUp(ids), onChange });
    this.news = new News(page.user.id, page.readSeq ?? null);
    this.#rest = rest;
    this.#connection = connection;
    this.history = new History({
      readPage: (place, limit) => this.#readPage({ ...place, limit }),
      passage: this.#passage,
      alarms: this.#alarms,
      onChange,
    });
    const shared = { chatId, connection, alarms: this.#alarms, listener: this };
    this.#follower = new Follower({ ...shared, cursor: this.#cursor });
    this.#sender = new Sender({ ...shared, outbox: this.#outbox, rest, unsent, clock });
  }

  // --- What the page shows --------------------------------------------------------------------

  get chatId() {
    return this.#chatId;
  }

  /** The messages to be shown, ascending, and at the live end what is still being sent. */
  rows() {
    const { isLive, messages } = this.#passage;
    return isLive ? [...messages, ...this.#outbox.entries] : messages;
  }

  /** The seq of the first message known if there are older ones, else 0. */
  get from() {
    return this.#timeline.from;
  }

  get hasOlder() {
    return this.#passage.hasOlder;
  }

  /** Whether the newest messages are among those shown. */
  get isLive() {
    return this.#passage.isLive;
  }

  find(messageId) {
    return this.#passage.find(messageId);
  }

  /** A message that another replies to, wherever it stands; undefined while that is not known. */
  quoted(messageId) {
    return this.find(messageId) ?? this.#quotes.get(messageId);
  }

  /** The newest of the reader's own that may be edited, or null. */
  get newestOwn() {
    return this.rows().findLast((row) => row.messageId && isEditable(row, this.#selfId)) ?? null;
  }

  /** How many messages the reader has not come to. */
  get unseen() {
    return this.news.count(this.#timeline.messages);
  }

  get firstNew() {
    return this.news.firstOf(this.#passage.messages, this.hasOlder);
  }

  /** `stopped`, `offline`, `catchingUp` or `inStep`; never better than it is. */
  get state() {
    if (this.stopped !== null) {
      return "stopped";
    }
    if (!this.#connection.isReady) {
      return this.#hasBroken ? "offline" : "catchingUp";
    }
    return this.#follower.isInStep && !this.history.isStale ? "inStep" : "catchingUp";
  }

  /** What the status line is made of. */
  get facts() {
    return {
      state: this.state,
      stopped: this.stopped,
      behind: this.#cursor.behind,
      unsent: this.#outbox.entries.filter(({ state }) => state !== "failed").length,
      incompleteBefore: this.history.incompleteBefore,
    };
  }

  get company() {
    return { others: this.#company.others(), writing: this.#company.writing(this.#clock()) };
  }

  get hasUnsent() {
    return !this.#outbox.isEmpty;
  }

  /** Whether closing the page loses something. */
  get isSafe() {
    return this.#outbox.isSafe;
  }

  // --- What its reader does -------------------------------------------------------------------

  /** Returns false for what has to go by the page's form instead; `what` as the outbox has it. */
  send(what) {
    if (this.stopped !== null || this.#connection.isHopeless) {
      return false;
    }
    this.#outbox.add(what);
    this.#onChange();
    this.#sender.flush();
    return true;
  }

  /** One that was refused, tried once more. */
  resend(clientMessageId) {
    this.#outbox.resend(clientMessageId);
    this.#onChange();
    this.#sender.flush();
  }

  /** Other tabs, or an earlier page, have written here. */
  async heedOutbox() {
    await this.#outbox.refresh();
    this.#sender.flush();
  }

  /** Work on a message: done again, or stopped; what comes of it is told as an event. */
  retry(messageId) {
    this.#tell(action.retry(this.#chatId, messageId));
  }

  cancel(messageId) {
    this.#tell(action.cancel(this.#chatId, messageId));
  }

  /** Resolves once it is done; rejects with the server's no, or Disconnected. */
  async edit({ messageId, rev }, content) {
    const frame = action.edit(this.#chatId, messageId, rev, content);
    this.#show((await this.#connection.call(frame)).message);
  }

  async remove(messageId) {
    this.#show((await this.#connection.call(action.remove(this.#chatId, messageId))).message);
  }

  /** `verdict` is "up", "down", or null to take it back; without it, what was said before. */
  async rate(messageId, verdict) {
    const path = `chats/${this.#chatId}/messages/${messageId}/feedback/`;
    const asked = verdict === undefined ? this.#rest.get(path) : this.#rest.request({ path, body: { verdict } });
    return (await asked).verdict;
  }

  /** The text of a message that was refused, for another try. */
  takeBack(clientMessageId) {
    const content = this.#outbox.takeBack(clientMessageId);
    this.#onChange();
    return content;
  }

  type(on) {
    this.#tell(action.typing(this.#chatId, on));
  }

  /** Everything up to here was seen; told at most once a second. */
  markRead() {
    // What was answered to a send may be here before its event is.
    this.news.see(Math.max(this.#cursor.seq, this.#timeline.messages.at(-1)?.seq ?? 0));
    if (this.#cursor.seq > this.#readSeq) {
      this.#alarms.first("read", READ_MS, () => {
        this.#readSeq = this.#cursor.seq;
        this.#tell(action.read(this.#chatId, this.#readSeq));
        this.#onRead(this.#readSeq);
      });
    }
  }

  // --- What a browser keeps -------------------------------------------------------------------

  /** What is known, to be kept; null where that is nothing yet, or not to be known any more. */
  get known() {
    const cursor = this.#cursor.since;
    if (cursor === null || this.stopped !== null) {
      return null;
    }
    const messages = this.#timeline.messages.map(({ growing, attempt, ...message }) => message);
    const { chatId, title, place } = this;
    const { from } = this.#timeline;
    return { chatId, title, cursor, messages, from, place, at: this.#clock() };
  }

  /** What an earlier page knew, as far as it meets what this one knows; before any subscription. */
  recall({ title, cursor, messages, from, place }) {
    const isFirst = this.#cursor.since === null;
    if (this.#hasBegun || (!isFirst && !this.#cursor.meets(cursor, this.#timeline.from))) {
      return;
    }
    this.title ??= title;
    this.place ??= place;
    this.#timeline.extend(messages, from > 0);
    this.#cursor.reset(cursor); // what came after it is told again
    this.#onChange();
  }

  /** Nothing of this chat is heard or said from here on. */
  close() {
    this.stopped ??= { code: "closed", message: null };
    this.#alarms.silence();
    this.#tell(action.unsubscribe(this.#chatId));
  }

  // --- What the connection tells --------------------------------------------------------------

  onOpen() {
    if (this.stopped === null) {
      this.#hasBegun = true;
      this.#follower.subscribe();
    }
  }

  onWaiting() {
    this.#hasBroken = true;
    this.#readSeq = 0;
    this.#alarms.silence();
    this.#company.gather([]);
    this.#onChange();
  }

  /** `code` is a close code, an error's code or a notice's type; `message` is the server's word. */
  onStopped(code, message) {
    this.stopped = { code, message };
    this.#alarms.silence();
    this.#company.gather([]);
    this.#sender.close();
    this.#strand(code, message);
    this.#onChange();
  }

  #strand(code, message) {
    if (meaningOf(code) === "noAccess") {
      const refuse = ({ clientMessageId }) => this.#outbox.refuse(clientMessageId, { message, code });
      this.#outbox.entries.forEach(refuse);
    } else {
      this.#outbox.strand(message);
    }
  }

  onHeads(heads) {
    if (heads?.[this.#chatId] && this.stopped === null) {
      this.#follower.hearOf(heads[this.#chatId]);
    }
  }

  /** Whatever is not of this chat, or of a kind not known here, ends at this door. */
  onFrame(frame) {
    if (frame.chatId !== this.#chatId || this.stopped !== null) {
      return;
    }
    if (frame.op === "event") {
      this.#follower.take(frame);
    } else if (frame.op === "ephemeral") {
      this.#overhear(frame);
    } else if (frame.op === "notice") {
      this.#heed(frame);
    }
  }

  #overhear({ type, user, on, online, ...piece }) {
    if (type === "aiDelta") {
      this.#grow(piece);
    } else if (type === "presence") {
      this.#company.presence(user, online);
    } else if (type === "typing") {
      const lasts = this.#company.typing(user, on, this.#clock());
      this.#alarms.last(`typing ${user.id}`, lasts, this.#onChange);
    }
    this.#onChange();
  }

  /** Text that begins further on than what is here ends: a piece was dropped. */
  #grow(piece) {
    if (this.#timeline.grow(piece)) {
      const { messageId } = piece;
      this.#alarms.first(`fetch ${messageId}`, FETCH_MS, () => this.#fetch(messageId));
    }
  }

  async #fetch(messageId) {
    try {
      const frame = action.fetch(this.#chatId, [messageId]);
      const message = (await this.#connection.call(frame)).results[messageId];
      if (message.messageId) {
        this.#timeline.catchUp(message);
        this.#onChange();
      }
    } catch {
      // The next piece asks again, and the end of the answer needs none.
    }
  }

  #heed({ type }) {
    if (type === "subscriptionRevoked") {
      this.onRefused({ code: type, message: null });
    } else if (type === "positionLost") {
      this.#follower.subscribe();
    }
  }

  // --- What the follower and the sender tell --------------------------------------------------

  onEvents(events) {
    for (const { type, message, data } of events) {
      if (message) {
        this.onStored(data?.attempt > 1 ? { ...message, attempt: data } : message);
      }
      if (type === "chat_renamed" && data?.title) {
        this.title = data.title;
      }
      if (CHANGES_PERMISSIONS.test(type)) {
        this.#alarms.first("permissions", 0, () => this.#follower.subscribe());
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
    this.#connection.settle();
    this.#sender.open(limits);
    this.#quotes.renew();
    this.history.resume();
  }

  onLookedAround() {
    this.#onChange();
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
      this.#outbox.settle(message.clientMessageId);
    }
  }

  onOutbox() {
    this.#countDown();
    this.#onChange();
  }

  /** While something waits for its time, the seconds are shown. */
  #countDown() {
    if (this.#outbox.entries.some(({ state }) => state === "waiting")) {
      this.#alarms.first("tick", TICK_MS, () => this.onOutbox());
    }
  }

  #readPage(query) {
    return this.#rest.get(`chats/${this.#chatId}/messages/?${new URLSearchParams(query)}`);
  }

  async #lookUp(messageIds) {
    const frame = action.fetch(this.#chatId, messageIds);
    const { results } = await this.#connection.call(frame);
    return Object.values(results).filter(({ chatId }) => chatId === this.#chatId);
  }

  #show(message) {
    this.onStored(message);
    this.#onChange();
  }

  /** Said without need of an answer. */
  #tell(frame) {
    this.#connection.call(frame).catch(() => undefined);
  }
}
