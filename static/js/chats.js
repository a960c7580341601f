/** All chats that a page knows. */

const MOST_KEPT = 50;
const MOST_LISTED = 50;
const KEEP_MS = 1_000;
const RECALL_MS = 100;

export class Chats {
  #means; // make, alarms, shelf, onDraft
  #known = new Map(); // the one shown longest ago comes first
  #waking = new Set();
  #changed = new Set();
  #currentId = null;
  #isOpen = false;
  #end = null;

  /** `make(page)` is a LiveChat; `shelf` may be missing. */
  constructor({ list, ...means }) {
    this.list = list;
    this.#means = means;
  }

  get current() {
    return this.#known.get(this.#currentId);
  }

  get chatIds() {
    const known = [...this.#known.keys()].reverse();
    return [...new Set([...known, ...this.list.chatIds.slice(0, MOST_LISTED)])];
  }

  get listed() {
    return this.chatIds.filter((chatId) => !this.#known.has(chatId));
  }

  get(chatId) {
    return this.#known.get(chatId);
  }

  get areSafe() {
    return [...this.#known.values()].every((chat) => chat.outbox.isSafe);
  }

  /** As it is known already, else from `page`, else from what was kept. */
  show(page) {
    this.#currentId = page.chatId;
    const chat = this.wake(page);
    this.#known.delete(page.chatId);
    this.#known.set(page.chatId, chat);
    this.#letGoOfSome();
    return chat;
  }

  wake(page) {
    const { chatId } = page;
    const known = this.#known.get(chatId);
    if (known && (known.stopped === null || this.#end !== null)) {
      return known;
    }
    const chat = this.#means.make({ cursor: null, messages: [], ...page });
    this.#known.set(chatId, chat);
    this.#begin(chat);
    return chat;
  }

  drop(chatId) {
    this.#known.get(chatId)?.close();
    this.#known.delete(chatId);
  }

  #letGoOfSome() {
    for (const [chatId, chat] of this.#known) {
      if (this.#known.size <= MOST_KEPT) {
        return;
      }
      if (chatId !== this.#currentId && chat.outbox.isEmpty) {
        this.#keep(chat);
        this.drop(chatId);
      }
    }
  }

  changed(chatId) {
    if (this.#means.shelf) {
      this.#changed.add(chatId);
      this.#means.alarms.first("keep", KEEP_MS, () => this.keep());
    }
  }

  keep() {
    [...this.#changed].forEach((chatId) => this.#keep(this.#known.get(chatId)));
    this.#changed.clear();
  }

  #keep(chat) {
    const known = chat?.known;
    if (known && this.#end === null) {
      this.#means.shelf?.putChat(known);
    }
  }

  async #begin(chat) {
    if (this.#end !== null) {
      chat.onStopped(this.#end.code, this.#end.message);
      return;
    }
    if (this.#means.shelf) {
      this.#waking.add(chat);
      await Promise.race([this.#recall(chat), this.#patience(chat)]);
      this.#waking.delete(chat);
    }
    if (this.#isOpen && this.#known.get(chat.chatId) === chat) {
      chat.onOpen();
    }
  }

  async #recall(chat) {
    const [known, draft] = await Promise.all([
      this.#means.shelf.get("chats", chat.chatId),
      this.#means.shelf.get("drafts", chat.chatId),
      chat.outbox.heed(),
    ]);
    if (known) {
      chat.recall(known);
    }
    if (draft && !chat.draft.content) {
      chat.draft = draft;
      this.#means.onDraft(chat);
    }
  }

  /** Some browsers take long to find what they kept. */
  #patience({ chatId }) {
    return new Promise((resolve) => {
      this.#means.alarms.last(`patience ${chatId}`, RECALL_MS, resolve);
    });
  }

  onOpen() {
    this.#isOpen = true;
    const awake = [...this.#known.values()].filter((chat) => !this.#waking.has(chat));
    awake.reverse().forEach((chat) => chat.onOpen()); // who is looked at comes first
  }

  onWaiting() {
    this.#isOpen = false;
    this.#known.forEach((chat) => chat.onWaiting());
  }

  onStopped(code, message) {
    this.#isOpen = false;
    this.#end = { code, message };
    this.#known.forEach((chat) => chat.onStopped(code, message));
  }

  onHeads(heads) {
    this.list.onHeads(heads);
    this.#known.forEach((chat) => chat.onHeads(heads));
  }

  onFrame(frame) {
    this.list.onFrame(frame);
    this.#known.get(frame.chatId)?.onFrame(frame);
  }

  gone(chatId) {
    this.#means.shelf?.delete("chats", chatId);
    this.#means.shelf?.delete("drafts", chatId);
    this.list.remove(chatId);
  }
}
