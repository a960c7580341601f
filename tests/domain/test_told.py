"""Words that people were told stay, whoever ends the answer, and whenever it was stored last."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from messages import jobs, told
from messages.jobs import Claim
from messages.models import Chat, Job
from messages.told import Telling
from tests.domain.talk import remove
from tests.domain.working import DOWN, LEASE, ask, begin, cancel, due, now_is, take

pytestmark = pytest.mark.django_db


def tell(claim: Claim, text: str, *, start: int = 0) -> bool:
    return told.keep([Telling(claim.message_id, claim.token, start, text)]) == {claim.token}


@pytest.mark.parametrize("start, text", [(0, "Bec😀use **it**"), (4, "use **it**")])
def test_what_was_told_since_it_was_stored_is_kept_by_a_cancel(
    start: int, text: str, ann: User, chat: Chat
) -> None:
    claim = begin(ask(ann, chat))
    jobs.save(claim, "Bec😀", "<p>Bec😀</p>")
    assert tell(claim, "u", start=4)
    assert tell(claim, text, start=start)
    ended = cancel(ann, {"messageId": claim.message_id})
    assert ended["content"] == "Bec😀use **it**"
    assert ended["html"] == "<p>Bec😀use <strong>it</strong></p>"
    assert now_is(ended) == ended


def test_what_was_stored_since_it_was_told_is_kept_too(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = begin(message)
    assert tell(claim, "Bec")
    jobs.save(claim, "Because", "<p>Because</p>")
    assert cancel(ann, message)["content"] == "Because"


def test_what_a_dead_worker_has_told_is_kept_until_the_next_begins(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    now = due(message)
    for number in range(jobs.MAX_ATTEMPTS):
        claim = begin(message, now=now + number * LEASE)
        assert Job.objects.get().told == ""
        assert tell(claim, f"try {number}")
    assert jobs.begin(take(message, now=now + jobs.MAX_ATTEMPTS * LEASE)) is None
    assert now_is(message)["error"]["code"] == "processingFailed"
    assert now_is(message)["content"] == f"try {jobs.MAX_ATTEMPTS - 1}"


def test_a_failed_try_leaves_its_own_text_for_who_cancels_the_wait(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = begin(message)
    assert tell(claim, "Bec")
    failed = jobs.fail(claim, DOWN, now=claim.claimed_at, partial=("Becau", "<p>Becau</p>"))
    assert failed
    assert cancel(ann, message)["content"] == "Becau"


def test_nothing_may_be_told_by_who_holds_it_no_more(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    zombie = begin(message)
    claim = begin(message, now=zombie.claimed_at + LEASE)
    assert not tell(zombie, "Half an")
    assert tell(claim, "Bec")
    removed = remove(ann, message)
    assert (removed["content"], removed["html"]) == ("", "")
    assert not tell(claim, "Because")


@pytest.mark.skipif(os.environ["SHAPE"] == "embedded", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_while_somebody_ends_it_and_nobody_waits(ann: User, chat: Chat) -> None:
    message, other = ask(ann, chat), ask(ann, chat)
    claims = [begin(one) for one in (message, other)]

    def tell_both() -> set[str]:
        try:
            return told.keep([Telling(one.message_id, one.token, 0, "Bec") for one in claims])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            cancel(ann, message)
            assert pool.submit(tell_both).result(30) == {claims[1].token}
        assert pool.submit(tell_both).result(30) == {claims[1].token}
