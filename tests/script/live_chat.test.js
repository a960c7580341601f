import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Alarms } from "../../static/js/alarms.js";
import { Backoff } from "../../static/js/backoff.js";
import { ChatList } from "../../static/js/chat_list.js";
import { Chats } from "../../static/js/chats.js";
import { Connection } from "../../static/js/connection.js";
import { Disconnected } from "../../static/js/protocol.js";
import { SocketLine } from "../../static/js/socket_line.js";
import { LiveChat } from "../../static/js/live_chat.js";
import { FakeSocket } from "./fake_socket.js";
import { ManualTimers, settled } from "./manual_timers.js";
import { wire } from "./wire.js";

const server = wire("server");
const messages = wire("messages");
const { fromBob, system, user } = messages;

let sockets;
let asked;
let timers;
let connection;
let chat;

const last = () => sockets.at(-1);
const contents = () => chat.rows().map(({ content }) => content);
const states = () => chat.rows().map(({ state }) => state);
const lastSent = (action) => last().sent.findLast((frame) => frame.action === action);

function event(seq, message = null, type = "user_message") {
  const base = { op: "event", type, chatId: "lunch", epoch: "k3v9x2", seq, at: 0, actor: null };
  return message ? { ...base, message } : base;
}

/** A message of the page's own reader, as the server stores what was sent. */
function stored({ clientMessageId, content }, seq) {
  return { ...user, messageId: `m${seq}`, clientMessageId, content, html: content, seq };
}

function open(page = {}) {
  sockets = [];
  asked = [];
  timers = new ManualTimers();
  const read = () => new Promise(() => undefined);
  const list = new ChatList({ selfId: 7, read, alarms: new Alarms(timers), onChange: () => undefined });
  const chats = new Chats({ make: (known) => makeChat(known), alarms: new Alarms(timers), list });
  const openSocket = (protocol) => sockets[sockets.push(new FakeSocket(protocol)) - 1];
  const backoff = new Backoff(() => 1);
  const clock = () => timers.now;
  const lines = [(listener) => new SocketLine({ openSocket, listener, timers, clock })];
  connection = new Connection({ lines, listener: chats, timers, clock, backoff });
  chat = chats.show({ chatId: "lunch", cursor: "k3v9x2:40", ...page });
  connection.start();
}

function makeChat(known) {
  return new LiveChat(
    { user: { id: 7, name: "Ann" }, ...known },
    {
      connection,
      rest: { call: (frame) => new Promise(() => asked.push(frame)) },
      onChange: () => undefined,
      timers,
      clock: () => timers.now,
    },
  );
}

async function subscribed(data = {}) {
  last().push(server.hello);
  last().reply("subscribe", { ...server.live.data, ...data });
  await settled();
}

beforeEach(() => open());

test("it says what is true: catching up, in step, offline, catching up, in step", async () => {
  assert.equal(chat.state, "catchingUp");
  await subscribed();
  assert.equal(chat.state, "inStep");
  last().end(1006);
  assert.equal(chat.state, "offline");
  await timers.pass(500);
  assert.equal(chat.state, "offline");
  last().push(server.hello);
  assert.equal(chat.state, "catchingUp");
  last().reply("subscribe", server.live.data);
  await settled();
  assert.equal(chat.state, "inStep");
});

test("it subscribes from where the page stands", () => {
  last().push(server.hello);
  assert.deepEqual(lastSent("subscribe"), wire("client").subscribe);
});

for (const name of ["send", "read", "typing"]) {
  test(`${name} looks as the contract has it`, async () => {
    const { id, action, ...what } = wire("client")[name];
    await subscribed();
    chat.tell(name, { on: what.on, seq: what.seq });
    chat.outbox.add(what, what.clientMessageId);
    chat.outbox.flush();
    assert.deepEqual({ ...lastSent(action), id }, { id, action, ...what });
  });
}

test("events are applied in order, and an unknown type moves the cursor all the same", async () => {
  await subscribed();
  last().push(event(43, { ...system, seq: 43 }));
  last().push(event(41, user));
  last().push(event(42, null, "chat_painted_blue"));
  assert.deepEqual(contents(), ["Olá", "Welcome"]);
  assert.equal(chat.state, "inStep");
});

test("a subscription that is lost while the line is still there is asked for again", async () => {
  const call = connection.call.bind(connection);
  connection.call = () => Promise.reject(new Disconnected());
  last().push(server.hello);
  await settled();
  assert.equal(chat.state, "catchingUp");
  connection.call = call;
  await timers.pass(1_000);
  assert.deepEqual(last().actions(), ["subscribe"]);
});

