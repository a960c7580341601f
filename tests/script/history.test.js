import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Alarms } from "../../static/js/alarms.js";
import { Backoff } from "../../static/js/backoff.js";
import { History } from "../../static/js/history.js";
import { Disconnected } from "../../static/js/protocol.js";
import { Timeline } from "../../static/js/timeline.js";
import { ManualTimers, settled } from "./manual_timers.js";
import { wire } from "./wire.js";

const { user } = wire("messages");
const at = (seq, rev = 1) => ({ ...user, messageId: `m${seq}`, timestamp: seq, seq, rev });
const from = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => at(first + i));
const older = { messages: from(801, 900), moreBefore: true };

let asked;
let timers;
let timeline;
let history;

const answer = (page) => (asked.shift().resolve(page), settled());
const fail = () => (asked.shift().reject(new Disconnected()), settled());
const firstShown = () => timeline.messages[0].seq;

beforeEach(() => {
  asked = [];
  timers = new ManualTimers();
  timeline = new Timeline("lunch");
  timeline.replace(from(901, 950), true);
  history = new History({
    readPage: ({ limit, ...place }) => new Promise((resolve, reject) => asked.push({ place, resolve, reject })),
    timeline,
    alarms: new Alarms(timers),
    onChange: () => undefined,
    backoff: new Backoff(() => 1),
  });
});

test("older messages are asked for once, from where the page begins", async () => {
  history.older();
  history.older();
  assert.deepEqual(asked.map(({ place }) => place), [{ before: 901 }]);
  await answer(older);
  assert.equal(firstShown(), 801);
  assert.equal(history.incompleteBefore, null);
});

test("what could not be read is said, and tried again", async () => {
  history.older();
  await fail();
  assert.equal(history.incompleteBefore, 901);
  await timers.pass(500);
  assert.equal(history.incompleteBefore, 901);
  await answer(older);
  assert.equal(history.incompleteBefore, null);
  assert.equal(firstShown(), 801);
});

test("a change that was heard while a page was on its way is newer than the page", async () => {
  history.older();
  history.put(at(850, 2));
  await answer(older);
  assert.equal(timeline.find("m850").rev, 2);
});

test("who has gone to the end does not get a page they asked for before", async () => {
  history.around(400);
  history.toEnd();
  await answer({ messages: from(350, 450), moreBefore: true, moreAfter: true });
  assert.equal(timeline.isLive, true);
});

test("what changed unheard is stale until it is read anew", async () => {
  history.older();
  await answer(older);
  timeline.settle(false);
  history.replace(from(5_000, 5_049), true);
  assert.equal(timeline.staleAt, 876);
  assert.equal(firstShown(), 801);
  history.resume();
  await fail();
  assert.equal(timeline.staleAt, 876);
  history.resume();
  assert.deepEqual(asked[0].place, { around: 876 });
  await answer({ messages: from(826, 925), moreBefore: true, moreAfter: true });
  assert.equal(timeline.staleAt, null);
  assert.equal(firstShown(), 826);
});
