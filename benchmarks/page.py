"""How soon a chat is on the screen after a click on the list: known already, and not yet."""

import statistics
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, SYSTEM_CHROMIUM
from tests.browser.person import Chat, Person
from tests.shapes.environment import UNLIMITED
from tests.shapes.server import ServerProcess
from tests.shapes.site import embedded_site

CHATS, MESSAGES, ROUNDS = 20, 60, 5
WANTED_MS = {"uncached": 200, "cached": 50}

_SEED = """async ([chats, count, token]) => {
    const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
    const post = async (path, body) => {
        const answer = await fetch(`/api/v1/${path}`,
            { method: "POST", headers, body: JSON.stringify(body) });
        return answer.json();
    };
    const ids = [];
    for (let n = 0; n < chats; n += 1) {
        const { chatId } = await post("chats/", { title: `Chat ${n}` });
        ids.push(chatId);
        const path = `chats/${chatId}/messages/`;
        await Promise.all(Array.from({ length: count }, (_, at) => post(path, {
            type: "user", clientMessageId: `seed-${at}`,
            content: `**no. ${at}** of chat ${n}, said at length`,
        })));
    }
    return ids;
}"""
# Until the frame with the chat's messages has been handed to the screen.
_SWITCH = """async ([chatId, least]) => {
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    const shown = `#messages > li[data-chat-id="${chatId}"]`;
    const start = performance.now();
    document.querySelector(`.chats a[href="/chats/${chatId}/"]`).click();
    while (document.querySelectorAll(shown).length < least) {
        await frame();
    }
    await frame();
    await new Promise(resolve => setTimeout(resolve));
    return performance.now() - start;
}"""


def main() -> int:
    path = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
    with (
        embedded_site() as site,
        ServerProcess({**site.values, "RATE_LIMIT_SEND": "0", **UNLIMITED}) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        took = _measure(browser.new_page(), server.url)
        browser.close()
    for kind, times in took.items():
        ordered = sorted(times)
        print(
            f"{kind:9} switch: median {statistics.median(ordered):5.1f} ms,"
            f" 95 % within {ordered[int(len(ordered) * 0.95) - 1]:5.1f} ms"
            f" (wanted {WANTED_MS[kind]} ms; {len(ordered)} switches)"
        )
    return 0


def _measure(page: Page, url: str) -> dict[str, list[float]]:
    person = Person(page, url, Chat())
    person.sign_in("ann")
    token = person.csrf["X-CSRFToken"]
    ids: list[str] = page.evaluate(_SEED, [CHATS, MESSAGES, token])
    person.chat.id = "demo"
    person.open_chat()
    visits: list[tuple[str, Any]] = [
        ("uncached" if visit == 0 else "cached", chat_id)
        for visit in range(1 + ROUNDS)
        for chat_id in ids
    ]
    took: dict[str, list[float]] = {"uncached": [], "cached": []}
    for kind, chat_id in visits:
        took[kind].append(page.evaluate(_SWITCH, [chat_id, min(50, MESSAGES)]))
        expect(page.get_by_role("status")).to_have_text("In step")
    return took
