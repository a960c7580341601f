/** The chat page: the person's chats, and what one sees of them. */

import * as view from "./chat_view.js";
import { showList } from "./list_view.js";
import { followLinks } from "./navigation.js";
import { byId, page } from "./parts.js";
import { openProblems } from "./problem_dialog.js";
import { Session } from "./session.js";

const due = new Set();
const session = new Session(page, {
  onChange: (chatId) => chatId === session.current.chatId && soon(paint),
  onList: () => soon(paintList),
  onDraft: (chat) => chat === session.current && view.takeUp(chat.draft),
  onTold: view.showTold,
});

function soon(act) {
  if (!due.has(act)) {
    due.add(act);
    queueMicrotask(() => {
      due.delete(act);
      act();
    });
  }
}

function paint() {
  view.paint();
  byId("status").dataset.way = session.way;
  paintTitle();
}

function paintList() {
  showList(session.list.lines, session.current.chatId);
  paintTitle();
}

function paintTitle() {
  const { chatId, title } = session.current;
  const seen = document.hidden ? 0 : (session.list.get(chatId)?.unread ?? 0);
  const unread = session.list.unread - seen;
  document.title = unread > 0 ? `(${unread}) ${title ?? ""}` : (title ?? "");
}

function visit(chatId, url) {
  if (chatId !== session.current.chatId) {
    keepDraft();
    session.visit(chatId);
    view.enter(url);
    paintList();
  }
}

function keepDraft() {
  view.leave();
  session.keepDraft(session.current);
}

function leave() {
  keepDraft();
  session.keep();
}

function turn() {
  if (document.hidden) {
    leave();
  } else {
    session.connection.hurry();
    session.list.refresh();
  }
}

session.show(page);
view.openView(() => session.current);
addEventListener("online", () => session.connection.hurry());
addEventListener("offline", () => session.connection.interrupt());
addEventListener("beforeunload", (event) => session.areSafe || event.preventDefault());
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", turn);
byId("composer").addEventListener("input", keepDraft);
byId("composer").addEventListener("submit", keepDraft);
openProblems(session);
followLinks(visit);
session.start();
