/** All that one sees of the chat that is shown. */

import { Composer } from "./composer.js";
import { clockTime } from "./local_times.js";
import { LogView } from "./log_view.js";
import { MessageActs } from "./message_acts.js";
import { byId, focusOn, log, messages, words, write } from "./parts.js";
import { Disconnected, meaningOf } from "./protocol.js";
import { ReadingPlace } from "./reading_place.js";
import { statusOf } from "./status_words.js";
import { say } from "./words.js";

// How much may be left above or below before more is read, in heights of the log.
const AHEAD = 1.5;

export class ChatView {
  #chat;
  #toEnd = byId("to-end");
  #status = byId("status");
  #place = new ReadingPlace();
  #names = new Intl.ListFormat(document.documentElement.lang);
  #view = new LogView();
  #acts;
  #composer;

  constructor(chat) {
    this.#chat = chat;
    this.#composer = new Composer({
      onSend: (what) => this.#send(what),
      onEdit: (what) => chat().change("edit", what),
      onEditLast: () => this.#composer.begin("edit", chat().newestOwn),
      onTyping: (on) => chat().tell("typing", { on }),
    });
    this.#acts = new MessageActs({
      chat,
      composer: this.#composer,
      onSaid: (said) => this.#view.announce(said),
      onReveal: (seq) => this.reveal(seq),
    });
  }

  // As long as the page lives.
  open() {
    this.#view.adopt();
    messages.toggleAttribute("data-script", true);
    byId("newest")?.remove();
    addEventListener("scroll", () => this.#moved(), { passive: true, capture: true });
    log.addEventListener("keydown", (event) => this.#press(event));
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

  /** Whoever has begun to write already is not interrupted. */
  takeUp(draft) {
    const { content, context } = this.#composer.draft;
    if (content === "" && !context) {
      this.#composer.draft = draft;
    }
  }

  enter({ pathname }) {
    const { draft, place } = this.#chat();
    this.#composer.draft = draft;
    this.#composer.address = pathname;
    byId("search").href = `${pathname}search/`;
    this.#place.goToEnd();
    this.paint();
    this.#place.goTo(place);
  }

  paint() {
    const chat = this.#chat();
    const { state, permissions, title } = chat;
    const isPinned = this.#isAtEnd;
    messages.toggleAttribute("data-live", state === "inStep");
    messages.toggleAttribute("data-moderate", permissions?.moderate ?? false);
    chat.timeline.settle(isPinned);
    this.#markRead();
    this.#place.keepThrough(() => this.#view.show(chat), { isPinned });
    this.#acts.refresh();
    this.#paintEnds(chat);
    this.#paintCompany(chat);
    this.#status.dataset.state = state;
    write(this.#status, statusOf(chat.facts, words, clockTime));
    this.#composer.allow(this.#mayWrite(chat));
    write(byId("title"), title ?? "");
    this.#readOn();
  }

  goToEnd() {
    this.#chat().history.toEnd();
    this.#place.goToEnd();
    this.paint();
    if (location.search !== "") {
      history.replaceState(history.state, "", location.pathname);
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
    return this.#place.isAtEnd && this.#chat().timeline.isLive;
  }

  #moved() {
    this.#markRead();
    this.#chat().timeline.settle(this.#isAtEnd);
    this.#paintEnds(this.#chat());
    this.#readOn();
  }

  #readOn() {
    const { history, timeline } = this.#chat();
    const { above, below } = this.#place.room;
    if (above < AHEAD && timeline.hasOlder) {
      history.older();
    } else if (below < AHEAD && !timeline.isLive) {
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

  #press(event) {
    if (event.key === "End" && !event.target.closest("input, textarea")) {
      event.preventDefault();
      this.goToEnd();
    }
  }

  #paintEnds({ timeline: { hasOlder, isLive }, unseen }) {
    byId("older").hidden = !hasOlder;
    byId("newer").hidden = isLive;
    this.#toEnd.hidden = this.#isAtEnd;
    write(this.#toEnd, unseen > 0 ? say(words.newMessages, { count: unseen }) : words.toEnd);
  }

  #paintCompany({ state, company: { others, writing } }) {
    const known = state === "inStep" ? words.alone : "";
    const here = { names: this.#names.format(others) };
    write(byId("company"), others.length > 0 ? say(words.here, here) : known);
    const typing = writing.length > 1 ? words.typingMany : words.typingOne;
    write(byId("typing"), writing.length > 0 ? say(typing, { names: this.#names.format(writing) }) : "");
  }

  /** Only where the form is no way out either is the button taken away. */
  #mayWrite({ state, stopped, permissions }) {
    if (state === "stopped") {
      return meaningOf(stopped.code) === "broken";
    }
    return permissions?.send ?? this.#composer.isAllowed;
  }
}
