import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Disconnected } from "../../static/js/protocol.js";
import { SharedConnection } from "../../static/js/shared_connection.js";
import { FakeChannels, FakeLocks } from "./fake_browser.js";
import { ManualTimers, settled } from "./manual_timers.js";

let timers;
let channels;
let locks;
let links;
let tabs;

/** A connection to the server, in the test's hand. */
class FakeLink {
  isReady = false;
  isHopeless = false;
  rung = 0;
  isStopped = false;
  asked = [];

  constructor(listener) {
    this.listener = listener;
    links.push(this);
  }

  start() {}
  settle() {}
  hurry() {}
  nudge() {}
  listen() {}

  watch(chatId) {
    this.watched = chatId;
  }

  stop() {
    this.isStopped = true;
  }

  call(frame) {
    return new Promise((resolve, reject) => this.asked.push({ frame, resolve, reject }));
  }

  open() {
    this.isReady = true;
    this.listener.onOpen({});
  }
}

class Tab {
  told = [];

  constructor() {
    const tell = (word) => (value) => this.told.push(word === "frame" ? value.type : word);
    this.locks = locks.ofTab();
    this.channel = channels.open();
    this.connection = new SharedConnection({
      connect: (listener) => new FakeLink(listener),
      listener: {
        onOpen: tell("open"),
        onFrame: tell("frame"),
        onHeads: tell("heads"),
        onWaiting: tell("waiting"),
        onStopped: tell("stopped"),
      },
      channel: this.channel,
      locks: this.locks,
      name: "link",
      timers,
      clock: () => timers.now,
    });
    this.connection.start();
    tabs.push(this);
  }

  /** Closed, or killed: the browser takes back its lock and says nothing. */
  die() {
    this.channel.close();
    this.locks.die();
  }
}

beforeEach(async () => {
  timers = new ManualTimers();
  channels = new FakeChannels();
  locks = new FakeLocks();
  links = [];
  tabs = [];
  for (let tab = 0; tab < 3; tab += 1) {
    new Tab();
    await timers.pass(1);
  }
});

const told = () => tabs.map((tab) => tab.told);

test("one of many tabs holds the link, and all hear of it", async () => {
  links[0].open();
  await settled();
  assert.equal(links.length, 1);
  assert.deepEqual(told().map((words) => words.at(-1)), ["open", "open", "open"]);
  links[0].listener.onFrame({ type: "typing" });
  await settled();
  assert.deepEqual(told().map((words) => words.at(-1)), ["typing", "typing", "typing"]);
});

test("a tab that comes later learns that the link is open", async () => {
  links[0].open();
  new Tab();
  await settled();
  assert.deepEqual(tabs[3].told, ["open"]);
  assert.equal(tabs[3].connection.isReady, true);
});

test("what another tab asks is answered through the leader, and so is a refusal", async () => {
  links[0].open();
  await settled();
  const answer = tabs[1].connection.call({ action: "send", chatId: "lunch" });
  await settled();
  links[0].asked[0].resolve({ message: 1 });
  assert.deepEqual(await answer, { message: 1 });
  const refusal = tabs[2].connection.call({ action: "send", chatId: "lunch" });
  await settled();
  links[0].asked[1].reject(Object.assign(new Error("no"), { code: "muted" }));
  await assert.rejects(refusal, { code: "muted", message: "no" });
});

test("subscriptions of one chat are asked for one after the other, and all hear of the head", async () => {
  links[0].open();
  await settled();
  tabs[1].connection.call({ action: "subscribe", chatId: "lunch", since: "k:1" });
  tabs[2].connection.call({ action: "subscribe", chatId: "lunch", since: "k:2" });
  await settled();
  assert.equal(links[0].asked.length, 1);
  links[0].asked[0].resolve({ head: "k:9" });
  await settled();
  assert.equal(links[0].asked.length, 2);
  assert.deepEqual(told().map((words) => words.at(-1)), ["heads", "heads", "heads"]);
});

test("what one tab has read, the others know", async () => {
  links[0].open();
  await settled();
  tabs[2].connection.call({ action: "read", chatId: "lunch", seq: 4 });
  await settled();
  assert.deepEqual(told().map((words) => words.at(-1)), ["read", "read", "read"]);
});

test("a leader that dies is replaced, and whoever waited for it is told", async () => {
  links[0].open();
  await settled();
  const call = tabs[2].connection.call({ action: "send" });
  const lost = assert.rejects(call, Disconnected);
  await settled();
  tabs[0].die();
  await settled();
  await lost;
  assert.equal(links.length, 2);
  assert.equal(tabs[1].told.at(-1), "waiting");
  assert.equal(tabs[2].told.at(-1), "waiting");
  links[1].open();
  await settled();
  assert.equal(tabs[2].told.at(-1), "open");
});

test("a frozen leader is passed over, and obeys once it wakes", async () => {
  links[0].open();
  await settled();
  tabs[0].channel.freeze();
  await timers.pass(12_000);
  assert.equal(links.length, 2);
  links[1].open();
  await settled();
  assert.equal(tabs[2].told.at(-1), "open");
  tabs[0].channel.thaw();
  await settled();
  assert.equal(links[0].isStopped, true);
  assert.equal(tabs[0].connection.isLeading, false);
  assert.equal(tabs[0].told.at(-1), "open");
});

test("what a replaced leader still says is not heeded", async () => {
  links[0].open();
  await settled();
  tabs[0].channel.freeze();
  await timers.pass(12_000);
  links[1].open();
  await settled();
  const before = tabs[2].told.length;
  tabs[0].channel.postMessage({ kind: "tell", what: "onWaiting", values: [], state: {}, since: 0 });
  await settled();
  assert.equal(tabs[2].told.length, before);
});

test("an answering leader is left alone", async () => {
  links[0].open();
  await timers.pass(60_000);
  assert.equal(links.length, 1);
});

test("the end of the session ends all tabs, and the next one begins afresh", async () => {
  links[0].open();
  await settled();
  links[0].listener.onStopped(4501, "bye");
  await settled();
  assert.deepEqual(told().map((words) => words.at(-1)), ["stopped", "stopped", "stopped"]);
  new Tab();
  await settled();
  assert.equal(links.length, 2);
});
