/** Who else is in a chat now, and who is writing: hearsay that may be lost and fades by itself. */

const TYPING_MS = 6_000;

export class Company {
  #selfId;
  #here = new Map();
  #typing = new Map();

  constructor(selfId) {
    this.#selfId = selfId;
  }

  gather(users) {
    this.#here = new Map(users.map(({ id, name }) => [id, name]));
    this.#typing.clear();
  }

  presence({ id, name }, online) {
    if (online) {
      this.#here.set(id, name);
    } else {
      this.#here.delete(id);
      this.#typing.delete(id);
    }
  }

  /** Returns how long it holds, in ms, unless repeated. */
  typing({ id, name }, on, now) {
    if (on) {
      this.#typing.set(id, { name, until: now + TYPING_MS });
    } else {
      this.#typing.delete(id);
    }
    return TYPING_MS;
  }

  /** A message ends its author's typing, whatever became of the frame that says so. */
  spoke(id) {
    this.#typing.delete(id);
  }

  others() {
    return [...this.#here].filter(([id]) => id !== this.#selfId).map(([, name]) => name);
  }

  writing(now) {
    return [...this.#typing]
      .filter(([id, { until }]) => id !== this.#selfId && until > now)
      .map(([, { name }]) => name);
  }
}
