/** The format of server-sent events, read piece by piece: only what our server uses of it. */

export class EventStream {
  #rest = "";
  #onEvent;

  /** `onEvent(data, id)`; `id` is null where the event has none. */
  constructor(onEvent) {
    this.#onEvent = onEvent;
  }

  take(text) {
    const events = (this.#rest + text).split(/\r?\n\r?\n/);
    this.#rest = events.pop();
    events.forEach((event) => this.#read(event));
  }

  #read(event) {
    const fields = [...event.matchAll(/^(data|id): ?(.*?)\r?$/gm)];
    const valuesOf = (wanted) => fields.filter(([, name]) => name === wanted).map(([, , value]) => value);
    const data = valuesOf("data");
    if (data.length > 0) {
      this.#onEvent(data.join("\n"), valuesOf("id").at(-1) ?? null);
    }
  }
}
