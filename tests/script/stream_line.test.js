import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { StreamLine } from "../../static/js/stream_line.js";
import { FakeRest } from "./fake_rest.js";
import { ManualTimers, settled } from "./manual_timers.js";

const HELLO = { op: "hello", user: { id: 7, name: "Ann" }, pingIntervalMs: 15_000 };

let timers;
let rest;
let streams;
let told;
let line;

/** One answer that goes on; text is pushed into it, or it ends. */
class FakeStream {
  #pieces = [];
  #wake = () => undefined;
  isOver = false;

  constructor(path, signal) {
    this.query = new URLSearchParams(path.split("?")[1]);
    this.signal = signal;
  }

  async *pieces() {
    while (!this.isOver || this.#pieces.length > 0) {
      while (this.#pieces.length > 0) {
        yield this.#pieces.shift();
      }
      if (!this.isOver) {
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  push(frame, id = null) {
    return this.text(`${id ? `id: ${id}\n` : ""}data: ${JSON.stringify(frame)}\n\n`);
  }

  text(text) {
    this.#pieces.push(text);
    this.#wake();
    return settled();
  }

  end() {
    this.isOver = true;
    this.#wake();
    return settled();
  }
}

const last = () => streams.at(-1);

beforeEach(() => {
  timers = new ManualTimers();
  rest = new FakeRest();
  streams = [];
  told = [];
  const tell = (word) => (value) => told.push(word === "frame" ? value.type : [word, value]);
  line = new StreamLine({
    openStream: async (path, signal) => {
      streams.push(new FakeStream(path, signal));
      return last().pieces();
    },
    rest,
    listener: { onOpen: () => told.push("open"), onFrame: tell("frame"), onEnd: tell("end") },
    chatIds: ["lunch", "tea"],
    timers,
  });
});

test("it is open from the hello on, and hears of all chats it was given", async () => {
  assert.equal(last().query.get("chats"), "lunch,tea");
  assert.equal(last().query.get("since"), null);
  await last().push(HELLO, "lunch=k:40,tea=m:7");
  assert.deepEqual(told, ["open"]);
});

test("frames are passed on, however the text is cut", async () => {
  await last().push(HELLO);
  await last().text('data: {"op":"eve');
  await last().text('nt","type":"user_message"}\n');
  await last().text("\n: comment\n\n");
  assert.deepEqual(told, ["open", "user_message"]);
});

test("another chat is heard from where its subscription ended, the others from where they were", async () => {
  await last().push(HELLO, "lunch=k:40,tea=m:7");
  await last().push({ op: "event", type: "user_message" }, "lunch=k:41,tea=m:7");
  const call = line.call({ action: "subscribe", chatId: "dinner", since: null, tail: 50 });
  rest.answer("subscribe", { head: "x:3" });
  await call;
  await timers.pass(50);
  assert.equal(streams.length, 2);
  assert.equal(streams[0].signal.aborted, true);
  assert.equal(last().query.get("chats"), "lunch,tea,dinner");
  assert.equal(last().query.get("since"), "lunch=k:41,tea=m:7,dinner=x:3");
  await last().push(HELLO);
  assert.deepEqual(told, ["open", "user_message"]);
});

test("a chat that is not ours is not asked for in a stream", async () => {
  await last().push(HELLO);
  const call = line.call({ action: "subscribe", chatId: "secret", since: null, tail: 50 });
  rest.refuse("subscribe", "notFound");
  await assert.rejects(call, { code: "notFound" });
  await timers.pass(1_000);
  assert.equal(streams.length, 1);
});

test("who keeps streams back is no line", async () => {
  await timers.pass(10_000);
  assert.deepEqual(told, [["end", null]]);
  assert.equal(last().signal.aborted, true);
});

test("comments keep it, silence ends it", async () => {
  await last().push(HELLO);
  await timers.pass(40_000);
  await last().text(":\n\n");
  await timers.pass(40_000);
  assert.deepEqual(told, ["open"]);
  await timers.pass(5_000);
  assert.deepEqual(told, ["open", ["end", null]]);
});

test("an end is an end, and a session's end is one for good", async () => {
  await last().push(HELLO);
  await last().push({ op: "error", error: { code: "unauthenticated", message: "bye" } });
  await last().end();
  assert.deepEqual(told, ["open", ["end", 4501]]);
});
