/** What is done with a message. */

import { bar, openBar, showBar } from "./acts_bar.js";
import { begin, complain, refuse, restore } from "./composer.js";
import { announce } from "./log_view.js";
import { focusOn, log, messages, slot, template, words } from "./parts.js";
import { permittedActs } from "./permitted.js";
import { play } from "./video_card.js";

const confirm = template("confirm-template");
const verdicts = new Map();
let current;
let reveal;

export function openActs({ chat, onReveal }) {
  current = chat;
  reveal = onReveal;
  openBar(permitted);
  confirm.addEventListener("keydown", ({ key }) => key === "Escape" && keep());
  log.addEventListener("click", click);
  messages.addEventListener("focusin", ({ target }) => unfold(target));
}

function click(event) {
  const part = event.target.closest("button, a[data-act][href]");
  if (part) {
    event.preventDefault();
    press(part);
  }
}

function press(part) {
  const chat = current();
  const element = part.closest(".message");
  const { clientMessageId, messageId, chatId, seq } = element?.dataset ?? {};
  const { act } = part.dataset;
  const write = () => begin(act, chat.timeline.find(messageId));
  const change = (verb) => attempt(() => chat.change(verb, { messageId }));
  const judge = () => rate(messageId, act);
  const acts = {
    older: () => chat.history.older(),
    newer: () => chat.history.newer(),
    quote: () => reveal(Number(new URLSearchParams(part.search).get("around"))),
    stop: () => change("cancel"),
    retry: () => change("retry"),
    about: write,
    reply: write,
    edit: write,
    up: judge,
    down: judge,
    link: () => copyLink(seq),
    report: () => location.assign(`/chats/${chatId}/messages/${messageId}/report/`),
    remove: () => askToRemove(element),
    removeNow: () => change("remove").then(keep),
    keep,
    all: () => (part.ariaExpanded = String(element.toggleAttribute("data-open"))),
    play: () => play(part.closest(".video"), slot(element, "address").textContent),
    resend: () => chat.outbox.resend(clientMessageId),
    takeBack: () => restore(chat.outbox.takeBack(clientMessageId)),
  };
  acts[act]?.();
}

function unfold(target) {
  const message = target.closest(".message[data-long]:not([data-open])");
  if (message && target.closest("[data-slot=content]")) {
    press(message.querySelector("[data-act=all]"));
  }
}

function permitted({ dataset: { messageId } }) {
  const chat = current();
  const message = chat.timeline.find(messageId);
  const sides = message && chat.sidesOf(message);
  const names = permittedActs(message, { ...sides, permissions: chat.permissions });
  if (names.includes("up")) {
    showVerdict(messageId);
  }
  return names;
}

async function showVerdict(messageId) {
  if (!verdicts.has(messageId)) {
    paintVerdict(null);
    verdicts.set(messageId, null);
    const asked = current().rate(messageId);
    await asked.then((verdict) => verdicts.set(messageId, verdict)).catch(() => verdicts.delete(messageId));
  }
  if (bar.parentElement?.dataset.messageId === messageId) {
    paintVerdict(verdicts.get(messageId));
  }
}

function rate(messageId, verdict) {
  const wanted = verdicts.get(messageId) === verdict ? null : verdict;
  return attempt(async () => {
    verdicts.set(messageId, await current().rate(messageId, wanted));
    showVerdict(messageId);
  });
}

function paintVerdict(verdict) {
  for (const name of ["up", "down"]) {
    bar.querySelector(`[data-act=${name}]`).ariaPressed = String(verdict === name);
  }
}

function copyLink(seq) {
  const address = new URL(`?around=${seq}#m${seq}`, location.origin + location.pathname);
  if (!navigator.clipboard) {
    location.assign(address); // plain http: where one can copy it by hand
    return;
  }
  attempt(async () => {
    await navigator.clipboard.writeText(address.href);
    bar.dataset.note = words.copied;
    announce(words.copied);
  });
}

function askToRemove(element) {
  element.append(confirm);
  confirm.querySelector("[data-act=keep]").focus();
}

function keep() {
  const element = confirm.parentElement;
  confirm.remove();
  if (element?.isConnected) {
    focusOn(element);
  }
}

async function attempt(act) {
  try {
    await act();
    complain("");
  } catch (problem) {
    refuse(problem);
  }
}

