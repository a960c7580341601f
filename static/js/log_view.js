/** The messages on the page: one element each, in order, and what of them is read aloud. */

import { fill, fillQuote, fillUnsent, grow } from "./message_element.js";
import { arrange, byId, log, messages, slot, template, words } from "./parts.js";
import { OPEN } from "./protocol.js";
import { authorOf, say } from "./words.js";

export class LogView {
  #said = byId("said");
  #marker = template("marker-template");
  #elements = new Map();
  #chatId = null;
  #lastSeq = Infinity;

  /** What the server rendered stays, as long as its rev is the newest. */
  adopt() {
    for (const element of messages.children) {
      element.ariaLive = "off";
      this.#elements.set(element.dataset.messageId, element);
    }
  }

  show(chat) {
    const rows = chat.rows();
    if (chat.chatId !== this.#chatId) {
      this.#chatId = chat.chatId;
      this.#lastSeq = Infinity;
      this.#said.textContent = "";
    }
    const elements = rows.map((row) => this.#elementFor(row, chat));
    this.#forgetAllBut(new Set(elements));
    arrange(messages, elements);
    this.#mark(chat.firstNew);
    const last = rows.findLast(({ messageId }) => messageId);
    this.#lastSeq = chat.timeline.isLive ? (last?.seq ?? 0) : Infinity;
  }

  announce(words) {
    this.#said.textContent = words;
  }

  elementAt(seq) {
    return [...messages.children].find(({ dataset }) => Number(dataset.seq) === seq) ?? null;
  }

  #elementFor(row, chat) {
    const key = row.messageId ?? row.clientMessageId;
    const element = this.#elements.get(key) ?? this.#placeholderOf(row, chat) ?? template("message-template");
    this.#elements.set(key, element);
    if (!row.messageId) {
      this.#fillUnsent(element, row);
    } else if (Number(element.dataset.rev) !== row.rev) {
      this.#fill(element, row, chat);
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
  #placeholderOf(row, chat) {
    const { messageId, clientMessageId } = row;
    const element = messageId && chat.sidesOf(row).isOwn ? this.#elements.get(clientMessageId) : undefined;
    if (element) {
      this.#elements.delete(clientMessageId);
      delete element.dataset.clientMessageId;
    }
    return element;
  }

  #fill(element, message, chat) {
    const before = element.dataset.state;
    const isNew = message.seq > this.#lastSeq;
    const sides = chat.sidesOf(message);
    // The log reads aloud what comes in: of that, what others say. An answer is said when whole.
    const isHeard = before === "" && isNew && !sides.isOwn && message.type !== "ai";
    element.ariaLive = isHeard ? null : "off";
    fill(element, message, sides);
    if (sides.isOwn && message.removed === "staff") {
      this.#tellWhy(element, message, chat);
    }
    if (message.type === "ai" && message.status === "completed" && (isNew || OPEN.has(before))) {
      const content = slot(element, "content").textContent.trim();
      this.announce(say(words.said, { name: authorOf(message, words), words: content }));
    }
  }

  /** Of what moderators decide, the log tells nobody the reason. */
  async #tellWhy(element, { messageId, rev }, chat) {
    const reason = await chat.whyRemoved(messageId).catch(() => "");
    if (reason && Number(element.dataset.rev) === rev) {
      slot(element, "state").textContent = say(words.why, { state: words["removed.staff"], reason });
    }
  }

  #fillUnsent(element, row) {
    const before = element.dataset.state;
    element.ariaLive = "off";
    fillUnsent(element, row);
    if (row.state === "failed" && before !== "failed") {
      this.announce(slot(element, "state").textContent);
    }
  }

  #mark(message) {
    const element = message && this.#elements.get(message.messageId);
    if (!element) {
      this.#marker.remove();
    } else if (this.#marker.parentElement !== element) {
      element.prepend(this.#marker);
    }
  }

  /** Whoever was in one of those that go stays in the log. */
  #forgetAllBut(kept) {
    for (const [key, element] of this.#elements) {
      if (!kept.has(element)) {
        if (element.contains(document.activeElement)) {
          log.focus({ preventScroll: true });
        }
        this.#elements.delete(key);
      }
    }
  }
}
