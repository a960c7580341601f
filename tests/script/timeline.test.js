import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Timeline } from "../../static/js/timeline.js";
import { wire } from "./wire.js";

const { user, edited, removed, fromBob, system } = wire("messages");
let timeline;

const ids = () => timeline.messages.map(({ messageId }) => messageId);

beforeEach(() => {
  timeline = new Timeline("lunch");
});

test("messages stand in the order of their numbers, however they come", () => {
  [system, user, fromBob].forEach((message) => timeline.put(message));
  assert.deepEqual(ids(), [user, fromBob, system].map(({ messageId }) => messageId));
});

test("the newest revision wins, whichever comes first", () => {
  [removed, edited, user].forEach((message) => timeline.put(message));
  assert.deepEqual(timeline.messages, [removed]);
});

test("the same message again changes nothing", () => {
  timeline.put(user);
  timeline.put({ ...user });
  assert.equal(timeline.messages[0], user);
});

test("a message of another chat is not taken", () => {
  timeline.put({ ...user, chatId: "dinner" });
  assert.deepEqual(timeline.messages, []);
});

test("a late change of a message older than the page does not tear a hole into it", () => {
  timeline.replace([fromBob, system], true);
  timeline.put(edited);
  assert.deepEqual(timeline.messages, [fromBob, system]);
  assert.equal(timeline.from, 42);
});

test("where the page has the whole chat, nothing is too old", () => {
  timeline.replace([fromBob], false);
  timeline.put(user);
  assert.deepEqual(timeline.messages, [user, fromBob]);
  assert.equal(timeline.from, 0);
});

test("a snapshot replaces what was known, even newer revisions", () => {
  timeline.put(edited);
  timeline.replace([user, fromBob], false);
  assert.deepEqual(timeline.messages, [user, fromBob]);
});

test("a page that stays open for long lets go of its oldest messages", () => {
  for (let seq = 1; seq <= 600; seq += 1) {
    timeline.put({ ...user, messageId: `m${seq}`, seq });
  }
  timeline.put({ ...user, messageId: "m100", seq: 100, rev: 9 });
  assert.equal(timeline.tail.length, 500);
  assert.equal(timeline.from, 101);
});

const answer = { ...user, messageId: "m9", seq: 9, rev: 2, type: "ai", status: "processing" };
const piece = (from, text, rev = 2) => ({ messageId: "m9", rev, from, text });
const grown = (timeline) => timeline.messages.find(({ messageId }) => messageId === "m9").content;

function growingTimeline(content = "") {
  const timeline = new Timeline(user.chatId);
  timeline.put({ ...answer, content });
  return timeline;
}

test("an answer grows by its pieces, counted in code points", () => {
  const timeline = growingTimeline();
  assert.equal(timeline.grow(piece(0, "👋 Ol")), false);
  assert.equal(timeline.grow(piece(1, " Olá")), false);
  assert.equal(grown(timeline), "👋 Olá");
});

test("a missing piece is fetched, and what came after it is kept", () => {
  const timeline = growingTimeline("one ");
  assert.equal(timeline.grow(piece(8, "three ")), true);
  assert.equal(grown(timeline), "one ");
  timeline.catchUp({ ...answer, content: "one two " });
  assert.equal(grown(timeline), "one two three ");
});

test("the server's text so far never takes back what was heard", () => {
  const timeline = growingTimeline();
  timeline.grow(piece(0, "all of it"));
  timeline.catchUp({ ...answer, content: "all" });
  assert.equal(grown(timeline), "all of it");
});

test("pieces of another try are dropped, and the end replaces what has grown", () => {
  const timeline = growingTimeline();
  timeline.grow(piece(0, "early"));
  assert.equal(timeline.grow(piece(5, " late", 3)), false);
  assert.equal(timeline.grow(piece(0, "stale", 1)), false);
  assert.equal(grown(timeline), "early");
  timeline.put({ ...answer, rev: 3, status: "completed", content: "whole" });
  assert.equal(timeline.grow(piece(5, " more")), false);
  assert.equal(grown(timeline), "whole");
});
