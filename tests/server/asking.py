"""Questions in one chat over HTTP, and what becomes of their answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.server.world import World
from tests.shapes.server import ServerProcess

Message = dict[str, Any]
Messages = list[Message]
ENDED = ("completed", "error")


@dataclass
class Talk:
    """Ann asks, bob reads."""

    world: World
    server: ServerProcess
    chat_id: str

    async def ask(self, key: str, words: str = "Why?") -> Message:
        """The placeholder."""
        body = {"type": "ai", "clientMessageId": key, "content": words}
        answer = await self._request("ann", "POST", "messages/", json=body)
        placeholder: Message = answer["placeholder"]
        return placeholder

    async def cancel(self, message: Message) -> None:
        await self._request("ann", "POST", f"messages/{message['messageId']}/cancel/")

    async def answers(self) -> Messages:
        page = await self._get("messages/?limit=200")
        return [message for message in page["messages"] if message["type"] == "ai"]

    async def until(self, holds: Callable[[Messages], bool], *, within: float = 30) -> Messages:
        """The answers, once it holds of them."""
        async with asyncio.timeout(within):
            while not holds(answers := await self.answers()):
                await asyncio.sleep(0.05)
            return answers

    async def steps(self) -> Messages:
        """Everything that has happened to work, in order: the events with their `data`."""
        events: Messages = []
        head = (await self._get(""))["head"]
        epoch, after = head.partition(":")[0], 0
        while page := (await self._get(f"events/?after={epoch}:{after}&limit=500"))["events"]:
            events += page
            after = page[-1]["seq"]
        return [event for event in events if "status" in (event.get("data") or {})]

    async def ends(self) -> list[str]:
        """The messageIds in the order in which their work ended, each as often as it did."""
        steps = await self.steps()
        return [e["message"]["messageId"] for e in steps if e["data"]["status"] in ENDED]

    async def _get(self, path: str) -> Any:
        return await self._request("bob", "GET", path)

    async def _request(self, name: str, method: str, path: str, **body: Any) -> Any:
        """A server that does not answer is asked again, which all of this allows."""
        async with asyncio.timeout(60), self.world.http(self.server, name) as http:
            while True:
                try:
                    answer = await http.request(method, f"chats/{self.chat_id}/{path}", **body)
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
                    continue
                if answer.status_code != 503:
                    assert answer.is_success, answer.text
                    return answer.json()


def all_ended(answers: Messages) -> bool:
    return {answer["status"] for answer in answers} <= set(ENDED)


def all_begun(answers: Messages) -> bool:
    return all(answer["status"] != "pending" for answer in answers)


def some_words(answers: Messages) -> bool:
    return any(answer["content"] for answer in answers)
