/** What a browser keeps of one person's chats; whatever fails is only not kept. */

const PREFIX = "chatrouting-";
const MOST_CHATS = 50;
const PATIENCE_MS = 3_000;

export class Shelf {
  #database;
  #isClosed = false;

  /** What other people left in this browser is cleared away. */
  constructor(userId) {
    const name = `${PREFIX}${userId}`;
    // Private windows have no IndexedDB, or one that throws, or fails later.
    this.#database = open(name).catch(() => null);
    clearAllBut(name).catch(() => undefined);
  }

  get(store, key) {
    return this.#do(store, "readonly", (kept) => kept.get(key));
  }

  all(store) {
    return this.#do(store, "readonly", (kept) => kept.getAll());
  }

  put(store, value) {
    return this.#do(store, "readwrite", (kept) => atOnce(kept.put(value)));
  }

  delete(store, key) {
    return this.#do(store, "readwrite", (kept) => atOnce(kept.delete(key)));
  }

  async putChat(chat) {
    await this.put("chats", chat);
    const keys = await this.#do("chats", "readonly", (kept) => kept.index("at").getAllKeys());
    keys?.slice(0, -MOST_CHATS).forEach((key) => this.delete("chats", key));
  }

  async close() {
    this.#isClosed = true;
    (await this.#database)?.close();
  }

  async #do(store, mode, ask) {
    try {
      const database = this.#isClosed ? null : await this.#database;
      return database && (await soon(ask(database.transaction(store, mode).objectStore(store))));
    } catch {
      return undefined;
    }
  }
}

async function open(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    const { result } = request;
    result.createObjectStore("chats", { keyPath: "chatId" }).createIndex("at", "at");
    result.createObjectStore("drafts", { keyPath: "chatId" });
    result.createObjectStore("outbox", { keyPath: "clientMessageId" });
  };
  const database = await answerOf(request);
  database.onversionchange = () => database.close(); // signed out: it is to be deleted
  return database;
}

async function clearAllBut(own) {
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== own);
  others.forEach((name) => indexedDB.deleteDatabase(name));
}

/** The page may be gone before it would commit by itself. */
function atOnce(request) {
  request.transaction.commit();
  return request;
}

function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** A tab that hangs would keep the others waiting. */
function soon(request) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS));
  return Promise.race([answerOf(request), late]);
}
