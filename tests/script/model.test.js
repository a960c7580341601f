/** Any mix of faults, and the page comes to show what a fresh load shows; MODEL_SEED repeats one. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Alarms } from "../../static/js/alarms.js";
import { Backoff } from "../../static/js/backoff.js";
import { ChatList } from "../../static/js/chat_list.js";
import { Chats } from "../../static/js/chats.js";
import { Connection } from "../../static/js/connection.js";
import { LiveChat } from "../../static/js/live_chat.js";
import { PollLine } from "../../static/js/poll_line.js";
import { Rest } from "../../static/js/rest.js";
import { SocketLine } from "../../static/js/socket_line.js";
import { StreamLine } from "../../static/js/stream_line.js";
import { FakeUnsent } from "./fake_unsent.js";
import { ManualTimers } from "./manual_timers.js";
import { apiOf } from "./model_api.js";
import { ModelNetwork } from "./model_network.js";
import { ModelServer } from "./model_server.js";

const CHAT_IDS = ["lunch", "dinner", "tea"];
const RUNS = 15;
const STEPS = 120;
// Which lines there are, the best one first.
const WAYS = [["socket"], ["stream"], ["poll"], ["socket", "stream", "poll"]];

/** Small, quick, and the same everywhere (mulberry32). */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kept from page to page; nothing of it is late, since that is not what this is about. */
class ModelShelf {
  kept = new Map();

  async get(store, chatId) {
    return store === "chats" ? structuredClone(this.kept.get(chatId)) : undefined;
  }

  async putChat(chat) {
    this.kept.set(chat.chatId, structuredClone(chat));
  }

  delete() {}
}

/** As the page's session does it. */
class Watched extends Chats {
  onOpen() {
    super.onOpen();
    this.connection.watch(this.current.chatId);
  }
}

class Page {
  constructor(world) {
    const { timers, random, shelf } = world;
    const alarms = new Alarms(timers);
    const read = () => new Promise(() => undefined);
    const list = new ChatList({ selfId: 7, read, alarms, onChange: () => undefined });
    this.rest = new Rest({ fetch: apiOf(world), token: () => "token" });
    this.chats = new Watched({ make: (known) => this.#make(known, world), alarms, list, shelf });
    const lines = world.way.map((name) => this.#line(name, world));
    const means = { timers, clock: () => timers.now, backoff: new Backoff(random) };
    this.connection = new Connection({ lines, listener: this.chats, ...means });
    this.chats.connection = this.connection;
  }

  begin(chatId) {
    this.chats.show({ chatId });
    this.connection.start();
  }

  show(chatId) {
    this.connection.watch(chatId);
    this.chats.show({ chatId });
  }

  #line(name, { network, timers }) {
    const { rest, chats } = this;
    const openSocket = () => network.openSocket();
    const openStream = (path, signal) => network.openStream(new URLSearchParams(path.split("?")[1]), signal);
    return {
      socket: (listener) => new SocketLine({ openSocket, listener, timers, clock: () => timers.now }),
      stream: (listener) => new StreamLine({ openStream, rest, listener, timers, chatIds: chats.chatIds }),
      poll: (listener) => new PollLine({ rest, listener, timers, chatIds: chats.chatIds }),
    }[name];
  }

  #make(known, { timers, unsent }) {
    const { connection, rest } = this;
    const onChange = () => this.chats?.changed(known.chatId);
    const means = { timers, clock: () => timers.now, unsent };
    return new LiveChat({ ...known, user: { id: 7 } }, { connection, rest, onChange, ...means });
  }

  close() {
    this.chats.keep();
    this.connection.stop();
    CHAT_IDS.forEach((chatId) => this.chats.drop(chatId));
  }
}

class World {
  constructor(seed, way) {
    this.way = way;
    this.random = dice(seed);
    this.timers = new ManualTimers();
    this.server = new ModelServer();
    this.network = new ModelNetwork(this);
    this.shelf = new ModelShelf();
    this.unsent = new FakeUnsent();
    this.written = new Map(CHAT_IDS.map((chatId) => [chatId, []]));
    this.page = new Page(this);
    this.page.begin("lunch");
  }