test("a gap is waited for, then asked for, from the cursor", async () => {
  await subscribed();
  last().push(event(42, fromBob));
  assert.equal(chat.state, "catchingUp");
  await timers.pass(249);
  assert.equal(last().actions().length, 1);
  await timers.pass(1);
  assert.equal(lastSent("subscribe").since, "k3v9x2:40");
  const events = [event(41, user), event(42, fromBob)];
  last().reply("subscribe", { ...server.live.data, mode: "replay", events, head: "k3v9x2:42" });
  await settled();
  assert.deepEqual(contents(), ["Olá", "Oi"]);
  assert.equal(chat.state, "inStep");
});

test("a gap that closes by itself asks for nothing", async () => {
  await subscribed();
  last().push(event(42, fromBob));
  last().push(event(41, user));
  await timers.pass(1_000);
  assert.deepEqual(last().actions(), ["subscribe"]);
  assert.equal(chat.state, "inStep");
});

test("a lost last event is found by comparing heads", async () => {
  await subscribed();
  await timers.pass(25_000);
  last().reply("ping", { heads: { lunch: "k3v9x2:41" }, now: 0 });
  await settled();
  assert.equal(chat.state, "catchingUp");
  await timers.pass(250);
  assert.deepEqual(last().actions(), ["subscribe", "ping", "subscribe"]);
});

test("nothing of another chat touches the page", async () => {
  await subscribed();
  last().push({ ...event(41, { ...user, chatId: "dinner" }), chatId: "dinner" });
  last().push({ ...server.typing, chatId: "dinner" });
  last().push({ ...server.revoked, chatId: "dinner" });
  assert.deepEqual(contents(), []);
  assert.deepEqual(chat.company.writing, []);
  assert.equal(chat.state, "inStep");
});

test("a snapshot replaces the page, and what is being sent stays", async () => {
  open({ messages: [{ messageId: "gone", chatId: "lunch", seq: 3, rev: 1, content: "stale" }] });
  await subscribed();
  chat.send({ content: "mine" });
  last().end(1006);
  await timers.pass(500);
  const snapshot = { mode: "snapshot", messages: [user, fromBob], head: "m7q2aa:42" };
  await subscribed(snapshot);
  assert.deepEqual(contents(), ["Olá", "Oi", "mine"]);
  last().push({ ...event(43, system), epoch: "m7q2aa" });
  assert.deepEqual(contents(), ["Olá", "Oi", "Welcome", "mine"]);
});

test("messages still being generated are shown as they are now", async () => {
  await subscribed({ open: [messages.placeholder] });
  assert.deepEqual(chat.rows(), [messages.placeholder]);
});

test("a text written before anything works is sent once it does", async () => {
  assert.equal(chat.send({ content: "early" }), true);
  assert.deepEqual(states(), ["sending"]);
  await subscribed();
  assert.equal(lastSent("send").content, "early");
});

test("where nothing has ever worked a text has to go by the form", async () => {
  last().end(1006);
  assert.equal(chat.send({ content: "hello" }), false);
  assert.equal(chat.outbox.isEmpty, true);
});

test("a text too large for a frame goes by a request", async () => {
  await subscribed();
  chat.send({ content: "👋".repeat(16_384) });
  assert.deepEqual(asked.map(({ action }) => action), ["send"]);
  assert.deepEqual(last().actions(), ["subscribe"]);
});

test("a text is shown at once, and once it is stored stands there once", async () => {
  await subscribed();
  chat.send({ content: "hello" });
  assert.deepEqual(states(), ["sending"]);
  const message = stored(lastSent("send"), 41);
  last().push(event(41, message));
  assert.deepEqual(chat.rows(), [message]);
  last().reply("send", { message, duplicate: false, budget: null });
  await settled();
  assert.deepEqual(chat.rows(), [message]);
  assert.equal(chat.outbox.isEmpty, true);
});

test("what is being sent stands at the end, in the order of writing", async () => {
  await subscribed();
  chat.send({ content: "second thing" });
  chat.send({ content: "third thing" });
  last().push(event(41, user));
  assert.deepEqual(contents(), ["Olá", "second thing", "third thing"]);
});

