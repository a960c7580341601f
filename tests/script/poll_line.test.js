import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { PollLine } from "../../static/js/poll_line.js";
import { FakeRest } from "./fake_rest.js";
import { ManualTimers, settled } from "./manual_timers.js";

const POLL = "chats/lunch/events/";
const event = (seq) => ({ type: "user_message", chatId: "lunch", epoch: "k", seq });

let timers;
let rest;
let told;
let line;

beforeEach(async () => {
  timers = new ManualTimers();
  rest = new FakeRest();
  told = [];
  line = new PollLine({
    rest,
    listener: {
      onOpen: () => told.push("open"),
      onHeads: (heads) => told.push(heads),
      onFrame: ({ op, type, seq }) => told.push([op, type, seq]),
      onEnd: (code) => told.push(["end", code]),
    },
    user: { id: 7 },
    chatIds: ["lunch"],
    timers,
  });
  rest.answer("ping", { heads: { lunch: "k:40" } });
  await settled();
  told.length = 0;
});

async function subscribe(chatId, head) {
  line.call({ action: "subscribe", chatId });
  rest.answer("subscribe", { head });
  await settled();
}

test("it waits for the chat that is looked at, from where its subscription ended", async () => {
  await subscribe("lunch", "k:40");
  assert.equal(rest.asked.at(-1).path, `${POLL}?after=k%3A40&wait=25`);
  rest.answer(POLL, { events: [event(41), event(42)], head: "k:42", more: false });
  await settled();
  assert.deepEqual(told, [["event", "user_message", 41], ["event", "user_message", 42]]);
  assert.equal(rest.asked.at(-1).path, `${POLL}?after=k%3A42&wait=25`);
});

test("what does not fit into one answer is asked for from its last event", async () => {
  await subscribe("lunch", "k:40");
  rest.answer(POLL, { events: [event(41)], head: "k:900", more: true });
  await settled();
  assert.equal(rest.asked.at(-1).path, `${POLL}?after=k%3A41&wait=25`);
});

test("an answer that comes at once and empty is not asked for again at once", async () => {
  await subscribe("lunch", "k:40");
  rest.answer(POLL, { events: [], head: "k:40", more: false });
  await settled();
  assert.deepEqual(rest.names, []);
  await timers.pass(1_000);
  assert.deepEqual(rest.names, [POLL]);
});

test("chats that are not looked at are heard of by their heads", async () => {
  await subscribe("tea", "m:7");
  assert.deepEqual(rest.names, []);
  await timers.pass(5_000);
  rest.answer("ping", { heads: { tea: "m:8" } });
  await settled();
  assert.deepEqual(told, [{ tea: "m:8" }]);
  line.watch("tea");
  assert.deepEqual(rest.names, ["chats/tea/events/"]);
});

test("a position that is lost and a chat that is closed are said, each of its chat alone", async () => {
  await subscribe("lunch", "k:40");
  rest.refuse(POLL, "staleCursor");
  await settled();
  assert.deepEqual(told, [["notice", "positionLost", undefined]]);
  await subscribe("lunch", "k:40");
  rest.refuse(POLL, "notFound");
  await settled();
  assert.deepEqual(told.at(-1), ["notice", "subscriptionRevoked", undefined]);
});

test("a session's end is one for good", async () => {
  await timers.pass(5_000);
  rest.refuse("ping", "unauthenticated");
  await settled();
  assert.deepEqual(told, [["end", 4501]]);
  assert.equal(timers.count, 0);
});
