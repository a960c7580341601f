import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Disconnected } from "../../static/js/protocol.js";
import { Rest } from "../../static/js/rest.js";

let asked;
let answers;
let rest;

const json = (status, body) => new Response(body && JSON.stringify(body), { status });
const refusal = (status, code) => json(status, { error: { code, message: code } });

beforeEach(() => {
  asked = [];
  answers = {};
  const fetch = async (path, { method, body, headers }) => {
    asked.push({ path, method, body: body && JSON.parse(body), token: headers["X-CSRFToken"] });
    const found = Object.keys(answers).find((key) => path.startsWith(`/api/v1/${key}`));
    return found ? answers[found] : json(200, {});
  };
  rest = new Rest({ fetch, token: () => "t" });
});

const requests = {
  "POST chats/c/messages/": { action: "send", clientMessageId: "k", content: "Olá" },
  "PATCH chats/c/messages/m/": { action: "edit", messageId: "m", rev: 2, content: "Oi" },
  "DELETE chats/c/messages/m/": { action: "remove", messageId: "m" },
  "POST chats/c/messages/m/retry/": { action: "retry", messageId: "m" },
  "POST chats/c/messages/m/cancel/": { action: "cancel", messageId: "m" },
  "POST chats/c/messages/lookup/": { action: "fetch", messageIds: ["m"] },
  "PUT chats/c/read/": { action: "read", seq: 41 },
};

const subscribe = { action: "subscribe", chatId: "c", since: "k:40", tail: 50 };

for (const [request, frame] of Object.entries(requests)) {
  test(`${frame.action} is ${request}`, async () => {
    await rest.call({ ...frame, chatId: "c" });
    assert.equal(`${asked[0].method} ${asked[0].path.replace("/api/v1/", "")}`, request);
    assert.equal(asked[0].token, "t");
    assert.ok(!("action" in asked[0].body) && !("chatId" in asked[0].body));
  });
}

test("what was missed is a replay, nothing is live, too much a snapshot", async () => {
  answers["chats/c/events/"] = json(200, { events: [{ seq: 41 }], head: "k:41", more: false });
  answers["chats/c/messages/"] = json(200, { messages: [{ seq: 900 }], head: "k:900" });
  answers["chats/c/"] = json(200, { permissions: { send: true }, oldestSeq: 1 });
  const replay = await rest.call(subscribe);
  assert.deepEqual([replay.mode, replay.events, replay.head], ["replay", [{ seq: 41 }], "k:41"]);
  assert.deepEqual(replay.permissions, { send: true });
  answers["chats/c/events/"] = json(200, { events: [{ seq: 41 }], head: "k:900", more: true });
  answers["chats/c/"] = json(200, {});
  const snapshot = await rest.call(subscribe);
  assert.deepEqual([snapshot.mode, snapshot.head], ["snapshot", "k:900"]);
});

test("a stale cursor is a snapshot, and another refusal is one", async () => {
  answers["chats/c/events/"] = refusal(410, "staleCursor");
  answers["chats/c/messages/"] = json(200, { messages: [], head: "n:0" });
  answers["chats/c/"] = json(200, {});
  assert.equal((await rest.call(subscribe)).mode, "snapshot");
  answers["chats/c/events/"] = refusal(404, "notFound");
  answers["chats/c/"] = json(200, {});
  await assert.rejects(rest.call(subscribe), { code: "notFound" });
});

test("an answer that is none of ours says nothing, like none at all", async () => {
  answers["chats/"] = new Response("<h1>Bad gateway</h1>", { status: 502 });
  await assert.rejects(rest.get("chats/"), Disconnected);
  answers["chats/"] = json(503, { detail: "no" });
  await assert.rejects(rest.get("chats/"), Disconnected);
});
