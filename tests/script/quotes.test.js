import assert from "node:assert/strict";
import { test } from "node:test";

import { Alarms } from "../../static/js/alarms.js";
import { Backoff } from "../../static/js/backoff.js";
import { Quotes } from "../../static/js/quotes.js";
import { ManualTimers, settled } from "./manual_timers.js";

test("what is quoted is looked up once, many at a time, and kept as it changes", async () => {
  const asked = [];
  let changes = 0;
  const quotes = new Quotes({
    lookUp: async (ids) => (asked.push(ids), [{ messageId: "a", rev: 1 }]),
    onChange: () => (changes += 1),
  });
  assert.equal(quotes.get("a"), undefined);
  assert.equal(quotes.get("gone"), undefined);
  quotes.get("a");
  await settled();
  assert.deepEqual(asked, [["a", "gone"]]);
  assert.equal(changes, 1);
  assert.equal(quotes.get("gone"), null);
  quotes.put({ messageId: "a", rev: 2 });
  quotes.put({ messageId: "a", rev: 1 });
  quotes.put({ messageId: "b", rev: 1 });
  assert.equal(quotes.get("a").rev, 2);
  assert.equal(quotes.get("b"), undefined);
});

/** `lookUp` answers with every message, or as `problem` says. */
function failing() {
  const timers = new ManualTimers();
  const world = { timers, asked: [], problem: new Error("away") };
  world.quotes = new Quotes({
    alarms: new Alarms(timers),
    backoff: new Backoff(() => 1),
    onChange: () => undefined,
    lookUp: async (ids) => {
      world.asked.push(ids.length);
      if (world.problem) {
        throw world.problem;
      }
      return ids.map((messageId) => ({ messageId, rev: 1 }));
    },
  });
  return world;
}

test("what could not be looked up is asked for again, each time later, until it is known", async () => {
  const world = failing();
  world.quotes.get("a");
  await settled();
  for (const [ms, times] of [[499, 1], [1, 2], [999, 2], [1, 3]]) {
    await world.timers.pass(ms);
    assert.equal(world.asked.length, times);
  }
  world.problem = null;
  await world.timers.pass(2_000);
  assert.equal(world.quotes.get("a").messageId, "a");
  assert.equal(world.timers.count, 0);
});

test("a clear no is not asked for again before a new beginning", async () => {
  const world = failing();
  world.problem = Object.assign(new Error("no"), { retryable: false });
  world.quotes.get("a");
  await world.timers.pass(60_000);
  assert.equal(world.asked.length, 1);
  world.quotes.renew();
  world.quotes.get("a");
  await settled();
  assert.equal(world.asked.length, 2);
});

test("what does not fit into one question, or is wanted while it is asked, comes after it", async () => {
  const world = failing();
  world.problem = null;
  const ids = Array.from({ length: 130 }, (_, number) => `m${number}`);
  ids.forEach((id) => world.quotes.get(id));
  await Promise.resolve();
  world.quotes.get("late");
  await settled();
  assert.deepEqual(world.asked, [100, 31]);
  assert.ok([...ids, "late"].every((id) => world.quotes.get(id)));
});
