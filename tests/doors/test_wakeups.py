"""Wake-ups are sent beside the requests: at once, bounded, and whatever the broker does."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import redis
from celery import Celery
from pytest_django import Settings

from chatrouting import wakeups
from chatrouting.wakeups import MAX_WAITING, QUEUE, Sender, make_app

PATIENCE = 20


@pytest.fixture
def sender() -> Iterator[Sender]:
    one = Sender()
    one.start()
    yield one
    one.stop(PATIENCE)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of somebody who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def brokered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Has wake-ups go through the broker at this address, and closes what was opened for it."""
    made: list[Celery] = []

    def through(redis_url: str) -> None:
        app = make_app(redis_url)
        app.conf.broker_transport_options["socket_timeout"] = 3
        monkeypatch.setattr(wakeups, "app", app)
        made.append(app)

    yield through
    for app in made:
        app.producer_pool.force_close_all()
        app.pool.force_close_all()


def test_a_broker_that_is_silent_holds_nobody_up(
    sender: Sender, silent: str, monkeypatch: pytest.MonkeyPatch, brokered: Callable[[str], None]
) -> None:
    brokered(silent)
    begun, send = threading.Event(), sender.send

    def begin() -> None:
        begun.set()
        send()

    monkeypatch.setattr(sender, "send", begin)
    sender.wake()
    assert begun.wait(PATIENCE)
    sending = sender._thread
    for _ in range(10_000):
        sender.wake()
    sender.stop(0.01)
    assert sending.is_alive()  # it waits for an answer, alone
    sending.join(PATIENCE)


def test_an_outage_is_said_once(
    sender: Sender, brokered: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    brokered("redis://127.0.0.1:9/0")
    with caplog.at_level(logging.WARNING, "chatrouting.wakeups"):
        for _ in range(3):
            sender.send()
    assert len(caplog.records) == 1
    assert "broker out of reach" in caplog.text


@pytest.mark.skipif(os.environ["SHAPE"] == "embedded", reason="embedded has no broker")
def test_what_nobody_takes_does_not_pile_up(
    settings: Settings, brokered: Callable[[str], None]
) -> None:
    brokered(settings.REDIS_URL)
    sender = Sender()
    with redis.Redis.from_url(settings.REDIS_URL) as valkey:
        key = f"chatrouting:{QUEUE}"
        valkey.delete(key)
        for _ in range(MAX_WAITING + 20):
            sender.send()
        assert valkey.llen(key) == MAX_WAITING
        assert all(len(waiting) < 2_000 for waiting in valkey.lrange(key, 0, -1))
        valkey.delete(key)