test("texts go one by one, in order", async () => {
  await subscribed();
  chat.send({ content: "one" });
  chat.send({ content: "two" });
  assert.equal(lastSent("send").content, "one");
  last().reply("send", { message: stored(lastSent("send"), 41), duplicate: false });
  await settled();
  assert.equal(lastSent("send").content, "two");
});

test("after a break the same message goes again, under the same id", async () => {
  await subscribed();
  chat.send({ content: "hello" });
  const first = lastSent("send");
  last().end(1006);
  chat.send({ content: "while away" });
  assert.deepEqual(states(), ["sending", "sending"]);
  await timers.pass(500);
  await subscribed();
  assert.equal(lastSent("send").clientMessageId, first.clientMessageId);
  assert.equal(lastSent("send").content, "hello");
});

test("a message whose reply was lost is found in the replay, and not sent again", async () => {
  await subscribed();
  chat.send({ content: "hello" });
  const message = stored(lastSent("send"), 41);
  last().end(1006);
  await timers.pass(500);
  await subscribed({ mode: "replay", events: [event(41, message)], head: "k3v9x2:41" });
  assert.deepEqual(last().actions(), ["subscribe"]);
  assert.deepEqual(chat.rows(), [message]);
});

test("what was stored in a log that is gone meanwhile is not shown", async () => {
  await subscribed();
  chat.send({ content: "hello" });
  const message = stored(lastSent("send"), 41);
  last().push({ op: "notice", type: "positionLost", chatId: "lunch" });
  last().reply("subscribe", { ...server.live.data, mode: "snapshot", messages: [], head: "m7q2aa:0" });
  await settled();
  last().reply("send", { message, duplicate: false });
  await settled();
  assert.deepEqual(chat.rows(), []);
});

test("told to wait, it waits and sends the same again", async () => {
  await subscribed();
  chat.send({ content: "hello" });
  const { clientMessageId } = lastSent("send");
  last().refuse("send", server.rateLimited.error);
  await settled();
  assert.deepEqual(chat.rows().map(({ state, retryAt }) => [state, retryAt]), [["waiting", 4_100]]);
  await timers.pass(4_099);
  assert.equal(last().actions().length, 2);
  await timers.pass(1);
  assert.equal(last().actions().length, 3);
  assert.equal(lastSent("send").clientMessageId, clientMessageId);
});

test("a clear no is shown with its reason, and the text can be had back", async () => {
  await subscribed();
  chat.send({ content: "hello" });
  const { clientMessageId } = lastSent("send");
  last().refuse("send", { code: "tooLarge", message: "Too long.", retryable: false, details: {} });
  await settled();
  const [{ content, state, reason, code }] = chat.rows();
  assert.deepEqual({ content, state, reason, code }, {
    content: "hello",
    state: "failed",
    reason: "Too long.",
    code: "tooLarge",
  });
  assert.equal(chat.outbox.takeBack(clientMessageId), "hello");
  assert.deepEqual(chat.rows(), []);
});

test("access that is taken away ends it, and nothing comes back", async () => {
  await subscribed();
  last().push(server.revoked);
  assert.equal(chat.state, "stopped");
  assert.equal(chat.stopped.code, "subscriptionRevoked");
  assert.equal(chat.send({ content: "hello" }), false);
  last().push(event(41, user));
  assert.deepEqual(contents(), []);
});

test("a chat that is not there ends it too", async () => {
  last().push(server.hello);
  last().refuse("subscribe", server.notFound.error);
  await settled();
  assert.equal(chat.state, "stopped");
  assert.equal(last().isClosed, false);
});

test("a server too busy to subscribe is asked again", async () => {
  last().push(server.hello);
  last().refuse("subscribe", { code: "unavailable", message: "Busy.", retryable: true, details: {} });
  await settled();
  assert.equal(chat.state, "catchingUp");
  await timers.pass(1_000);
  assert.deepEqual(last().actions(), ["subscribe", "subscribe"]);
});

test("a session that ends leaves what was not sent, with the reason", async () => {
  await subscribed();
  chat.send({ content: "hello" });
  last().push(server.error);
  last().end(4501);
  await settled();
  assert.equal(chat.state, "stopped");
  assert.deepEqual(states(), ["failed"]);
  assert.equal(chat.rows()[0].reason, server.error.error.message);
});

test("a lost position is taken up again", async () => {
  await subscribed();
  last().push({ op: "notice", type: "positionLost", chatId: "lunch" });
  assert.deepEqual(last().actions(), ["subscribe", "subscribe"]);
});

