"""The record of what somebody was sent last, before their access or their sign-in was over."""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from chatrouting import protocol
from chatrouting.audience import Subscription
from chatrouting.identities import Identity
from messages import revocations
from messages.errors import ChatError
from messages.models import Cause
from messages.revocations import Ended
from messages.writer import writer

logger = logging.getLogger(__name__)


class Record:
    """Lives on one event loop; all that end in one turn of it are written down together."""

    def __init__(self) -> None:
        self._ended: list[Ended] = []

    def revoked(self, subscription: Subscription) -> None:
        """Access to one chat is over."""
        self._note(subscription, subscription.sent_seq, None)

    def signed_out(
        self, identity: Identity, subscriptions: Iterable[Subscription], unsent: Iterable[str]
    ) -> None:
        """A sign-in is over; `unsent` are the frames that its connection drops."""
        kept_back = protocol.first_seqs(unsent)
        for subscription in subscriptions:
            first = kept_back.get(subscription.room.chat_id)
            sent_seq = subscription.sent_seq if first is None else first - 1
            self._note(subscription, sent_seq, identity.credential.cause)

    def _note(self, subscription: Subscription, sent_seq: int, cause: Cause | None) -> None:
        if not self._ended:
            asyncio.get_running_loop().call_soon(self._write)
        listener, chat_id = subscription.listener, subscription.room.chat_id
        self._ended.append(Ended(listener.actor.id, chat_id, sent_seq, cause))

    def _write(self) -> None:
        ended, self._ended = self._ended, []
        try:
            writer.ask(partial(revocations.record, ended), _written)
        except ChatError as error:
            _written(error)


def _written(outcome: object) -> None:
    if isinstance(outcome, ChatError):
        logger.error("revocations were not written down: %r", outcome)
