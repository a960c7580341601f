import assert from "node:assert/strict";
import { test } from "node:test";

import { chatIn, isPlainClick } from "../../static/js/navigation.js";

const HERE = "https://chat.example";
const found = (address) => chatIn(new URL(address, HERE), HERE);
const click = { button: 0, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };

test("a chat is known by its address", () => {
  assert.equal(found("/chats/lunch/"), "lunch");
  assert.equal(found("/chats/5f0c1a52-0d3c-4a43-9f0e-2f4d7e8d9c11/#m"), "5f0c1a52-0d3c-4a43-9f0e-2f4d7e8d9c11");
});

for (const address of ["/", "/chats/", "/chats/a/b/", "/chats/lunch/?before=3", "/chats/-x/"]) {
  test(`${address} is another page`, () => assert.equal(found(address), null));
}

test("another site is another page, whatever its path", () => {
  assert.equal(found("https://evil.example/chats/lunch/"), null);
});

test("only a plain left click stays in the page", () => {
  assert.equal(isPlainClick(click), true);
  for (const wish of [{ button: 1 }, { ctrlKey: true }, { metaKey: true }, { shiftKey: true }]) {
    assert.equal(isPlainClick({ ...click, ...wish }), false);
  }
});
