import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Backoff } from "../../static/js/backoff.js";
import { Connection } from "../../static/js/connection.js";
import { ManualTimers } from "./manual_timers.js";

const NAMES = ["socket", "stream", "requests"];
let timers;
let tried;
let told;
let connection;

class FakeLine {
  isClosed = false;

  constructor(name, listener) {
    this.name = name;
    this.listener = listener;
    tried.push(this);
  }

  call() {
    return Promise.resolve(this.name);
  }

  listen() {}
  watch() {}
  nudge() {}

  close() {
    this.isClosed = true;
  }
}

const last = () => tried.at(-1);
const names = () => tried.map(({ name }) => name);
const open = () => last().listener.onOpen({});
const end = (code = null) => last().listener.onEnd(code, null);

beforeEach(() => {
  timers = new ManualTimers();
  tried = [];
  told = [];
  const tell = (word) => () => told.push(word);
  connection = new Connection({
    lines: NAMES.map((name) => (listener) => new FakeLine(name, listener)),
    listener: {
      onOpen: tell("open"),
      onWaiting: tell("waiting"),
      onStopped: tell("stopped"),
      onFrame: tell("frame"),
      onHeads: tell("heads"),
    },
    timers,
    clock: () => timers.now,
    backoff: new Backoff(() => 1),
  });
  connection.start();
});

async function fallTo(rung) {
  for (let step = 0; step < rung; step += 1) {
    end();
    await timers.pass(0);
  }
}

test("where the best does not open the next is tried at once", async () => {
  await fallTo(2);
  assert.deepEqual(names(), NAMES);
  open();
  assert.equal(connection.rung, 2);
  assert.equal(await connection.call({}), "requests");
});

test("where nothing opens it waits, says that it is hopeless, and begins anew", async () => {
  await fallTo(2);
  assert.equal(connection.isHopeless, false);
  end();
  assert.equal(connection.isHopeless, true);
  await timers.pass(499);
  assert.equal(tried.length, 3);
  await timers.pass(1);
  assert.equal(last().name, "socket");
  open();
  assert.equal(connection.isHopeless, false);
});

test("better lines are tried again beside the one in use, later each time", async () => {
  await fallTo(1);
  open();
  const [, stream] = tried;
  await timers.pass(5_000);
  assert.equal(last().name, "socket");
  end();
  assert.equal(stream.isClosed, false);
  await timers.pass(9_999);
  assert.equal(tried.length, 3);
  await timers.pass(1);
  open();
  assert.equal(stream.isClosed, true);
  assert.equal(connection.rung, 0);
  assert.deepEqual(told, ["waiting", "open", "open"]);
});

test("the line that was climbed to is the one whose end counts", async () => {
  await fallTo(1);
  open();
  await timers.pass(5_000);
  open();
  await timers.pass(20_000);
  end(1006);
  assert.equal(connection.isReady, false);
  assert.equal(told.at(-1), "waiting");
  await timers.pass(500);
  assert.equal(last().name, "socket");
});

test("a line that opens and does not last is left for the next", async () => {
  open();
  await timers.pass(1_000);
  end(1006);
  await timers.pass(0);
  assert.equal(last().name, "stream");
});

test("what has lasted is tried first again, after a wait", async () => {
  await fallTo(1);
  open();
  await timers.pass(4_000);
  await timers.pass(20_000);
  tried[1].listener.onEnd(null, null);
  const before = tried.length;
  await timers.pass(500);
  assert.equal(tried[before].name, "stream");
});

test("a final word ends all of it", async () => {
  open();
  end(4501);
  assert.equal(told.at(-1), "stopped");
  assert.equal(timers.count, 0);
});
