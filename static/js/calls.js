/** Questions under way on one line: each answer finds who asked, and an end reaches everybody. */

import { Disconnected, Refusal } from "./protocol.js";

export class Calls {
  #waiting = new Map();
  #lastId = 0;

  /** `send(id)` puts the question on its way; resolves with `data`, rejects with a Refusal. */
  ask(send) {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      send(id);
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

  /** Whether any of them happened is not known. */
  giveUp() {
    const calls = [...this.#waiting.values()];
    this.#waiting.clear();
    calls.forEach(({ reject }) => reject(new Disconnected()));
  }
}
