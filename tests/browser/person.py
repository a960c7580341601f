"""Somebody at a browser: what they do, and what their page shows them."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

PASSWORD = "demo"
_POUR = """([chatId, texts]) => new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/ws/chat/`, "chat.v1.json");
    let missing = texts.length;
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    socket.onopen = () => texts.forEach((content, id) => socket.send(JSON.stringify({
        action: "send", id, chatId, type: "user", content, clientMessageId: `poured-${id}`,
    })));
    socket.onmessage = ({ data }) => {
        missing -= JSON.parse(data).op === "reply" ? 1 : 0;
        if (missing === 0) {
            resolve();
            socket.close();
        }
    };
})"""


@dataclass
class Chat:
    """The chat that a test's people talk in."""

    id: str = ""

    @property
    def path(self) -> str:
        return f"/chats/{self.id}/"


@dataclass(frozen=True)
class Person:
    """One browser context with one page in it; `url` is the server's."""

    page: Page
    url: str
    chat: Chat

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1{self.chat.path}"

    @property
    def csrf(self) -> dict[str, str]:
        """The header that a script's unsafe request carries."""
        token = self.page.locator("[name=csrfmiddlewaretoken]").first
        return {"X-CSRFToken": token.input_value()}

    @property
    def box(self) -> Locator:
        return self.page.locator("#content")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Messages")

    @property
    def status(self) -> Locator:
        return self.page.locator("#status[role=status]")  # a dialog has another

    def sign_in(self, name: str) -> None:
        self.page.goto(f"{self.url}/accounts/login/")
        self.fill_in(name)
        expect(self.page.get_by_role("navigation", name="Chats")).to_be_visible()

    def fill_in(self, name: str) -> None:
        """The page that asks who one is."""
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()

    def begin_a_chat_with(self, name: str, title: str = "Lunch") -> None:
        self.page.goto(f"{self.url}/new/")
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("People").fill(name)
        self.page.get_by_role("button", name="Begin").click()
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()
        self.chat.id = self.page.url.split("/")[-2]

    def open_chat(self) -> None:
        self.page.goto(f"{self.url}{self.chat.path}")
        self.is_in_step()

    def go_to(self, chat_id: str) -> None:
        """By the list, as a reader does."""
        self.chat.id = chat_id
        self.line_of(chat_id).click()
        self.is_in_step()

    def line_of(self, chat_id: str) -> Locator:
        lines = self.page.get_by_role("navigation", name="Chats")
        return lines.locator(f'[href="/chats/{chat_id}/"]')

    def is_in_step(self) -> None:
        expect(self.status).to_have_text("In step")

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.page.get_by_role("button", name="Send").click()

    def pour(self, texts: list[str]) -> None:
        """Many messages at once, in order, by a socket opened on the list of chats."""
        self.page.goto(self.url)
        self.page.evaluate(_POUR, [self.chat.id, texts])

    def message(self, text: str) -> Locator:
        return self.log.get_by_role("listitem").filter(has_text=text)

    def sees(self, *texts: str) -> None:
        """Each of them once, stored, in this order, whatever stands between them."""
        for text in texts:
            message = self.message(text)
            expect(message).to_have_count(1)
            expect(message).to_have_attribute("data-state", "completed")
        shown = [message["text"] for message in self.shown()]
        places = [next(i for i, seen in enumerate(shown) if text in seen) for text in texts]
        assert places == sorted(places)

    def shown(self) -> list[dict[str, Any]]:
        """What the page shows: `{id, seq, chat, text}` of each message, from the top."""
        script = """items => items.map(item => ({
            id: item.dataset.messageId,
            seq: Number(item.dataset.seq),
            chat: item.dataset.chatId,
            text: item.querySelector("[data-slot=content]").textContent.trim(),
        }))"""
        shown: list[dict[str, Any]] = self.page.locator("#messages > li").evaluate_all(script)
        return shown

    def stored(self) -> list[dict[str, Any]]:
        """What the server has: the newest messages, from the REST door."""
        answer = self.context.request.get(f"{self.api}messages/?limit=200")
        assert answer.ok
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def head(self) -> int:
        """The number of the last event that the server has."""
        answer = self.context.request.get(self.api)
        assert answer.ok
        return int(answer.json()["head"].rpartition(":")[2])

    def agrees_with_the_server(self) -> None:
        """The same messages, in the same order, each once."""
        shown = [(message["id"], message["seq"]) for message in self.shown()]
        stored = [(message["messageId"], message["seq"]) for message in self.stored()]
        assert shown == stored[-len(shown) :]
        assert len(shown) >= min(len(stored), 50)
        assert {message["chat"] for message in self.shown()} <= {self.chat.id}
