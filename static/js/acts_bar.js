/** One bar of actions for all messages, at the one that is pointed at or has the focus. */

import { focusOn, log, messages, template } from "./parts.js";

export class ActsBar {
  #bar = template("acts-template");
  #permitted;

  /** `permitted(element)` names what may be done with that message now. */
  constructor(permitted) {
    this.#permitted = permitted;
    const messageAt = ({ target }) => target.closest?.(".message") ?? null;
    document.addEventListener("pointerover", (event) => this.#point(event, messageAt(event)));
    messages.addEventListener("focusin", (event) => this.show(messageAt(event)));
    messages.addEventListener("click", (event) => this.#tap(event, messageAt(event)));
    log.addEventListener("keydown", (event) => this.#press(event, messageAt(event)));
  }

  get message() {
    return this.#bar.parentElement;
  }

  button(name) {
    return this.#bar.querySelector(`[data-act="${name}"]`);
  }

  show(message = this.message) {
    const names = message ? this.#permitted(message) : [];
    if (names.length === 0) {
      this.#bar.remove();
      return;
    }
    for (const button of this.#bar.children) {
      button.hidden = !names.includes(button.dataset.act);
    }
    if (this.message !== message) {
      this.note("");
      message.append(this.#bar);
    }
  }

  note(words) {
    this.#bar.dataset.note = words;
  }

  #point({ pointerType }, message) {
    const holder = message ? this.#bar : this.message;
    if (pointerType === "mouse" && !holder?.contains(document.activeElement)) {
      this.show(message);
    }
  }

  /** A finger cannot point: it taps, and taps again to be rid of the bar. */
  #tap({ pointerType, target }, message) {
    if (pointerType !== "mouse" && message && !target.closest("a, button, input")) {
      this.show(this.message === message ? null : message);
    }
  }

  /** Arrows go from message to message, Tab into one and its actions. */
  #press(event, message) {
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    const isOnMessage = event.target === message;
    if (!step || event.altKey || event.ctrlKey || event.metaKey || !(isOnMessage || event.target === log)) {
      return;
    }
    event.preventDefault();
    const next = isOnMessage ? message[step] : this.#lastVisible();
    if (next) {
      focusOn(next);
      next.scrollIntoView({ block: "nearest" });
    }
  }

  #lastVisible() {
    const { bottom } = log.getBoundingClientRect();
    const isVisible = (element) => element.getBoundingClientRect().top < bottom;
    return [...messages.children].findLast(isVisible);
  }
}
