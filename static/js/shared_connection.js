/** One connection for all tabs of a browser: one of them holds it, the others speak through it. */

import { Alarms } from "./alarms.js";
import { Calls } from "./calls.js";
import { newClientMessageId } from "./client_message_id.js";
import { Disconnected } from "./protocol.js";

const BEAT_MS = 4_000;
const WORDS = ["onOpen", "onFrame", "onHeads", "onWaiting", "onStopped"];
const UNKNOWN = { isReady: false, isHopeless: false, rung: 0 };
const stateOf = ({ isReady, isHopeless, rung }) => ({ isReady, isHopeless, rung });

/** As Connection. The tab that has the lock leads, as long as it answers. */
export class SharedConnection {
  #means;
  #alarms;
  #id = newClientMessageId();
  #own = null; // the link, in the tab that leads
  #since = 0; // when the one whose word counts began to lead
  #calls = new Calls();
  #isAnswered = true;
  #subscribing = new Map();
  #release = null;
  #waiting = null;
  #isOver = false;

  constructor({ timers, clock, ...means }) {
    this.#means = means; // and listener, channel, locks
    Object.assign(this, UNKNOWN);
    this.#alarms = new Alarms(timers, clock);
    means.channel.onmessage = ({ data }) => this.#hear(data);
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
    this.#isOver = true;
    this.#alarms.silence();
    this.#own?.stop();
    this.#waiting.abort();
    this.#release?.();
    this.#means.channel.close();
  }

  #do(what, ...values) {
    if (this.isLeading) {
      this.#own[what](...values);
    } else {
      this.#say({ kind: "do", what, values });
    }
  }

  #say(word) {
    this.#means.channel.postMessage({ ...word, from: this.#id });
  }

  async #apply(options) {
    let isGranted = false;
    const hold = () => {
      isGranted = true;
      return new Promise((resolve) => this.#lead(resolve));
    };
    try {
      await this.#means.locks.request(this.#means.name, options, hold);
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
    this.#lose();
    this.#tell("onWaiting", []);
    const listener = WORDS.map((what) => [what, (...values) => this.#pass(what, values)]);
    this.#own = this.#means.connect(Object.fromEntries(listener));
    this.#own.start();
  }

  #retire() {
    this.#own.stop();
    this.#own = null;
    this.#lose();
    this.start();
  }

  #lose() {
    const wasReady = this.isReady;
    Object.assign(this, UNKNOWN);
    this.#calls.giveUp();
    if (wasReady) {
      this.#means.listener.onWaiting();
    }
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

  #pass(what, values) {
    Object.assign(this, stateOf(this.#own));
    this.#tell(what, values);
    this.#heed(what, values);
  }

  /** Without a `what`, only who leads and how that stands. */
  #tell(what, values) {
    this.#say({ kind: "tell", what, values, state: stateOf(this), since: this.#since });
  }

  #heed(what, values) {
    if (what === "onStopped") {
      this.stop();
    }
    this.#means.listener[what](...values);
  }

  /** One who was replaced may still speak, and is not followed. */
  #hear(word) {
    if (word.kind === "answer") {
      if (word.to === this.#id) {
        this.#calls.answer(word);
      }
    } else if (this.isLeading) {
      this.#serve(word);
    } else if (word.kind === "tell" && word.since >= this.#since) {
      this.#follow(word);
    }
  }

  #follow({ what, values, state, since }) {
    this.#isAnswered = true;
    if (since > this.#since || !state.isReady) {
      this.#lose();
    }
    const isNews = state.isReady && !this.isReady;
    this.#since = since;
    Object.assign(this, state);
    if (isNews) {
      this.#means.listener.onOpen();
    }
    if (what && !(isNews && what === "onOpen")) {
      this.#heed(what, values);
    }
  }

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
        (problem) => answer(problem.code ? { error: { ...problem, message: problem.message } } : {}),
      );
    }
  }

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

  /** One by one: the server answers only the last of several. The other tabs hear of the head. */
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
