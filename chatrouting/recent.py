"""A chat's last events, kept so that whoever missed only those needs no database."""

from collections import deque
from typing import Any

import orjson

from chatrouting.protocol import EventFrame
from messages.clock import now_ms

MAX_EVENTS = 64
MAX_CHARS = 32 * 1024
# Pruning takes what is a day old or more, and what it took is not to come out of here.
MAX_AGE_MS = 12 * 60 * 60 * 1000


class Recent:
    """The end of one log, without holes; `first` is the number of the oldest event here."""

    def __init__(self) -> None:
        self._frames: deque[EventFrame] = deque()
        self._chars = 0

    def add(self, frame: EventFrame) -> None:
        """The next event. One that came without its text leaves nothing before it to go on from."""
        if frame.text is None:
            self.clear()
            return
        self._frames.append(frame)
        self._chars += len(frame.text)
        while len(self._frames) > MAX_EVENTS or self._chars > MAX_CHARS:
            self._chars -= len(self._frames.popleft().text or "")

    def clear(self) -> None:
        self._frames.clear()
        self._chars = 0

    def since(self, seq: int) -> list[dict[str, Any]] | None:
        """The events after `seq`, as a replay tells them, or None where they are not all here.

        Every change of a message is an event: the last one that tells of it has it as it is now.
        """
        if not self._frames or self._frames[0].seq > seq + 1:
            return None
        events: list[dict[str, Any]] = [
            orjson.loads(frame.text or "") for frame in self._frames if frame.seq > seq
        ]
        if events and events[0]["at"] < now_ms() - MAX_AGE_MS:
            return None
        latest = {e["message"]["messageId"]: e["message"] for e in events if "message" in e}
        for event in events:
            del event["op"]
            if "message" in event:
                event["message"] = latest[event["message"]["messageId"]]
        return events
