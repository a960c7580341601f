/** One message's element, filled with what the message says. */

import { showTime } from "./local_times.js";
import { slot, template, words, write } from "./parts.js";
import { fillCard } from "./video_card.js";
import { authorOf, firstWords, say, stateOf } from "./words.js";

// `messages/pages/rows.py` says the same.
const LONG_CHARS = 3_000;
const LONG_LINES = 40;

export function fill(element, message, { isOwn, isAsked }) {
  const { messageId, chatId, seq, rev, type, content, removed, status } = message;
  element.id = `m${seq}`;
  element.querySelector(".again")?.remove();
  Object.assign(element.dataset, { messageId, chatId, seq, rev, type, state: removed ? "removed" : status });
  element.toggleAttribute("data-own", isOwn);
  element.toggleAttribute("data-asked", isAsked);
  element.toggleAttribute("data-long", isLong(content));
  element.toggleAttribute("data-growing", false);
  slot(element, "author").textContent = authorOf(message, words);
  showTime(slot(element, "time"), message.timestamp);
  slot(element, "edited").hidden = message.editedAt === null;
  slot(element, "content").innerHTML = message.html; // the server's, and sanitised there
  fillLink(element, removed ? {} : message.metadata);
  fillCard(element, message);
  slot(element, "state").textContent = stateOf(message, words);
}

export function fillUnsent(element, row) {
  const { clientMessageId, content, url, at, state, reason, retryAt } = row;
  if (element.dataset.state !== state) {
    Object.assign(element.dataset, { clientMessageId, state, type: "user" });
    element.toggleAttribute("data-own", true);
    slot(element, "content").textContent = url ?? content;
    showTime(slot(element, "time"), at);
    element.querySelector(".again")?.remove();
    if (state !== "sending") {
      element.append(template("take-back-template"));
      slot(element, "resend").hidden = state === "waiting";
    }
  }
  const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000));
  const states = {
    sending: words.sending,
    waiting: say(words.waiting, { seconds }),
    failed: say(words.notSent, { reason: reason ?? words.noReason }),
  };
  write(slot(element, "state"), states[state]);
}

export function grow(element, text) {
  element.toggleAttribute("data-growing", true);
  write(slot(element, "content"), text);
}

/** `quoted` is null where it is gone, undefined while that is not known. */
export function fillQuote(element, quoted) {
  const quote = slot(element, "quote");
  quote.hidden = quoted === undefined;
  if (quote.hidden) {
    return;
  }
  if (!quoted) {
    quote.removeAttribute("href");
  } else if (Number(quote.dataset.seq) !== quoted.seq) {
    quote.dataset.seq = quoted.seq;
    quote.href = `?around=${quoted.seq}#m${quoted.seq}`;
  }
  write(slot(element, "quoted"), quoted ? authorOf(quoted, words) : "");
  write(slot(element, "words"), quoted ? firstWords(quoted, words) : words.gone);
}

function isLong(content) {
  return content.length > LONG_CHARS || content.split("\n").length > LONG_LINES + 1;
}

function fillLink(element, { url = "", title }) {
  const href = url.replace(/^http:/, "https:");
  const isLink = href.startsWith("https://");
  slot(element, "link").hidden = !isLink;
  const address = slot(element, "address");
  address.href = isLink ? href : "";
  address.textContent = title || url;
}
