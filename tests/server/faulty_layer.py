"""A channel layer that keeps its promise to the letter: at most once, in no order."""

import asyncio
import random
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

LOST = 0.3
LATEST = 0.2  # seconds that a message may be under way


class FaultyLayer(RedisPubSubChannelLayer):
    """Throws away 30 % of what is said to a group and reorders the rest."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._random = random.Random(7)
        self._under_way: set[asyncio.Task[None]] = set()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self._random.random() >= LOST:
            late = self._random.uniform(0, LATEST)
            task = asyncio.create_task(self._send_late(group, message, late))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _send_late(self, group: str, message: dict[str, Any], late: float) -> None:
        await asyncio.sleep(late)
        await self._get_layer().group_send(group, message)
