/** The box one writes in. */

import { roomIn, videoAddressIn, whatToSend } from "./intent.js";
import { byId, words, write } from "./parts.js";
import { authorOf, firstWords, say } from "./words.js";

const SAY_AGAIN_MS = 3_000;

const form = byId("composer");
const box = form.querySelector("textarea");
const buttons = [...form.querySelectorAll("button[name=type]")];
const offer = byId("offer");
const count = byId("count");

let on;
let context = null;
let aside = null;
let saidAt = null;

export function openComposer(listener) {
  on = listener;
  form.addEventListener("submit", submit);
  box.addEventListener("keydown", press);
  box.addEventListener("input", type);
  box.addEventListener("blur", rest);
  byId("about").querySelector("button").addEventListener("click", forget);
  paint();
}

export function draft() {
  return aside ?? { content: box.value, ...(context && { context }) };
}

export function takeDraft(found) {
  rest();
  aside = null;
  box.value = found.content ?? "";
  context = found.context ?? null;
  complain("");
  paint();
}

export function restore(content) {
  box.value = [content, box.value].filter(Boolean).join("\n");
  paint();
  box.focus();
}

export function begin(kind, message) {
  if (!message || (kind === "edit" && context?.messageId === message.messageId)) {
    return;
  }
  forget();
  const { messageId, rev } = message;
  const title = say(words[{ edit: "editing", reply: "replying", about: "asking" }[kind]], {
    name: authorOf(message, words),
    words: firstWords(message, words, 80),
  });
  if (kind === "edit") {
    aside = draft();
    box.value = message.content;
  }
  context = { kind, messageId, rev, words: title };
  paint();
  box.focus();
}

export function complain(problem) {
  byId("problem").textContent = problem;
}

export function refuse({ code, message }) {
  complain(say(words.notDone, { reason: code ? message : words.noConnection }));
}

export function isAllowed() {
  return !buttons[0].disabled;
}

export function allow(mayWrite) {
  for (const button of buttons) {
    button.disabled = !mayWrite;
  }
  byId("closed").hidden = mayWrite;
}

function submit(event) {
  if (context?.kind === "edit") {
    event.preventDefault();
    save(box.value);
    return;
  }
  const asVideo = offer.firstElementChild.checked;
  const what = whatToSend({ text: box.value, pressed: event.submitter?.value, context, asVideo });
  if ((what.content.trim() === "" && !what.url) || !isAllowed()) {
    event.preventDefault();
  } else if (on.onSend(what)) {
    event.preventDefault();
    saidAt = null;
    takeDraft({});
    box.focus();
  }
}

async function save(content) {
  const { messageId, rev } = context;
  if (content.trim() === "" || !isAllowed()) {
    return;
  }
  try {
    await on.onEdit({ messageId, rev, content });
    if (context?.messageId === messageId) {
      forget();
      complain("");
    }
  } catch (problem) {
    refuse(problem);
  }
}

function forget() {
  if (aside) {
    takeDraft(aside);
  }
  context = null;
  paint();
  box.focus();
}

function press(event) {
  // While an input method composes a word, its keys belong to it; 229 is how Safari says so.
  if (event.isComposing || event.keyCode === 229) {
    return;
  }
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    form.requestSubmit(buttons.find((button) => button.checkVisibility()));
  } else if (event.key === "Escape" && context) {
    forget();
  } else if (event.key === "ArrowUp" && box.value === "" && !context) {
    event.preventDefault();
    on.onEditLast();
  }
}

function type() {
  paint();
  if (box.value === "") {
    rest();
  } else if (saidAt === null || performance.now() - saidAt > SAY_AGAIN_MS) {
    saidAt = performance.now();
    on.onTyping(true);
  }
}

function rest() {
  if (saidAt !== null) {
    saidAt = null;
    on.onTyping(false);
  }
}

function paint() {
  const { kind = "new", messageId = "", words: title = "" } = context ?? {};
  form.dataset.kind = kind;
  byId("about").querySelector("span").textContent = title;
  form.elements.replyTo.value = messageId;
  offer.hidden = !["new", "reply"].includes(kind) || !videoAddressIn(box.value);
  const tick = offer.firstElementChild;
  tick.checked ||= offer.hidden;
  form.elements.plain.value = tick.checked ? "" : "1";
  const room = roomIn(box.value);
  count.classList.toggle("problem", room < 0);
  const left = say(words[room < 0 ? "over" : "left"], { count: Math.abs(room) });
  write(count, room === null ? "" : left);
}
