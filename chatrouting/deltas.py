"""What is added to growing answers: told a moment later, to nobody who has been cut off meanwhile.

A delta is in no log and has no number. It waits until the heads of the logs have been read, and
passes on once its room has come as far: then whoever left before it was said has been let go.
"""

import asyncio
import logging

from chatrouting.reading import Read
from chatrouting.registry import Registry
from messages.log import heads

logger = logging.getLogger(__name__)

# Heads are read for deltas this seldom, in seconds, for all that came meanwhile.
PAUSE = 0.02


class Deltas:
    """Lives on one event loop; `read` lets go whose sign-in has ended (see `endings`)."""

    def __init__(self, registry: Registry, read: Read) -> None:
        self._registry = registry
        self._read = read
        self._waiting: list[tuple[str, str, str]] = []
        self._telling: asyncio.Task[None] | None = None

    def tell(self, chat_id: str, text: str, message_id: str) -> None:
        """A frame with what was added to an answer, which may be lost."""
        if chat_id in self._registry.rooms:
            self._waiting.append((chat_id, text, message_id))
            if self._telling is None:
                self._telling = asyncio.create_task(self._tell_while_there_are_any())

    def close(self) -> None:
        if self._telling is not None:
            self._telling.cancel()

    async def _tell_while_there_are_any(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(PAUSE)
                waiting, self._waiting = self._waiting, []
                await self._tell(waiting)
        except Exception as error:  # noqa: BLE001
            logger.warning("deltas are lost: %r", error)
            self._waiting.clear()
        finally:
            self._telling = None

    async def _tell(self, waiting: list[tuple[str, str, str]]) -> None:
        found = await self._read(heads, list({chat_id for chat_id, _, _ in waiting}))
        for chat_id, text, message_id in waiting:
            room, head = self._registry.ready(chat_id), found.get(chat_id)
            if room is not None and head is not None:
                room.tell_delta_at(head, text, message_id)
