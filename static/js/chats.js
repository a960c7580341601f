/** All chats that a page knows, and whom each word of the connection is for. */

const MOST_KEPT = 50;
const MOST_LISTED = 50;
const KEEP_MS = 1_000;
const RECALL_MS = 100;

export class Chats {
  #make;
  #shelf;
  #alarms;
  #onDraft;
  #known = new Map(); // the one shown longest ago comes first
  #waking = new Set();
  #changed = new Set();
  #currentId = null;
  #isOpen = false;
  #end = null;

  /** `make(page)` is a LiveChat; `shelf`, if any, keeps what is known for later pages. */
  constructor({ make, alarms, list, shelf = null, onDraft = () => undefined }) {
    this.#make = make;
    this.#alarms = alarms;
    this.list = list;
    this.#shelf = shelf;
    this.#onDraft = onDraft;
  }

  get current() {
    return this.#known.get(this.#currentId);
  }

  /** The one looked at comes first. */
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

  /** As it is known already, else as `page` has it, else from what was kept of it. */
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
    const chat = this.#make({ cursor: null, messages: [], ...page });
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
    if (this.#shelf) {
      this.#changed.add(chatId);
      this.#alarms.first("keep", KEEP_MS, () => this.keep());
    }
  }

  keep() {
    [...this.#changed].forEach((chatId) => this.#keep(this.#known.get(chatId)));
    this.#changed.clear();
  }

  #keep(chat) {
    const known = chat?.known;
    if (known && this.#end === null) {
      this.#shelf?.putChat(known);
    }
  }

  async #begin(chat) {
    if (this.#end !== null) {
      chat.onStopped(this.#end.code, this.#end.message);
      return;
    }
    if (this.#shelf) {
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
      this.#shelf.get("chats", chat.chatId),
      this.#shelf.get("drafts", chat.chatId),
      chat.outbox.heed(),
    ]);
    if (known) {
      chat.recall(known);
    }
    if (draft && !chat.draft.content) {
      chat.draft = draft;
      this.#onDraft(chat);
    }
  }

  /** Nobody waits for a browser that takes long to find what it kept. */
  #patience({ chatId }) {
    return new Promise((resolve) => {
      this.#alarms.last(`patience ${chatId}`, RECALL_MS, resolve);
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
    this.#shelf?.delete("chats", chatId);
    this.#shelf?.delete("drafts", chatId);
    this.list.remove(chatId);
  }
}
