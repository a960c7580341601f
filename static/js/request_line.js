/** A line of requests: actions go by the HTTP API. */

import { Alarms } from "./alarms.js";
import { Disconnected, meaningOf } from "./protocol.js";

export class RequestLine {
  isClosed = false;

  constructor({ rest, listener, timers }) {
    Object.assign(this, { rest, listener, alarms: new Alarms(timers) });
  }

  async call(frame) {
    const data = await this.rest.call(frame);
    if (this.isClosed) {
      throw new Disconnected();
    }
    if (frame.action === "subscribe") {
      this.follow(frame.chatId, data.head);
    }
    return data;
  }

  close() {
    this.isClosed = true;
    this.alarms.silence();
  }

  /** Requests have no close codes: what was said last tells whether to come back. */
  end(problem) {
    if (!this.isClosed) {
      this.close();
      const isOver = meaningOf(problem?.code) === "signedOut";
      this.listener.onEnd(isOver ? 4501 : null, problem?.message || null);
    }
  }
}
