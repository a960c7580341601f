/** Questions under way on one line, each to find its answer. */

import { Disconnected, Refusal } from "./protocol.js";

export class Calls {
  #waiting = new Map();
  #lastId = 0;

  ask(send) {
    this.#lastId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#lastId, { resolve, reject });
      send(this.#lastId);
    });
  }

  answer({ id, ok, data, error }) {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (ok) {
      call?.resolve(data ?? {});
    } else {
      call?.reject(error ? new Refusal(error) : new Disconnected());
    }
  }

  giveUp() {
    [...this.#waiting.keys()].forEach((id) => this.answer({ id }));
  }
}
