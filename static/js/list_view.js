/** The list of chats on the page: the lines the server made, kept in step. */

import { showLocally, utc } from "./local_times.js";
import { arrange, template, words, write } from "./parts.js";
import { authorOf, firstWords } from "./words.js";

const MOST_LETTERS = 200;

export class ListView {
  #list = document.querySelector(".chats ul");

  show(lines, currentId) {
    const items = new Map([...this.#list.children].map((item) => [chatIdOf(item), item]));
    const shown = lines.map((line) => {
      const item = items.get(line.chatId) ?? template("line-template");
      items.delete(line.chatId);
      this.#fill(item, line, line.chatId === currentId);
      return item;
    });
    items.forEach((item) => item.remove());
    arrange(this.#list, shown);
  }

  #fill(item, { chatId, title, unread, at, last }, isCurrent) {
    const link = item.querySelector("a");
    link.setAttribute("href", `/chats/${chatId}/`);
    link.ariaCurrent = isCurrent ? "page" : null;
    write(item.querySelector(".title"), title);
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
      link.append(template("line-template").querySelector(".unread"));
    }
    write(link.querySelector("[data-slot=count]"), `${unread}`);
  }

  #fillLast(item, message) {
    const author = document.createElement("b");
    author.textContent = `${authorOf(message, words)}:`;
    const line = item.querySelector(".last");
    const short = ` ${firstWords(message, words, MOST_LETTERS)}`;
    if (line.textContent !== author.textContent + short) {
      line.replaceChildren(author, short);
    }
  }
}

function chatIdOf(item) {
  return item.querySelector("a")?.getAttribute("href").split("/").at(-2);
}
