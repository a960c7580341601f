/** The messages on the page, and what of them is read aloud. */

import { fill, fillQuote, fillUnsent, grow } from "./message_element.js";
import { arrange, byId, log, messages, slot, template, words } from "./parts.js";
import { OPEN } from "./protocol.js";
import { authorOf, say } from "./words.js";

const said = byId("said");
const marker = template("marker-template");
const elements = new Map();
let chatId = null;
let lastSeq = Infinity;

/** What the server rendered stays, as long as its rev is the newest. */
export function adopt() {
  for (const element of messages.children) {
    element.ariaLive = "off";
    elements.set(element.dataset.messageId, element);
  }
}

export function showLog(chat) {
  const rows = chat.rows();
  if (chat.chatId !== chatId) {
    chatId = chat.chatId;
    lastSeq = Infinity;
    announce("");
  }
  const shown = rows.map((row) => elementFor(row, chat));
  forgetAllBut(new Set(shown));
  arrange(messages, shown);
  mark(chat.firstNew);
  const last = rows.findLast(({ messageId }) => messageId);
  lastSeq = chat.timeline.isLive ? (last?.seq ?? 0) : Infinity;
}

export function announce(text) {
  said.textContent = text;
}

export function elementAt(seq) {
  return [...messages.children].find(({ dataset }) => Number(dataset.seq) === seq) ?? null;
}

function elementFor(row, chat) {
  const key = row.messageId ?? row.clientMessageId;
  const element = elements.get(key) ?? placeholderOf(row, chat) ?? template("message-template");
  elements.set(key, element);
  if (!row.messageId) {
    showUnsent(element, row);
  } else if (Number(element.dataset.rev) !== row.rev) {
    show(element, row, chat);
  }
  if (row.replyTo && row.type !== "ai" && !row.removed) {
    fillQuote(element, chat.quoted(row.replyTo));
  } else {
    slot(element, "quote").hidden = true;
  }
  if (row.early) {
    grow(element, row.content);
  }
  return element;
}

/** What stood there while it was being sent becomes the message, in its place. */
function placeholderOf(row, chat) {
  const { messageId, clientMessageId } = row;
  const element = messageId && chat.sidesOf(row).isOwn ? elements.get(clientMessageId) : undefined;
  if (element) {
    elements.delete(clientMessageId);
    delete element.dataset.clientMessageId;
  }
  return element;
}

function show(element, message, chat) {
  const before = element.dataset.state;
  const isNew = message.seq > lastSeq;
  const sides = chat.sidesOf(message);
  // The log reads aloud what comes in: of that, what others say. An answer is said when whole.
  const isHeard = before === "" && isNew && !sides.isOwn && message.type !== "ai";
  element.ariaLive = isHeard ? null : "off";
  fill(element, message, sides);
  if (sides.isOwn && message.removed === "staff") {
    tellWhy(element, message, chat);
  }
  if (message.type === "ai" && message.status === "completed" && (isNew || OPEN.has(before))) {
    const content = slot(element, "content").textContent.trim();
    announce(say(words.said, { name: authorOf(message, words), words: content }));
  }
}

/** Of what moderators decide, the log tells nobody the reason. */
async function tellWhy(element, { messageId, rev }, chat) {
  const reason = await chat.whyRemoved(messageId).catch(() => "");
  if (reason && Number(element.dataset.rev) === rev) {
    slot(element, "state").textContent = say(words.why, { state: words["removed.staff"], reason });
  }
}

function showUnsent(element, row) {
  const before = element.dataset.state;
  element.ariaLive = "off";
  fillUnsent(element, row);
  if (row.state === "failed" && before !== "failed") {
    announce(slot(element, "state").textContent);
  }
}

function mark(message) {
  const element = message && elements.get(message.messageId);
  if (!element) {
    marker.remove();
  } else if (marker.parentElement !== element) {
    element.prepend(marker);
  }
}

/** Whoever was in one of those that go stays in the log. */
function forgetAllBut(kept) {
  for (const [key, element] of elements) {
    if (!kept.has(element)) {
      if (element.contains(document.activeElement)) {
        log.focus({ preventScroll: true });
      }
      elements.delete(key);
    }
  }
}
