/** One connection for all tabs: one of them holds it, the others speak through it. */

import { Alarms } from "./alarms.js";
import { Calls } from "./calls.js";
import { Disconnected, newClientMessageId } from "./protocol.js";
import { TabLock } from "./tab_lock.js";

const BEAT_MS = 4_000;
const WORDS = ["onOpen", "onFrame", "onHeads", "onWaiting", "onStopped"];
const UNKNOWN = { isReady: false, isHopeless: false, rung: 0 };
const stateOf = ({ isReady, isHopeless, rung }) => ({ isReady, isHopeless, rung });

export class SharedConnection {
  #connect;
  #listener;
  #channel;
  #lock;
  #alarms;
  #id = newClientMessageId();
  #own = null;
  #since = 0; // when the one whose word counts began to lead
  #calls = new Calls();
  #isAnswered = true;
  #subscribing = new Map();

  listen = (chatIds) => this.#do("listen", chatIds);
  watch = (chatId) => this.#do("watch", chatId);
  hurry = () => this.#do("hurry");
  settle = () => this.#own?.settle();
  interrupt = () => this.#own?.interrupt();

  constructor({ connect, listener, channel, locks, name, timers, clock }) {
    Object.assign(this, UNKNOWN);
    this.#connect = connect;
    this.#listener = listener;
    this.#channel = channel;
    this.#lock = new TabLock({ locks, name, onHeld: () => this.#lead(), onLost: () => this.#retire() });
    this.#alarms = new Alarms(timers, clock);
    channel.onmessage = ({ data }) => this.#hear(data);
  }

  get isLeading() {
    return this.#own !== null;
  }

  start() {
    this.#isAnswered = true;
    this.#askWho();
    this.#lock.wait();
  }

  call(frame) {
    if (this.isLeading) {
      return this.#ask(frame);
    }
    const ask = () => this.#calls.ask((id) => this.#say({ kind: "call", id, frame }));
    return this.isReady ? ask() : Promise.reject(new Disconnected());
  }

  stop() {
    this.#alarms.silence();
    this.#own?.stop();
    this.#lock.leave();
    this.#channel.close();
  }

  #do(what, ...values) {
    this.isLeading ? this.#own[what](...values) : this.#say({ kind: "do", what, values });
  }

  #say(word) {
    this.#channel.postMessage({ ...word, from: this.#id });
  }

  #lead() {
    this.#since = this.#alarms.now;
    this.#alarms.silence();
    this.#lose();
    this.#tell("onWaiting", []);
    const listener = WORDS.map((what) => [what, (...values) => this.#pass(what, values)]);
    this.#own = this.#connect(Object.fromEntries(listener));
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
      this.#listener.onWaiting();
    }
  }

  #askWho() {
    this.#say({ kind: "who" });
    this.#alarms.last("beat", BEAT_MS, () => this.#beat());
  }

  /** A visible tab that hears nothing of its leader takes over; a hidden one can wait. */
  #beat() {
    const isVisible = !globalThis.document?.hidden;
    if (!this.#isAnswered && isVisible) {
      this.#lock.steal();
    } else {
      this.#isAnswered = !isVisible;
      this.#askWho();
    }
  }

  #pass(what, values) {
    Object.assign(this, stateOf(this.#own));
    this.#tell(what, values);
    this.#heed(what, values);
  }

  #tell(what, values) {
    this.#say({ kind: "tell", what, values, state: stateOf(this), since: this.#since });
  }

  #heed(what, values) {
    if (what === "onStopped") {
      this.stop();
    }
    this.#listener[what](...values);
  }

  #hear(word) {
    if (word.kind === "answer" && word.to === this.#id) {
      this.#calls.answer(word);
    } else if (this.isLeading) {
      this.#serve(word);
    } else if (word.kind === "tell" && word.since >= this.#since) {
      this.#follow(word); // one who was replaced may still speak, and is not followed
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
      this.#listener.onOpen();
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

  async #ask(frame) {
    const { action, chatId, seq } = frame;
    if (action === "unsubscribe") {
      return {}; // another tab may still want it
    }
    if (action === "read") {
      this.#pass("onFrame", [{ op: "ephemeral", type: "read", chatId, seq }]);
    }
    const data = await (action === "subscribe" ? this.#subscribe(frame) : this.#own.call(frame));
    if (action === "subscribe") {
      this.#pass("onHeads", [{ [chatId]: data.head }]);
    }
    return data;
  }

  /** One by one: the server answers only the last of several. */
  #subscribe(frame) {
    const before = this.#subscribing.get(frame.chatId) ?? Promise.resolve();
    const turn = before.then(() => this.#own.call(frame));
    this.#subscribing.set(frame.chatId, turn.catch(() => undefined));
    return turn;
  }
}
