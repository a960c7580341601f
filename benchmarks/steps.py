"""What single steps of a message's way cost, in µs.

`python -m benchmarks.steps`, in the application's environment, prints them as JSON.
"""

import json
import sys
import timeit
from collections.abc import Callable

import django

django.setup()

from chatrouting import protocol  # noqa: E402  (it imports models, which need django.setup)
from messages.log import LoggedEvent  # noqa: E402
from messages.message_id_generator import new_message_id  # noqa: E402
from messages.rendering import render  # noqa: E402
from messages.representation import message_from_row  # noqa: E402

REPEATS, NUMBER = 7, 5_000
PLAIN = "message 00000041 of a conversation that nobody has, of the usual length of a line"
MARKDOWN = (
    "Some *emphasis*, `code`, a [link](https://example.org/a?b=c) and a list:\n\n"
    "- one\n- **two**\n- three\n\n> and what somebody said\n"
)
SEND = json.dumps(
    {
        "action": "send",
        "id": 41,
        "chatId": "5f0c1a52-0d3c-4a43-9f0e-2f4d7e8d9c11",
        "clientMessageId": "9b2e1a52-0d3c-4a43-9f0e-2f4d7e8d9c11",
        "type": "user",
        "content": PLAIN,
    }
)
ROW = (
    *("1709234567890-550e8400-e29b-41d4-a716-446655440000", "5f0c1a52", "user", PLAIN),
    *(1709234567890, "completed", "{}", 41, 1, 7, "ann", "Ann", "", "9b2e1a52", None),
    *(f"<p>{PLAIN}</p>", None, None, None),
)
ANN = {"id": 7, "name": "Ann"}
EVENT = LoggedEvent(
    "5f0c1a52", "k3v9x2", 41, 1709234567891, "user_message", ANN, message_from_row(ROW)
)
STEPS: dict[str, Callable[[], object]] = {
    "message id, µs": new_message_id,
    "render plain text, µs": lambda: render(PLAIN),
    "render Markdown, µs": lambda: render(MARKDOWN),
    "decode a send strictly, µs": lambda: protocol.decode(SEND),
    "encode an event, µs": lambda: protocol.event_frame(EVENT),
}


def microseconds(step: Callable[[], object]) -> float:
    """The best of some repeats: what is above it is other people's work."""
    return min(timeit.repeat(step, number=NUMBER, repeat=REPEATS)) / NUMBER * 1e6


if __name__ == "__main__":
    json.dump({name: microseconds(step) for name, step in STEPS.items()}, sys.stdout)
