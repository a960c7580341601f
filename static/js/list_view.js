/** The list of chats on the page: the lines the server made, kept in step. */

import { showTime } from "./local_times.js";
import { arrange, slot, template, words, write } from "./parts.js";
import { authorOf, firstWords } from "./words.js";

const MOST_LETTERS = 200;
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
  link.setAttribute("href", `/chats/${chatId}/`);
  link.ariaCurrent = isCurrent ? "page" : null;
  write(slot(item, "title"), title);
  slot(item, "unread").hidden = isCurrent || unread === 0;
  write(slot(item, "count"), `${unread}`);
  showTime(slot(item, "time"), at);
  if (last) {
    write(slot(item, "author"), `${authorOf(last, words)}:`);
    write(slot(item, "text"), firstWords(last, words, MOST_LETTERS));
  }
}
