/** The HTTP API: every action as a request, and plain reads. */

import { Disconnected, OPEN, Refusal } from "./protocol.js";

const MOST_MISSED = 500;
const PATIENCE_MS = 15_000;

const message = (method, verb = "") => ({ chatId, messageId, action, ...body }) => ({
  method,
  path: `chats/${chatId}/messages/${messageId}/${verb}`,
  body,
});

const REQUESTS = {
  send: ({ chatId, action, ...body }) => ({ path: `chats/${chatId}/messages/`, body }),
  edit: message("PATCH"),
  remove: message("DELETE"),
  retry: message("POST", "retry/"),
  cancel: message("POST", "cancel/"),
  fetch: ({ chatId, messageIds }) => ({
    path: `chats/${chatId}/messages/lookup/`,
    body: { messageIds },
  }),
  read: ({ chatId, seq }) => ({ method: "PUT", path: `chats/${chatId}/read/`, body: { seq } }),
};

// One object comes bare from an address, and under its name from a socket.
const NAMED = new Set(["edit", "remove", "retry", "cancel"]);

export class Rest {
  selfId;
  #fetch;
  #token;

  constructor({ fetch = (...request) => globalThis.fetch(...request), token }) {
    this.#fetch = fetch;
    this.#token = token;
  }

  async call(frame) {
    switch (frame.action) {
      case "subscribe":
        return this.#subscribe(frame);
      case "ping": {
        const { chats } = await this.get("chats/");
        return { heads: Object.fromEntries(chats.map(({ chatId, head }) => [chatId, head])) };
      }
      case "typing":
      case "unsubscribe":
        return {};
      default:
        return this.#act(frame);
    }
  }

  get(path, options) {
    return this.request({ method: "GET", path }, options);
  }

  async request({ method = "POST", path, body = {} }, { patience = PATIENCE_MS, signal } = {}) {
    const signals = [AbortSignal.timeout(patience), signal].filter(Boolean);
    const headers = { Accept: "application/json", "X-User-Id": this.selfId };
    const what = { method, headers, signal: AbortSignal.any(signals), cache: "no-store" };
    if (method !== "GET") {
      Object.assign(headers, { "X-CSRFToken": this.#token(), "Content-Type": "application/json" });
      what.body = JSON.stringify(body);
    }
    try {
      return await read(await this.#fetch(`/api/v1/${path}`, what));
    } catch (problem) {
      throw problem instanceof Refusal ? problem : new Disconnected();
    }
  }

  async #act(frame) {
    const answer = await this.request(REQUESTS[frame.action](frame));
    return NAMED.has(frame.action) ? { message: answer } : answer;
  }

  async #subscribe({ chatId, since, tail }) {
    const [found, chat] = await Promise.all([
      this.#missed(chatId, since, tail),
      this.get(`chats/${chatId}/`),
    ]);
    const limits = { frameBytes: Infinity, budget: null };
    return { ...chat, ...found, limits, presence: [] };
  }

  async #missed(chatId, since, tail) {
    const page = since === null ? null : await this.#eventsAfter(chatId, since);
    if (page !== null && !page.more) {
      const mode = page.events.length > 0 ? "replay" : "live";
      return { mode, events: page.events, head: page.head, open: [] };
    }
    const limit = Math.max(1, tail);
    const { messages, head } = await this.get(`chats/${chatId}/messages/?limit=${limit}`);
    const shown = tail === 0 ? [] : messages;
    const open = shown.filter(({ status, removed }) => OPEN.has(status) && !removed);
    return { mode: "snapshot", messages: shown, head, open };
  }

  async #eventsAfter(chatId, since) {
    const query = new URLSearchParams({ after: since, limit: MOST_MISSED });
    try {
      return await this.get(`chats/${chatId}/events/?${query}`);
    } catch (problem) {
      if (problem.code === "staleCursor") {
        return null;
      }
      throw problem;
    }
  }
}

/** What is no JSON of ours comes from something in between: nothing is known then. */
async function read(answer) {
  const found = answer.status === 204 ? {} : await answer.json();
  if (answer.ok) {
    return found;
  }
  throw found.error?.code ? new Refusal(found.error) : new Disconnected();
}
