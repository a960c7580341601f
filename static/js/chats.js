/** All chats that a page knows: which one is shown, and whom each word of the connection is for. */

const MOST_KEPT = 50;

export class Chats {
  #make;
  #onGone;
  #known = new Map(); // the one shown longest ago comes first
  #currentId = null;
  #isOpen = false;

  /** `make(page)` is a LiveChat; `onGone(chatId)` is told of one that is not ours, or not there. */
  constructor({ make, onGone = () => undefined }) {
    this.#make = make;
    this.#onGone = onGone;
  }

  get current() {
    return this.#known.get(this.#currentId);
  }

  isCurrent(chatId) {
    return chatId === this.#currentId;
  }

  get(chatId) {
    return this.#known.get(chatId);
  }

  get hasUnsent() {
    return [...this.#known.values()].some((chat) => chat.hasUnsent);
  }

  /** Shows a chat: as it is known already, else as `page` has it, else from nothing. */
  show(page) {
    const { chatId } = page;
    const known = this.#known.get(chatId);
    const chat = known?.stopped === null ? known : this.#make({ cursor: null, messages: [], ...page });
    this.#known.delete(chatId);
    this.#known.set(chatId, chat);
    this.#currentId = chatId;
    this.#letGoOfSome();
    if (chat !== known && this.#isOpen) {
      chat.onOpen();
    }
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
      if (chatId !== this.#currentId && !chat.hasUnsent) {
        this.drop(chatId);
      }
    }
  }

  // --- What the connection tells --------------------------------------------------------------

  onOpen(hello) {
    this.#isOpen = true;
    this.current?.onOpen(hello); // who is looked at comes first
    this.#others((chat) => chat.onOpen(hello));
  }

  onWaiting() {
    this.#isOpen = false;
    this.#known.forEach((chat) => chat.onWaiting());
  }

  onStopped(code, message) {
    this.#isOpen = false;
    this.#known.forEach((chat) => chat.onStopped(code, message));
  }

  onHeads(heads) {
    this.#known.forEach((chat) => chat.onHeads(heads));
  }

  /** A frame without a chat, or of one that is not known here, ends at this door. */
  onFrame(frame) {
    this.#known.get(frame.chatId)?.onFrame(frame);
  }

  #others(tell) {
    [...this.#known.values()].filter((chat) => chat !== this.current).forEach(tell);
  }
}
