/** Who else is in a chat, and who is writing: hearsay that fades. */

const TYPING_MS = 6_000;

export class Company {
  #chat;
  #here = new Map(); // id to name, and until when they count as writing

  constructor(chat) {
    this.#chat = chat;
  }

  get others() {
    return [...this.#here.values()].map(({ name }) => name);
  }

  get writing() {
    const now = this.#chat.clock();
    return [...this.#here.values()].filter(({ until }) => until > now).map(({ name }) => name);
  }

  gather(users) {
    this.#here.clear();
    users.forEach((user) => this.#meet(user));
  }

  overhear({ type, user, on, online }) {
    if (type === "presence" && !online) {
      this.#here.delete(user.id);
    } else if (type === "presence") {
      this.#meet(user);
    } else if (type === "typing") {
      this.#meet(user, on ? this.#chat.clock() + TYPING_MS : 0);
      this.#chat.alarms.last(`typing ${user.id}`, TYPING_MS, this.#chat.onChange);
    }
    this.#chat.onChange();
  }

  /** A message ends its author's typing, whatever became of the frame that says so. */
  spoke(author) {
    if (this.#here.has(author?.id)) {
      this.#meet(author);
    }
  }

  #meet({ id, name }, until = 0) {
    if (id !== this.#chat.selfId) {
      this.#here.set(id, { name, until });
    }
  }
}
