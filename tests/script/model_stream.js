/** The server's end of a stream: what was committed, in order and without holes, until it is cut. */

const LOOK_MS = 10_000;

/** Whoever rings for an event may not be heard; what is due goes out with the next, or at a look. */
export class ModelStream {
  #server;
  #network;
  #timers;
  #positions = new Map();
  #pieces = [];
  #wake = () => undefined;
  #isOver = false;
  #readyAt = 0;

  constructor({ server, network, timers }, query) {
    this.chatIds = new Set(query.get("chats").split(","));
    this.#server = server;
    this.#network = network;
    this.#timers = timers;
    const since = new Map((query.get("since") ?? "").split(",").map((place) => place.split("=")));
    this.chatIds.forEach((chatId) => this.#positions.set(chatId, since.get(chatId) ?? server.head(chatId)));
    server.join(this);
    this.#push({ op: "hello", pingIntervalMs: 15_000 }, this.#id);
    this.#look();
  }

  get #id() {
    return [...this.#positions].map((place) => place.join("=")).join(",");
  }

  carry(frame) {
    if (frame.op === "notice") {
      this.chatIds.add(frame.chatId); // it goes on with what comes after
      this.#lose(frame.chatId);
    } else if (!this.#network.chance(0.1)) {
      this.#fill();
    }
  }

  cut() {
    this.#isOver = true;
    this.#server.leave(this);
    this.#wake();
  }

  async *pieces() {
    while (!this.#isOver) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        yield piece;
      } else {
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #look() {
    if (!this.#isOver) {
      this.#fill();
      this.#text(":\n\n");
      this.#timers.setTimeout(() => this.#look(), LOOK_MS);
    }
  }

  #fill() {
    for (const [chatId, position] of this.#positions) {
      const found = this.#server.eventsAfter(chatId, position);
      if (found === null) {
        this.#lose(chatId);
      }
      for (const event of found?.events ?? []) {
        this.#positions.set(chatId, `${event.epoch}:${event.seq}`);
        this.#push(event, this.#id);
      }
    }
  }

  #lose(chatId) {
    this.#positions.set(chatId, this.#server.head(chatId));
    this.#push({ op: "notice", type: "positionLost", chatId });
  }

  #push(frame, id = null) {
    const text = `${id ? `id: ${id}\n` : ""}data: ${JSON.stringify(frame)}\n\n`;
    this.#text(this.#network.chance(0.05) ? text + text : text);
    if (this.#network.chance(0.02)) {
      this.#timers.setTimeout(() => this.cut(), 50);
    }
  }

  /** In two pieces that end anywhere, each some time after the one before. */
  #text(text) {
    const middle = Math.floor(this.#network.roll() * text.length);
    for (const piece of [text.slice(0, middle), text.slice(middle)]) {
      const wait = this.#network.isCalm ? 1 : this.#network.roll() * 200;
      this.#readyAt = Math.max(this.#readyAt, this.#timers.now + wait);
      this.#timers.setTimeout(() => this.#arrive(piece), this.#readyAt - this.#timers.now);
    }
  }

  #arrive(piece) {
    this.#pieces.push(piece);
    this.#wake();
  }
}
