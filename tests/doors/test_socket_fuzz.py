"""Ten thousand frames made up by hypothesis: each is answered once, never by a fault of ours."""

import asyncio
import json
import os
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as made_with
from hypothesis import strategies as st
from pytest_django import Settings

from chatrouting.actions import ACTIONS
from messages.access import actor_of
from messages.chats import create_chat
from messages.identity import new_client_message_id
from messages.message_id_generator import new_message_id
from messages.models import Chat, Message, MessageType
from tests.doors.browsing import say
from tests.doors.conftest import Connect
from tests.doors.sockets import PATIENCE, Frame, Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)

FRAMES_EACH = 100
# The frames come before any database: once in full is enough.
ROUNDS = (10_000 if os.environ["SHAPE"] == "embedded" else 1_000) // FRAMES_EACH
# Twenty malformed frames in a row would end the connection: a good one comes in between.
IN_A_ROW = 15
FAULTS = {"internal", "unavailable"}

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
no_frames = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60),
    anything.map(json.dumps),
    st.integers(1, 12_000).map(lambda depth: "[" * depth),
    st.integers(1, 3_000).map(lambda depth: '{"id":1,"a":' * depth),
)


def fields_of(names: dict[str, list[Any]]) -> st.SearchStrategy[Frame]:
    """The fields of some action: what is there, what is well formed, and anything at all."""
    known = {name: st.sampled_from(values) | anything for name, values in names.items()}
    return st.fixed_dictionaries(
        {"action": st.sampled_from([*ACTIONS] * 4 + ["report", "", "SEND"])}, optional=known
    )


@pytest.mark.parametrize("who", ["ann", "eve"])
async def test_whatever_is_sent_is_answered_once_and_never_by_a_fault_of_ours(
    who: str, connect: Connect, ann: User, eve: User, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_SEND = "0"
    await commit(say, ann, chat, "hello")
    others = await commit(create_chat, actor_of(eve), "Others")
    ids = [pk async for pk in Message.objects.values_list("pk", flat=True)]
    strategy = fields_of(
        {
            "chatId": [chat.pk, others, "nowhere"],
            "messageId": [*ids, new_message_id()],
            "messageIds": [ids, [], [new_message_id()] * 100],
            "clientMessageId": [new_client_message_id(), "x", "y"],
            "type": [*MessageType.values],
            "content": ["hello", "**bold** <script>", "", "https://youtu.be/dQw4w9WgXcQ"],
            "metadata": [{"url": "https://youtu.be/dQw4w9WgXcQ"}, {}],
            "replyTo": [*ids, None],
            "since": [None, "x:1", "abc:99999999999999"],
            "tail": [0, 200, 201],
            "seq": [0, 1, 2**63],
            "rev": [1, 2],
            "on": [True, False],
        }
    )
    user = {"ann": ann, "eve": eve}[who]
    frames = await asyncio.to_thread(_made_up, strategy, ROUNDS // 2)
    for some in frames:
        await _send(await connect(user), some)


def _made_up(strategy: st.SearchStrategy[Frame], rounds: int) -> list[list[Frame | str | bytes]]:
    made: list[list[Frame | str | bytes]] = []

    @given(
        st.lists(st.one_of(*[strategy] * 12, no_frames), min_size=FRAMES_EACH, max_size=FRAMES_EACH)
    )
    @made_with(
        max_examples=rounds,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def keep(frames: list[Frame | str | bytes]) -> None:
        made.append(frames)

    keep()
    return made


async def _send(socket: Socket, frames: list[Frame | str | bytes]) -> None:
    for number, frame in enumerate(frames):
        if number % IN_A_ROW == 0:
            await socket.everything()
        match frame:
            case dict():
                await socket.say_text(json.dumps({**frame, "id": f"f{number}"}))
            case str():
                await socket.say_text(frame)
            case bytes():
                await socket.say_bytes(frame)
    await _all_answered(socket, len(frames))
    replies = _replies(socket)
    ids = [f["id"] for f in replies if f["id"] is not None]
    assert len(ids) == len(set(ids))
    faults = [f for f in replies if not f["ok"] and f["error"]["code"] in FAULTS]
    assert faults == []


async def _all_answered(socket: Socket, frames: int) -> None:
    """One reply for each, also where nobody can tell its id; and for each ping of ours."""
    pings = -(-frames // IN_A_ROW)
    async with asyncio.timeout(PATIENCE):
        while len(_replies(socket)) < frames + pings:
            await socket.everything()
            pings += 1
    assert len(_replies(socket)) == frames + pings


def _replies(socket: Socket) -> list[Frame]:
    return [frame for frame in socket.heard if frame["op"] == "reply"]
