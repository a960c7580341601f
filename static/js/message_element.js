/** One message's element, filled with what the message says. */

import { showLocally, utc } from "./local_times.js";
import { slot, template, words, write } from "./parts.js";
import { fillCard } from "./video_card.js";
import { authorOf, firstWords, say, stateOf } from "./words.js";

// `messages/pages/rows.py` says the same.
const LONG_CHARS = 3_000;
const LONG_LINES = 40;

export function fill(element, message, { isOwn, isAsked }) {
  const { messageId, chatId, seq, rev, type, timestamp, metadata } = message;
  const state = message.removed ? "removed" : message.status;
  element.id = `m${seq}`;
  element.querySelector(".again")?.remove();
  Object.assign(element.dataset, { messageId, chatId, seq, rev, type, state });
  element.toggleAttribute("data-own", isOwn);
  element.toggleAttribute("data-asked", isAsked);
  element.toggleAttribute("data-long", isLong(message.content));
  element.removeAttribute("data-growing");
  fillByline(element, authorOf(message, words), timestamp);
  slot(element, "edited").hidden = message.editedAt === null;
  slot(element, "content").innerHTML = message.html; // the server's, and sanitised there
  fillLink(element, message.removed ? {} : metadata);
  fillCard(element, message);
  fillState(element, stateOf(message, words));
}

export function fillUnsent(element, row) {
  const { clientMessageId, content, url, state, reason, retryAt } = row;
  if (state === "waiting") {
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000));
    fillState(element, say(words.waiting, { seconds }));
  }
  if (element.dataset.state === state) {
    return;
  }
  element.id = "";
  Object.assign(element.dataset, { clientMessageId, state, type: "user" });
  element.toggleAttribute("data-own", true);
  slot(element, "content").textContent = url ?? content;
  if (state === "failed") {
    fillState(element, say(words.notSent, { reason: reason ?? words.noReason }));
    element.append(template("take-back-template"));
    return;
  }
  element.querySelector(".again")?.remove();
  fillByline(element, "", Date.now());
  if (state === "sending") {
    fillState(element, words.sending);
  }
}

/** The server renders an answer when it is whole. */
export function grow(element, text) {
  element.toggleAttribute("data-growing", true);
  write(slot(element, "content"), text);
}

/** `quoted` is null where it is gone, undefined while that is not known. */
export function fillQuote(element, quoted) {
  const quote = slot(element, "quote");
  quote.hidden = quoted === undefined;
  if (quoted === undefined) {
    return;
  }
  const address = quoted ? `?around=${quoted.seq}#m${quoted.seq}` : null;
  if (address !== quote.getAttribute("href")) {
    address ? quote.setAttribute("href", address) : quote.removeAttribute("href");
  }
  write(slot(element, "quoted"), quoted ? authorOf(quoted, words) : "");
  write(slot(element, "words"), quoted ? firstWords(quoted, words) : words.gone);
}

function isLong(content) {
  return content.length > LONG_CHARS || content.split("\n").length > LONG_LINES + 1;
}

function fillByline(element, author, timestamp) {
  slot(element, "author").textContent = author;
  const time = slot(element, "time");
  time.dateTime = utc(timestamp);
  showLocally(time);
}

function fillLink(element, { url, title }) {
  const isLink = url?.startsWith("https://") ?? false;
  slot(element, "link").hidden = !isLink;
  const address = slot(element, "address");
  address.setAttribute("href", isLink ? url : "");
  address.textContent = title || url || "";
}

function fillState(element, words) {
  const state = slot(element, "state");
  state.textContent = words;
  state.hidden = words === "";
}