  pick(items) {
    return items[Math.floor(this.random() * items.length)];
  }

  async step(number) {
    const chatId = this.pick(CHAT_IDS);
    const messageId = this.pick([...this.server.chat(chatId).messages.keys()]);
    const acts = [
      ...Array(8).fill(() => this.server.say(chatId, `bob ${number}`)),
      () => this.server.edit(chatId, messageId, `edited ${number}`),
      () => this.server.remove(chatId, messageId),
      ...Array(3).fill(() => this.page.show(chatId)),
      ...Array(4).fill(() => this.write(number)),
      () => this.network.cutAll(),
      () => this.block(this.pick(this.way)),
      () => this.burst(chatId, number),
      () => this.random() < 0.3 && this.reload(),
      () => this.random() < 0.2 && this.server.restore(chatId, this.random),
    ];
    this.pick(acts)();
    await this.timers.pass(this.random() * 300);
  }

  /** What something in between lets through changes; of several ways only, so that one is left. */
  block(line) {
    const { blocked } = this.network;
    if (this.way.length > 1 && !blocked.delete(line)) {
      blocked.add(line);
    }
  }

  write(number) {
    const chat = this.page.chats.current;
    if (chat.send({ content: `ann ${number}` })) {
      this.written.get(chat.chatId).push(`ann ${number}`);
    } // else it goes by the page's form
  }

  /** More than a replay brings. */
  burst(chatId, number) {
    for (let time = 0; time < 40; time += 1) {
      this.server.say(chatId, `burst ${number}.${time}`);
    }
  }

  reload() {
    const { chatId } = this.page.chats.current;
    this.page.close();
    this.page = new Page(this);
    this.page.begin(chatId);
    CHAT_IDS.forEach((id) => this.page.chats.wake({ chatId: id }));
  }

  async calm() {
    this.network.isCalm = true;
    this.network.blocked.clear();
    CHAT_IDS.forEach((chatId) => this.page.show(chatId));
    await this.timers.pass(120_000);
  }

  /** What is shown is the end of what there is, whole and in order, with nothing left to send. */
  check(chatId) {
    const chat = this.page.chats.get(chatId);
    const shown = chat.rows();
    const stored = this.server.shown(chatId);
    assert.equal(chat.state, "inStep");
    assert.equal(chat.outbox.isEmpty, true);
    const told = shown.map(({ messageId, seq, rev, content }) => ({ messageId, seq, rev, content }));
    const there = stored.map(({ messageId, seq, rev, content }) => ({ messageId, seq, rev, content }));
    assert.deepEqual(told, told.length === 0 ? [] : there.slice(-told.length));
    assert.ok(told.length >= Math.min(50, there.length), `${told.length} of ${there.length} shown`);
    assert.ok(shown.every((message) => message.chatId === chatId));
  }

  /** Own texts are stored once each, in the order of writing. A restore alone may take some away. */
  checkWritten(chatId) {
    const mine = this.server.shown(chatId).filter(({ author }) => author.id === 7);
    const keys = mine.map(({ clientMessageId }) => clientMessageId);
    assert.equal(new Set(keys).size, keys.length);
    if (this.server.chat(chatId).epoch === "e1") {
      const numbers = mine.map(({ timestamp }) => timestamp);
      assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
      assert.equal(mine.length, this.written.get(chatId).length);
    }
  }
}

const base = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const runs = process.env.MODEL_SEED ? 1 : RUNS;

for (const way of WAYS) {
  const name = `whatever the network does to ${way.join(", ")}, the page comes to a fresh load`;
  test(`${name} (MODEL_SEED=${base})`, async (t) => {
    for (let seed = base; seed < base + runs; seed += 1) {
      await t.test(`MODEL_SEED=${seed}`, () => run(new World(seed, way)));
    }
  });
}

async function run(world) {
  for (let number = 0; number < STEPS; number += 1) {
    await world.step(number);
  }
  await world.calm();
  for (const chatId of CHAT_IDS) {
    world.check(chatId);
    world.checkWritten(chatId);
  }
}
