import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Alarms } from "../../static/js/alarms.js";
import { ChatList } from "../../static/js/chat_list.js";
import { Chats } from "../../static/js/chats.js";
import { ManualTimers, settled } from "./manual_timers.js";

let timers;
let list;
let added;
let chats;
let shelf;
let answers;

/** Only what Chats has to do with. */
class FakeChat {
  stopped = null;
  outbox = { isEmpty: true, isSafe: true, heed: async () => undefined };
  draft = {};
  told = [];

  constructor(page) {
    Object.assign(this, page);
  }

  get known() {
    return { chatId: this.chatId, cursor: "k:1" };
  }

  recall(known) {
    this.told.push(["recall", known]);
  }

  close() {
    this.told.push("close");
  }

  onOpen() {
    this.told.push("open");
  }

  onStopped(code) {
    this.told.push(code);
  }

  onFrame(frame) {
    this.told.push(frame);
  }
}

class FakeShelf {
  kept = new Map();

  get(store, key) {
    return Promise.resolve(this.kept.get(`${store} ${key}`));
  }

  putChat(chat) {
    this.kept.set(`chats ${chat.chatId}`, chat);
  }

  delete(store, key) {
    this.kept.delete(`${store} ${key}`);
  }
}

function line(chatId, head, more = {}) {
  return { chatId, title: chatId, head, unread: 0, at: 0, ...more };
}

function event(chatId, seq, more = {}) {
  const message = { messageId: `m${seq}`, timestamp: seq, author: { id: 8 }, ...more };
  return { op: "event", type: "user_message", chatId, epoch: "k", seq, message };
}

function make(kept = null) {
  const alarms = new Alarms(timers);
  const read = () => new Promise((resolve) => answers.push(resolve));
  const lines = [line("lunch", "k:40"), line("tea", "k:7")];
  added = [];
  const onAdded = (chatIds) => added.push(...chatIds);
  list = new ChatList({ selfId: 7, lines, read, alarms, onAdded, onChange: () => undefined });
  chats = new Chats({ make: (page) => new FakeChat(page), alarms, list, shelf: kept });
}

beforeEach(() => {
  timers = new ManualTimers();
  shelf = new FakeShelf();
  answers = [];
  make();
});

test("a frame reaches its own chat and no other", () => {
  const lunch = chats.show({ chatId: "lunch" });
  const tea = chats.show({ chatId: "tea" });
  chats.onFrame(event("lunch", 41));
  chats.onFrame(event("secret", 1));
  assert.equal(lunch.told.length, 1);
  assert.equal(tea.told.length, 0);
});

test("of fifty-one chats the one shown longest ago goes, unless it has something to send", () => {
  const first = chats.show({ chatId: "c0" });
  const second = chats.show({ chatId: "c1" });
  first.outbox.isEmpty = false;
  for (let number = 2; number <= 50; number += 1) {
    chats.show({ chatId: `c${number}` });
  }
  assert.equal(chats.get("c0"), first);
  assert.equal(chats.get("c1"), undefined);
  assert.deepEqual(second.told, ["close"]);
});

test("what an earlier page knew is there before the chat is asked for", async () => {
  make(shelf);
  shelf.kept.set("chats lunch", { cursor: "k:9" });
  chats.onOpen({});
  const lunch = chats.show({ chatId: "lunch" });
  assert.deepEqual(lunch.told, []);
  await settled();
  assert.deepEqual(lunch.told, [["recall", { cursor: "k:9" }], "open"]);
});

test("a browser that does not find what it kept keeps nobody waiting", async () => {
  shelf.get = () => new Promise(() => undefined);
  make(shelf);
  chats.onOpen({});
  const lunch = chats.show({ chatId: "lunch" });
  await timers.pass(100);
  assert.deepEqual(lunch.told, ["open"]);
});

test("a chat that is not ours is kept nowhere, and not listed", async () => {
  make(shelf);
  chats.show({ chatId: "lunch" });
  chats.changed("lunch");
  await timers.pass(1_000);
  assert.equal(shelf.kept.size, 1);
  chats.gone("lunch");
  assert.equal(shelf.kept.size, 0);
  assert.deepEqual(list.chatIds, ["tea"]);
});

test("after the end every chat says so, also one that is opened later", () => {
  chats.show({ chatId: "lunch" });
  chats.onStopped(4501, "bye");
  assert.deepEqual(chats.show({ chatId: "tea" }).told, [4501]);
});

test("what others say is unread, once, and moves its chat up", () => {
  chats.onFrame(event("tea", 8, { timestamp: 5 }));
  chats.onFrame(event("tea", 8, { timestamp: 5 }));
  chats.onFrame(event("tea", 9, { author: { id: 7 }, timestamp: 6 }));
  assert.equal(list.get("tea").unread, 1);
  assert.equal(list.unread, 1);
  assert.deepEqual(list.chatIds, ["tea", "lunch"]);
});

test("the last message is kept in step, also one that was on the page already", () => {
  list.get("tea").last = { messageId: "m7" };
  const update = { type: "ai_message_update", message: { messageId: "m7", status: "completed" } };
  chats.onFrame({ ...event("tea", 8), ...update });
  assert.equal(list.get("tea").last.status, "completed");
});

test("what was read anywhere is not unread", () => {
  chats.onFrame(event("tea", 8));
  chats.onFrame({ op: "ephemeral", type: "read", chatId: "tea", seq: 8 });
  assert.equal(list.unread, 0);
});

test("a hole in what is heard of a chat is asked for, and what came since is not undone", async () => {
  chats.onFrame(event("tea", 10));
  await timers.pass(1_000);
  chats.onFrame(event("lunch", 41));
  const chat = (chatId, head, unread) => ({ chatId, title: chatId, head, unread, createdAt: 0 });
  answers[0]({ chats: [chat("lunch", "k:40", 0), chat("tea", "k:10", 3), chat("new", "k:0", 0)] });
  await settled();
  assert.deepEqual(list.lines.map(({ chatId, unread }) => [chatId, unread]).sort(), [
    ["lunch", 1],
    ["new", 0],
    ["tea", 3],
  ]);
  assert.equal(list.get("lunch").head, "k:41");
});

test("a chat that somebody was added to is heard of within a minute, also after a failure", async () => {
  const chat = (chatId) => ({ chatId, title: chatId, head: "k:0", unread: 0, createdAt: 0 });
  await timers.pass(60_000);
  answers[0](Promise.reject(new Error("no")));
  await settled();
  await timers.pass(60_000);
  answers[1]({ chats: [chat("lunch"), chat("new")] });
  await settled();
  assert.deepEqual(list.chatIds.sort(), ["lunch", "new"]);
  assert.deepEqual(added, ["new"]);
});
