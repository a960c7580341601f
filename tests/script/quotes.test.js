import assert from "node:assert/strict";
import { test } from "node:test";

import { Quotes } from "../../static/js/quotes.js";
import { settled } from "./manual_timers.js";

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

test("what could not be looked up is asked for again only after a new beginning", async () => {
  let asked = 0;
  const lookUp = () => ((asked += 1), Promise.reject(new Error("away")));
  const quotes = new Quotes({ lookUp, onChange: () => assert.fail() });
  quotes.get("a");
  await settled();
  quotes.get("a");
  await settled();
  assert.equal(asked, 1);
  quotes.renew();
  quotes.get("a");
  await settled();
  assert.equal(asked, 2);
});
