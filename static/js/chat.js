/** The chat page: joins what the server rendered, the live chats, and the reader's hands. */

import { Chats } from "./chats.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { LiveChat } from "./live_chat.js";
import { LogView } from "./log_view.js";
import { Navigation } from "./navigation.js";
import { ReadingPlace } from "./reading_place.js";
import { SOCKET_PATH, meaningOf } from "./protocol.js";
import { play } from "./video_card.js";
import { say } from "./words.js";

class ChatPage {
  #page = JSON.parse(document.getElementById("page").textContent);
  #words = this.#page.words;
  #log = document.getElementById("log");
  #list = document.getElementById("messages");
  #place = new ReadingPlace(this.#log, this.#list);
  #names = new Intl.ListFormat(document.documentElement.lang);
  #isPainting = false;
  #chats = new Chats({ make: (known) => this.#makeChat(known) });
  #connection = connect(this.#chats);
  #composer;
  #view;

  get #chat() {
    return this.#chats.current;
  }

  open() {
    const selfId = this.#page.user.id;
    this.#view = new LogView({ list: this.#list, words: this.#words, selfId });
    this.#view.adopt();
    this.#composer = new Composer({
      form: document.getElementById("composer"),
      onSend: (what) => this.#send(what),
      onTyping: (on) => this.#chat.type(on),
    });
    this.#chats.show(this.#page);
    this.#listen();
    this.#connection.start();
    this.#paint();
  }

  #makeChat(known) {
    const { chatId } = known;
    return new LiveChat(
      { ...known, user: this.#page.user },
      { connection: this.#connection, onChange: () => this.#changed(chatId) },
    );
  }

  /** Another chat in the same page: what is known of it is there at once. */
  #visit(chatId, url) {
    if (this.#chats.isCurrent(chatId)) {
      return;
    }
    this.#chat.draft = this.#composer.draft;
    this.#chat.place = this.#place.mark;
    const { draft, place } = this.#chats.show({ chatId, title: titleInList(url) });
    this.#composer.draft = draft ?? {};
    this.#composer.address = url.pathname;
    this.#paint();
    this.#place.goTo(place);
    markInList(url);
  }

  // These live as long as the page does, so nothing removes them.
  #listen() {
    addEventListener("online", () => this.#connection.hurry());
    addEventListener("offline", () => this.#connection.interrupt());
    addEventListener("beforeunload", (event) => this.#chats.hasUnsent && event.preventDefault());
    new Navigation((chatId, url) => this.#visit(chatId, url));
    document.addEventListener("visibilitychange", () => this.#becameVisible());
    this.#log.addEventListener("scroll", () => this.#markRead(), { passive: true });
    this.#list.addEventListener("click", ({ target }) => this.#act(target.closest("button")));
  }

  #becameVisible() {
    if (!document.hidden) {
      this.#connection.hurry();
      this.#markRead();
    }
  }

  #markRead() {
    if (!document.hidden && this.#place.isAtEnd && this.#chat.state === "inStep") {
      this.#chat.markRead();
    }
  }

  #send(what) {
    const isTaken = this.#chat.send(what);
    if (isTaken) {
      this.#place.goToEnd();
    }
    return isTaken;
  }

  #act(button) {
    const element = button?.closest(".message");
    const { clientMessageId, messageId } = element?.dataset ?? {};
    const acts = {
      stop: () => this.#chat.cancel(messageId),
      retry: () => this.#chat.retry(messageId),
      about: () => this.#composer.askAbout(messageId, this.#aboutWords(element)),
      play: () => play(button.closest(".video"), this.#titleOf(element)),
      takeBack: () => this.#composer.restore(this.#chat.takeBack(clientMessageId)),
    };
    acts[button?.dataset.act]?.();
  }

  #titleOf(element) {
    return element.querySelector("[data-slot=address]").textContent;
  }

  #aboutWords(element) {
    const content = element.querySelector("[data-slot=content]").textContent.trim();
    const words = content || this.#titleOf(element);
    const short = words.length > 80 ? `${words.slice(0, 80)}…` : words;
    return say(this.#words.asking, { words: short });
  }

  /** Many changes come in one go; they are painted once. */
  #changed(chatId) {
    if (this.#chats.isCurrent(chatId) && !this.#isPainting) {
      this.#isPainting = true;
      queueMicrotask(() => {
        this.#isPainting = false;
        this.#paint();
      });
    }
  }

  #paint() {
    const { state, company, permissions, title, from } = this.#chat;
    this.#list.toggleAttribute("data-live", state === "inStep");
    this.#list.toggleAttribute("data-moderate", permissions?.moderate ?? false);
    this.#list.toggleAttribute("data-send", permissions?.send ?? false);
    this.#place.keepThrough(() => this.#view.show(this.#chat.rows()));
    this.#paintOlder(from);
    this.#paintCompany(state, company);
    this.#paintStatus(state);
    this.#composer.allow(this.#mayWrite(state, permissions));
    write("title", title ?? "");
    document.title = title ?? "";
    this.#markRead();
  }

  #paintOlder(from) {
    const older = document.getElementById("older");
    older.hidden = from === 0;
    older.querySelector("a").href = `?before=${from}`;
  }

  #paintCompany(state, { others, writing }) {
    const here = { names: this.#names.format(others) };
    const words = others.length > 0 ? say(this.#words.here, here) : this.#words.alone;
    write("company", state === "inStep" || others.length > 0 ? words : "");
    const typing = writing.length > 1 ? this.#words.typingMany : this.#words.typingOne;
    write("typing", writing.length > 0 ? say(typing, { names: this.#names.format(writing) }) : "");
  }

  #paintStatus(state) {
    document.getElementById("status").dataset.state = state;
    if (state === "stopped") {
      write("status", this.#words[meaningOf(this.#chat.stopped.code)]);
    } else {
      const unsent = this.#chat.rows().filter((row) => row.state === "sending").length;
      const isWaiting = state === "offline" && unsent > 0;
      write("status", isWaiting ? say(this.#words.offlineUnsent, { count: unsent }) : this.#words[state]);
    }
  }

  /** Only where the form is no way out either is the button taken away. */
  #mayWrite(state, permissions) {
    if (state === "stopped") {
      return meaningOf(this.#chat.stopped.code) === "broken";
    }
    return permissions?.send ?? this.#composer.isAllowed;
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

/** A live region speaks whenever it is written to, so only what is new is written. */
function write(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

new ChatPage().open();
