/** The list of chats on the page: the server's lines, kept in step. */

import { showTime } from "./local_times.js";
import { arrange, slot, template, words, write } from "./parts.js";
import { authorOf, firstWords } from "./words.js";

const list = document.querySelector(".chats ul");

export function showList(lines, currentId) {
  const items = new Map([...list.children].map((item) => [item.dataset.chatId, item]));
  const shown = lines.map((line) => {
    const item = items.get(line.chatId) ?? template("line-template");
    fill(item, line, line.chatId === currentId);
    return item;
  });
  arrange(list, shown);
}

function fill(item, { chatId, title, unread, at, last }, isCurrent) {
  item.dataset.chatId = chatId;
  const link = item.firstElementChild;
  link.href = `/chats/${chatId}/`;
  link.ariaCurrent = isCurrent ? "page" : null;
  write(slot(item, "title"), title);
  showUnread(item, isCurrent ? 0 : unread);
  showTime(slot(item, "time"), at);
  if (last?.type) {
    showLast(slot(item, "last"), `${authorOf(last, words)}:`, ` ${firstWords(last, words, 200)}`);
  }
}

function showUnread(item, unread) {
  if (unread === 0) {
    slot(item, "unread")?.remove();
    return;
  }
  if (!slot(item, "unread")) {
    item.firstElementChild.append(slot(template("line-template"), "unread"));
  }
  write(slot(item, "count"), `${unread}`);
}

function showLast(line, name, text) {
  if (line.textContent !== name + text) {
    const author = document.createElement("b");
    author.textContent = name;
    line.replaceChildren(author, text);
  }
}
