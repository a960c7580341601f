/** `node tests/script/replay.js trace.json`: a trace from the page, through the page's own modules. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { Alarms } from "../../static/js/alarms.js";
import { Cursor } from "../../static/js/cursor.js";
import { Follower } from "../../static/js/follower.js";
import { Disconnected, Refusal } from "../../static/js/protocol.js";

// The trace says itself when something was asked; alarms would only ask again.
const NEVER = { setTimeout: () => 0, clearTimeout: () => undefined };

/** One chat of the trace: its cursor and follower, fed with what was heard and answered. */
class Chat {
  chatId = "";
  cursor;
  #follower;
  #pending = new Map();
  #asking = null;
  #seen = new Set();
  applied = 0;
  subscribed = 0;
  notices = [];
  refused = null;

  constructor(since) {
    this.cursor = new Cursor(since);
    this.connection = { isReady: true, call: () => this.#call() };
    this.alarms = new Alarms(NEVER);
    this.#follower = new Follower(this);
  }

  ask(id) {
    this.#asking = id;
    this.#follower.subscribe();
    this.#asking = null;
  }

  answer({ id, ok, code, mode, epoch, seq, count = 0 }) {
    const { resolve, reject } = this.#pending.get(id) ?? {};
    this.#pending.delete(id);
    if (ok) {
      this.subscribed += 1;
      this.applied += mode === "replay" ? count : 0;
      resolve?.({ mode, head: `${epoch}:${seq}`, events: [], messages: [] });
    } else {
      reject?.(code === "disconnected" ? new Disconnected() : new Refusal({ code, message: code }));
    }
  }

  take({ epoch, seq }) {
    this.#seen.add(`${epoch}:${seq}`);
    this.#follower.take({ epoch: `${epoch}`, seq });
  }

  /** Where it has come to: its cursor, what is missing, whether it is in step. */
  get end() {
    const { behind, seq } = this.cursor;
    const epoch = `${this.cursor}`.split(":")[0];
    const ahead = Array.from({ length: Math.min(behind, 1000) }, (_, n) => seq + 1 + n);
    return {
      cursor: this.cursor.since,
      missing: ahead.filter((number) => !this.#seen.has(`${epoch}:${number}`)),
      state: this.refused ?? (this.#follower.isInStep ? "inStep" : "catchingUp"),
      applied: this.applied,
      subscribed: this.subscribed,
      notices: this.notices,
    };
  }

  onEvents(events) {
    this.applied += events.length;
  }

  onRefused({ code }) {
    this.refused = code;
  }

  onSnapshot() {}
  onSubscribed() {}
  onChange() {}

  #call() {
    const { promise, ...ends } = withEnds();
    this.#pending.set(this.#asking, ends);
    return promise;
  }
}

function withEnds() {
  const ends = {};
  const promise = new Promise((resolve, reject) => Object.assign(ends, { resolve, reject }));
  return { promise, ...ends };
}

/** Where each chat of the trace ends, by the trace's own number for it. */
export async function replay({ entries }) {
  const chats = new Map();
  const asked = new Map();
  for (const entry of entries) {
    const { kind, way, chat, id } = entry;
    const one = () => chatOf(chats, entry);
    if (way === "out" && kind === "subscribe") {
      asked.set(id, one());
      one().ask(id);
    } else if (kind === "reply") {
      asked.get(id)?.answer(entry);
    } else if (kind === "event") {
      one().take(entry);
    } else if (kind === "notice" && chat !== undefined) {
      one().notices.push(entry.type);
    }
    await new Promise(setImmediate);
  }
  return Object.fromEntries([...chats].map(([number, chat]) => [number, chat.end]));
}

/** A trace begins somewhere: a chat is taken to stand where the first that is known of it says. */
function chatOf(chats, { chat, kind, epoch, seq }) {
  if (!chats.has(chat)) {
    const before = kind === "event" ? seq - 1 : seq;
    chats.set(chat, new Chat(epoch === undefined ? null : `${epoch}:${before}`));
  }
  return chats.get(chat);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const trace = JSON.parse(readFileSync(process.argv[2], "utf8"));
  console.log(JSON.stringify(await replay(trace), null, 2));
}
