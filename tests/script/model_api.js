/** The HTTP API of the model's server, as `fetch` finds it. */

const ANSWERS = {
  "GET chats/": ({ server }) => ({ chats: server.lines() }),
  "GET chats/*/": () => ({ permissions: { send: true }, oldestSeq: 1 }),
  "GET chats/*/messages/": ({ server, chatId, query }) => server.newest(chatId, Number(query.get("limit"))),
  "GET chats/*/events/": ({ server, chatId, query, timers }) => missed(server, chatId, query, timers),
  "POST chats/*/messages/": ({ server, chatId, body }) => server.send({ chatId, ...body }),
  "POST chats/*/messages/lookup/": ({ server, chatId, body }) => server.fetch({ chatId, ...body }),
  "PUT chats/*/read/": ({ body }) => body,
};

export function apiOf({ server, network, timers }) {
  return (address, { method, body, signal }) => {
    const { pathname, searchParams: query } = new URL(address, "http://model");
    const chatId = pathname.split("/")[4];
    const path = pathname.replace("/api/v1/", "").replace(`/${chatId}/`, "/*/");
    const about = { server, timers, chatId, query, body: body && JSON.parse(body) };
    return network.request(() => answer(ANSWERS[`${method} ${path}`](about)), signal);
  };
}

async function answer(finding) {
  const found = structuredClone(await finding);
  return { ok: !found.error, status: found.error ? 410 : 200, json: async () => found };
}

async function missed(server, chatId, query, timers) {
  const find = () => server.eventsAfter(chatId, query.get("after"), Number(query.get("limit") ?? 500));
  if (query.has("wait") && find()?.events.length === 0) {
    await somethingHappens(server, chatId, timers, Number(query.get("wait")) * 1_000);
  }
  return find() ?? { error: { code: "staleCursor", message: "", retryable: false } };
}

function somethingHappens(server, chatId, timers, most) {
  return new Promise((resolve) => {
    const ear = { chatIds: new Set([chatId]), carry: () => end() };
    const end = () => {
      timers.clearTimeout(id);
      server.leave(ear);
      resolve();
    };
    const id = timers.setTimeout(end, most);
    server.join(ear);
  });
}
