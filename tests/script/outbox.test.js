import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outbox } from "../../static/js/outbox.js";
import { FakeUnsent } from "./fake_unsent.js";

let unsent;
let outbox;

const other = () => new Outbox({ chatId: "lunch", unsent, clock: () => 0, onChange: () => undefined });
const contents = (box) => box.entries.map(({ content }) => content);

beforeEach(async () => {
  unsent = new FakeUnsent();
  outbox = other();
  outbox.add({ content: "one" }, "a");
  outbox.add({ content: "two" }, "b");
  await unsent.settled();
});

test("the oldest goes first, and again until it is stored", () => {
  assert.equal(outbox.next().clientMessageId, "a");
  assert.equal(outbox.next().clientMessageId, "a");
  outbox.settle("a");
  assert.equal(outbox.next().clientMessageId, "b");
});

test("who has to wait keeps the others waiting", () => {
  outbox.postpone("a", 4_100);
  assert.deepEqual([outbox.next().clientMessageId, outbox.next().retryAt], ["a", 4_100]);
});

test("a refused message stays to be seen and holds up nothing", () => {
  outbox.refuse("a", { code: "tooLarge", message: "too long" });
  const { state, reason, code } = outbox.entries[0];
  assert.deepEqual([state, reason, code], ["failed", "too long", "tooLarge"]);
  assert.equal(outbox.next().clientMessageId, "b");
});

test("an event may say first that a message is stored", () => {
  outbox.settle("a");
  outbox.settle("a");
  assert.equal(outbox.entries.length, 1);
});

test("what somebody else stored settles nothing", () => {
  outbox.settle("z");
  outbox.settle(null);
  assert.equal(outbox.entries.length, 2);
});

test("a text is given back to its writer", () => {
  outbox.refuse("a", { code: "tooLarge", message: "too long" });
  assert.equal(outbox.takeBack("a"), "one");
  assert.equal(outbox.takeBack("a"), "");
  assert.equal(outbox.isEmpty, false);
});

test("one more try by hand is under the same id, unless that stands for something else", () => {
  outbox.refuse("a", { code: "muted", message: "not now" });
  outbox.resend("a");
  assert.deepEqual([outbox.next().clientMessageId, outbox.next().state], ["a", "sending"]);
  outbox.refuse("a", { code: "idConflict", message: "used" });
  outbox.resend("a");
  assert.deepEqual(contents(outbox), ["two", "one"]);
  assert.notEqual(outbox.entries[1].clientMessageId, "a");
});

test("a later page finds all of it, in the order of writing", async () => {
  const later = other();
  await later.refresh();
  assert.deepEqual(contents(later), ["one", "two"]);
});

test("what another tab has sent or taken back is gone here too", async () => {
  const tab = other();
  await tab.refresh();
  tab.settle("a");
  await unsent.settled();
  await outbox.refresh();
  assert.deepEqual(contents(outbox), ["two"]);
});

test("what is not kept beyond this page is not lost by looking at what is", async () => {
  unsent.isBroken = true;
  outbox.add({ content: "three" }, "c");
  await unsent.settled();
  unsent.isBroken = false;
  await outbox.refresh();
  assert.deepEqual(contents(outbox), ["one", "two", "three"]);
});

test("what is stored while the others' texts are read does not come back", async () => {
  const reading = outbox.refresh();
  outbox.settle("a");
  await reading;
  assert.deepEqual(contents(outbox), ["two"]);
});

test("what is stranded here is still to be sent by a later page", async () => {
  outbox.strand({ message: "signed out" });
  assert.deepEqual(outbox.entries.map(({ state }) => state), ["failed", "failed"]);
  const later = other();
  await later.refresh();
  assert.deepEqual(later.entries.map(({ state }) => state), ["sending", "sending"]);
});