test("only one subscription is asked for at a time", async () => {
  last().push(server.hello);
  last().push({ op: "notice", type: "positionLost", chatId: "lunch" });
  assert.deepEqual(last().actions(), ["subscribe"]);
  last().reply("subscribe", server.live.data);
  await settled();
  assert.deepEqual(last().actions(), ["subscribe", "subscribe"]);
  last().reply("subscribe", server.live.data);
  await settled();
  assert.equal(chat.state, "inStep");
});

test("what may be done is asked again once the chat is frozen", async () => {
  await subscribed();
  last().push(event(41, null, "chat_frozen"));
  await timers.pass(0);
  const permissions = { ...server.live.data.permissions, send: false };
  last().reply("subscribe", { ...server.live.data, head: "k3v9x2:41", permissions });
  await settled();
  assert.equal(chat.permissions.send, false);
});

test("what may be done is asked again when a mute has ended", async () => {
  const permissions = { ...server.live.data.permissions, send: false };
  await subscribed({ permissions, mutedForMs: 20_000 });
  await timers.pass(19_000);
  assert.equal(chat.permissions.send, false);
  assert.equal(last().actions().filter((action) => action === "subscribe").length, 1);
  await timers.pass(1_000);
  last().reply("subscribe", server.live.data);
  await settled();
  assert.equal(chat.permissions.send, true);
});

test("a new title is heard of", async () => {
  await subscribed();
  last().push({ ...event(41, null, "chat_renamed"), data: { title: "Dinner" } });
  assert.equal(chat.title, "Dinner");
});

test("reading is told at once, then at most once a second, and not for what was told", async () => {
  open({ readSeq: 40 });
  await subscribed();
  const told = () => last().sent.filter(({ action }) => action === "read").map(({ seq }) => seq);
  chat.markRead();
  assert.deepEqual(told(), []);
  for (const seq of [41, 42, 43]) {
    last().push(event(seq, { ...user, seq }));
    chat.markRead();
  }
  assert.deepEqual(told(), [41]);
  last().push(event(44, { ...user, seq: 44 })); // which nobody has seen
  await timers.pass(1_000);
  assert.deepEqual(told(), [41, 43]);
  chat.markRead();
  await timers.pass(1_000);
  chat.markRead();
  assert.deepEqual(told(), [41, 43, 44]);
});

test("company is heard of, and gone when the connection is", async () => {
  await subscribed();
  assert.deepEqual([chat.company.others, chat.company.writing], [["Bob"], []]);
  last().push(server.typing);
  assert.deepEqual(chat.company.writing, ["Bob"]);
  await timers.pass(3_000);
  last().push(server.typing);
  await timers.pass(5_999);
  assert.deepEqual(chat.company.writing, ["Bob"]);
  await timers.pass(1);
  assert.deepEqual(chat.company.writing, []);
  last().end(1006);
  assert.deepEqual(chat.company.others, []);
});

const question = { ...fromBob, messageId: "m9", type: "ai", status: "processing", content: "", seq: 40 };

function growing(chunk) {
  const common = { op: "ephemeral", type: "aiDelta", chatId: "lunch", messageId: "m9", rev: question.rev };
  last().push({ ...common, ...chunk });
}

test("a piece of an answer that was dropped is fetched, and asked for by the next where that fails", async () => {
  open({ messages: [question] });
  await subscribed();
  growing({ from: 4, text: "two " });
  await timers.pass(1_000);
  last().refuse("fetch", { code: "unavailable", message: "", retryable: true });
  await settled();
  growing({ from: 8, text: "three" });
  await timers.pass(1_000);
  assert.equal(last().actions().filter((name) => name === "fetch").length, 2);
  assert.deepEqual(lastSent("fetch").messageIds, ["m9"]);
  last().reply("fetch", { results: { m9: { ...question, content: "one " } } });
  await settled();
  assert.deepEqual(contents(), ["one two three"]);
});

test("where nothing brings the pieces, an answer is looked at as it grows", async () => {
  open({ messages: [question] });
  await subscribed();
  chat.onHeads({ lunch: "k3v9x2:40" });
  assert.ok(!last().actions().includes("fetch"));
  connection.rung = 2;
  chat.onHeads({ lunch: "k3v9x2:40" });
  last().reply("fetch", { results: { m9: { ...question, content: "one two" } } });
  await settled();
  assert.deepEqual(contents(), ["one two"]);
});
