import assert from "node:assert/strict";
import { test } from "node:test";

import { roomIn, whatToSend } from "../../static/js/intent.js";
import { permittedActs } from "../../static/js/permitted.js";
import { statusOf } from "../../static/js/words.js";
import { wire } from "./wire.js";

const { user, removed, placeholder, fromBob } = wire("messages");
const words = {
  inStep: "In step",
  catchingUp: "Catching up…",
  behind: { language: "en", one: "{count} behind", other: "{count} behind" },
  offline: "Offline",
  offlineUnsent: "Offline, {count} waiting",
  incomplete: "History incomplete before {time}",
  noAccess: "Not open to you",
};
const fact = (facts) => ({ stopped: null, behind: 0, unsent: 0, incompleteBefore: null, ...facts });
const status = (facts) => statusOf(fact(facts), words, (ms) => `10:${ms}`);

test("the status line is never better than things are", () => {
  assert.equal(status({ state: "inStep" }), "In step");
  assert.equal(status({ state: "catchingUp" }), "Catching up…");
  assert.equal(status({ state: "catchingUp", behind: 3 }), "3 behind");
  assert.equal(status({ state: "offline" }), "Offline");
  assert.equal(status({ state: "offline", unsent: 2 }), "Offline, 2 waiting");
  const past = status({ state: "inStep", incompleteBefore: 42 });
  assert.equal(past, "In step · History incomplete before 10:42");
  const stopped = { code: "forbidden" };
  assert.equal(status({ state: "stopped", stopped, incompleteBefore: 42 }), "Not open to you");
});

const who = { isOwn: false, isAsked: false, permissions: { send: true, moderate: false } };
const answer = { ...placeholder, status: "completed" };

test("only what the server would do is offered", () => {
  const own = { ...who, isOwn: true, isAsked: true };
  assert.deepEqual(permittedActs(user, own), ["reply", "about", "edit", "link", "remove"]);
  assert.deepEqual(permittedActs(fromBob, who), ["reply", "about", "link", "report"]);
  assert.deepEqual(permittedActs(answer, who), ["reply", "about", "up", "down", "link", "report"]);
  assert.deepEqual(permittedActs(placeholder, who), ["about", "link", "report"]);
  assert.deepEqual(permittedActs(removed, own), []);
  assert.deepEqual(permittedActs(null, own), []);
  const frozen = { ...own, permissions: { send: false, moderate: false } };
  assert.deepEqual(permittedActs(user, frozen), ["link", "remove"]);
  const staff = { ...who, permissions: { send: false, moderate: true } };
  assert.deepEqual(permittedActs(fromBob, staff), ["link", "report", "remove"]);
});

const meant = (text, more = {}) => whatToSend({ text, context: null, asVideo: true, ...more });
const address = "https://youtu.be/dQw4w9WgXcQ";

test("a text is words, a question or a video, as it was meant", () => {
  assert.deepEqual(meant("Olá"), { content: "Olá" });
  assert.deepEqual(meant("Why?", { pressed: "ai" }), { type: "ai", content: "Why?" });
  assert.deepEqual(meant("/ai Why?"), { type: "ai", content: "Why?" });
  assert.deepEqual(meant("/air"), { content: "/air" });
  assert.deepEqual(meant(address), { type: "youtube", content: "", url: address });
  assert.deepEqual(meant(address, { asVideo: false }), { content: address });
  const reply = { context: { kind: "reply", messageId: "m1" } };
  assert.deepEqual(meant("Yes", reply), { content: "Yes", replyTo: "m1" });
  const about = { context: { kind: "about", messageId: "m1" }, pressed: "user" };
  assert.deepEqual(meant("Why?", about), { type: "ai", content: "Why?", replyTo: "m1" });
});

test("the room that is left is counted in characters, and only near the end", () => {
  assert.equal(roomIn("x".repeat(15_000)), null);
  assert.equal(roomIn("👋".repeat(10_000)), null);
  assert.equal(roomIn("👋".repeat(16_300)), 84);
  assert.equal(roomIn("x".repeat(16_385)), -1);
});
