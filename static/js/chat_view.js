/** All that one sees of a chat: it is told which to show, and keeps hold of none. */

import { ActsBar } from "./acts_bar.js";
import { Composer } from "./composer.js";
import { clockTime, showLocally } from "./local_times.js";
import { LogView } from "./log_view.js";
import { MessageActs } from "./message_acts.js";
import { focusOn, log, messages, words, write } from "./parts.js";
import { permittedActs } from "./permitted.js";
import { Disconnected, meaningOf } from "./protocol.js";
import { ReadingPlace } from "./reading_place.js";
import { statusOf } from "./status_words.js";
import { say } from "./words.js";

// How many heights of the log may be left above or below before more is read.
const AHEAD = 1.5;

export class ChatView {
  #chat;
  #toEnd = document.getElementById("to-end");
  #place = new ReadingPlace();
  #names = new Intl.ListFormat(document.documentElement.lang);
  #view = new LogView();
  #bar = new ActsBar((element) => this.#permitted(element));
  #acts;
  #composer;

  constructor(chat) {
    this.#chat = chat;
    this.#composer = new Composer({
      onSend: (what) => this.#send(what),
      onEdit: (message, text) => chat().change("edit", message.messageId, message.rev, text),
      onEditLast: () => this.#composer.begin("edit", chat().newestOwn),
      onTyping: (on) => chat().tell("typing", on),
    });
    const onSaid = (said) => this.#view.announce(said);
    this.#acts = new MessageActs({ chat, composer: this.#composer, bar: this.#bar, onSaid });
  }

  // These live as long as the page does, so nothing removes them.
  open() {
    this.#view.adopt();
    messages.toggleAttribute("data-script", true);
    document.getElementById("newest")?.remove();
    addEventListener("scroll", () => this.#moved(), { passive: true, capture: true });
    log.addEventListener("keydown", (event) => this.#press(event));
    log.addEventListener("click", (event) => this.#click(event));
    messages.addEventListener("focusin", ({ target }) => this.#unfold(target));
    this.#toEnd.addEventListener("click", () => this.goToEnd());
    document.addEventListener("visibilitychange", () => this.#markRead());
    this.paint();
    const around = new URLSearchParams(location.search).get("around");
    if (around !== null) {
      this.reveal(Number(around));
    }
  }

  leave() {
    Object.assign(this.#chat(), { draft: this.#composer.draft, place: this.#place.mark });
  }

  /** A draft that was found; whoever has begun to write already is not interrupted. */
  takeUp(draft) {
    const { content, context } = this.#composer.draft;
    if (content === "" && !context) {
      this.#composer.draft = draft;
    }
  }

  enter({ pathname }) {
    const { draft, place } = this.#chat();
    this.#composer.draft = draft ?? {};
    this.#composer.address = pathname;
    document.getElementById("search").href = `${pathname}search/`;
    this.#place.goToEnd();
    this.paint();
    this.#place.goTo(place);
    document.getElementById("told").textContent = "";
    this.showTold();
  }

  /** What moderators tell the reader alone, as the server has it now. */
  async showTold() {
    const { chatId } = this.#chat();
    const answer = await fetch(`/chats/${chatId}/told/`).catch(() => ({}));
    if (answer.ok && !answer.redirected && this.#chat().chatId === chatId) {
      const told = document.getElementById("told");
      told.innerHTML = await answer.text();
      told.querySelectorAll("time").forEach(showLocally);
    }
  }

  paint() {
    const chat = this.#chat();
    const { state, permissions, title } = chat;
    const isPinned = this.#isAtEnd;
    messages.toggleAttribute("data-live", state === "inStep");
    messages.toggleAttribute("data-moderate", permissions?.moderate ?? false);
    chat.passage.settle(isPinned);
    this.#markRead();
    this.#place.keepThrough(() => this.#view.show(chat), { isPinned });
    this.#bar.show();
    this.#paintEnds(chat);
    this.#paintCompany(chat);
    const status = document.getElementById("status");
    status.dataset.state = state;
    write(status, statusOf(chat.facts, words, clockTime));
    this.#composer.allow(this.#mayWrite(chat));
    writeTo("title", title ?? "");
    this.#readOn();
  }

  goToEnd() {
    const { history } = this.#chat();
    history.toEnd();
    this.#place.goToEnd();
    this.paint();
    if (location.search !== "") {
      globalThis.history.replaceState(globalThis.history.state, "", location.pathname);
    }
    if (document.activeElement === this.#toEnd || document.activeElement === document.body) {
      log.focus({ preventScroll: true });
    }
  }

  async reveal(seq) {
    const chat = this.#chat();
    const isThere = this.#view.elementAt(seq) !== null || (await chat.history.around(seq));
    if (this.#chat() !== chat) {
      return;
    }
    if (!isThere) {
      this.#composer.refuse(new Disconnected());
    } else {
      this.paint();
      this.#target(this.#view.elementAt(seq));
    }
  }

  #target(element) {
    messages.querySelector("[data-target]")?.removeAttribute("data-target");
    if (element) {
      element.toggleAttribute("data-target", true);
      focusOn(element);
      this.#place.goToElement(element);
    }
  }

  get #isAtEnd() {
    return this.#place.isAtEnd && this.#chat().passage.isLive;
  }

  #moved() {
    this.#markRead();
    this.#chat().passage.settle(this.#isAtEnd);
    this.#paintEnds(this.#chat());
    this.#readOn();
  }

  /** Before the reader comes to an end of what is shown, there is more. */
  #readOn() {
    const { history, passage } = this.#chat();
    const { above, below } = this.#place.room;
    if (above < AHEAD && passage.hasOlder) {
      history.older();
    } else if (below < AHEAD && !passage.isLive) {
      history.newer();
    }
  }

  #markRead() {
    const chat = this.#chat();
    if (!document.hidden && this.#isAtEnd && chat.state === "inStep") {
      chat.markRead();
    }
  }

  #send(what) {
    const isTaken = this.#chat().send(what);
    if (isTaken) {
      this.#chat().news.answer();
      this.goToEnd();
    }
    return isTaken;
  }

  #click(event) {
    const button = event.target.closest("button");
    const quote = event.target.closest(".quote[href]");
    if (button) {
      this.#acts.press(button);
    } else if (quote) {
      event.preventDefault();
      this.reveal(Number(new URLSearchParams(quote.search).get("around")));
    } else if (event.target.closest("#older a")) {
      event.preventDefault();
      this.#chat().history.older();
    } else if (event.target.closest("#newer a")) {
      event.preventDefault();
      this.#chat().history.newer();
    }
  }

  #press(event) {
    if (event.key === "End" && !event.target.closest("input, textarea")) {
      event.preventDefault();
      this.goToEnd();
    }
  }

  /** Nothing that has the focus is out of sight. */
  #unfold(target) {
    const message = target.closest(".message[data-long]:not([data-open])");
    if (message && target.closest("[data-slot=content]")) {
      this.#acts.press(message.querySelector("[data-act=all]"));
    }
  }

  #permitted({ dataset }) {
    const chat = this.#chat();
    const message = chat.passage.find(dataset.messageId);
    const sides = message && chat.sidesOf(message);
    const names = permittedActs(message, { ...sides, permissions: chat.permissions });
    if (names.includes("up")) {
      this.#acts.showVerdict(message.messageId);
    }
    return names;
  }

  #paintEnds({ passage: { hasOlder, isLive }, unseen }) {
    document.getElementById("older").hidden = !hasOlder;
    document.getElementById("newer").hidden = isLive;
    this.#toEnd.hidden = this.#isAtEnd;
    write(this.#toEnd, unseen > 0 ? say(words.newMessages, { count: unseen }) : words.toEnd);
  }

  #paintCompany({ state, company: { others, writing } }) {
    const here = { names: this.#names.format(others) };
    const company = others.length > 0 ? say(words.here, here) : words.alone;
    writeTo("company", state === "inStep" || others.length > 0 ? company : "");
    const typing = writing.length > 1 ? words.typingMany : words.typingOne;
    writeTo("typing", writing.length > 0 ? say(typing, { names: this.#names.format(writing) }) : "");
  }

  /** Only where the form is no way out either is the button taken away. */
  #mayWrite({ state, stopped, permissions }) {
    if (state === "stopped") {
      return meaningOf(stopped.code) === "broken";
    }
    return permissions?.send ?? this.#composer.isAllowed;
  }
}

function writeTo(id, text) {
  write(document.getElementById(id), text);
}
