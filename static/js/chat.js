/** The chat page: joins what the server rendered, the live chats, and the reader's hands. */

import { ChatView } from "./chat_view.js";
import { ListView } from "./list_view.js";
import { Navigation } from "./navigation.js";
import { Session } from "./session.js";

class ChatPage {
  #page = JSON.parse(document.getElementById("page").textContent);
  #isPainting = false;
  #session = new Session(this.#page, {
    onChange: (chatId) => this.#changed(chatId),
    onList: () => this.#listChanged(),
    onDraft: (chat) => this.#draftFound(chat),
  });
  #lines = new ListView({ list: document.querySelector(".chats ul"), words: this.#page.words });
  #isListing = false;
  #view = new ChatView({
    words: this.#page.words,
    selfId: this.#page.user.id,
    chat: () => this.#chat,
    onDraft: (draft) => this.#session.keepDraft(this.#chat.chatId, draft),
  });

  get #chat() {
    return this.#session.chats.current;
  }

  open() {
    this.#session.chats.show(this.#page);
    this.#listen();
    this.#session.start();
    this.#view.open();
  }

  /** Another chat in the same page: what is known of it is there at once. */
  #visit(chatId, url) {
    if (this.#session.chats.isCurrent(chatId)) {
      return;
    }
    this.#view.keepDraft();
    this.#chat.place = this.#view.mark;
    const chat = this.#session.visit(chatId);
    this.#view.enter(chat, url);
    this.#listChanged();
  }

  /** What an earlier page was at; whoever has begun to write already is not interrupted. */
  #draftFound(chat) {
    if (chat === this.#chat) {
      this.#view.suggest(chat.draft);
    }
  }

  // These live as long as the page does, so nothing removes them.
  #listen() {
    const { chats, connection } = this.#session;
    addEventListener("online", () => connection.hurry());
    addEventListener("offline", () => connection.interrupt());
    addEventListener("beforeunload", (event) => chats.areSafe || event.preventDefault());
    addEventListener("pagehide", () => this.#leave());
    new Navigation((chatId, url) => this.#visit(chatId, url));
    document.addEventListener("visibilitychange", () => this.#becameVisible());
  }

  #becameVisible() {
    if (document.hidden) {
      this.#leave();
    } else {
      this.#session.connection.hurry();
      this.#session.list.refresh();
    }
  }

  #leave() {
    this.#chat.place = this.#view.mark;
    this.#session.chats.keep();
  }

  /** Many changes come in one go; they are painted once. */
  #changed(chatId) {
    if (this.#session.chats.isCurrent(chatId) && !this.#isPainting) {
      this.#isPainting = true;
      queueMicrotask(() => {
        this.#isPainting = false;
        this.#view.paint();
        document.getElementById("status").dataset.way = this.#session.way;
        this.#paintTitle();
      });
    }
  }

  #listChanged() {
    if (!this.#isListing) {
      this.#isListing = true;
      queueMicrotask(() => {
        this.#isListing = false;
        this.#lines.show(this.#session.list.lines, this.#chat.chatId);
        this.#paintTitle();
      });
    }
  }

  #paintTitle() {
    const { list } = this.#session;
    const { chatId, title } = this.#chat;
    const seen = document.hidden ? 0 : (list.get(chatId)?.unread ?? 0);
    const unread = list.unread - seen;
    document.title = unread > 0 ? `(${unread}) ${title ?? ""}` : (title ?? "");
  }
}

new ChatPage().open();
