"""The engine: work is found, told of as it grows, stopped, given back, and ended once."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from messages import jobs, log, pipeline, progress
from messages.access import actor_of
from messages.engine import LOOK, Engine
from messages.models import Chat, Job, MessageType
from messages.processors.work import Done, Failure, Progress, Stopped, Work
from messages.representation import WireMessage
from messages.writer import writer
from tests.conftest import Processors
from tests.domain.talk import accept, remove
from tests.domain.working import DOWN, KINDS, PRIVATE, begin, cancel, now_is, retry, steps

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20


@pytest.fixture
def engine() -> Iterator[Engine]:
    """One that hears what is committed, as in a server."""
    one = Engine()
    hear = lambda events, **_: one.hear(events)  # noqa: E731
    log.committed.connect(hear, weak=False)
    one.start()
    yield one
    one.stop()
    log.committed.disconnect(hear)


@pytest.fixture
def ended() -> Iterator[Callable[[], WireMessage]]:
    """Waits for the next message whose work has ended."""
    found: list[WireMessage] = []
    some = threading.Semaphore(0)

    def hear(events: list[log.LoggedEvent], **_: Any) -> None:
        for event in events:
            message = event.message
            if message and message["type"] == "ai" and message["status"] in ("completed", "error"):
                found.append(dict(message))
                some.release()

    def wait() -> WireMessage:
        assert some.acquire(timeout=PATIENCE)
        return found.pop(0)

    log.committed.connect(hear)
    yield wait
    log.committed.disconnect(hear)


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    deltas: list[dict[str, Any]] = []

    def hear(**fields: Any) -> None:
        deltas.append(fields)

    progress.delta.connect(hear)
    yield deltas
    progress.delta.disconnect(hear)


class Held:
    """A processor that says something, then waits until it is let go or stopped."""

    def __init__(self, words: str = "So far") -> None:
        self.words = words
        self.go, self.begun = threading.Event(), threading.Event()
        self.works: list[Work] = []

    def __call__(self, work: Work, progress: Progress) -> Done:
        self.works.append(work)
        with progress.on_stop(self.go.set):
            progress.add(self.words)
            self.begun.set()
            assert self.go.wait(PATIENCE)
        progress.check()
        return Done(self.words)


@pytest.fixture
def held(processors: Processors) -> Held:
    one = processors[MessageType.AI] = Held()
    return one


def asked(user: User, chat: Chat) -> WireMessage:
    """A question sent through the process's own writer."""
    accepted = writer.call(accept, user, chat, "Why?", type="ai")
    assert accepted.placeholder is not None
    return accepted.placeholder


