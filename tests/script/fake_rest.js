/** The HTTP API, in the test's hand: what is asked waits for an answer. */

import { Refusal } from "../../static/js/protocol.js";

export class FakeRest {
  asked = [];

  call(frame) {
    return this.#ask(frame.action, frame);
  }

  get(path, { signal } = {}) {
    return this.#ask(path.split("?")[0], { path, signal });
  }

  #ask(name, about) {
    return new Promise((resolve, reject) => this.asked.push({ name, ...about, resolve, reject }));
  }

  /** The newest question of that name that has no answer yet. */
  #take(name) {
    const at = this.asked.findLastIndex((question) => question.name === name);
    return this.asked.splice(at, 1)[0];
  }

  answer(name, data) {
    this.#take(name).resolve(data);
  }

  refuse(name, code) {
    this.#take(name).reject(new Refusal({ code, message: code }));
  }

  get names() {
    return this.asked.map(({ name }) => name);
  }
}
