"""The first verb of a message's life: accept, for many senders in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from messages import access, bulk, filters, log
from messages.births import Births
from messages.counts import Want
from messages.drafts import Draft
from messages.errors import BadRequest, ChatError, Forbidden, IdConflict, NotFound, RateLimited
from messages.log import Head
from messages.models import Message, MessageType
from messages.ratelimit import Sender, send_limit
from messages.representation import WireMessage, find_messages, places
from messages.windows import Budget


@dataclass(frozen=True, slots=True)
class Accepted:
    """A stored send. `placeholder` is the `ai` message waiting for its answer."""

    message: WireMessage
    placeholder: WireMessage | None
    duplicate: bool
    budget: Budget | None

    def as_dict(self) -> dict[str, Any]:
        """The reply's `data` of docs/protocol.md §4.1."""
        data: dict[str, Any] = {"message": self.message}
        if self.placeholder is not None:
            data["placeholder"] = self.placeholder
        data["duplicate"] = self.duplicate
        data["budget"] = self.budget and self.budget.as_dict()
        return data


Outcome = Accepted | ChatError


@dataclass(slots=True)
class _Batch:
    """What one transaction knows and gathers."""

    heads: dict[str, Head]
    standings: dict[access.Pair, access.Standing]
    sent: dict[tuple[str, int, str], tuple[WireMessage, str]]
    place_of_reply: dict[str, tuple[str, int]]
    digests: dict[tuple[str, int, str], str] = field(default_factory=dict)
    births: Births = field(default_factory=Births)


def accept_all(drafts: Sequence[Draft]) -> list[Outcome]:
    """Store every draft that may be stored; one outcome each, in the same order.

    A refused draft costs its neighbours nothing. Numbers are taken under the chats' locks, in
    the order of `drafts`, and the same clientMessageId is stored once however often it comes.
    """
    paid: list[Want] = []
    try:
        return _accept_all(drafts, paid)
    except BaseException:
        send_limit.give_back(paid)
        raise


@transaction.atomic
def _accept_all(drafts: Sequence[Draft], paid: list[Want]) -> list[Outcome]:
    """The same; `paid` is filled with what was counted, whatever becomes of the sends."""
    batch = _Batch(
        heads=log.lock({draft.chat_id for draft in drafts}),
        standings=access.standings_of((draft.chat_id, draft.actor.id) for draft in drafts),
        sent=_already_sent(drafts),
        place_of_reply=_places_of(draft.reply_to for draft in drafts if draft.reply_to),
    )
    outcomes: dict[int, Outcome] = {}
    fresh: dict[tuple[str, int, str], int] = {}
    repeats: list[int] = []
    for index, draft in enumerate(drafts):
        refusal = _refusal(draft, batch)
        if refusal is not None:
            outcomes[index] = refusal
        elif draft.key in batch.sent or draft.key in fresh:
            repeats.append(index)
        else:
            fresh[draft.key] = index
    _store_fresh([(index, drafts[index]) for index in fresh.values()], batch, outcomes, paid)
    for index in repeats:
        first = fresh.get(drafts[index].key, index)
        outcomes[index] = _repeat(drafts[index], outcomes.get(first), batch)
    batch.births.write()
    return [outcomes[index] for index in range(len(drafts))]


def _refusal(draft: Draft, batch: _Batch) -> ChatError | None:
    """Why a draft is not stored; who repeats a send is told its outcome instead."""
    head = batch.heads.get(draft.chat_id)
    standing = batch.standings.get((draft.chat_id, draft.actor.id))
    if head is None or (standing is None and not draft.actor.is_moderator):
        return NotFound()
    if draft.key in batch.sent:
        return None
    refusal = access.refusal_to_write(draft.actor, standing, frozen=head.frozen)
    if refusal is not None:
        return refusal
    if draft.type is MessageType.SYSTEM and not draft.actor.is_moderator:
        return Forbidden()
    if draft.reply_to and not _may_see(draft, standing, batch):
        return BadRequest("replyTo names a message of this chat.", field="replyTo")
    is_free = not head.holds or draft.is_released or access.manages(draft.actor, standing)
    return None if is_free else filters.hold(draft, head)


