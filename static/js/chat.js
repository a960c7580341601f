/** The chat page: joins what the server rendered, the live chats, and the reader's hands. */

import { ChatView } from "./chat_view.js";
import { Chats } from "./chats.js";
import { Connection } from "./connection.js";
import { LiveChat } from "./live_chat.js";
import { Navigation } from "./navigation.js";
import { SOCKET_PATH } from "./protocol.js";
import { Rest } from "./rest.js";

class ChatPage {
  #page = JSON.parse(document.getElementById("page").textContent);
  #isPainting = false;
  #chats = new Chats({ make: (known) => this.#makeChat(known) });
  #connection = connect(this.#chats);
  #rest = new Rest({ token: () => document.querySelector("[name=csrfmiddlewaretoken]").value });
  #view = new ChatView({
    words: this.#page.words,
    selfId: this.#page.user.id,
    chat: () => this.#chats.current,
  });

  open() {
    this.#chats.show(this.#page);
    this.#listen();
    this.#connection.start();
    this.#view.open();
  }

  #makeChat(known) {
    const { chatId } = known;
    return new LiveChat(
      { ...known, user: this.#page.user },
      { connection: this.#connection, rest: this.#rest, onChange: () => this.#changed(chatId) },
    );
  }

  /** Another chat in the same page: what is known of it is there at once. */
  #visit(chatId, url) {
    if (this.#chats.isCurrent(chatId)) {
      return;
    }
    this.#view.leave();
    this.#chats.show({ chatId, title: titleInList(url) });
    this.#view.enter(url);
    this.#paintTitle();
    markInList(url);
  }

  // These live as long as the page does, so nothing removes them.
  #listen() {
    addEventListener("online", () => this.#connection.hurry());
    addEventListener("offline", () => this.#connection.interrupt());
    addEventListener("beforeunload", (event) => this.#chats.hasUnsent && event.preventDefault());
    new Navigation((chatId, url) => this.#visit(chatId, url));
    document.addEventListener("visibilitychange", () => document.hidden || this.#connection.hurry());
  }

  /** Many changes come in one go; they are painted once. */
  #changed(chatId) {
    if (this.#chats.isCurrent(chatId) && !this.#isPainting) {
      this.#isPainting = true;
      queueMicrotask(() => {
        this.#isPainting = false;
        this.#view.paint();
        this.#paintTitle();
      });
    }
  }

  #paintTitle() {
    document.title = this.#chats.current.title ?? "";
  }
}

function connect(listener) {
  const address = new URL(SOCKET_PATH, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return new Connection({ openSocket: (protocol) => new WebSocket(address, protocol), listener });
}

const lineOf = (url) => document.querySelector(`.chats li > a[href="${url.pathname}"]`);

function titleInList(url) {
  return lineOf(url)?.querySelector(".title").textContent ?? null;
}

function markInList(url) {
  document.querySelector(".chats [aria-current]")?.removeAttribute("aria-current");
  lineOf(url)?.setAttribute("aria-current", "page");
}

new ChatPage().open();
