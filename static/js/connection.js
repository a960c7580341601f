/** One connection over whatever line works: the best first, down where it fails, up when it may. */

import { Backoff } from "./backoff.js";
import { Disconnected, isFinal } from "./protocol.js";

const SHORT_LIFE_MS = 10_000;
const CLIMB_FIRST_MS = 5_000;
const CLIMB_MOST_MS = 300_000;

/**
 * `lines` are functions that open a line for a listener (see socket_line.js), the best one first.
 * Tells its own listener `onOpen(hello)`, again whenever the line is another one; `onFrame(frame)`,
 * `onHeads(heads)`, `onWaiting()` (a break, to be tried again) and `onStopped(code, message)`.
 */
export class Connection {
  #lines;
  #listener;
  #timers;
  #clock;
  #backoff;
  #rung = 0;
  #home = 0; // what has worked for long
  #line = null;
  #isReady = false;
  #openedAt = 0;
  #failures = 0;
  #hasWorked = false;
  #retry = null;
  #retryAt = 0;
  #climb = null;
  #climbMs = CLIMB_FIRST_MS;
  #climber = null;

  constructor({ lines, listener, timers = globalThis, clock = Date.now, backoff = new Backoff() }) {
    this.#lines = lines;
    this.#listener = listener;
    this.#timers = timers;
    this.#clock = clock;
    this.#backoff = backoff;
  }

  get isReady() {
    return this.#isReady;
  }

  /** Everything was tried, and nothing has ever worked from here. */
  get isHopeless() {
    return !this.#hasWorked && this.#failures >= this.#lines.length;
  }

  /** Which line is in use: 0 is the best. */
  get rung() {
    return this.#rung;
  }

  start() {
    this.#retry = null;
    this.#line = this.#try(this.#rung, {
      onOpen: (hello) => this.#open(hello),
      onEnd: (code, message) => this.#broke(code, message),
    });
  }

  /** Sends an action; resolves with the reply's `data`, rejects with Refusal or Disconnected. */
  call(frame) {
    return this.#isReady ? this.#line.call(frame) : Promise.reject(new Disconnected());
  }

  listen(chatIds) {
    if (this.#isReady && chatIds.length > 0) {
      this.#line.listen(chatIds);
    }
  }

  /** The chat that is looked at now, for lines that cannot be quick about all of them. */
  watch(chatId) {
    if (this.#isReady) {
      this.#line.watch(chatId);
    }
  }

  /** All is well: the next break begins with a short wait again. */
  settle() {
    this.#backoff.reset();
  }

  /** A sign that it may work now: do not wait for the timer. */
  hurry() {
    if (this.#retry !== null) {
      this.#timers.clearTimeout(this.#retry);
      this.#rung = this.#home;
      this.start();
    } else {
      this.nudge();
    }
  }

  /** Timers of hidden pages sleep: whoever is awake may ask for what is due. */
  nudge() {
    if (this.#isReady) {
      this.#line.nudge();
    } else if (this.#retry !== null && this.#clock() >= this.#retryAt) {
      this.hurry();
    }
  }

  /** The line is as good as dead, whatever it says itself. */
  interrupt() {
    if (this.#line !== null) {
      this.#line.close();
      this.#broke(null, null);
    }
  }

  /** For good: nothing comes back after this. */
  stop() {
    this.#letGo();
    this.#timers.clearTimeout(this.#retry);
    this.#retry = null;
  }

  #try(rung, { onOpen, onEnd }) {
    const onFrame = (frame) => this.#listener.onFrame(frame);
    const onHeads = (heads) => this.#listener.onHeads(heads);
    return this.#lines[rung]({ onOpen, onFrame, onHeads, onEnd });
  }

  #open(hello) {
    this.#isReady = true;
    this.#hasWorked = true;
    this.#openedAt = this.#clock();
    this.#climbLater();
    this.#listener.onOpen(hello);
  }

  /** A line that opened and did not last is no better than one that did not open. */
  #broke(code, message) {
    const hasLasted = this.#isReady && this.#clock() - this.#openedAt >= SHORT_LIFE_MS;
    this.#letGo();
    if (isFinal(code)) {
      this.#listener.onStopped(code, message);
      return;
    }
    if (hasLasted) {
      this.#remember();
    } else {
      this.#failures += 1;
      this.#rung = (this.#rung + 1) % this.#lines.length;
    }
    const isNext = !hasLasted && this.#rung > 0;
    const wait = isNext ? 0 : this.#backoff.next();
    this.#retryAt = this.#clock() + wait;
    this.#retry = this.#timers.setTimeout(() => this.start(), wait);
    this.#listener.onWaiting();
  }

  #remember() {
    this.#home = this.#rung;
    if (this.#rung === 0) {
      this.#climbMs = CLIMB_FIRST_MS;
    }
  }

  #letGo() {
    this.#isReady = false;
    this.#timers.clearTimeout(this.#climb);
    this.#line?.close();
    this.#climber?.close();
    this.#line = null;
    this.#climber = null;
  }

  // --- Up again -------------------------------------------------------------------------------

  #climbLater() {
    this.#timers.clearTimeout(this.#climb);
    if (this.#rung > 0) {
      this.#climb = this.#timers.setTimeout(() => this.#climbTo(0), this.#climbMs);
      this.#climbMs = Math.min(CLIMB_MOST_MS, this.#climbMs * 2);
    } else {
      this.#climb = null;
    }
  }

  /** Tried beside the line in use, which stays until the better one is open. */
  #climbTo(rung) {
    this.#climber = null;
    if (rung >= this.#rung) {
      this.#climbLater();
      return;
    }
    let isUsed = false;
    this.#climber = this.#try(rung, {
      onOpen: (hello) => {
        isUsed = true;
        this.#change(rung, hello);
      },
      onEnd: (code, message) => (isUsed ? this.#broke(code, message) : this.#climbTo(rung + 1)),
    });
  }

  #change(rung, hello) {
    this.#line.close();
    this.#line = this.#climber;
    this.#climber = null;
    this.#rung = rung;
    this.#open(hello);
  }
}
