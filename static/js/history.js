/** Reads a chat's past for its reader, page by page, and knows where it is incomplete. */

import { Backoff } from "./backoff.js";
import { STEP } from "./passage.js";

export class History {
  #chat;
  #backoff;
  #call = null;
  #heard = [];
  #failed = null;
  #isOver = false; // the server will not say more than it has
  #place = null; // the seq around which what is shown has to be read anew

  /**
   * `chat` has the passage; its `readPage({before: seq}, limit)`, or `after`, or `around`, is a page
   * of the API.
   */
  constructor(chat) {
    this.#chat = chat;
    this.#backoff = chat.backoff ?? new Backoff();
  }

  /** Whether what is shown may have changed since, unheard. */
  get isStale() {
    return this.#place !== null;
  }

  /** When the messages begin, if there are older ones that were wanted and could not be read. */
  get incompleteBefore() {
    return this.#failed === "before" ? (this.#chat.passage.messages[0]?.timestamp ?? null) : null;
  }

  older() {
    return this.#go("before", (passage) => passage.rise());
  }

  newer() {
    return this.#go("after", (passage) => passage.sink());
  }

  around(seq) {
    return this.#read("around", seq);
  }

  toEnd() {
    this.#call = null;
    this.#place = null;
    this.#failed = null;
    this.#chat.passage.toEnd();
    this.#chat.onChange();
  }

  /** Before the newest messages are replaced by others: what has changed since was not told. */
  lose() {
    const { passage } = this.#chat;
    this.#call = null;
    passage.letGoOfTail();
    // At the live end nothing is looked at before the new tail is there: it begins where that does.
    const shown = passage.isLive ? [] : passage.messages;
    this.#place = shown[shown.length >> 1]?.seq ?? null;
  }

  resume() {
    this.#chat.alarms.cancel("history");
    this.#isOver = false;
    if (this.isStale) {
      this.around(this.#place);
    } else if (this.#failed === "before") {
      this.older();
    } else if (this.#failed === "after") {
      this.newer();
    }
  }

  /** A message as it is now. While a page is on its way, it may hold an older state of it. */
  put(message) {
    this.#chat.passage.put(message);
    if (this.#call !== null) {
      this.#heard.push(message);
    }
  }

  async #go(way, step) {
    if (this.#call !== null || this.isStale || this.#isOver || this.#chat.alarms.has("history")) {
      return false;
    }
    const seq = step(this.#chat.passage);
    if (seq !== null) {
      return this.#read(way, seq);
    }
    this.#failed = null;
    this.#chat.onChange();
    return true;
  }

  /** One page at a time. An answer that nobody waits for any more is dropped. */
  async #read(way, seq) {
    const call = this.#chat.readPage({ [way]: seq }, STEP);
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
      this.#take(way, seq, page);
    }
    this.#chat.onChange();
    return !page.problem;
  }

  #take(way, seq, page) {
    const { passage } = this.#chat;
    if (way === "before") {
      passage.takeOlder(seq, page);
    } else if (way === "after") {
      passage.takeNewer(seq, page);
    } else {
      this.#place = null;
      passage.takeAround(page);
    }
    this.#heard.forEach((message) => passage.put(message));
  }

  #fail(way, { retryable = true }) {
    this.#failed = way;
    this.#isOver = !retryable;
    if (retryable) {
      this.#chat.alarms.first("history", this.#backoff.next(), () => this.resume());
    }
  }
}
