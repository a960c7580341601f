/** The last frames of this tab: types, numbers and times, neither content nor names. */

const MOST = 500;
const MOST_NUMBERED = 1_000;
const WORD = /^[A-Za-z_]{1,40}$/;

export class Trace {
  #clock;
  #startedAt;
  #entries = [];
  #chats = new Map();
  #epochs = new Map();
  #lastId = 0;

  constructor(clock = Date.now) {
    this.#clock = clock;
    this.#startedAt = clock();
  }

  heard({ op, type, chatId, epoch, seq }) {
    this.#add("in", op, { type, ...this.#place(chatId, epoch, seq) });
  }

  asked({ action, chatId, since, seq }, answer) {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#add("out", action, { id, ...this.#place(chatId, ...positionIn(since, seq)) });
    answer.then(
      ({ head, mode, events, messages } = {}) => {
        const position = this.#place(chatId, ...positionIn(head));
        this.#add("in", "reply", { id, ok: true, mode, count: (events ?? messages)?.length, ...position });
      },
      ({ code }) => this.#add("in", "reply", { id, ok: false, code: code ?? "disconnected" }),
    );
    return answer;
  }

  over(connection) {
    const call = connection.call.bind(connection);
    connection.call = (frame) => this.asked(frame, call(frame));
    return connection;
  }

  toJSON() {
    return { version: 1, startedAt: this.#startedAt, entries: this.#entries };
  }

  #add(way, kind, what) {
    const entry = { at: Math.max(0, this.#clock() - this.#startedAt), way, kind, ...what };
    if (isTold(entry.kind)) {
      this.#entries.push(Object.fromEntries(Object.entries(entry).filter(([, value]) => isTold(value))));
      this.#entries.splice(0, this.#entries.length - MOST);
    }
  }

  #place(chatId, epoch, seq) {
    return { chat: numberOf(chatId, this.#chats), epoch: numberOf(epoch, this.#epochs), seq };
  }
}

function positionIn(cursor, seq) {
  const [epoch, number] = typeof cursor === "string" ? cursor.split(":") : [undefined, seq];
  return [epoch, number === undefined ? undefined : Number(number)];
}

/** Who reads a trace can tell names apart, and no more. */
function numberOf(name, numbers) {
  if (typeof name === "string" && !numbers.has(name) && numbers.size < MOST_NUMBERED) {
    numbers.set(name, numbers.size);
  }
  return numbers.get(name);
}

function isTold(value) {
  return typeof value === "string" ? WORD.test(value) : typeof value === "boolean" || Number.isSafeInteger(value);
}
