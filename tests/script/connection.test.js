import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Backoff } from "../../static/js/backoff.js";
import { Connection } from "../../static/js/connection.js";
import { SocketLine } from "../../static/js/socket_line.js";
import { Disconnected } from "../../static/js/protocol.js";
import { FakeSocket } from "./fake_socket.js";
import { ManualTimers } from "./manual_timers.js";
import { wire } from "./wire.js";

const { hello, error, rateLimited, typing } = wire("server");
let sockets;
let timers;
let told;
let connection;

const last = () => sockets.at(-1);
const openSocket = (protocol) => sockets[sockets.push(new FakeSocket(protocol)) - 1];
const openLine = (listener) => new SocketLine({ openSocket, listener, timers, clock: () => timers.now });

beforeEach(() => {
  sockets = [];
  told = [];
  timers = new ManualTimers();
  connection = new Connection({
    lines: [openLine],
    listener: {
      onOpen: () => told.push("open"),
      onFrame: (frame) => told.push(frame.type),
      onHeads: (heads) => told.push(heads),
      onWaiting: () => told.push("waiting"),
      onStopped: (code, message) => told.push([code, message]),
    },
    timers,
    clock: () => timers.now,
    backoff: new Backoff(() => 1),
  });
  connection.start();
});

test("it is ready from the hello on, and asks for our subprotocol", () => {
  assert.equal(last().protocol, "chat.v1.json");
  assert.equal(connection.isReady, false);
  last().push(hello);
  assert.equal(connection.isReady, true);
  assert.deepEqual(told, ["open"]);
});

test("each reply finds the call it answers", async () => {
  last().push(hello);
  const first = connection.call({ action: "ping" });
  const second = connection.call({ action: "read", chatId: "lunch", seq: 41 });
  last().reply("read", { seq: 41 });
  last().reply("ping", { now: 1 });
  assert.deepEqual(await first, { now: 1 });
  assert.deepEqual(await second, { seq: 41 });
});

test("a refusal reaches its caller", async () => {
  last().push(hello);
  const call = connection.call({ action: "ping" });
  last().refuse("ping", rateLimited.error);
  await assert.rejects(call, { code: "rateLimited", retryAfterMs: 4100 });
});

test("a break tells every caller that nothing is known", async () => {
  last().push(hello);
  const call = connection.call({ action: "ping" });
  last().end(1006);
  await assert.rejects(call, Disconnected);
  await assert.rejects(connection.call({ action: "ping" }), Disconnected);
  assert.deepEqual(told, ["open", "waiting"]);
});

test("after a break it comes back, later each time until all is well", async () => {
  last().end(4000);
  await timers.pass(500);
  assert.equal(sockets.length, 2);
  last().end(4001);
  await timers.pass(999);
  assert.equal(sockets.length, 2);
  await timers.pass(1);
  assert.equal(sockets.length, 3);
  last().push(hello);
  connection.settle();
  last().end(1006);
  await timers.pass(500);
  assert.equal(sockets.length, 4);
});

test("a final close stops it for good, with the server's reason", async () => {
  last().push(error);
  last().end(4501);
  assert.deepEqual(told, [[4501, error.error.message]]);
  await timers.pass(60_000);
  assert.equal(sockets.length, 1);
  assert.equal(timers.count, 0);
});

test("a good sign cuts the waiting short, and only the waiting", async () => {
  connection.hurry();
  assert.equal(sockets.length, 1);
  last().end(1006);
  connection.hurry();
  connection.hurry();
  assert.equal(sockets.length, 2);
  await timers.pass(5_000);
  assert.equal(sockets.length, 2);
});

test("a server that does not greet is given up", async () => {
  await timers.pass(10_000);
  assert.equal(sockets[0].isClosed, true);
  await timers.pass(500);
  assert.equal(sockets.length, 2);
});

test("it pings as often as it was told, and passes on the heads", async () => {
  last().push(hello);
  await timers.pass(25_000);
  assert.deepEqual(last().actions(), ["ping"]);
  last().reply("ping", { heads: { lunch: "k3v9x2:41" }, now: 1 });
  await timers.pass(0);
  assert.deepEqual(told, ["open", { lunch: "k3v9x2:41" }]);
});

test("silence for a whole interval is a break, though the socket says nothing", async () => {
  last().push(hello);
  await timers.pass(25_000);
  await timers.pass(25_000);
  assert.equal(sockets[0].isClosed, true);
  assert.equal(connection.isReady, false);
  assert.deepEqual(told, ["open", "waiting"]);
});

test("what an old socket still says is not heard", async () => {
  const [old] = sockets;
  old.push(hello);
  connection.interrupt();
  await timers.pass(500);
  old.push(typing);
  old.end(4501);
  assert.deepEqual(told, ["open", "waiting"]);
  assert.equal(sockets.length, 2);
});

test("stopping lets go of the socket and of every timer", () => {
  last().push(hello);
  connection.stop();
  assert.equal(last().isClosed, true);
  assert.equal(timers.count, 0);
});

test("a frame that is none, or of an unknown op, harms nobody", () => {
  last().onmessage({ data: "no json" });
  last().push({ op: "reply", id: 999, ok: true });
  last().push(hello);
  assert.deepEqual(told, ["open"]);
});
