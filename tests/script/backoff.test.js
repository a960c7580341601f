import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../static/js/backoff.js";

test("the ceiling doubles from half a second to half a minute", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 9 }, () => backoff.next());
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test("the wait lies anywhere below the ceiling", () => {
  assert.equal(new Backoff(() => 0).next(), 0);
  assert.equal(new Backoff(() => 0.5).next(), 250);
});

test("after a success it begins again", () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

test("after thousands of tries it still waits half a minute", () => {
  const backoff = new Backoff(() => 1);
  for (let tries = 0; tries < 5000; tries += 1) {
    backoff.next();
  }
  assert.equal(backoff.next(), 30000);
});
