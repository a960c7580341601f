/** One connection for all tabs of a browser: one of them holds it, the others speak through it. */

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
  #timers;
  #clock;
  #id = newClientMessageId();
  #own = null;
  #since = 0; // when the one whose word counts began to lead
  #state = UNKNOWN;
  #calls = new Calls();
  #beat = null;
  #isAnswered = true;
  #subscribing = new Map();
  #release = null;
  #waiting = null;
  #isOver = false;

  /** `connect(listener)` is a Connection; `name` is that of the lock. */
  constructor({ connect, listener, channel, locks, name, timers = globalThis, clock = Date.now }) {
    this.#connect = connect;
    this.#listener = listener;
    this.#channel = channel;
    this.#locks = locks;
    this.#name = name;
    this.#timers = timers;
    this.#clock = clock;
    channel.onmessage = ({ data }) => this.#hear(data);
  }

  get isReady() {
    return this.#own?.isReady ?? this.#state.isReady;
  }

  get isHopeless() {
    return this.#own?.isHopeless ?? this.#state.isHopeless;
  }

  get rung() {
    return this.#own?.rung ?? this.#state.rung;
  }

  get isLeading() {
    return this.#own !== null;
  }

  start() {
    this.#isAnswered = true;
    this.#say({ kind: "who" });
    this.#beatLater();
    this.#waiting = new AbortController();
    this.#apply({ signal: this.#waiting.signal });
  }

  call(frame) {
    if (this.#own !== null) {
      return this.#ask(frame);
    }
    if (!this.#state.isReady) {
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

  settle() {
    this.#own?.settle();
  }

  hurry() {
    this.#do("hurry");
  }

  interrupt() {
    this.#own?.interrupt();
  }

  stop() {
    this.#timers.clearTimeout(this.#beat);
    this.#own?.stop();
    this.#waiting.abort();
    this.#release?.();
    this.#channel.close();
    this.#isOver = true;
  }

  #do(what, ...values) {
    if (this.#own !== null) {
      this.#own[what](...values);
    } else {
      this.#say({ kind: "do", what, values });
    }
  }

  #say(word) {
    this.#channel.postMessage({ ...word, from: this.#id });
  }

  // --- Who leads ------------------------------------------------------------------------------

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
    this.#since = this.#clock();
    this.#timers.clearTimeout(this.#beat);
    this.#say({ kind: "tell", what: "onWaiting", values: [], state: UNKNOWN, since: this.#since });
    this.#rest();
    const tell = (what) => [what, (...values) => this.#tell(what, values)];
    this.#own = this.#connect(Object.fromEntries(WORDS.map(tell)));
    this.#own.start();
  }

  /** Whatever was asked of a leader that is no more. */
  #rest() {
    const wasReady = this.#state.isReady;
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

  /** A visible tab that hears nothing of its leader takes over; a hidden one can wait. */
  #beatLater() {
    this.#timers.clearTimeout(this.#beat);
    this.#beat = this.#timers.setTimeout(() => this.#knock(), BEAT_MS);
  }

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

  // --- What the leader says -------------------------------------------------------------------

  #tell(what, values) {
    this.#say({ kind: "tell", what, values, state: this.#ownState, since: this.#since });
    if (what === "onStopped") {
      this.stop();
    }
    this.#listener[what](...values);
  }

  get #ownState() {
    const { isReady, isHopeless, rung } = this.#own;
    return { isReady, isHopeless, rung };
  }

  #hear(word) {
    switch (word.kind) {
      case "tell":
        return this.#follow(word);
      case "here":
        return word.to === this.#id ? this.#meet(word) : undefined;
      case "answer":
        return word.to === this.#id ? this.#calls.answer(word) : undefined;
      default:
        return this.#own === null ? undefined : this.#serve(word);
    }
  }

  /** One who was replaced may still speak of what it heard before. */
  #isHeeded({ since }) {
    return this.#own === null && since >= this.#since;
  }

  #follow(word) {
    if (!this.#isHeeded(word)) {
      return;
    }
    const { what, values, state, since } = word;
    this.#isAnswered = true;
    if (since > this.#since || !state.isReady) {
      this.#calls.giveUp();
    }
    this.#since = since;
    this.#state = state;
    if (what === "onStopped") {
      this.stop();
    }
    this.#listener[what](...values);
  }

  #meet(word) {
    if (!this.#isHeeded(word)) {
      return;
    }
    const { state, since } = word;
    this.#isAnswered = true;
    if (since > this.#since) {
      this.#rest();
    }
    const isNews = state.isReady && !this.#state.isReady;
    this.#since = since;
    this.#state = state;
    if (isNews) {
      this.#listener.onOpen(null);
    }
  }

  // --- What the others ask of the leader ------------------------------------------------------

  #serve({ kind, from, id, frame, what, values }) {
    if (kind === "who") {
      this.#own.nudge(); // the timers of a hidden tab sleep; those who ask are awake
      this.#say({ kind: "here", to: from, state: this.#ownState, since: this.#since });
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
    const { action, chatId } = frame;
    if (action === "unsubscribe") {
      return Promise.resolve({}); // another tab may still want it
    }
    if (action === "read") {
      this.#tell("onFrame", [{ op: "ephemeral", type: "read", chatId, seq: frame.seq }]);
    }
    return action === "subscribe" ? this.#subscribe(frame) : this.#own.call(frame);
  }

  /** What one tab is told in its answer, the others learn of by the head. */
  async #subscribe(frame) {
    const { chatId } = frame;
    const before = this.#subscribing.get(chatId);
    const turn = (before ?? Promise.resolve()).then(() => this.#own.call(frame));
    this.#subscribing.set(chatId, turn.catch(() => undefined));
    const data = await turn;
    this.#tell("onHeads", [{ [chatId]: data.head }]);
    return data;
  }
}
