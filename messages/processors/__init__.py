"""What is done with each type of message: a plain table.

    done = PROCESSORS[message_type](work, progress)

Raises Failure (with a sentence for people), Stopped (leave everything as it is).
"""

from collections.abc import Callable

from messages.models import MessageType
from messages.processors import youtube
from messages.processors.work import Done, Progress, Work

Processor = Callable[[Work, Progress], Done]

PROCESSORS: dict[MessageType, Processor] = {
    MessageType.YOUTUBE: youtube.look_up,
}
