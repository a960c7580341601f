"""The work on a message: claimed once, fenced by its token, tried again, and ended in one piece."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from messages import jobs, pipeline
from messages.access import actor_of
from messages.chats import delete_chat
from messages.models import Chat, Feedback, Job, Message
from messages.processors.work import Done, Failure, FailureCode
from tests.domain.talk import VIDEO, edit, log_of, remove, say
from tests.domain.working import (
    DOWN,
    KINDS,
    LEASE,
    PRIVATE,
    ask,
    begin,
    complete,
    due,
    fail,
    failed,
    now_is,
    steps,
    take,
)

pytestmark = pytest.mark.django_db


def free_at(now: int) -> list[str]:
    return [claim.message_id for claim in jobs.take(KINDS, limit=10, now=now)]


# --- the queue ------------------------------------------------------------------------------------


def test_what_has_to_be_worked_on_is_born_with_its_job(ann: User, chat: Chat) -> None:
    say(ann, chat)
    answer = ask(ann, chat)
    video = say(ann, chat, "", type="youtube", metadata={"url": VIDEO})
    assert {answer["messageId"], video["messageId"]} == set(
        Job.objects.filter(chat=chat, attempt=0, token="").values_list("pk", flat=True)
    )


def test_a_second_worker_finds_the_job_taken(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = take(message)
    assert free_at(claim.claimed_at + LEASE - 1) == []
    assert free_at(claim.claimed_at + LEASE) == [message["messageId"]]


def test_nothing_is_taken_before_it_is_due_nor_by_who_cannot_do_it(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    assert free_at(due(message) - 1) == []
    assert jobs.take(KINDS[1:], limit=10, now=due(message)) == []
    assert jobs.take((), limit=10, now=due(message)) == []
    assert not jobs.is_any_due((), now=due(message))
    assert jobs.is_any_due(KINDS, now=due(message))


def test_what_waits_longest_is_taken_first_and_no_more_than_wanted(ann: User, chat: Chat) -> None:
    asked = [ask(ann, chat)["messageId"] for _ in range(3)]
    for number, message_id in enumerate(asked):
        Job.objects.filter(pk=message_id).update(due_at=1000 - number)
    claims = jobs.take(KINDS, limit=2, now=1000)
    assert sorted(claim.message_id for claim in claims) == sorted(asked[1:])


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_each_job_is_taken_by_one(ann: User, chat: Chat) -> None:
    asked = [ask(ann, chat) for _ in range(12)]
    now, ready = due(asked[-1]), Barrier(6)

    def work(_: int) -> list[str]:
        try:
            ready.wait(30)
            mine = [jobs.take(KINDS, limit=3, now=now) for _ in range(4)]
            return [claim.message_id for claims in mine for claim in claims]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        taken = [message_id for some in pool.map(work, range(6)) for message_id in some]
    assert sorted(taken) == sorted(message["messageId"] for message in asked)


def test_a_heartbeat_holds_the_lease_of_who_has_it(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    old = take(message)
    jobs.heartbeat([old], now=old.claimed_at + 5_000)
    assert free_at(old.claimed_at + LEASE) == []
    new = take(message, now=old.claimed_at + 5_000 + LEASE)
    jobs.heartbeat([old], now=old.claimed_at + 10 * LEASE)
    assert Job.objects.get().lease_until == old.claimed_at + 5_000 + 2 * LEASE
    assert jobs.lost([old, new]) == {old.token}


def test_a_job_given_back_costs_no_try(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = begin(message)
    jobs.release(claim)
    assert take(message).attempt == 1
    jobs.release(claim)
    assert Job.objects.get().attempt == 1


# --- one try --------------------------------------------------------------------------------------


def test_work_begins_ends_and_leaves_no_job(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = take(message)
    begun = jobs.begin(claim)
    assert begun is not None
    work = begun.work
    assert begun.rev == now_is(message)["rev"] == 2
    assert (work.message_id, work.reply_to) == (message["messageId"], message["replyTo"])
    assert (work.content, work.attempt) == ("", 1)
    assert now_is(message)["status"] == "processing"
    assert complete(claim, model="small")
    ended = now_is(message)
    assert (ended["status"], ended["content"]) == ("completed", "Because.")
    assert ended["html"] == "<p>Because.</p>"
    assert ended["metadata"] == {"source": "ai", "model": "small", "processingTime": 1840}
    assert steps(chat, message) == [
        ("born", ""),
        ("status", "processing"),
        ("status", "completed"),
    ]
    assert not Job.objects.exists()


def test_a_video_keeps_the_words_of_who_sent_it(ann: User, chat: Chat) -> None:
    video = say(ann, chat, "look", type="youtube", metadata={"url": VIDEO})
    claim = begin(video)
    edit(ann, now_is(video), "look here")
    done = Done(None, {"title": "A song"}, transcript="la la la")
    assert jobs.complete(claim, done, html="", now=claim.claimed_at)
    ended = now_is(video)
    assert (ended["content"], ended["html"]) == ("look here", "<p>look here</p>")
    assert (ended["metadata"]["url"], ended["metadata"]["title"]) == (VIDEO, "A song")
    assert Message.objects.get(pk=video["messageId"]).transcript == "la la la"
    assert "la la la" not in str(ended)
    begun = jobs.begin(take(ask(ann, chat)))
    assert begun is not None
    assert begun.work.transcript_of(video["messageId"]) == "la la la"
    assert begun.work.transcript_of(begun.work.message_id) is None
    remove(ann, ended)
    assert Message.objects.get(pk=video["messageId"]).transcript == ""


def test_the_text_so_far_is_kept_without_an_event(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = begin(message)
    assert jobs.save(claim, "Bec", "<p>Bec</p>")
    assert (now_is(message)["content"], now_is(message)["rev"]) == ("Bec", 2)
    assert len(steps(chat, message)) == 2


def test_a_worker_that_wakes_too_late_changes_nothing(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    zombie = begin(message)
    jobs.save(zombie, "Half", "<p>Half</p>")
    worker = begin(message, now=zombie.claimed_at + LEASE)
    assert worker.attempt == 2
    assert now_is(message)["content"] == ""
    assert not jobs.save(zombie, "Half a", "")
    assert not complete(zombie, "Half an answer")
    assert not fail(zombie, PRIVATE)
    assert jobs.begin(zombie) is None
    assert complete(worker, "Whole.")
    assert not complete(zombie, "Half an answer")
    assert not complete(worker, "Twice.")
    assert now_is(message)["content"] == "Whole."
    assert [step for step in steps(chat, message) if step[1] == "completed"] == [
        ("status", "completed")
    ]


def test_time_is_measured_from_the_first_claim(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    first = take(message)
    second = begin(message, now=first.claimed_at + LEASE)
    jobs.complete(second, Done("x"), html="x", now=first.claimed_at + LEASE + 7)
    assert now_is(message)["metadata"]["processingTime"] == LEASE + 7


# --- failures -------------------------------------------------------------------------------------


def test_a_failure_that_may_pass_is_tried_three_times(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    for attempt, least, most in ((1, 750, 1250), (2, 3750, 6250)):
        claim = begin(message)
        assert claim.attempt == attempt
        assert fail(claim)
        assert least <= due(message) - claim.claimed_at <= most
        assert now_is(message)["status"] == "processing"
        assert Job.objects.get().last_error == {"code": DOWN.code, "detail": DOWN.detail}
    claim = begin(message)
    assert fail(claim, now=claim.claimed_at + 7)
    ended = now_is(message)
    assert ended["metadata"]["processingTime"] == 7
    assert (ended["status"], ended["error"]) == (
        "error",
        {"code": "upstreamUnavailable", "detail": "Nobody answers.", "retryable": True},
    )
    assert [change for change, _ in steps(chat, message)] == [
        *("born", "status", "retry", "status", "retry", "status", "status")
    ]
    assert not Job.objects.exists()


def test_a_failure_that_stays_ends_at_once_and_keeps_the_text(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = begin(message)
    assert jobs.fail(claim, PRIVATE, now=0, partial=("Bec", "<p>Bec</p>"))
    ended = now_is(message)
    assert (ended["status"], ended["content"], ended["html"]) == ("error", "Bec", "<p>Bec</p>")
    assert ended["metadata"]["processingTime"] == 0
    assert ended["error"]["retryable"] is False


@pytest.mark.parametrize("asked, waited", [(10_000, 10_000), (10**9, 60_000)])
def test_nobody_is_asked_again_before_they_said(
    asked: int, waited: int, ann: User, chat: Chat
) -> None:
    message = ask(ann, chat)
    limited = Failure(
        FailureCode.UPSTREAM_UNAVAILABLE, "Too many.", retryable=True, retry_after_ms=asked
    )
    claim = begin(message)
    fail(claim, limited)
    assert due(message) == claim.claimed_at + waited


def test_work_that_kills_its_workers_ends_in_an_error(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    now = due(message)
    for number in range(jobs.MAX_ATTEMPTS):
        begin(message, now=now + number * LEASE)
    assert jobs.begin(take(message, now=now + jobs.MAX_ATTEMPTS * LEASE)) is None
    ended = now_is(message)
    assert ended["error"]["code"] == "processingFailed"
    assert ended["metadata"]["processingTime"] >= 0
    said = [event.data for event in log_of(chat) if event.data and "attempt" in event.data]
    assert [(data["attempt"], data["of"]) for data in said] == [(1, 3), (2, 3), (3, 3), (3, 3)]
    assert not Job.objects.exists()


# --- the end of the message -----------------------------------------------------------------------


def test_removing_a_message_ends_its_work(ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = begin(message)
    removed = remove(ann, message)
    assert not Job.objects.exists()
    assert jobs.lost([claim]) == {claim.token}
    assert not complete(claim)
    assert now_is(message) == removed
    assert (removed["content"], removed["removed"], removed["rev"]) == ("", "author", 3)
    error = {"code": "cancelled", "detail": "This was stopped.", "retryable": False}
    assert (removed["status"], removed["error"]) == ("error", error)
    assert removed["metadata"]["processingTime"] >= 0
    event = log_of(chat)[-1]
    assert (event.type, event.message) == ("message_removed", removed)


def test_removed_before_anybody_began_it_has_ended_as_well(
    ann: User, mod: User, chat: Chat
) -> None:
    video = say(ann, chat, "look", type="youtube", metadata={"url": VIDEO})
    removed = remove(mod, video)
    assert (removed["status"], removed["error"]["code"]) == ("error", "cancelled")
    assert "processingTime" not in removed["metadata"]


def test_what_had_ended_before_stays_as_it_ended(ann: User, chat: Chat) -> None:
    done = ask(ann, chat)
    complete(begin(done))
    broken = failed(ann, chat)
    gone = remove(ann, done)
    assert (gone["status"], gone["error"]) == ("completed", None)
    assert remove(ann, broken)["error"] == broken["error"]


def test_a_chat_is_deleted_with_its_work(ann: User, chat: Chat) -> None:
    answer = ask(ann, chat)
    complete(begin(answer))
    pipeline.rate(actor_of(ann), answer["messageId"], "up")
    claim = begin(ask(ann, chat))
    delete_chat(chat.chat_id)
    assert not Job.objects.exists()
    assert not Feedback.objects.exists()
    assert not complete(claim)
    assert jobs.begin(claim) is None


def test_what_was_removed_half_done_in_former_versions_has_ended(ann: User, chat: Chat) -> None:
    gone, wanted = ask(ann, chat), ask(ann, chat)
    Message.objects.filter(pk=gone["messageId"]).update(status="processing", removed="author")
    migration = import_module("messages.migrations.0013_removed_have_ended")
    migration.end_them(apps, SimpleNamespace(connection=connection))
    assert (now_is(gone)["status"], now_is(gone)["error"]["code"]) == ("error", "cancelled")
    assert now_is(wanted) == wanted
