/** One connection over whatever line works: down where it fails, up when it may. */

import { Alarms } from "./alarms.js";
import { Backoff } from "./backoff.js";
import { Disconnected, isFinal } from "./protocol.js";

const SHORT_LIFE_MS = 10_000;
const CLIMB_FIRST_MS = 5_000;
const CLIMB_MOST_MS = 300_000;

/**
 * `lines` open one each, as in socket_line.js. `listener` is told `onOpen()`, again for another
 * line, `onFrame(frame)`, `onHeads(heads)`, `onWaiting()` and `onStopped(code, message)`.
 */
export class Connection {
  #lines;
  #listener;
  #alarms;
  #backoff;
  #home = 0; // the rung that has worked for long
  #line = null;
  #climber = null;
  #climbMs = CLIMB_FIRST_MS;
  #openedAt = 0;
  #failures = 0;
  #hasWorked = false;

  isReady = false;
  rung = 0;

  constructor({ lines, listener, timers, clock, backoff = new Backoff() }) {
    this.#lines = lines;
    this.#listener = listener;
    this.#alarms = new Alarms(timers, clock);
    this.#backoff = backoff;
  }

  get isHopeless() {
    return !this.#hasWorked && this.#failures >= this.#lines.length;
  }

  start() {
    this.#alarms.cancel("retry");
    this.#line = this.#try(this.rung, {
      onOpen: () => this.#open(),
      onEnd: (code, message) => this.#broke(code, message),
    });
  }

  call(frame) {
    return this.isReady ? this.#line.call(frame) : Promise.reject(new Disconnected());
  }

  listen(chatIds) {
    if (this.isReady) {
      this.#line.listen?.(chatIds);
    }
  }

  watch(chatId) {
    if (this.isReady) {
      this.#line.watch?.(chatId);
    }
  }

  settle() {
    this.#backoff.reset();
  }

  hurry() {
    if (this.#alarms.has("retry")) {
      this.rung = this.#home;
      this.start();
    } else {
      this.nudge();
    }
  }

  nudge() {
    this.#alarms.catchUp();
    this.#line?.nudge?.();
  }

  interrupt() {
    if (this.#line !== null) {
      this.#broke(null, null);
    }
  }

  stop() {
    this.isReady = false;
    this.#alarms.silence();
    this.#line?.close();
    this.#climber?.close();
    this.#line = null;
    this.#climber = null;
  }

  #try(rung, ends) {
    const onFrame = (frame) => this.#listener.onFrame(frame);
    const onHeads = (heads) => this.#listener.onHeads(heads);
    return this.#lines[rung]({ onFrame, onHeads, ...ends });
  }

  #open() {
    this.isReady = true;
    this.#hasWorked = true;
    this.#openedAt = this.#alarms.now;
    this.#climbLater();
    this.#listener.onOpen();
  }

  /** A line that opened and did not last is no better than one that did not open. */
  #broke(code, message) {
    const hasLasted = this.isReady && this.#alarms.now - this.#openedAt >= SHORT_LIFE_MS;
    this.stop();
    if (isFinal(code)) {
      this.#listener.onStopped(code, message);
      return;
    }
    if (hasLasted) {
      this.#home = this.rung;
      this.#climbMs = this.rung === 0 ? CLIMB_FIRST_MS : this.#climbMs;
    } else {
      this.#failures += 1;
      this.rung = (this.rung + 1) % this.#lines.length;
    }
    const isNext = !hasLasted && this.rung > 0;
    this.#alarms.last("retry", isNext ? 0 : this.#backoff.next(), () => this.start());
    this.#listener.onWaiting();
  }

  #climbLater() {
    if (this.rung > 0) {
      this.#alarms.last("climb", this.#climbMs, () => this.#climbTo(0));
      this.#climbMs = Math.min(CLIMB_MOST_MS, this.#climbMs * 2);
    }
  }

  #climbTo(rung) {
    this.#climber = null;
    if (rung >= this.rung) {
      this.#climbLater();
      return;
    }
    let isUsed = false;
    this.#climber = this.#try(rung, {
      onOpen: () => {
        isUsed = true;
        this.#line.close();
        this.#line = this.#climber;
        this.#climber = null;
        this.rung = rung;
        this.#open();
      },
      onEnd: (code, message) => (isUsed ? this.#broke(code, message) : this.#climbTo(rung + 1)),
    });
  }
}
