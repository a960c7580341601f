/** The chat page: joins what the server rendered, the person's chats, and what one sees of them. */

import { ChatView } from "./chat_view.js";
import { ListView } from "./list_view.js";
import { Navigation } from "./navigation.js";
import { page } from "./parts.js";
import { ProblemDialog } from "./problem_dialog.js";
import { Session } from "./session.js";

class ChatPage {
  #due = new Set();
  #session = new Session(page, {
    onChange: (chatId) => this.#changed(chatId),
    onList: () => this.#soon(() => this.#paintList(), "list"),
    onDraft: (chat) => chat === this.#chat && this.#view.takeUp(chat.draft),
    onTold: (chatId) => chatId === this.#chat.chatId && this.#view.showTold(),
  });
  #lines = new ListView();
  #view = new ChatView(() => this.#chat);

  get #chat() {
    return this.#session.current;
  }

  open() {
    this.#session.show(page);
    this.#listen();
    this.#session.start();
    this.#view.open();
  }

  #visit(chatId, url) {
    if (chatId === this.#chat.chatId) {
      return;
    }
    this.#keepDraft();
    this.#session.visit(chatId);
    this.#view.enter(url);
    this.#paintList();
  }

  // These live as long as the page does, so nothing removes them.
  #listen() {
    const { connection } = this.#session;
    const form = document.getElementById("composer");
    addEventListener("online", () => connection.hurry());
    addEventListener("offline", () => connection.interrupt());
    addEventListener("beforeunload", (event) => this.#session.areSafe || event.preventDefault());
    addEventListener("pagehide", () => this.#leave());
    form.addEventListener("input", () => this.#keepDraft());
    form.addEventListener("submit", () => this.#keepDraft());
    new ProblemDialog(this.#session);
    new Navigation((chatId, url) => this.#visit(chatId, url));
    document.addEventListener("visibilitychange", () => this.#turn());
  }

  #keepDraft() {
    this.#view.leave();
    this.#session.keepDraft(this.#chat);
  }

  #leave() {
    this.#keepDraft();
    this.#session.keep();
  }

  #turn() {
    if (document.hidden) {
      this.#leave();
    } else {
      this.#session.connection.hurry();
      this.#session.list.refresh();
    }
  }

  #changed(chatId) {
    if (chatId === this.#chat.chatId) {
      this.#soon(() => this.#paint(), "chat");
    }
  }

  /** Many changes come in one go; they are painted once. */
  #soon(paint, what) {
    if (!this.#due.has(what)) {
      this.#due.add(what);
      queueMicrotask(() => {
        this.#due.delete(what);
        paint();
      });
    }
  }

  #paint() {
    this.#view.paint();
    document.getElementById("status").dataset.way = this.#session.way;
    this.#paintTitle();
  }

  #paintList() {
    this.#lines.show(this.#session.list.lines, this.#chat.chatId);
    this.#paintTitle();
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
