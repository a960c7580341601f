import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Refusal,
  bytesOf,
  decode,
  isFinal,
  meaningOf,
} from "../../static/js/protocol.js";
import { wire } from "./wire.js";

const server = wire("server");

test("a frame of the server is read", () => {
  assert.deepEqual(decode(JSON.stringify(server.hello)), server.hello);
});

for (const text of ["", "no json", "null", "7", '"hello"', "[]", "{}"]) {
  test(`${JSON.stringify(text)} is no frame`, () => assert.equal(decode(text), null));
}

test("a frame's size is counted in bytes, not in characters", () => {
  const emoji = { action: "send", content: "👋".repeat(16384) };
  assert.ok(bytesOf(emoji) > 65536);
  const letters = { action: "send", content: "a".repeat(16384) };
  assert.ok(bytesOf(letters) < 65536);
});

test("a page comes back after 4000 to 4499 and after a cut, and stops at 4500 to 4999", () => {
  assert.deepEqual([4000, 4499, 1001, 1006, null].filter(isFinal), []);
  assert.deepEqual([4500, 4999].filter(isFinal), [4500, 4999]);
});

test("the reader is told what the end means", () => {
  assert.equal(meaningOf(4501), "signedOut");
  assert.equal(meaningOf(4502), "noAccess");
  assert.equal(meaningOf(server.revoked.type), "noAccess");
  assert.equal(meaningOf(server.notFound.error.code), "noAccess");
  assert.equal(meaningOf(4500), "broken");
});

test("a refusal keeps what the server said", () => {
  const refusal = new Refusal(server.rateLimited.error);
  assert.equal(refusal.code, "rateLimited");
  assert.equal(refusal.message, server.rateLimited.error.message);
  assert.equal(refusal.retryable, true);
  assert.equal(refusal.retryAfterMs, 4100);
});
