/** Keeps one chat in step with its log: subscribes from the cursor, again whenever something lacks. */

import { Disconnected, action } from "./protocol.js";

const TAIL = 50;
const GAP_MS = 250;
const RETRY_MS = 1_000;

/**
 * Tells its listener `onEvents(events)` in order, `onSnapshot(messages, moreBefore)`,
 * `onSubscribed(data)`, `onLookedAround()` whenever it may be in step or not, and
 * `onRefused(problem)` for good.
 */
export class Follower {
  #chatId;
  #cursor;
  #connection;
  #alarms;
  #listener;
  #call = null;
  #hasToAskAgain = false;

  constructor({ chatId, cursor, connection, alarms, listener }) {
    this.#chatId = chatId;
    this.#cursor = cursor;
    this.#connection = connection;
    this.#alarms = alarms;
    this.#listener = listener;
  }

  get isInStep() {
    const isAsking = this.#call !== null || this.#alarms.has("again");
    return this.#connection.isReady && !isAsking && !this.#cursor.isBehind;
  }

  /** One pushed event, in whatever order it comes. */
  take(event) {
    this.#listener.onEvents(this.#cursor.take(event));
    this.#look();
  }

  /** The server's word on where the log ends. */
  hearOf(head) {
    this.#cursor.hearOf(head);
    this.#look();
  }

  /** One question at a time: the server answers only the last of several. */
  async subscribe() {
    if (this.#call !== null) {
      this.#hasToAskAgain = true;
      return;
    }
    this.#hasToAskAgain = false;
    this.#alarms.cancel("gap");
    this.#alarms.cancel("again");
    this.#call = this.#connection.call(action.subscribe(this.#chatId, this.#cursor.since, TAIL));
    this.#listener.onLookedAround();
    const problem = await this.#answer();
    this.#call = null;
    this.#settle(problem);
  }

  async #answer() {
    try {
      this.#catchUp(await this.#call);
      return null;
    } catch (problem) {
      return problem;
    }
  }

  #catchUp({ mode, events = [], messages = [], head, ...rest }) {
    if (mode === "snapshot") {
      this.#listener.onSnapshot(messages, messages.length >= TAIL);
      this.#listener.onEvents(this.#cursor.reset(head));
    } else {
      this.#listener.onEvents(events);
      this.#listener.onEvents(this.#cursor.advance(head));
    }
    this.#listener.onSubscribed(rest);
  }

  #settle(problem) {
    if (problem === null || problem instanceof Disconnected) {
      this.#look();
      if (this.#hasToAskAgain && this.#connection.isReady) {
        this.subscribe();
      }
    } else if (problem.retryable) {
      this.#alarms.first("again", problem.retryAfterMs ?? RETRY_MS, () => this.subscribe());
      this.#look();
    } else {
      this.#listener.onRefused(problem);
    }
  }

  /** A gap often closes by itself within moments; what stays open is asked for. */
  #look() {
    if (!this.#cursor.isBehind) {
      this.#alarms.cancel("gap");
    } else if (this.#connection.isReady && this.#call === null) {
      this.#alarms.first("gap", GAP_MS, () => this.subscribe());
    }
    this.#listener.onLookedAround();
  }
}
