/** A server in memory that keeps the contract, behind a network that keeps nothing. */

const MOST_REPLAYED = 30;

/** Chats as logs; every listener hears of each event, sooner or later or never. */
export class ModelServer {
  chats = new Map();
  #ids = 0;
  #sockets = new Set();

  join(listener) {
    this.#sockets.add(listener);
  }

  open(socket) {
    this.join(socket);
    const hello = { op: "hello", protocol: 1, user: { id: 7, name: "Ann" }, pingIntervalMs: 25_000 };
    socket.carry(hello);
  }

  leave(socket) {
    this.#sockets.delete(socket);
  }

  chat(chatId) {
    if (!this.chats.has(chatId)) {
      this.chats.set(chatId, { chatId, epoch: "e1", log: [], messages: new Map(), keys: new Map() });
    }
    return this.chats.get(chatId);
  }

  head(chatId) {
    const { epoch, log } = this.chat(chatId);
    return `${epoch}:${log.length}`;
  }

  /** Ascending by seq, as a fresh load shows it. */
  shown(chatId) {
    return [...this.chat(chatId).messages.values()].sort((a, b) => a.seq - b.seq);
  }

  // --- Verbs ----------------------------------------------------------------------------------

  say(chatId, content, { author = { id: 8, name: "Bob" }, clientMessageId = null } = {}) {
    const chat = this.chat(chatId);
    const known = clientMessageId && chat.keys.get(clientMessageId);
    if (known) {
      return { message: chat.messages.get(known), duplicate: true };
    }
    this.#ids += 1;
    const messageId = `m${this.#ids}`;
    const message = {
      messageId, chatId, type: "user", content, html: content, status: "completed", rev: 1,
      seq: chat.log.length + 1, author, clientMessageId, replyTo: null, metadata: {},
      timestamp: this.#ids, error: null, editedAt: null, removed: null,
    };
    chat.messages.set(messageId, message);
    chat.keys.set(clientMessageId, messageId);
    this.#append(chat, "user_message", messageId);
    return { message, duplicate: false };
  }

  edit(chatId, messageId, content) {
    this.#change(chatId, messageId, { content, html: content, editedAt: 1 }, "user_message_update");
  }

  remove(chatId, messageId) {
    this.#change(chatId, messageId, { content: "", html: "", removed: "author" }, "message_removed");
  }

  /** Restored from an older copy: numbers begin anew where they were, under another epoch. */
  restore(chatId, random) {
    const chat = this.chat(chatId);
    const kept = Math.floor(random() * chat.log.length);
    chat.log = chat.log.slice(0, kept);
    const first = (id) => chat.log.some((entry) => entry.messageId === id);
    chat.messages.forEach((message, id) => first(id) || chat.messages.delete(id));
    chat.keys = new Map([...chat.messages].map(([id, message]) => [message.clientMessageId, id]));
    chat.epoch = `e${Number(chat.epoch.slice(1)) + 1}`;
    this.#sockets.forEach((socket) => {
      if (socket.chatIds.delete(chatId)) {
        socket.carry({ op: "notice", type: "positionLost", chatId });
      }
    });
  }

  #change(chatId, messageId, change, type) {
    const chat = this.chat(chatId);
    const message = chat.messages.get(messageId);
    if (message && !message.removed) {
      chat.messages.set(messageId, { ...message, ...change, rev: message.rev + 1 });
      this.#append(chat, type, messageId);
    }
  }

  #append(chat, type, messageId) {
    chat.log.push({ type, messageId });
    const event = this.#event(chat, chat.log.length);
    for (const socket of this.#sockets) {
      if (socket.chatIds.has(chat.chatId)) {
        socket.carry(event);
      }
    }
  }

  #event({ chatId, epoch, log, messages }, seq) {
    const { type, messageId } = log[seq - 1];
    const message = structuredClone(messages.get(messageId));
    return { op: "event", type, chatId, epoch, seq, at: seq, actor: null, message };
  }

  // --- What a client asks ---------------------------------------------------------------------

  hear(socket, { id, action, ...fields }) {
    const acts = {
      subscribe: () => this.#subscribe(socket, fields),
      unsubscribe: () => socket.chatIds.delete(fields.chatId) && {},
      send: () => this.send(fields),
      fetch: () => this.fetch(fields),
      ping: () => ({ heads: this.#heads(socket), now: 0 }),
    };
    socket.carry({ op: "reply", id, ok: true, data: acts[action]?.() ?? {} });
  }

  #heads(socket) {
    return Object.fromEntries([...socket.chatIds].map((chatId) => [chatId, this.head(chatId)]));
  }

  send({ chatId, clientMessageId, content }) {
    return this.say(chatId, content, { author: { id: 7, name: "Ann" }, clientMessageId });
  }

  fetch({ chatId, messageIds }) {
    const { messages } = this.chat(chatId);
    const missing = { error: "notFound" };
    return { results: Object.fromEntries(messageIds.map((id) => [id, messages.get(id) ?? missing])) };
  }

  #subscribe(socket, { chatId, since, tail }) {
    socket.chatIds.add(chatId);
    const found = this.eventsAfter(chatId, since ?? "none:0", MOST_REPLAYED);
    const limits = { contentChars: 16_384, frameBytes: 65_536, budget: null };
    const common = {
      head: this.head(chatId), oldestSeq: 1, open: [], presence: [], permissions: { send: true }, limits,
    };
    if (found === null || found.more) {
      return { ...common, mode: "snapshot", messages: tail ? this.newest(chatId, tail).messages : [] };
    }
    return { ...common, mode: found.events.length > 0 ? "replay" : "live", events: found.events };
  }

  // --- What an address answers ----------------------------------------------------------------

  lines() {
    return [...this.chats.keys()].map((chatId) => ({ chatId, head: this.head(chatId) }));
  }

  newest(chatId, limit) {
    return { messages: structuredClone(this.shown(chatId).slice(-limit)), head: this.head(chatId) };
  }

  /** `{events, head, more}`; null where a cursor leads nowhere. */
  eventsAfter(chatId, cursor, limit = Infinity) {
    const chat = this.chat(chatId);
    const [epoch, seq] = cursor.split(":");
    const missed = chat.log.length - Number(seq);
    if (epoch !== chat.epoch || missed < 0) {
      return null;
    }
    const numbers = Array.from({ length: Math.min(missed, limit) }, (_, place) => Number(seq) + place + 1);
    const events = numbers.map((number) => this.#event(chat, number));
    return { events, head: this.head(chatId), more: missed > limit };
  }
}
