import assert from "node:assert/strict";
import { test } from "node:test";

import { Cursor } from "../../static/js/cursor.js";
import { wire } from "./wire.js";

const at = (seq, epoch = "k3v9x2") => ({ epoch, seq });
const numbers = (events) => events.map(({ seq }) => seq);

for (const { name, start, events, applied, cursor, isBehind } of wire("order")) {
  test(name, () => {
    const position = new Cursor(start);
    const released = events.flatMap((event) => position.take(event));
    assert.deepEqual(numbers(released), applied);
    assert.equal(`${position}`, cursor);
    assert.equal(position.isBehind, isBehind);
  });
}

test("a replay moves to its head and lets go of what is held after it", () => {
  const position = new Cursor("k3v9x2:40");
  position.take(at(42));
  position.take(at(44));
  assert.deepEqual(numbers(position.advance("k3v9x2:43")), [44]);
  assert.equal(`${position}`, "k3v9x2:44");
  assert.equal(position.isBehind, false);
});

test("a reply that took long does not move the position back", () => {
  const position = new Cursor("k3v9x2:40");
  position.take(at(41));
  position.advance("k3v9x2:40");
  assert.equal(`${position}`, "k3v9x2:41");
});

test("a snapshot of another epoch begins anew, with what was held of it", () => {
  const position = new Cursor("k3v9x2:40");
  position.take(at(41 + 2));
  position.take(at(8, "m7q2aa"));
  assert.deepEqual(numbers(position.reset("m7q2aa:7")), [8]);
  assert.equal(`${position}`, "m7q2aa:8");
  assert.equal(position.isBehind, false);
});

test("a snapshot may lie behind, where the chat was restored", () => {
  const position = new Cursor("k3v9x2:40");
  position.reset("k3v9x2:30");
  assert.equal(`${position}`, "k3v9x2:30");
});

test("a head further on means that the last event is missing", () => {
  const position = new Cursor("k3v9x2:40");
  position.hearOf("k3v9x2:41");
  assert.equal(position.isBehind, true);
  position.take(at(41));
  assert.equal(position.isBehind, false);
});

test("a head that is known already means nothing", () => {
  const position = new Cursor("k3v9x2:40");
  position.hearOf("k3v9x2:40");
  assert.equal(position.isBehind, false);
});

test("what is held is bounded, and being behind is not forgotten", () => {
  const position = new Cursor("k3v9x2:0");
  for (let seq = 2; seq < 2000; seq += 1) {
    position.take(at(seq));
  }
  assert.equal(position.isBehind, true);
  assert.deepEqual(numbers(position.advance("k3v9x2:1999")), []);
  assert.equal(position.isBehind, false);
});

test("any order of the same events ends in the same place", () => {
  const events = Array.from({ length: 12 }, (_, index) => at(index + 1));
  for (let step = 1; step < 25; step += 1) {
    // Walking in steps round both copies visits every order of a family, the same each time.
    const twice = [...events, ...events];
    const mixed = twice.map((_, index) => twice[(index * step) % twice.length]);
    const position = new Cursor("k3v9x2:0");
    const applied = [...mixed, ...events].flatMap((event) => position.take(event));
    assert.deepEqual(numbers(applied), numbers(events));
  }
});

test("what comes late from before a restore keeps nothing waiting", () => {
  const cursor = new Cursor("old:40");
  cursor.reset("new:7");
  cursor.take({ epoch: "old", seq: 41 });
  cursor.hearOf("old:41");
  assert.equal(cursor.isBehind, true);
  cursor.advance("new:7");
  assert.equal(cursor.isBehind, false);
});

test("nothing known yet asks for a snapshot, and holds what comes before it", () => {
  const cursor = new Cursor(null);
  assert.equal(cursor.since, null);
  cursor.take({ epoch: "k", seq: 8 });
  assert.deepEqual(cursor.reset("k:7"), [{ epoch: "k", seq: 8 }]);
});

test("an older position meets what is shown if nothing lies between them", () => {
  const cursor = new Cursor("k:40");
  assert.equal(cursor.meets("k:29", 30), true);
  assert.equal(cursor.meets("k:28", 30), false);
  assert.equal(cursor.meets("k:41", 30), false);
  assert.equal(cursor.meets("j:35", 30), false);
});
