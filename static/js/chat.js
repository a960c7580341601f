/** The chat page: joins what the server rendered, the live chats, and the reader's hands. */

import { Composer } from "./composer.js";
import { ListView } from "./list_view.js";
import { LogView } from "./log_view.js";
import { Navigation } from "./navigation.js";
import { ReadingPlace } from "./reading_place.js";
import { meaningOf } from "./protocol.js";
import { Session } from "./session.js";
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
  #session = new Session(this.#page, {
    onChange: (chatId) => this.#changed(chatId),
    onList: () => this.#listChanged(),
    onDraft: (chat) => this.#draftFound(chat),
  });
  #lines = new ListView({ list: document.querySelector(".chats ul"), words: this.#words });
  #isListing = false;
  #composer;
  #view;

  get #chat() {
    return this.#session.chats.current;
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
    this.#session.chats.show(this.#page);
    this.#listen();
    this.#session.start();
    this.#paint();
  }

  /** Another chat in the same page: what is known of it is there at once. */
  #visit(chatId, url) {
    if (this.#session.chats.isCurrent(chatId)) {
      return;
    }
    this.#keepDraft();
    this.#chat.place = this.#place.mark;
    const { draft, place } = this.#session.visit(chatId);
    this.#composer.draft = draft;
    this.#composer.address = url.pathname;
    this.#paint();
    this.#place.goTo(place);
    this.#listChanged();
  }

  #keepDraft() {
    this.#session.keepDraft(this.#chat.chatId, this.#composer.draft);
  }

  /** What an earlier page was at; whoever has begun to write already is not interrupted. */
  #draftFound(chat) {
    const isFree = this.#composer.draft.content === "";
    if (chat === this.#chat && isFree) {
      this.#composer.draft = chat.draft;
    }
  }

  // These live as long as the page does, so nothing removes them.
  #listen() {
    const { chats, connection } = this.#session;
    addEventListener("online", () => connection.hurry());
    addEventListener("offline", () => connection.interrupt());
    addEventListener("beforeunload", (event) => chats.areSafe || event.preventDefault());
    addEventListener("pagehide", () => this.#leave());
    document.getElementById("composer").addEventListener("input", () => this.#keepDraft());
    new Navigation((chatId, url) => this.#visit(chatId, url));
    document.addEventListener("visibilitychange", () => this.#becameVisible());
    this.#log.addEventListener("scroll", () => this.#markRead(), { passive: true });
    this.#list.addEventListener("click", ({ target }) => this.#act(target.closest("button")));
  }

  #becameVisible() {
    if (document.hidden) {
      this.#leave();
    } else {
      this.#session.connection.hurry();
      this.#session.list.refresh();
      this.#markRead();
    }
  }

  #leave() {
    this.#chat.place = this.#place.mark;
    this.#session.chats.keep();
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
      this.#session.keepDraft(this.#chat.chatId, { content: "" });
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
      resend: () => this.#chat.resend(clientMessageId),
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
    if (this.#session.chats.isCurrent(chatId) && !this.#isPainting) {
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
    this.#paintTitle();
    this.#markRead();
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
    const status = document.getElementById("status").dataset;
    status.state = state;
    status.way = this.#session.way;
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

/** A live region speaks whenever it is written to, so only what is new is written. */
function write(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

new ChatPage().open();
