/** The format of server-sent events, read piece by piece: only what our server uses of it. */

export class EventStream {
  #rest = "";
  #data = [];
  #id = null;
  #onEvent;

  /** `onEvent(data, id)`; `id` is null where the event has none. */
  constructor(onEvent) {
    this.#onEvent = onEvent;
  }

  /** Some text, cut anywhere. */
  take(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    lines.forEach((line) => this.#line(line.replace(/\r$/, "")));
  }

  #line(line) {
    if (line === "") {
      this.#finish();
    } else if (line.startsWith("data:")) {
      this.#data.push(line.slice(5).replace(/^ /, ""));
    } else if (line.startsWith("id:")) {
      this.#id = line.slice(3).trim();
    }
  }

  #finish() {
    if (this.#data.length > 0) {
      this.#onEvent(this.#data.join("\n"), this.#id);
    }
    this.#data = [];
    this.#id = null;
  }
}
