"""The frames of one connection and its answers: each is answered once, or the connection ends."""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from chatrouting import actions, protocol
from chatrouting.fields import Caller
from chatrouting.outbox import Outbox
from chatrouting.pace import Pace
from chatrouting.process import process
from chatrouting.protocol import CloseCode, Frame
from chatrouting.tasks import Tasks
from messages.acceptance import Accepted
from messages.errors import BadRequest, ChatError, Internal, RateLimited, TooLarge
from messages.windows import rate_of
from messages.writer import writer

logger = logging.getLogger(__name__)

MAX_BAD_FRAMES = 20
MAX_UNDER_WAY = 64
MAX_READING = 2


class Breach(Exception):
    """What a connection does not outlive."""

    def __init__(self, code: CloseCode, error: ChatError) -> None:
        self.code = code
        self.error = error


class Dialogue:
    """Lives on one event loop, as long as its connection. It does not hold that: what is under
    way may take a while longer."""

    def __init__(self, outbox: Outbox, *, user_id: int, language: str) -> None:
        self._outbox = outbox
        self._user_id = user_id
        self._language = language
        self._clock = asyncio.get_running_loop().time
        self._pace = Pace(*rate_of(settings.RATE_LIMIT_FRAMES))
        self._bad_frames = 0
        self._under_way = 0
        self._room_for_more = asyncio.Event()
        self._reading = asyncio.Semaphore(MAX_READING)
        self._tasks = Tasks()
        self.heard_at = self._clock()
        self.is_over = False
        outbox.on_drain = self._room_for_more.set

    @property
    def silent_for(self) -> float:
        return self._clock() - self.heard_at

    async def hear(self, caller: Caller, text: str | None) -> None:
        """Take a frame, and come back when there is room for another; raises Breach."""
        await self._take(caller, text)
        while self._is_busy:
            await self._progress()

    def end(self) -> None:
        """No answer any more, also to what is under way."""
        self.is_over = True
        self._room_for_more.set()

    async def all_answered(self) -> None:
        while self._under_way:
            await self._progress()

    def close(self) -> None:
        self._tasks.cancel()

    @property
    def _is_busy(self) -> bool:
        is_full = self._under_way >= MAX_UNDER_WAY or self._outbox.is_full
        return is_full and not self.is_over

    async def _progress(self) -> None:
        self._room_for_more.clear()
        await self._room_for_more.wait()

    # --- a frame ----------------------------------------------------------------------------------

    async def _take(self, caller: Caller, text: str | None) -> None:
        self.heard_at = self._clock()
        if self._pace.is_exceeded(self.heard_at):
            raise Breach(CloseCode.TOO_MANY, self._too_fast())
        frame_id = None
        try:
            frame = protocol.decode(text)
            frame_id, self._bad_frames = frame.id, 0
            self._answer(frame_id, await self._begin(caller, frame))
        except TooLarge as error:
            if frame_id is None:
                raise Breach(CloseCode.TOO_LARGE, error) from error
            self.reply(self._refusal(frame_id, error))
        except ChatError as error:
            self.reply(self._refusal(frame_id, error))
            if frame_id is None:
                self._count_bad_frame()
        except Exception:  # noqa: BLE001
            self._failed(frame_id)

    async def _begin(self, caller: Caller, frame: Frame) -> Any:
        action = actions.ACTIONS.get(frame.action)
        if action is None:
            raise BadRequest("There is no such action.", field="action")
        result = action(caller, frame.fields)
        return await result.making if isinstance(result, actions.InOrder) else result

    def _too_fast(self) -> RateLimited:
        return RateLimited(
            _("Too many frames at once."),
            scope="frames",
            limit=rate_of(settings.RATE_LIMIT_FRAMES)[0],
            retry_after_ms=int(self._pace.wait(self.heard_at) * 1000),
        )

    def _count_bad_frame(self) -> None:
        self._bad_frames += 1
        if self._bad_frames >= MAX_BAD_FRAMES:
            raise Breach(CloseCode.PROTOCOL_ERROR, BadRequest("Too many malformed frames."))

    # --- its answer -------------------------------------------------------------------------------

    def _answer(self, frame_id: Any, result: Any) -> None:
        """Reply now, or when what was begun has ended."""
        if isinstance(result, dict):
            self.reply(protocol.reply(frame_id, result))
            return
        if isinstance(result, actions.ToWrite):
            done = partial(process.hand_over, self._written, frame_id)
            writer.ask(result.job, done)
        else:
            self._tasks.start(self._finish(frame_id, result))
        self._under_way += 1

    def _written(self, frame_id: Any, outcome: Any) -> None:
        try:
            if isinstance(outcome, ChatError):
                self.reply(self._refusal(frame_id, outcome))
            else:
                data = outcome.as_dict() if isinstance(outcome, Accepted) else outcome
                self.reply(protocol.reply(frame_id, data))
        except Exception:  # noqa: BLE001
            self._failed(frame_id)
        finally:
            self._one_less()

    async def _finish(self, frame_id: Any, work: Coroutine[Any, Any, dict[str, Any]]) -> None:
        try:
            # A reply may be megabytes: few are made at once, and none for who takes none.
            async with self._reading:
                await self._outbox.has_room()
                self.reply(protocol.reply(frame_id, await work))
        except ChatError as error:
            self.reply(self._refusal(frame_id, error))
        except Exception:  # noqa: BLE001
            self._failed(frame_id)
        finally:
            work.close()
            self._one_less()

    def _one_less(self) -> None:
        self._under_way -= 1
        self._room_for_more.set()

    def reply(self, text: str) -> None:
        """What was under way when the connection ended is not told any more."""
        if not self.is_over:
            self._outbox.push_always(text)

    def _refusal(self, frame_id: Any, error: ChatError) -> str:
        """In the language of this connection: answers come from any thread."""
        with translation.override(self._language):
            return protocol.refusal(frame_id, error)

    def _failed(self, frame_id: Any) -> None:
        """One bad item must not end the connection."""
        self.reply(self._refusal(frame_id, self.fault()))

    def fault(self) -> Internal:
        """Log the exception under a number that the client is told too."""
        trace_id = secrets.token_hex(8)
        logger.exception("socket of user %s, traceId %s", self._user_id, trace_id)
        return Internal(details={"traceId": trace_id})