def until(true: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(PATIENCE * 50):
        if true():
            return
        waited.wait(0.02)
    raise AssertionError("it never came true")


def test_a_question_is_answered_and_told_of_as_it_grows(
    engine: Engine,
    processors: Processors,
    ended: Callable[[], WireMessage],
    told: list[dict[str, Any]],
    ann: User,
    chat: Chat,
) -> None:
    words = ["Olá, ", "e\u0301", " 👩‍👩‍👧 ", "\x00\ud83d", "\ude00 \ud83d", "end"]

    def answer(work: Work, progress: Progress) -> Done:
        for number, word in enumerate(words):
            progress.add(word)
            until(lambda number=number: len(told) > number)
        return Done("".join(words), {"model": "script\x00\udfff"})

    processors[MessageType.AI] = answer
    message = asked(ann, chat)
    answered = ended()
    whole = "Olá, e\u0301 👩‍👩‍👧 \ufffd😀 \ufffdend"
    assert (answered["status"], answered["content"]) == ("completed", whole)
    assert answered["html"] == f"<p>{whole}</p>"
    assert answered["metadata"]["model"] == "script\ufffd\ufffd"
    assert [delta["start"] for delta in told] == [0, 5, 7, 14, 15, 17]
    assert "".join(delta["text"] for delta in told) == whole
    assert {(delta["message_id"], delta["rev"]) for delta in told} == {(message["messageId"], 2)}
    until(lambda: not engine._running)


def test_what_waited_before_the_engine_is_found(
    processors: Processors, ended: Callable[[], WireMessage], ann: User, chat: Chat
) -> None:
    processors[MessageType.AI] = lambda work, progress: Done("Late.")
    asked(ann, chat)
    engine = Engine()
    engine.start()
    try:
        assert ended()["content"] == "Late."
    finally:
        engine.stop()


def test_what_nobody_here_can_do_waits(engine: Engine, ann: User, chat: Chat) -> None:
    message = asked(ann, chat)
    engine.turn()
    assert now_is(message)["status"] == "pending"


def test_the_text_so_far_is_kept(
    engine: Engine, held: Held, monkeypatch: pytest.MonkeyPatch, ann: User, chat: Chat
) -> None:
    monkeypatch.setattr("messages.engine.SAVE", 0.0)
    message = asked(ann, chat)
    until(lambda: now_is(message)["content"] == "So far")
    assert now_is(message)["html"] == "<p>So far</p>"
    assert now_is(message)["status"] == "processing"


def test_what_was_told_is_kept_by_whoever_cancels_at_that_moment(
    engine: Engine, held: Held, monkeypatch: pytest.MonkeyPatch, ann: User, chat: Chat
) -> None:
    monkeypatch.setattr("messages.engine.SAVE", 3600.0)
    cancelled: list[WireMessage] = []

    def hear(message_id: str, **_: Any) -> None:
        cancelled.append(pipeline.cancel(actor_of(ann), message_id))

    progress.delta.connect(hear)
    message = asked(ann, chat)
    assert held.go.wait(PATIENCE)
    progress.delta.disconnect(hear)
    assert [(one["content"], one["html"]) for one in cancelled] == [("So far", "<p>So far</p>")]
    assert now_is(message)["content"] == "So far"


@pytest.mark.parametrize("how", [cancel, remove])
def test_unwanted_work_stops_and_its_call_ends(
    how: Callable[..., WireMessage],
    engine: Engine,
    held: Held,
    monkeypatch: pytest.MonkeyPatch,
    ann: User,
    chat: Chat,
) -> None:
    monkeypatch.setattr("messages.engine.LOOK", 3600.0)  # It is heard of.
    message = asked(ann, chat)
    assert held.begun.wait(PATIENCE)
    writer.call(how, ann, message)
    assert held.go.wait(PATIENCE)
    until(lambda: not engine._running)
    assert [step for step in steps(chat, message) if step[1] == "completed"] == []
    assert not Job.objects.exists()


def test_a_call_that_was_cut_short_is_no_failure(
    engine: Engine, processors: Processors, caplog: pytest.LogCaptureFixture, ann: User, chat: Chat
) -> None:
    begun, cut = threading.Event(), threading.Event()

    def call(work: Work, progress: Progress) -> Done:
        with progress.on_stop(cut.set):
            begun.set()
            assert cut.wait(PATIENCE)
            raise ConnectionResetError

    processors[MessageType.AI] = call
    message = asked(ann, chat)
    assert begun.wait(PATIENCE)
    writer.call(cancel, ann, message)
    until(lambda: not engine._running)
    assert now_is(message)["error"]["code"] == "cancelled"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_work_that_another_process_cancels_stops_too(held: Held, ann: User, chat: Chat) -> None:
    engine = Engine()  # hears of nothing
    engine.start()
    message = asked(ann, chat)
    assert held.begun.wait(PATIENCE)
    cancel(ann, message)
    assert held.go.wait(PATIENCE)
    assert LOOK <= 0.5
    engine.stop()
    assert now_is(message)["error"]["code"] == "cancelled"


def test_work_taken_by_another_stops(engine: Engine, held: Held, ann: User, chat: Chat) -> None:
    message = asked(ann, chat)
    assert held.begun.wait(PATIENCE)
    Job.objects.update(token="of another")
    assert held.go.wait(PATIENCE)
    until(lambda: not engine._running)
    assert Job.objects.get(pk=message["messageId"]).token == "of another"


def test_a_heartbeat_holds_the_lease(
    held: Held, monkeypatch: pytest.MonkeyPatch, ann: User, chat: Chat
) -> None:
    engine = Engine(lease_ms=300)
    engine.start()
    asked(ann, chat)
    assert held.begun.wait(PATIENCE)
    lease = Job.objects.get().lease_until or 0
    until(lambda: (Job.objects.get().lease_until or 0) > lease + 300)
    assert jobs.take(KINDS, limit=1, now=lease) == []
    engine.stop()
    assert [work.attempt for work in held.works] == [1]


def test_an_engine_that_ends_gives_its_work_back(held: Held, ann: User, chat: Chat) -> None:
    engine = Engine()
    engine.start()
    message = asked(ann, chat)
    assert held.begun.wait(PATIENCE)
    engine.stop()
    job = Job.objects.get()
    assert (job.token, job.lease_until, job.attempt) == ("", None, 0)
    assert begin(message).attempt == 1


def test_an_engine_does_not_wait_for_who_hears_nothing(
    processors: Processors, ann: User, chat: Chat
) -> None:
    begun, go = threading.Event(), threading.Event()

    def deaf(work: Work, progress: Progress) -> Done:
        begun.set()
        assert go.wait(PATIENCE)
        return Done("Too late.")

    processors[MessageType.AI] = deaf
    message = asked(ann, chat)
    engine = Engine()
    engine.start()
    assert begun.wait(PATIENCE)
    engine.stop(timeout=0.05)
    assert now_is(message)["status"] == "processing"
    (running,) = engine._running.values()
    go.set()
    running.thread.join(PATIENCE)
    assert now_is(message)["status"] == "processing"
    assert Job.objects.get().token == ""


@pytest.mark.parametrize("failure", [DOWN, PRIVATE, ZeroDivisionError()], ids=repr)
def test_a_failure_is_tried_again_or_said(
    failure: Exception,
    engine: Engine,
    processors: Processors,
    monkeypatch: pytest.MonkeyPatch,
    ended: Callable[[], WireMessage],
    ann: User,
    chat: Chat,
) -> None:
    tries: list[int] = []

    def fail(work: Work, progress: Progress) -> Done:
        tries.append(work.attempt)
        progress.add(f"try {work.attempt}")
        raise failure

    processors[MessageType.AI] = fail
    monkeypatch.setattr(jobs, "BACKOFF_MS", (1, 1, 1))
    asked(ann, chat)
    message = ended()
    code = failure.code if isinstance(failure, Failure) else "processingFailed"
    assert tries == ([1] if failure is PRIVATE else [1, 2, 3])
    assert message["error"]["code"] == code
    assert message["error"]["retryable"] == (failure is not PRIVATE)
    assert message["content"] == f"try {tries[-1]}"


def test_retried_work_is_taken_up(
    engine: Engine,
    processors: Processors,
    ended: Callable[[], WireMessage],
    ann: User,
    chat: Chat,
) -> None:
    def fail(work: Work, progress: Progress) -> Done:
        raise PRIVATE

    processors[MessageType.AI] = fail
    message = asked(ann, chat)
    assert ended()["status"] == "error"
    processors[MessageType.AI] = lambda work, progress: Done("Now.")
    writer.call(retry, ann, message)
    assert ended()["content"] == "Now."


def test_more_work_than_threads_is_done_in_turn(
    processors: Processors, ended: Callable[[], WireMessage], ann: User, chat: Chat
) -> None:
    at_once: list[int] = []
    working = threading.Semaphore(2)

    def answer(work: Work, progress: Progress) -> Done:
        assert working.acquire(blocking=False)
        at_once.append(1)
        working.release()
        return Done("Yes.")

    processors[MessageType.AI] = answer
    for _ in range(6):
        asked(ann, chat)
    engine = Engine(threads=2)
    engine.start()
    assert {ended()["content"] for _ in range(6)} == {"Yes."}
    engine.stop()


def test_callbacks_are_called_once_late_ones_at_once_and_nothing_is_added() -> None:
    claim = jobs.Claim("m", "c", MessageType.AI, "t", 1, 0)
    running = progress.Running(claim, lambda _: None, now=0.0)
    called: list[int] = []
    with running.on_stop(lambda: called.append(0)):
        pass
    with running.on_stop(lambda: called.append(1)):
        running.stop()
        running.stop()
    with running.on_stop(lambda: called.append(2)):
        pass
    assert called == [1, 2]
    for attempt in (running.check, running.close, lambda: running.add("x")):
        with pytest.raises(Stopped):
            attempt()
    assert (running.text, running.untold(), running.unsaved()) == ("", None, None)
