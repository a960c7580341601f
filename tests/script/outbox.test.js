import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";

let outbox;

beforeEach(() => {
  outbox = new Outbox();
  outbox.add("a", { content: "one" });
  outbox.add("b", { content: "two" });
});

test("one message is on its way at a time, the oldest first", () => {
  assert.equal(outbox.next().clientMessageId, "a");
  assert.equal(outbox.next(), null);
  outbox.settle("a");
  assert.equal(outbox.next().clientMessageId, "b");
});

test("what may not have arrived goes again, under the same id and before the others", () => {
  outbox.next();
  outbox.release("a");
  assert.equal(outbox.next().clientMessageId, "a");
});

test("a refused message stays to be seen and holds up nothing", () => {
  outbox.next();
  outbox.refuse("a", "too long");
  assert.deepEqual(outbox.entries[0], {
    clientMessageId: "a",
    content: "one",
    state: "failed",
    reason: "too long",
  });
  assert.equal(outbox.next().clientMessageId, "b");
});

test("an event may say first that a message is stored", () => {
  outbox.next();
  assert.equal(outbox.settle("a"), true);
  assert.equal(outbox.settle("a"), false);
  assert.equal(outbox.entries.length, 1);
});

test("what somebody else stored settles nothing", () => {
  assert.equal(outbox.settle("z"), false);
  assert.equal(outbox.settle(null), false);
  assert.equal(outbox.entries.length, 2);
});

test("a text is given back to its writer", () => {
  outbox.refuse("a", "too long");
  assert.equal(outbox.takeBack("a"), "one");
  assert.equal(outbox.takeBack("a"), "");
  assert.equal(outbox.isEmpty, false);
});
