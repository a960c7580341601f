import assert from "node:assert/strict";
import { test } from "node:test";

import { Disconnected, Refusal } from "../../static/js/protocol.js";
import { Trace } from "../../static/js/trace.js";
import { replay } from "./replay.js";

const event = (seq, chatId = "lunch") => ({
  ...{ op: "event", type: "user_message", chatId, epoch: "k3v9x2", seq },
  message: { content: "secret", author: { id: 7, name: "Ann" } },
});

const subscribe = (trace, since, data, chatId = "lunch") =>
  trace.asked({ action: "subscribe", chatId, since, tail: 50 }, Promise.resolve(data));

const told = (trace) => JSON.parse(JSON.stringify(trace));

test("a trace has types, numbers and times, and neither content nor names", async () => {
  let now = 1_000;
  const trace = new Trace(() => now);
  const send = { action: "send", chatId: "lunch", clientMessageId: "k", content: "secret" };
  now = 1_250;
  await trace.asked(send, Promise.resolve({ message: { content: "secret" }, duplicate: false }));
  await subscribe(trace, "k3v9x2:4", { mode: "replay", head: "k3v9x2:5", events: [event(5)] });
  trace.heard(event(6));
  trace.heard({ op: "ephemeral", type: "typing", chatId: "dinner", user: { name: "Bob" }, on: true });
  trace.heard({ op: "notice", type: "not a word: secret", chatId: "lunch" });
  assert.doesNotMatch(JSON.stringify(trace), /secret|lunch|dinner|Ann|Bob|k3v9x2/);
  assert.deepEqual(told(trace), {
    version: 1,
    startedAt: 1_000,
    entries: [
      { at: 250, way: "out", kind: "send", id: 1, chat: 0 },
      { at: 250, way: "in", kind: "reply", id: 1, ok: true, chat: 0 },
      { at: 250, way: "out", kind: "subscribe", id: 2, chat: 0, epoch: 0, seq: 4 },
      { at: 250, way: "in", kind: "reply", id: 2, ok: true, mode: "replay", count: 1, chat: 0, epoch: 0, seq: 5 },
      { at: 250, way: "in", kind: "event", type: "user_message", chat: 0, epoch: 0, seq: 6 },
      { at: 250, way: "in", kind: "ephemeral", type: "typing", chat: 1 },
      { at: 250, way: "in", kind: "notice", chat: 0 },
    ],
  });
});

test("it keeps the last five hundred, and the answer stays the caller's", async () => {
  const trace = new Trace(() => 0);
  const no = new Refusal({ code: "rateLimited", message: "secret" });
  await assert.rejects(trace.asked({ action: "send", chatId: "lunch" }, Promise.reject(no)), no);
  await assert.rejects(trace.asked({ action: "ping" }, Promise.reject(new Disconnected())));
  assert.deepEqual(told(trace).entries[1], { at: 0, way: "in", kind: "reply", id: 1, ok: false, code: "rateLimited" });
  for (let seq = 1; seq <= 600; seq += 1) {
    trace.heard(event(seq));
  }
  const { entries } = told(trace);
  assert.deepEqual([entries.length, entries[0].seq, entries.at(-1).seq], [500, 101, 600]);
});

test("replayed, it ends where the page ended: with a gap", async () => {
  const trace = new Trace(() => 0);
  await subscribe(trace, "k3v9x2:4", { mode: "replay", head: "k3v9x2:6", events: [event(5), event(6)] });
  [7, 10, 9].forEach((seq) => trace.heard(event(seq)));
  const { 0: end } = await replay(told(trace));
  assert.deepEqual([end.cursor, end.missing, end.state, end.applied], ["0:7", [8], "catchingUp", 3]);
});

test("replayed, it ends in step where another subscribe has closed the gap", async () => {
  const trace = new Trace(() => 0);
  await subscribe(trace, null, { mode: "snapshot", head: "k3v9x2:6", messages: [] });
  [8, 9].forEach((seq) => trace.heard(event(seq)));
  await subscribe(trace, "k3v9x2:6", { mode: "replay", head: "k3v9x2:9", events: [event(7)] });
  trace.heard(event(3, "dinner"));
  const ends = await replay(told(trace));
  assert.deepEqual([ends[0].cursor, ends[0].missing, ends[0].state], ["0:9", [], "inStep"]);
  assert.deepEqual([ends[1].cursor, ends[1].state], ["0:3", "inStep"]);
});
