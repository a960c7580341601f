/** One connection for all tabs of a browser: one of them holds it, the others speak through it. */

import { Alarms } from "./alarms.js";
import { Calls } from "./calls.js";
import { newClientMessageId } from "./client_message_id.js";
import { Disconnected } from "./protocol.js";

const BEAT_MS = 4_000;
const WORDS = ["onOpen", "onFrame", "onHeads", "onWaiting", "onStopped"];
const UNKNOWN = { isReady: false, isHopeless: false, rung: 0 };

/**
 * As Connection, with the same listener. The tab that has the lock leads: it holds the link, passes on
 * what others ask, and tells all what it hears. One that does not answer any more is replaced.
 */
export class SharedConnection {
  #connect;
  #listener;
  #channel;
  #locks;
  #name;
  #alarms;
  #id = newClientMessageId();
  #own = null;
  #since = 0; // when the one whose word counts began to lead
  #state = UNKNOWN;
  #calls = new Calls();
  #isAnswered = true;
  #subscribing = new Map();
  #release = null;
  #waiting = null;
  #isOver = false;

  /** `connect(listener)` is a Connection; `name` is that of the lock. */
  constructor({ connect, listener, channel, locks, name, timers, clock }) {
    this.#connect = connect;
    this.#listener = listener;
    this.#channel = channel;
    this.#locks = locks;
    this.#name = name;
    this.#alarms = new Alarms(timers, clock);
    channel.onmessage = ({ data }) => this.#hear(data);
  }

  get isReady() {
    return this.#link.isReady;
  }

  get isHopeless() {
    return this.#link.isHopeless;
  }

  get rung() {
    return this.#link.rung;
  }

  get isLeading() {
    return this.#own !== null;
  }

  get #link() {
    return this.#own ?? this.#state;
  }

  start() {
    this.#isAnswered = true;
    this.#say({ kind: "who" });
    this.#beatLater();
    this.#waiting = new AbortController();
    this.#apply({ signal: this.#waiting.signal });
  }

  call(frame) {
    if (this.isLeading) {
      return this.#ask(frame);
    }
    if (!this.isReady) {
      return Promise.reject(new Disconnected());
    }
    return this.#calls.ask((id) => this.#say({ kind: "call", id, frame }));
  }

  listen(chatIds) {
    this.#do("listen", chatIds);
  }

  watch(chatId) {
    this.#do("watch", chatId);
  }

  hurry() {
    this.#do("hurry");
  }

  settle() {
    this.#own?.settle();
  }

  interrupt() {
    this.#own?.interrupt();
  }

  stop() {
    this.#alarms.silence();
    this.#own?.stop();
    this.#waiting.abort();
    this.#release?.();
    this.#channel.close();
    this.#isOver = true;
  }

  #do(what, ...values) {
    if (this.isLeading) {
      this.#own[what](...values);
    } else {
      this.#say({ kind: "do", what, values });
    }
  }

  #say(word) {
    this.#channel.postMessage({ ...word, from: this.#id });
  }

  // Who leads

  async #apply(options) {
    let isGranted = false;
    const hold = () => {
      isGranted = true;
      return new Promise((resolve) => this.#lead(resolve));
    };
    try {
      await this.#locks.request(this.#name, options, hold);
    } catch {
      if (isGranted && !this.#isOver) {
        this.#retire(); // this tab was taken for dead, and another one leads
      }
    }
  }

  #lead(release) {
    this.#release = release;
    this.#since = this.#alarms.now;
    this.#alarms.silence();
    this.#tell("onWaiting", [], UNKNOWN);
    this.#lose();
    const listener = WORDS.map((what) => [what, (...values) => this.#pass(what, values)]);
    this.#own = this.#connect(Object.fromEntries(listener));
    this.#own.start();
  }

  #lose() {
    const wasReady = this.isReady;
    this.#state = UNKNOWN;
    this.#calls.giveUp();
    if (wasReady) {
      this.#listener.onWaiting();
    }
  }

  #retire() {
    this.#own.stop();
    this.#own = null;
    this.#listener.onWaiting();
    this.start();
  }

  #beatLater() {
    this.#alarms.last("beat", BEAT_MS, () => this.#knock());
  }

  /** A visible tab that hears nothing of its leader takes over; a hidden one can wait. */
  #knock() {
    const isVisible = !globalThis.document?.hidden;
    if (!this.#isAnswered && isVisible) {
      this.#waiting.abort();
      this.#apply({ steal: true });
      return;
    }
    this.#isAnswered = !isVisible;
    this.#say({ kind: "who" });
    this.#beatLater();
  }

  // What the leader says

  #pass(what, values) {
    this.#tell(what, values);
    this.#heed(what, values);
  }

  /** Without a `what` it only says who leads, and how that stands. */
  #tell(what, values, { isReady, isHopeless, rung } = this.#link) {
    const state = { isReady, isHopeless, rung };
    this.#say({ kind: "tell", what, values, state, since: this.#since });
  }

  #heed(what, values) {
    if (what === "onStopped") {
      this.stop();
    }
    this.#listener[what](...values);
  }

  #hear(word) {
    if (word.kind === "answer") {
      return word.to === this.#id ? this.#calls.answer(word) : undefined;
    }
    if (this.isLeading) {
      return this.#serve(word);
    }
    // One who was replaced may still speak of what it heard before.
    return word.kind === "tell" && word.since >= this.#since ? this.#follow(word) : undefined;
  }

  #follow({ what, values, state, since }) {
    this.#isAnswered = true;
    if (since > this.#since || !state.isReady) {
      this.#lose();
    }
    const isNews = state.isReady && !this.isReady;
    this.#since = since;
    this.#state = state;
    if (isNews) {
      this.#listener.onOpen();
    }
    if (what && !(isNews && what === "onOpen")) {
      this.#heed(what, values);
    }
  }

  // What the others ask of the leader

  #serve({ kind, from, id, frame, what, values }) {
    if (kind === "who") {
      this.#own.nudge(); // the timers of a hidden tab sleep; those who ask are awake
      this.#tell();
    } else if (kind === "do") {
      this.#own[what](...values);
    } else if (kind === "call") {
      const answer = (word) => this.#say({ kind: "answer", to: from, id, ...word });
      this.#ask(frame).then(
        (data) => answer({ ok: true, data }),
        ({ code, message, retryable, retryAfterMs, details }) =>
          answer(code ? { error: { code, message, retryable, retryAfterMs, details } } : {}),
      );
    }
  }

  /** For any tab. The server answers only the last of several subscriptions to one chat. */
  #ask(frame) {
    const { action, chatId, seq } = frame;
    if (action === "unsubscribe") {
      return Promise.resolve({}); // another tab may still want it
    }
    if (action === "read") {
      this.#pass("onFrame", [{ op: "ephemeral", type: "read", chatId, seq }]);
    }
    return action === "subscribe" ? this.#subscribe(frame) : this.#own.call(frame);
  }

  /** What one tab is told in its answer, the others learn of by the head. */
  async #subscribe(frame) {
    const { chatId } = frame;
    const before = this.#subscribing.get(chatId) ?? Promise.resolve();
    const turn = before.then(() => this.#own.call(frame));
    this.#subscribing.set(chatId, turn.catch(() => undefined));
    const data = await turn;
    this.#pass("onHeads", [{ [chatId]: data.head }]);
    return data;
  }
}
