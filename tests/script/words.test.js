import assert from "node:assert/strict";
import { test } from "node:test";

import { newClientMessageId } from "../../static/js/protocol.js";
import { authorOf, firstWords, say, stateOf } from "../../static/js/words.js";
import { wire } from "./wire.js";

const messages = wire("messages");
const words = {
  system: "System",
  assistant: "Assistant",
  nobody: "Nobody",
  removed: "Removed",
  "removed.staff": "Removed by a moderator",
  "ai.pending": "Waiting",
  error: "Failed: {reason}",
  errorUnknown: "unknown",
};

test("blanks are filled, and unknown ones left", () => {
  assert.equal(say("{names} is {what}", { names: "Bob {what}" }), "Bob {what} is {what}");
});

test("every message has a name over it", () => {
  assert.equal(authorOf(messages.user, words), "Ann");
  assert.equal(authorOf(messages.system, words), "System");
  assert.equal(authorOf(messages.placeholder, words), "Assistant");
  assert.equal(authorOf({ ...messages.user, author: null }, words), "Nobody");
});

test("what is not simply there is said", () => {
  assert.equal(stateOf(messages.user, words), "");
  assert.equal(stateOf(messages.placeholder, words), "Waiting");
  assert.equal(stateOf(messages.failed, words), "Failed: The assistant took too long.");
  assert.equal(stateOf({ ...messages.failed, error: {} }, words), "Failed: unknown");
  assert.equal(stateOf(messages.removed, words), "Removed by a moderator");
  assert.equal(stateOf({ ...messages.removed, removed: "erasure" }, words), "Removed");
});

test("a clientMessageId is like no other, with or without a secure context", () => {
  assert.match(newClientMessageId(), /^[0-9a-f]{32}$/);
  assert.notEqual(newClientMessageId(), newClientMessageId());
});

test("what is counted is said in the form that its language has for the number", () => {
  const english = { language: "en", one: "{count} message", other: "{count} messages" };
  const portuguese = { language: "pt-br", one: "{count} mensagem", other: "{count} mensagens" };
  const said = (words) => [0, 1, 2, 1_000_000].map((count) => say(words, { count }));
  assert.deepEqual(said(english), ["0 messages", "1 message", "2 messages", "1000000 messages"]);
  assert.deepEqual(said(portuguese), ["0 mensagem", "1 mensagem", "2 mensagens", "1000000 mensagens"]);
});

test("a line of a message is plain text, as the server has it", () => {
  for (const { html, words: line } of wire("first_words")) {
    assert.equal(firstWords({ ...messages.user, html }, words), line);
  }
  assert.equal(firstWords({ ...messages.user, html: `<p>${"a ".repeat(99)}</p>` }, words, 5), "a a a");
});
