/** The HTTP API: every action as a request, for where there is no socket, and plain reads. */

import { Disconnected, Refusal } from "./protocol.js";

const MOST_MISSED = 500;
const PATIENCE_MS = 15_000;
const OPEN = new Set(["pending", "processing"]);

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
  report: message("POST", "report/"),
  fetch: ({ chatId, messageIds }) => ({
    path: `chats/${chatId}/messages/lookup/`,
    body: { messageIds },
  }),
  read: ({ chatId, seq }) => ({ method: "PUT", path: `chats/${chatId}/read/`, body: { seq } }),
};

// One object comes bare from an address, and under its name from a socket.
const NAMED = new Set(["edit", "remove", "retry", "cancel"]);

export class Rest {
  #fetch;
  #token;
  #timers;

  /** `token()` is the CSRF token as it is now. */
  constructor({ fetch = (...request) => globalThis.fetch(...request), token, timers = globalThis }) {
    this.#fetch = fetch;
    this.#token = token;
    this.#timers = timers;
  }

  /** As a connection's `call`: the reply's `data`, or a Refusal, or Disconnected. */
  async call(frame) {
    switch (frame.action) {
      case "subscribe":
        return this.#subscribe(frame);
      case "ping":
        return { heads: headsOf(await this.get("chats/")) };
      case "typing":
      case "unsubscribe":
        return {}; // nobody to tell, and nothing lost
      default:
        return this.#act(frame);
    }
  }

  /** What is at `chats/`, `chats/<chatId>/messages/?before=41` and the like. */
  get(path, { patience = PATIENCE_MS, signal } = {}) {
    return this.request({ method: "GET", path }, { patience, signal });
  }

  async request({ method = "POST", path, body }, { patience = PATIENCE_MS, signal } = {}) {
    const limit = new AbortController();
    const end = () => limit.abort();
    signal?.addEventListener("abort", end);
    const watch = this.#timers.setTimeout(end, patience);
    try {
      const answer = await this.#fetch(`/api/v1/${path}`, this.#options(method, body, limit.signal));
      return await read(answer);
    } catch (problem) {
      throw problem instanceof Refusal ? problem : new Disconnected();
    } finally {
      this.#timers.clearTimeout(watch);
      signal?.removeEventListener("abort", end);
    }
  }

  #options(method, body, signal) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") {
      headers["X-CSRFToken"] = this.#token();
      headers["Content-Type"] = "application/json";
    }
    const text = method === "GET" ? undefined : JSON.stringify(body ?? {});
    return { method, headers, signal, body: text, credentials: "same-origin", cache: "no-store" };
  }

  async #act(frame) {
    const answer = await this.request(REQUESTS[frame.action](frame));
    return NAMED.has(frame.action) ? { message: answer } : answer;
  }

  /** What a socket's `subscribe` answers; going live is the caller's. */
  async #subscribe({ chatId, since, tail }) {
    const [found, { permissions, oldestSeq }] = await Promise.all([
      this.#missed(chatId, since, tail),
      this.get(`chats/${chatId}/`),
    ]);
    const limits = { frameBytes: Infinity, budget: null };
    return { ...found, permissions, oldestSeq, limits, presence: [] };
  }

  async #missed(chatId, since, tail) {
    if (since !== null) {
      const page = await this.#eventsAfter(chatId, since);
      if (page !== null && !page.more) {
        const mode = page.events.length > 0 ? "replay" : "live";
        return { mode, events: page.events, head: page.head, open: [] };
      }
    }
    const { messages, head } = await this.get(
      `chats/${chatId}/messages/?limit=${Math.max(1, tail)}`,
    );
    const shown = tail === 0 ? [] : messages;
    return { mode: "snapshot", messages: shown, head, open: shown.filter(isOpen) };
  }

  async #eventsAfter(chatId, since) {
    try {
      return await this.get(
        `chats/${chatId}/events/?after=${encodeURIComponent(since)}&limit=${MOST_MISSED}`,
      );
    } catch (problem) {
      if (problem.code === "staleCursor") {
        return null;
      }
      throw problem;
    }
  }
}

/** `{chatId: cursor}` of a list of chats. */
function headsOf({ chats }) {
  return Object.fromEntries(chats.map(({ chatId, head }) => [chatId, head]));
}

function isOpen({ status, removed }) {
  return OPEN.has(status) && !removed;
}

/** An answer that is no JSON of ours comes from something in between: nothing is known then. */
async function read(answer) {
  const found = answer.status === 204 ? {} : await answer.json();
  if (answer.ok) {
    return found;
  }
  throw found.error?.code ? new Refusal(found.error) : new Disconnected();
}
