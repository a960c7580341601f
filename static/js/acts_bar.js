/** One bar of actions for all messages: where the pointer or the focus is. */

import { focusOn, log, messages, template } from "./parts.js";

export const bar = template("acts-template");
let permitted;

export function openBar(names) {
  permitted = names;
  const messageAt = ({ target }) => target.closest?.(".message") ?? null;
  document.addEventListener("pointerover", (event) => point(event, messageAt(event)));
  messages.addEventListener("focusin", (event) => showBar(messageAt(event)));
  messages.addEventListener("click", (event) => tap(event, messageAt(event)));
  log.addEventListener("keydown", (event) => press(event, messageAt(event)));
}

export function showBar(message = bar.parentElement) {
  const names = message ? permitted(message) : [];
  if (names.length === 0) {
    bar.remove();
    return;
  }
  for (const button of bar.children) {
    button.hidden = !names.includes(button.dataset.act);
  }
  if (bar.parentElement !== message) {
    bar.dataset.note = "";
    message.append(bar);
  }
}

function point({ pointerType }, message) {
  const holder = message ? bar : bar.parentElement;
  if (pointerType === "mouse" && !holder?.contains(document.activeElement)) {
    showBar(message);
  }
}

/** A finger cannot point: it taps, and taps again to be rid of the bar. */
function tap({ pointerType, target }, message) {
  if (pointerType !== "mouse" && message && !target.closest("a, button, input")) {
    showBar(bar.parentElement === message ? null : message);
  }
}

/** Arrows go from message to message, Tab into one and its actions. */
function press(event, message) {
  const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  const isOnMessage = event.target === message;
  if (!step || event.altKey || event.ctrlKey || event.metaKey || !(isOnMessage || event.target === log)) {
    return;
  }
  event.preventDefault();
  const next = isOnMessage ? message[step] : lastVisible();
  if (next) {
    focusOn(next);
    next.scrollIntoView({ block: "nearest" });
  }
}

function lastVisible() {
  const { bottom } = log.getBoundingClientRect();
  const isVisible = (element) => element.getBoundingClientRect().top < bottom;
  return [...messages.children].findLast(isVisible);
}
