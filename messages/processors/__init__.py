"""What is done with each type of message: a plain table from the type to one function."""

from collections.abc import Callable

from messages.models import MessageType
from messages.processors.work import Done, Progress, Work

PROCESSORS: dict[MessageType, Callable[[Work, Progress], Done]] = {}
