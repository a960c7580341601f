/** The list of chats on the page: the lines the server made, kept in step. */

import { showLocally, utc } from "./local_times.js";
import { authorOf, stateOf } from "./words.js";

const MOST_LETTERS = 200;

export class ListView {
  #list;
  #template = document.getElementById("line-template");
  #words;

  constructor({ list, words }) {
    this.#list = list;
    this.#words = words;
  }

  /** Shows these lines, in this order; the one of `currentId` as the one that is open. */
  show(lines, currentId) {
    const items = new Map([...this.#list.children].map((item) => [chatIdOf(item), item]));
    let place = this.#list.firstElementChild;
    for (const line of lines) {
      const item = items.get(line.chatId) ?? this.#blank(line);
      items.delete(line.chatId);
      this.#fill(item, line, line.chatId === currentId);
      if (item === place) {
        place = place.nextElementSibling;
      } else {
        this.#list.insertBefore(item, place);
      }
    }
    items.forEach((item) => item.remove());
  }

  #blank({ chatId }) {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    item.querySelector("a").setAttribute("href", `/chats/${chatId}/`);
    return item;
  }

  #fill(item, { title, unread, at, last }, isCurrent) {
    const link = item.querySelector("a");
    if (isCurrent) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
    write(item, ".title", title);
    this.#count(link, isCurrent ? 0 : unread);
    if (last) {
      this.#fillLast(item, last);
    }
    const time = item.querySelector("time");
    if (time.dateTime !== utc(at)) {
      time.dateTime = utc(at);
      showLocally(time);
    }
  }

  #count(link, unread) {
    const badge = link.querySelector(".unread");
    if (unread === 0) {
      badge?.remove();
      return;
    }
    if (badge === null) {
      link.append(this.#template.content.querySelector(".unread").cloneNode(true));
    }
    write(link, "[data-slot=count]", `${unread}`);
  }

  #fillLast(item, message) {
    const text = stateOf(message, this.#words) || message.content || message.metadata.url || "";
    const author = document.createElement("b");
    author.textContent = `${authorOf(message, this.#words)}:`;
    const line = item.querySelector(".last");
    const short = ` ${text.slice(0, MOST_LETTERS).split(/\s+/).join(" ").trim()}`;
    if (line.textContent !== author.textContent + short) {
      line.replaceChildren(author, short);
    }
  }
}

function chatIdOf(item) {
  return item.querySelector("a")?.getAttribute("href").split("/").at(-2);
}

function write(parent, selector, text) {
  const element = parent.querySelector(selector);
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
