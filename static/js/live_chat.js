/** One chat and what the connection tells of it. */

import { Follower } from "./follower.js";
import { KnownChat } from "./known_chat.js";
import { OPEN, meaningOf } from "./protocol.js";

const FETCH_MS = 1_000;

// After these the server may allow more or less than it said when this page subscribed.
const CHANGES_PERMISSIONS = /^(chat_(un)?frozen|member_(un)?muted)$/;

export class LiveChat extends KnownChat {
  #hasBroken = false;
  #hasBegun = false;
  #follower = new Follower(this);

  get state() {
    if (this.stopped !== null) {
      return "stopped";
    }
    if (!this.connection.isReady && this.#hasBroken) {
      return "offline";
    }
    return this.#follower.isInStep && this.timeline.staleAt === null ? "inStep" : "catchingUp";
  }

  get facts() {
    const { state, stopped, cursor, outbox, history } = this;
    const unsent = outbox.entries.filter((entry) => entry.state !== "failed").length;
    return { state, stopped, behind: cursor.behind, unsent, incompleteBefore: history.incompleteBefore };
  }

  close() {
    this.stopped ??= { code: "closed", message: null };
    this.alarms.silence();
    this.tell("unsubscribe");
  }

  /** What earlier pages knew comes too late once the server has been asked. */
  recall(known) {
    if (!this.#hasBegun) {
      super.recall(known);
    }
  }

  onOpen() {
    if (this.stopped === null) {
      this.#hasBegun = true;
      this.#follower.subscribe();
    }
  }

  onWaiting() {
    this.#hasBroken = true;
    this.toldSeq = 0;
    this.#goQuiet();
  }

  onStopped(code, message) {
    this.stopped = { code, message };
    this.outbox.strand({ code, message }, meaningOf(code) === "noAccess");
    this.#goQuiet();
  }

  onHeads(heads) {
    if (heads?.[this.chatId] && this.stopped === null) {
      this.#follower.hearOf(heads[this.chatId]);
      const open = this.timeline.tail.filter(({ status }) => OPEN.has(status));
      // Plain requests bring no pieces.
      if (this.connection.rung > 1 && open.length > 0) {
        this.#fetch(open.map(({ messageId }) => messageId));
      }
    }
  }

  onFrame(frame) {
    const { op, type, chatId } = frame;
    if (chatId !== this.chatId || this.stopped !== null) {
      return;
    }
    if (op === "event") {
      this.#follower.take(frame);
    } else if (type === "aiDelta") {
      this.#grow(frame);
    } else if (op === "ephemeral") {
      this.company.overhear(frame);
    } else if (type === "subscriptionRevoked") {
      this.onRefused({ code: type, message: null });
    } else if (type === "positionLost") {
      this.#follower.subscribe();
    }
  }

  #goQuiet() {
    this.alarms.silence();
    this.company.gather([]);
    this.onChange();
  }

  /** A piece that was dropped is fetched. */
  #grow(piece) {
    if (this.timeline.grow(piece)) {
      const { messageId } = piece;
      this.alarms.first(`fetch ${messageId}`, FETCH_MS, () => this.#fetch([messageId]));
    }
    this.onChange();
  }

  /** Where that fails, the next piece asks again; the end of the answer needs none. */
  async #fetch(messageIds) {
    const messages = await this.lookUp(messageIds).catch(() => []);
    messages.forEach((message) => this.timeline.catchUp(message));
    this.onChange();
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
        this.#askAgain(0);
      }
    }
  }

  #askAgain(wait) {
    this.alarms.last("permissions", wait, () => this.#follower.subscribe());
  }

  onSnapshot(messages, moreBefore) {
    this.history.replace(messages, moreBefore);
    messages.forEach((message) => this.onStored(message));
  }

  onSubscribed({ open, presence, permissions, limits, mutedForMs }) {
    open.forEach((message) => this.timeline.catchUp(message));
    this.company.gather(presence);
    this.permissions = permissions;
    if (mutedForMs) {
      this.#askAgain(mutedForMs);
    }
    this.frameBytes = limits.frameBytes;
    this.connection.settle();
    this.alarms.cancel("send");
    this.outbox.flush();
    this.quotes.renew();
    this.history.resume();
  }

  onRefused({ code, message }) {
    this.onStopped(code, message);
    if (meaningOf(code) === "noAccess") {
      this.onGone();
    }
  }
}
