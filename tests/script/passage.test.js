import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { MOST_SHOWN, Timeline } from "../../static/js/timeline.js";
import { wire } from "./wire.js";

const { user } = wire("messages");
const LAST = 1_000;

let timeline;

const at = (seq, rev = 1) => ({ ...user, messageId: `m${seq}`, seq, rev });
const from = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => at(first + i));
const shown = () => timeline.messages.map(({ seq }) => seq);

/** What the server answers. */
const before = (seq, limit = 100) => ({
  messages: from(Math.max(1, seq - limit), seq - 1),
  moreBefore: seq - limit > 1,
});
const after = (seq, limit = 100) => ({
  messages: from(seq + 1, Math.min(LAST, seq + limit)),
  moreAfter: seq + limit < LAST,
});
const around = (seq) => ({ ...before(seq, 50), ...after(seq, 50), messages: from(seq - 50, seq + 50) });

function up() {
  const seq = timeline.move("before");
  if (seq !== null) {
    timeline.take("before", seq, before(seq));
  }
}

function down() {
  const seq = timeline.move("after");
  if (seq !== null) {
    timeline.take("after", seq, after(seq));
  }
}

function isWithoutHoles() {
  const seqs = shown();
  assert.ok(seqs.length <= MOST_SHOWN);
  assert.deepEqual(seqs, from(seqs[0], seqs.at(-1)).map(({ seq }) => seq));
}

beforeEach(() => {
  timeline = new Timeline("lunch");
  timeline.replace(from(LAST - 49, LAST), true);
});

test("it begins with the newest messages, and new ones join them", () => {
  assert.deepEqual([shown()[0], shown().at(-1)], [951, LAST]);
  timeline.put(at(LAST + 1));
  assert.deepEqual([shown()[0], shown().at(-1)], [951, LAST + 1]);
});

test("of a long tail it begins with no more than is quickly shown", () => {
  timeline.replace(from(501, LAST), true);
  assert.equal(shown().length, 100);
  assert.equal(timeline.move("before"), null);
  assert.equal(shown().length, 200);
});

test("from end to end and back it holds every message, never many, never with a hole", () => {
  const seen = new Set(shown());
  for (let step = 0; timeline.hasOlder; step += 1) {
    up();
    shown().forEach((seq) => seen.add(seq));
    isWithoutHoles();
    assert.ok(step < 50);
  }
  assert.equal(seen.size, LAST);
  assert.equal(timeline.isLive, false);
  for (let step = 0; !timeline.isLive; step += 1) {
    down();
    isWithoutHoles();
    assert.ok(step < 50);
  }
  assert.equal(shown().at(-1), LAST);
});

test("what arrives while one reads further up is not shown there", () => {
  while (timeline.isLive) {
    up();
  }
  const last = shown().at(-1);
  timeline.put(at(LAST + 1));
  assert.equal(shown().at(-1), last);
  timeline.toEnd();
  assert.equal(shown().at(-1), LAST + 1);
});

test("at the end old messages make room for new ones; further up they stay", () => {
  up();
  up();
  assert.equal(shown()[0], 751);
  for (let seq = LAST + 1; seq <= LAST + 60; seq += 1) {
    timeline.put(at(seq));
    timeline.settle(true);
  }
  assert.deepEqual([shown().length, shown().at(-1)], [MOST_SHOWN, LAST + 60]);
  timeline.put(at(LAST + 61));
  timeline.settle(false);
  assert.deepEqual([shown().length, shown().at(-1), timeline.isLive], [MOST_SHOWN, LAST + 60, false]);
});

test("around a message far away, then down to the live end", () => {
  timeline.take("around", null, around(400));
  assert.deepEqual([shown()[0], shown().at(-1), timeline.isLive], [350, 450, false]);
  for (let step = 0; !timeline.isLive; step += 1) {
    down();
    isWithoutHoles();
    assert.ok(step < 20);
  }
  assert.equal(shown().at(-1), LAST);
});

test("around a message of the newest page it is at the live end", () => {
  timeline.take("around", null, { messages: from(930, LAST), moreBefore: true, moreAfter: false });
  assert.equal(timeline.isLive, true);
  assert.deepEqual([shown()[0], shown().at(-1)], [930, LAST]);
});

test("around the first message nothing is older", () => {
  timeline.take("around", null, { messages: from(1, 51), moreBefore: false, moreAfter: true });
  assert.equal(timeline.hasOlder, false);
  assert.equal(timeline.move("before"), null);
});

test("where nothing newer is known yet, it is asked for", () => {
  timeline.replace([], false);
  timeline.take("around", null, around(400));
  assert.equal(timeline.move("after"), 450);
});

test("a late page is not taken by what has moved on", () => {
  const seq = timeline.move("before");
  timeline.replace(from(101, 150), true);
  timeline.toEnd();
  timeline.take("before", seq, before(seq));
  isWithoutHoles();
  assert.equal(shown()[0], 101);
  timeline.take("after", 450, after(450));
  isWithoutHoles();
});

test("messages of another chat are not taken", () => {
  const strangers = from(1, 9).map((message) => ({ ...message, chatId: "dinner" }));
  timeline.take("around", null, { messages: strangers, moreBefore: false, moreAfter: true });
  assert.deepEqual(shown(), []);
});

test("a change reaches a message wherever it stands, and an older state never does", () => {
  timeline.take("around", null, around(400));
  timeline.put(at(400, 3));
  timeline.put(at(400, 2));
  assert.equal(timeline.find("m400").rev, 3);
  assert.equal(timeline.messages.find(({ seq }) => seq === 400).rev, 3);
});

test("when the newest are replaced, who reads further up keeps what they read", () => {
  up();
  timeline.settle(false);
  timeline.replace(from(5_000, 5_049), true);
  assert.deepEqual([shown()[0], shown().at(-1), timeline.isLive], [851, LAST, false]);
  timeline.toEnd();
  timeline.settle(true);
  timeline.replace(from(6_000, 6_049), true);
  assert.deepEqual([shown()[0], timeline.isLive], [6_000, true]);
});
