"""What is done with each type of message: a plain table.

    done = PROCESSORS[message_type](work, progress)

Raises Failure (with a sentence for people), Stopped (leave everything as it is).
"""

from collections.abc import Callable

from django.conf import settings

from messages.models import MessageType
from messages.processors import ai, assistant, youtube
from messages.processors.work import Done, Progress, Work

Processor = Callable[[Work, Progress], Done]


def _answer(work: Work, progress: Progress) -> Done:
    """A model where one is set up, and who can do without where there is none."""
    processor = ai.answer if settings.AI_BASE_URL else assistant.answer
    return processor(work, progress)


PROCESSORS: dict[MessageType, Processor] = {
    MessageType.AI: _answer,
    MessageType.YOUTUBE: youtube.look_up,
}
