"""What is done with each type of message: a plain table.

    done = PROCESSORS[message_type](work, progress)

Raises Failure (with a sentence for people), Stopped (leave everything as it is).
"""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from messages.models import MessageType
from messages.processors import assistant, youtube
from messages.processors.work import Done, Progress, Work

Processor = Callable[[Work, Progress], Done]


def _answer(work: Work, progress: Progress) -> Done:
    """A model where one is set up, and who can do without where there is none."""
    # By name, since openai's modules are a quarter of what a process takes to start.
    ai = "messages.processors.ai.answer"
    answer: Processor = import_string(ai) if settings.AI_BASE_URL else assistant.answer
    return answer(work, progress)


PROCESSORS: dict[MessageType, Processor] = {
    MessageType.AI: _answer,
    MessageType.YOUTUBE: youtube.look_up,
}
