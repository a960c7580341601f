/** Subscribes to one chat from its cursor, again whenever something lacks. */

import { Disconnected } from "./protocol.js";

const TAIL = 50;
const GAP_MS = 250;
const RETRY_MS = 1_000;

export class Follower {
  #chat;
  #isAsking = false;
  #hasToAskAgain = false;

  constructor(chat) {
    this.#chat = chat;
  }

  get isInStep() {
    const { connection, alarms, cursor } = this.#chat;
    return connection.isReady && !this.#isAsking && !alarms.has("again") && !cursor.isBehind;
  }

  take(event) {
    this.#chat.onEvents(this.#chat.cursor.take(event));
    this.#look();
  }

  hearOf(head) {
    this.#chat.cursor.hearOf(head);
    this.#look();
  }

  /** One question at a time: the server answers only the last of several. */
  async subscribe() {
    this.#hasToAskAgain = this.#isAsking;
    if (this.#isAsking) {
      return;
    }
    const { chatId, connection, cursor, alarms } = this.#chat;
    this.#isAsking = true;
    alarms.cancel("gap");
    alarms.cancel("again");
    const call = connection.call({ action: "subscribe", chatId, since: cursor.since, tail: TAIL });
    this.#chat.onChange();
    const problem = await call.then((data) => this.#catchUp(data)).catch((found) => found);
    this.#isAsking = false;
    this.#settle(problem);
  }

  #catchUp({ mode, events = [], messages = [], head, ...rest }) {
    const { cursor } = this.#chat;
    if (mode === "snapshot") {
      this.#chat.onSnapshot(messages, messages.length >= TAIL);
      this.#chat.onEvents(cursor.reset(head));
    } else {
      this.#chat.onEvents(events);
      this.#chat.onEvents(cursor.advance(head));
    }
    this.#chat.onSubscribed(rest);
  }

  #settle(problem) {
    const { isReady } = this.#chat.connection;
    const isLost = problem instanceof Disconnected;
    if (problem === undefined || (isLost && !isReady)) {
      this.#look();
      if (this.#hasToAskAgain && isReady) {
        this.subscribe();
      }
    } else if (isLost || problem.retryable) {
      this.#chat.alarms.first("again", problem.retryAfterMs ?? RETRY_MS, () => this.subscribe());
      this.#look();
    } else {
      this.#chat.onRefused(problem);
    }
  }

  /** A gap often closes by itself; what stays open is asked for. */
  #look() {
    const { connection, cursor, alarms } = this.#chat;
    if (!cursor.isBehind) {
      alarms.cancel("gap");
    } else if (connection.isReady && !this.#isAsking) {
      alarms.first("gap", GAP_MS, () => this.subscribe());
    }
    this.#chat.onChange();
  }
}
