/** The messages on the page: one element each, made from the page's template, in order. */

import { showLocally, utc } from "./local_times.js";
import { fillCard } from "./video_card.js";
import { authorOf, say, stateOf } from "./words.js";

export class LogView {
  #list;
  #template;
  #takeBackTemplate;
  #words;
  #selfId;
  #elements = new Map();

  constructor({ list, words, selfId }) {
    this.#list = list;
    this.#template = document.getElementById("message-template");
    this.#takeBackTemplate = document.getElementById("take-back-template");
    this.#words = words;
    this.#selfId = selfId;
  }

  /** What the server has put on the page: enough of each message to know it by, and its rev. */
  adopt() {
    return [...this.#list.children].map((element) => {
      const { messageId, chatId, seq, rev } = element.dataset;
      this.#elements.set(messageId, element);
      return { messageId, chatId, seq: Number(seq), rev: Number(rev) };
    });
  }

  /** Makes the page show exactly these rows, touching only what differs. */
  show(rows) {
    const elements = rows.map((row) => this.#elementFor(row));
    this.#forgetAllBut(new Set(elements));
    let place = this.#list.firstElementChild;
    for (const element of elements) {
      if (element === place) {
        place = place.nextElementSibling;
      } else {
        this.#list.insertBefore(element, place);
      }
    }
  }

  #elementFor(row) {
    const key = row.messageId ?? row.clientMessageId;
    const element = this.#elements.get(key) ?? this.#placeholderOf(row) ?? this.#blank();
    this.#elements.set(key, element);
    if (!row.messageId) {
      this.#fillUnsent(element, row);
    } else if (Number(element.dataset.rev) !== row.rev) {
      this.#fill(element, row);
    }
    if (row.growing) {
      grow(element, row.content);
    }
    return element;
  }

  /** What stood there while it was being sent becomes the message, in its place. */
  #placeholderOf({ messageId, clientMessageId, author }) {
    const isOwn = messageId && author?.id === this.#selfId;
    const element = isOwn ? this.#elements.get(clientMessageId) : undefined;
    if (element) {
      this.#elements.delete(clientMessageId);
      delete element.dataset.clientMessageId;
    }
    return element;
  }

  #blank() {
    return this.#template.content.firstElementChild.cloneNode(true);
  }

  #fill(element, message) {
    const { messageId, chatId, seq, rev, type, timestamp, metadata } = message;
    const state = message.removed ? "removed" : message.status;
    Object.assign(element.dataset, { messageId, chatId, seq, rev, type, state });
    element.toggleAttribute("data-own", message.author?.id === this.#selfId);
    element.toggleAttribute("data-asked", this.#isAsked(message));
    element.removeAttribute("data-growing");
    fillByline(element, authorOf(message, this.#words), timestamp);
    slot(element, "edited").hidden = message.editedAt === null;
    slot(element, "content").innerHTML = message.html; // the server's, and sanitised there
    fillLink(element, message.removed ? {} : metadata);
    fillCard(element, message);
    fillState(element, stateOf(message, this.#words));
  }

  /** Whether the reader has asked for it, and may stop it or have it done again. */
  #isAsked({ type, author, replyTo }) {
    const prompt = type === "ai" && this.#elements.get(replyTo);
    return prompt ? prompt.hasAttribute("data-own") : author?.id === this.#selfId;
  }

  #fillUnsent(element, { clientMessageId, content, url, state, reason, retryAt }) {
    if (element.dataset.state === state && state !== "waiting") {
      return;
    }
    Object.assign(element.dataset, { clientMessageId, state, type: "user" });
    element.toggleAttribute("data-own", true);
    slot(element, "content").textContent = url ?? content;
    if (state === "failed") {
      fillState(element, say(this.#words.notSent, { reason: reason ?? this.#words.noReason }));
      element.append(this.#takeBackTemplate.content.firstElementChild.cloneNode(true));
    } else {
      fillByline(element, "", Date.now());
      element.querySelector(".again")?.remove();
      const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000));
      const isWaiting = state === "waiting";
      fillState(element, isWaiting ? say(this.#words.waiting, { seconds }) : this.#words.sending);
    }
  }

  #forgetAllBut(kept) {
    for (const [key, element] of this.#elements) {
      if (!kept.has(element)) {
        element.remove();
        this.#elements.delete(key);
      }
    }
  }
}

function slot(element, name) {
  return element.querySelector(`[data-slot="${name}"]`);
}

/** As plain text, and only what is new of it: the server renders an answer when it is whole. */
function grow(element, text) {
  const content = slot(element, "content");
  element.toggleAttribute("data-growing", true);
  if (content.textContent !== text) {
    content.textContent = text;
  }
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
