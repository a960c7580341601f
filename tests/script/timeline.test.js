import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";
import { Timeline } from "../../static/js/timeline.js";
import { wire } from "./wire.js";

const { user, edited, removed, fromBob, system } = wire("messages");
let outbox;
let timeline;

const ids = () => timeline.rows().map(({ messageId }) => messageId);

beforeEach(() => {
  outbox = new Outbox();
  timeline = new Timeline("lunch", outbox);
});

test("messages stand in the order of their numbers, however they come", () => {
  [system, user, fromBob].forEach((message) => timeline.put(message));
  assert.deepEqual(ids(), [user, fromBob, system].map(({ messageId }) => messageId));
});

test("the newest revision wins, whichever comes first", () => {
  [removed, edited, user].forEach((message) => timeline.put(message));
  assert.deepEqual(timeline.rows(), [removed]);
});

test("the same message again changes nothing", () => {
  assert.equal(timeline.put(user), true);
  assert.equal(timeline.put({ ...user }), false);
});

test("a message of another chat is not taken", () => {
  assert.equal(timeline.put({ ...user, chatId: "dinner" }), false);
  assert.deepEqual(timeline.rows(), []);
});

test("a late change of a message older than the page does not tear a hole into it", () => {
  timeline.replace([fromBob, system], true);
  assert.equal(timeline.put(edited), false);
  assert.equal(timeline.from, 42);
});

test("where the page has the whole chat, nothing is too old", () => {
  timeline.replace([fromBob], false);
  assert.equal(timeline.put(user), true);
  assert.equal(timeline.from, 0);
});

test("a snapshot replaces what was known, even newer revisions", () => {
  timeline.put(edited);
  timeline.replace([user, fromBob], false);
  assert.deepEqual(timeline.rows(), [user, fromBob]);
});

test("what is being sent stands at the end, in the order of writing", () => {
  outbox.add("b", "second thing");
  outbox.add("a", "third thing");
  timeline.put(user);
  assert.deepEqual(
    timeline.rows().map(({ messageId, clientMessageId }) => messageId ?? clientMessageId),
    [user.messageId, "b", "a"],
  );
});

test("a page that stays open for long lets go of its oldest messages", () => {
  for (let seq = 1; seq <= 600; seq += 1) {
    timeline.put({ ...user, messageId: `m${seq}`, seq });
  }
  assert.equal(timeline.rows().length, 500);
  assert.equal(timeline.from, 101);
  assert.equal(timeline.put({ ...user, messageId: "m100", seq: 100, rev: 9 }), false);
});
