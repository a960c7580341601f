/** Reads a chat's past page by page, and knows where it is incomplete. */

import { Backoff } from "./backoff.js";
import { STEP } from "./timeline.js";

export class History {
  #chat;
  #backoff;
  #call = null;
  #heard = []; // while a page was on its way, which may hold an older state
  #failed = null;
  #isOver = false; // the server will not say more than it has

  constructor(chat) {
    this.#chat = chat;
    this.#backoff = chat.backoff ?? new Backoff();
  }

  get incompleteBefore() {
    return this.#failed === "before" ? (this.#chat.timeline.messages[0]?.timestamp ?? null) : null;
  }

  older() {
    return this.#go("before");
  }

  newer() {
    return this.#go("after");
  }

  around(seq) {
    return this.#read("around", seq);
  }

  toEnd() {
    this.#call = null;
    this.#failed = null;
    this.#chat.timeline.toEnd();
    this.#chat.onChange();
  }

  replace(messages, moreBefore) {
    this.#call = null;
    this.#chat.timeline.replace(messages, moreBefore);
  }

  resume() {
    this.#chat.alarms.cancel("history");
    this.#isOver = false;
    const { staleAt } = this.#chat.timeline;
    if (staleAt !== null) {
      this.around(staleAt);
    } else if (["before", "after"].includes(this.#failed)) {
      this.#go(this.#failed);
    }
  }

  put(message) {
    this.#chat.timeline.put(message);
    if (this.#call !== null) {
      this.#heard.push(message);
    }
  }

  async #go(way) {
    const { timeline, alarms } = this.#chat;
    if (this.#call !== null || timeline.staleAt !== null || this.#isOver || alarms.has("history")) {
      return;
    }
    const seq = timeline.move(way);
    if (seq !== null) {
      await this.#read(way, seq);
    } else {
      this.#failed = null;
      this.#chat.onChange();
    }
  }

  async #read(way, seq) {
    const { timeline } = this.#chat;
    const call = this.#chat.readPage({ [way]: seq, limit: STEP });
    this.#call = call;
    this.#heard = [];
    const page = await call.catch((problem) => ({ problem }));
    if (this.#call !== call) {
      return false;
    }
    this.#call = null;
    if (page.problem) {
      this.#fail(way, page.problem);
    } else {
      this.#failed = null;
      this.#backoff.reset();
      timeline.take(way, seq, page);
      this.#heard.forEach((message) => timeline.put(message));
    }
    this.#chat.onChange();
    return !page.problem;
  }

  #fail(way, { retryable }) {
    this.#failed = way;
    this.#isOver = !retryable;
    if (retryable) {
      this.#chat.alarms.first("history", this.#backoff.next(), () => this.resume());
    }
  }
}
