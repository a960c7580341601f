import assert from "node:assert/strict";
import { test } from "node:test";

import { videoAddressIn } from "../../static/js/intent.js";

const ID = "dQw4w9WgXcQ";

test("a text that is the address of a video is one", () => {
  for (const address of [
    `https://www.youtube.com/watch?v=${ID}`,
    `https://youtube.com/watch?list=PL1&v=${ID}&t=42s`,
    `https://m.youtube.com/shorts/${ID}`,
    `https://music.youtube.com/watch?v=${ID}`,
    `https://youtu.be/${ID}?t=3`,
    `https://www.youtube.com/live/${ID}`,
  ]) {
    assert.equal(videoAddressIn(` ${address}\n`), address);
  }
});

test("anything else stays a message", () => {
  for (const text of [
    "hello",
    `look: https://youtu.be/${ID}`,
    `https://youtu.be/${ID} is nice`,
    "https://www.youtube.com/@channel",
    `https://youtube.com.example.org/watch?v=${ID}`,
    `https://user@youtube.com/watch?v=${ID}`,
    `https://youtu.be/${ID}x`,
  ]) {
    assert.equal(videoAddressIn(text), null);
  }
});