def _may_see(draft: Draft, standing: access.Standing | None, batch: _Batch) -> bool:
    """Whether the message replied to is one of this chat that its sender may see."""
    chat_id, seq = batch.place_of_reply.get(draft.reply_to or "", ("", 0))
    reach = access.reach_of(draft.actor, draft.chat_id, standing)
    return chat_id == draft.chat_id and seq >= reach.first_seq


def _store_fresh(
    drafts: Sequence[tuple[int, Draft]],
    batch: _Batch,
    outcomes: dict[int, Outcome],
    paid: list[Want],
) -> None:
    senders = [_sender(draft, batch) for _, draft in drafts]
    budgets = send_limit.take(senders, paid)
    for (index, draft), budget in zip(drafts, budgets, strict=True):
        if isinstance(budget, RateLimited):
            outcomes[index] = budget
            continue
        batch.digests[draft.key] = draft.digest
        message, placeholder = batch.births.add(draft, batch.heads[draft.chat_id])
        outcomes[index] = Accepted(message, placeholder, duplicate=False, budget=budget)


def _sender(draft: Draft, batch: _Batch) -> Sender:
    slow_seconds = batch.heads[draft.chat_id].slow_mode_seconds
    if slow_seconds and not access.is_slowed(
        draft.actor, batch.standings.get((draft.chat_id, draft.actor.id))
    ):
        slow_seconds = 0
    return Sender(draft.actor.id, draft.chat_id, slow_seconds)


def _repeat(draft: Draft, first: Outcome | None, batch: _Batch) -> Outcome:
    """The outcome of a clientMessageId that came before: in this batch (`first`), or stored."""
    if draft.key in batch.sent:
        message, digest = batch.sent[draft.key]
        placeholder = _answer_to(message) if draft.type is MessageType.AI else None
    elif isinstance(first, Accepted):
        message, placeholder, digest = first.message, first.placeholder, batch.digests[draft.key]
    else:
        return first or IdConflict()
    if digest != draft.digest:
        return IdConflict()
    budget = send_limit.look(draft.actor.id, draft.chat_id)
    return Accepted(message, placeholder, duplicate=True, budget=budget)


def _already_sent(drafts: Sequence[Draft]) -> dict[tuple[str, int, str], tuple[WireMessage, str]]:
    """The stored messages under the drafts' idempotency keys, as they are now."""
    found = _sent_under([draft.key for draft in drafts])
    if not found:
        return {}
    where = f"m.message_id IN {places(len(found))}"
    return {
        (message["chatId"], author_id, message["clientMessageId"]): (message, digest)
        for message in find_messages(where, list(found))
        for author_id, digest in (found[message["messageId"]],)
    }


def _sent_under(keys: Sequence[tuple[str, int, str]]) -> dict[str, tuple[int, str]]:
    """Author and digest by messageId."""
    columns = ("chat_id", "author_id", "client_message_id")
    rows = bulk.find(Message, columns, keys, ("message_id", "author_id", "body_digest"))
    return {row[0]: (row[1], row[2]) for row in rows}


def _answer_to(prompt: WireMessage) -> WireMessage | None:
    """The `ai` message that was born right after its prompt."""
    where = "m.chat_id = %s AND m.seq = %s AND m.reply_to_id = %s"
    found = find_messages(where, [prompt["chatId"], prompt["seq"] + 1, prompt["messageId"]])
    return found[0] if found else None


def _places_of(message_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Chat and number of these messages."""
    wanted = set(message_ids)
    if not wanted:
        return {}
    rows = Message.objects.filter(pk__in=wanted).values_list("message_id", "chat_id", "seq")
    return {message_id: (chat_id, seq) for message_id, chat_id, seq in rows}
