/** Reads a chat's past for its reader, page by page, and knows where it is incomplete. */

import { Backoff } from "./backoff.js";
import { STEP } from "./passage.js";

export class History {
  #readPage;
  #passage;
  #alarms;
  #onChange;
  #backoff;
  #call = null;
  #heard = [];
  #failed = null;
  #isOver = false; // the server will not say more than it has
  #place = null; // the seq around which what is shown has to be read anew

  /** `readPage({before: seq}, limit)`, or `after`, or `around`, is a page of the API. */
  constructor({ readPage, passage, alarms, onChange, backoff = new Backoff() }) {
    this.#readPage = readPage;
    this.#passage = passage;
    this.#alarms = alarms;
    this.#onChange = onChange;
    this.#backoff = backoff;
  }

  /** Whether what is shown may have changed since, unheard. */
  get isStale() {
    return this.#place !== null;
  }

  /** When the messages begin, if there are older ones that were wanted and could not be read. */
  get incompleteBefore() {
    return this.#failed === "older" ? (this.#passage.messages[0]?.timestamp ?? null) : null;
  }

  older() {
    return this.#go("older", () => this.#passage.rise(), (before, page) => {
      this.#passage.takeOlder(before, page);
    });
  }

  newer() {
    return this.#go("newer", () => this.#passage.sink(), (after, page) => {
      this.#passage.takeNewer(after, page);
    });
  }

  /** Resolves with whether it could be read. */
  around(seq) {
    this.#call = null;
    return this.#read("around", seq, (_, page) => {
      this.#place = null;
      this.#passage.takeAround(page);
    });
  }

  toEnd() {
    this.#call = null;
    this.#place = null;
    this.#failed = null;
    this.#passage.toEnd();
    this.#onChange();
  }

  /** Whether the reader stands at the live end, and so what gives way when there is too much. */
  settle(isAtEnd) {
    this.#passage.settle(isAtEnd);
  }

  /** Before the newest messages are replaced by others: what has changed since was not told. */
  lose() {
    this.#call = null;
    this.#passage.letGoOfTail();
    // At the live end nothing is looked at before the new tail is there: it begins where that does.
    const shown = this.#passage.isLive ? [] : this.#passage.messages;
    this.#place = shown[shown.length >> 1]?.seq ?? null;
  }

  /** It may work now. */
  resume() {
    this.#alarms.cancel("history");
    this.#isOver = false;
    if (this.#place !== null) {
      this.around(this.#place);
    } else if (this.#failed === "older") {
      this.older();
    } else if (this.#failed === "newer") {
      this.newer();
    }
  }

  /** A message as it is now. While a page is on its way, it may hold an older state of it. */
  put(message) {
    this.#passage.put(message);
    if (this.#call !== null) {
      this.#heard.push(message);
    }
  }

  #go(way, step, take) {
    if (this.#call !== null || this.isStale || this.#isOver || this.#alarms.has("history")) {
      return Promise.resolve(false);
    }
    const seq = step();
    if (seq !== null) {
      return this.#read(way, seq, take);
    }
    this.#failed = null;
    this.#onChange();
    return Promise.resolve(true);
  }

  /** One page at a time. An answer that nobody waits for any more is dropped. */
  async #read(way, seq, take) {
    const name = { older: "before", newer: "after", around: "around" }[way];
    const call = this.#readPage({ [name]: seq }, STEP);
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
      take(seq, page);
      this.#heard.forEach((message) => this.#passage.put(message));
    }
    this.#onChange();
    return !page.problem;
  }

  #fail(way, { retryable = true }) {
    this.#failed = way;
    this.#isOver = !retryable;
    if (retryable) {
      this.#alarms.first("history", this.#backoff.next(), () => this.resume());
    }
  }
}
