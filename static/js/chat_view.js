/** All that one sees of the chat that is shown. */

import { showBar } from "./acts_bar.js";
import * as composer from "./composer.js";
import { clockTime, showLocally } from "./local_times.js";
import { adopt, elementAt, showLog } from "./log_view.js";
import { openActs } from "./message_acts.js";
import { byId, focusOn, log, messages, words, write } from "./parts.js";
import { Disconnected, meaningOf } from "./protocol.js";
import * as place from "./reading_place.js";
import { say, statusOf } from "./words.js";

// How near an end more is read, in heights of the log.
const AHEAD = 1.5;
const names = new Intl.ListFormat(document.documentElement.lang);
const toEnd = byId("to-end");
let current;

export function openView(chat) {
  current = chat;
  composer.openComposer({
    onSend: send,
    onEdit: (what) => chat().change("edit", what),
    onEditLast: () => composer.begin("edit", chat().newestOwn),
    onTyping: (on) => chat().tell("typing", { on }),
  });
  openActs({ chat, onReveal: reveal });
  adopt();
  messages.toggleAttribute("data-script", true);
  byId("newest")?.remove();
  addEventListener("scroll", moved, { passive: true, capture: true });
  log.addEventListener("keydown", press);
  toEnd.addEventListener("click", goToEnd);
  document.addEventListener("visibilitychange", markRead);
  paint();
  const around = new URLSearchParams(location.search).get("around");
  if (around !== null) {
    reveal(Number(around));
  }
}

export function leave() {
  Object.assign(current(), { draft: composer.draft(), place: place.markPlace() });
}

/** Whoever has begun to write already is not interrupted. */
export function takeUp(draft) {
  const { content, context } = composer.draft();
  if (content === "" && !context) {
    composer.takeDraft(draft);
  }
}

export function enter({ pathname }) {
  const chat = current();
  composer.takeDraft(chat.draft);
  byId("composer").action = pathname;
  byId("search").href = `${pathname}search/`;
  place.goToEnd();
  paint();
  place.goTo(chat.place);
  byId("told").textContent = "";
  showTold();
}

export async function showTold() {
  const { chatId } = current();
  const answer = await fetch(`/chats/${chatId}/told/`).catch(() => ({}));
  if (answer.ok && !answer.redirected && current().chatId === chatId) {
    byId("told").innerHTML = await answer.text();
    byId("told").querySelectorAll("time").forEach(showLocally);
  }
}

export function paint() {
  const chat = current();
  const { state, permissions, title } = chat;
  const isPinned = isAtEnd();
  messages.toggleAttribute("data-live", state === "inStep");
  messages.toggleAttribute("data-moderate", permissions?.moderate ?? false);
  chat.timeline.settle(isPinned);
  markRead();
  place.keepPlace(() => showLog(chat), { isPinned });
  showBar();
  paintEnds(chat);
  paintCompany(chat);
  byId("status").dataset.state = state;
  write(byId("status"), statusOf(chat.facts, words, clockTime));
  composer.allow(mayWrite(chat));
  write(byId("title"), title ?? "");
  readOn();
}

function goToEnd() {
  current().history.toEnd();
  place.goToEnd();
  paint();
  if (location.search !== "") {
    history.replaceState(history.state, "", location.pathname);
  }
  if (document.activeElement === toEnd || document.activeElement === document.body) {
    log.focus({ preventScroll: true });
  }
}

async function reveal(seq) {
  const chat = current();
  const isThere = elementAt(seq) !== null || (await chat.history.around(seq));
  if (current() !== chat) {
    return;
  }
  if (!isThere) {
    composer.refuse(new Disconnected());
  } else {
    paint();
    target(elementAt(seq));
  }
}

function target(element) {
  messages.querySelector("[data-target]")?.removeAttribute("data-target");
  if (element) {
    element.toggleAttribute("data-target", true);
    focusOn(element);
    element.scrollIntoView({ block: "center" });
  }
}

function isAtEnd() {
  return place.isAtEnd() && current().timeline.isLive;
}

function moved() {
  markRead();
  current().timeline.settle(isAtEnd());
  paintEnds(current());
  readOn();
}

function readOn() {
  const { history, timeline } = current();
  const { above, below } = place.room();
  if (above < AHEAD && timeline.hasOlder) {
    history.older();
  } else if (below < AHEAD && !timeline.isLive) {
    history.newer();
  }
}

function markRead() {
  const chat = current();
  if (!document.hidden && isAtEnd() && chat.state === "inStep") {
    chat.markRead();
  }
}

function send(what) {
  const isTaken = current().send(what);
  if (isTaken) {
    current().news.answer();
    goToEnd();
  }
  return isTaken;
}

function press(event) {
  if (event.key === "End" && !event.target.closest("input, textarea")) {
    event.preventDefault();
    goToEnd();
  }
}

function paintEnds({ timeline: { hasOlder, isLive }, unseen }) {
  byId("older").hidden = !hasOlder;
  byId("newer").hidden = isLive;
  toEnd.hidden = isAtEnd();
  write(toEnd, unseen > 0 ? say(words.newMessages, { count: unseen }) : words.toEnd);
}

function paintCompany({ state, company: { others, writing } }) {
  const alone = state === "inStep" ? words.alone : "";
  const here = { names: names.format(others) };
  write(byId("company"), others.length > 0 ? say(words.here, here) : alone);
  const typing = writing.length > 1 ? words.typingMany : words.typingOne;
  write(byId("typing"), writing.length > 0 ? say(typing, { names: names.format(writing) }) : "");
}

/** Only where the form is no way out either is the button taken away. */
function mayWrite({ state, stopped, permissions }) {
  if (state === "stopped") {
    return meaningOf(stopped.code) === "broken";
  }
  return permissions?.send ?? composer.isAllowed();
}
