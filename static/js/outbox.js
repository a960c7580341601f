/** What was written in one chat: sent in order, until it is known to be stored. */

import { bytesOf, newClientMessageId } from "./protocol.js";

const RETRY_MS = 1_000;
const TICK_MS = 1_000;

export class Outbox {
  #chat;
  #entries = new Map();
  #settled = new Set(); // what was read of others before may still have them
  #lastAt = 0;
  #isBusy = false;
  #hasToGoOn = false;

  constructor(chat) {
    this.#chat = chat;
  }

  /** `state` is `sending`, `waiting` (until `retryAt`) or `failed`. */
  get entries() {
    return [...this.#entries.values()];
  }

  get isEmpty() {
    return this.#entries.size === 0;
  }

  get isSafe() {
    return this.entries.every(({ isKept }) => isKept);
  }

  add({ content, type, url, replyTo }, clientMessageId = newClientMessageId()) {
    const { chatId, clock } = this.#chat;
    this.#lastAt = Math.max(clock(), this.#lastAt + 1);
    this.#put({ content, type, url, replyTo, clientMessageId, chatId, at: this.#lastAt, state: "sending" });
  }

  next() {
    return this.entries.find(({ state }) => state !== "failed") ?? null;
  }

  settle(clientMessageId) {
    const entry = this.#entries.get(clientMessageId);
    if (entry) {
      this.#settled.add(clientMessageId);
      this.#entries.delete(clientMessageId);
      this.#chat.unsent?.forget(entry);
    }
    return entry;
  }

  postpone(clientMessageId, retryAt) {
    this.#change(clientMessageId, { state: "waiting", retryAt });
  }

  /** It stays to be seen, and does not hold up the others. */
  refuse(clientMessageId, { message: reason, code }) {
    this.#change(clientMessageId, { state: "failed", reason, code });
  }

  strand(problem, forGood = false) {
    const isOver = { state: "failed", reason: problem.message };
    this.#entries.forEach((entry, id) => {
      forGood ? this.refuse(id, problem) : this.#entries.set(id, { ...entry, ...isOver });
    });
  }

  resend(clientMessageId) {
    if (this.#entries.get(clientMessageId)?.code === "idConflict") {
      this.add(this.settle(clientMessageId));
    } else {
      this.#change(clientMessageId, { state: "sending" });
    }
    this.flush();
  }

  takeBack(clientMessageId) {
    const entry = this.settle(clientMessageId);
    this.#chat.onChange();
    return entry?.url ?? entry?.content ?? "";
  }

  async refresh() {
    const found = await this.#chat.unsent?.all();
    if (found) {
      const isOurs = ({ chatId }) => chatId === this.#chat.chatId;
      const isOpen = ({ clientMessageId }) => !this.#settled.has(clientMessageId);
      const kept = found.filter(isOurs).filter(isOpen);
      const own = this.entries.filter(({ isKept }) => !isKept);
      const all = [...own, ...kept].sort((a, b) => a.at - b.at);
      this.#entries = new Map(all.map((entry) => [entry.clientMessageId, entry]));
    }
  }

  async heed() {
    await this.refresh();
    this.flush();
  }

  async flush() {
    this.#tell();
    this.#hasToGoOn = true;
    if (this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    while (this.#hasToGoOn) {
      this.#hasToGoOn = false;
      while (this.#isFree && !this.isEmpty && (await this.#alone())) {
        this.#tell();
      }
    }
    this.#isBusy = false;
    this.#tell();
  }

  get #isFree() {
    const { stopped, connection, alarms } = this.#chat;
    return stopped === null && connection.isReady && !alarms.has("send");
  }

  #alone() {
    const { chatId, unsent } = this.#chat;
    if (!unsent) {
      return this.#sendOne();
    }
    return unsent.alone(`chatrouting send ${chatId}`, async () => {
      await this.refresh(); // another tab may have been here before
      return this.#sendOne();
    });
  }

  async #sendOne() {
    const entry = this.#isFree ? this.next() : null;
    const wait = (entry?.retryAt ?? 0) - this.#chat.clock();
    if (entry === null || wait > 0) {
      return entry !== null && this.#wait(wait);
    }
    try {
      const { epoch } = this.#chat.cursor;
      const { message, placeholder } = await this.#send(entry);
      this.settle(entry.clientMessageId);
      const isOfThisLog = this.#chat.cursor.epoch === epoch; // else it may be gone with the old one
      const stored = isOfThisLog ? [message, placeholder].filter(Boolean) : [];
      stored.forEach((known) => this.#chat.onStored(known));
      return true;
    } catch (problem) {
      return this.#refused(entry.clientMessageId, problem);
    }
  }

  #send({ chatId, clientMessageId, type = "user", content, url, replyTo }) {
    const { connection, rest, frameBytes } = this.#chat;
    const metadata = url && { url };
    const frame = { action: "send", chatId, clientMessageId, type, content, metadata, replyTo };
    return (bytesOf(frame) <= frameBytes ? connection : rest).call(frame);
  }

  #refused(clientMessageId, problem) {
    if (!problem.retryable) {
      this.refuse(clientMessageId, problem);
      return true;
    }
    const wait = problem.retryAfterMs ?? RETRY_MS;
    if (problem.code) {
      this.postpone(clientMessageId, this.#chat.clock() + wait);
    }
    return this.#wait(wait);
  }

  #wait(ms) {
    this.#chat.alarms.first("send", ms, () => this.flush());
    return false;
  }

  #tell() {
    if (this.entries.some(({ state }) => state === "waiting")) {
      this.#chat.alarms.first("tick", TICK_MS, () => this.#tell());
    }
    this.#chat.onChange();
  }

  #change(clientMessageId, change) {
    const entry = this.#entries.get(clientMessageId);
    if (entry) {
      const { reason, code, retryAt, ...what } = entry;
      this.#put({ ...what, ...change });
    }
  }

  async #put(entry) {
    this.#entries.set(entry.clientMessageId, entry);
    entry.isKept = (await this.#chat.unsent?.keep({ ...entry, isKept: true })) || entry.isKept;
  }
}
