"""Wake-ups for Celery workers: the broker they go through, and the thread that sends them.

A wake-up says "look for work" and no more, since the row is the queue: whatever is due will be
found. One that is lost costs the second until a worker looks by itself, one too many nothing.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from celery import Celery
from django.conf import settings
from redis.connection import parse_url

from messages.engine import THREADS, is_new_work
from messages.log import LoggedEvent

logger = logging.getLogger(__name__)

QUEUE = "chatrouting"
LOOK = "chatrouting.look"
# Where this many wait, nobody takes them, and more of them would only fill the broker.
MAX_WAITING = 100


def broker_url(redis_url: str) -> str:
    """REDIS_URL in the words of Celery's client; its TLS is `broker_tls`."""
    parts = _parts(redis_url)
    user = quote(parts.get("username", ""), safe="")
    word = quote(parts.get("password", ""), safe="")
    sign_in = f"{user}:{word}@" if user or word else ""
    database = parts.get("db", 0)
    if redis_url.startswith("unix:"):
        return f"redis+socket://{sign_in}{quote(parts['path'])}?virtual_host={database}"
    scheme = redis_url.partition(":")[0]
    host = parts.get("host", "127.0.0.1")
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{sign_in}{host}:{parts.get('port', 6379)}/{database}"


def broker_tls(redis_url: str) -> dict[str, Any] | None:
    """What rediss:// asks for; certificates are checked unless it says otherwise."""
    if not redis_url.startswith("rediss:"):
        return None
    asked = {name: value for name, value in _parts(redis_url).items() if name[:4] == "ssl_"}
    return {"ssl_cert_reqs": "required"} | asked


def _parts(redis_url: str) -> dict[str, Any]:
    """As the client of the channel layer and the counters understands it."""
    parts: dict[str, Any] = parse_url(redis_url)  # type: ignore[no-untyped-call]
    return parts


def make_app(redis_url: str) -> Celery:
    # Django is set up by whoever runs; Celery's own ways of doing that are left out.
    made = Celery("chatrouting", fixups=[])
    made.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=True,
        worker_pool="threads",
        worker_concurrency=THREADS,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
        beat_scheduler="chatrouting.celery:Beat",
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=2,
        broker_transport_options=_TRANSPORT,
    )
    if redis_url:
        address = broker_url(redis_url)
        made.conf.update(
            broker_read_url=address, broker_write_url=address, broker_use_ssl=broker_tls(redis_url)
        )
    return made


_TRANSPORT = {
    "global_keyprefix": "chatrouting:",
    "visibility_timeout": 60,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 5,
    # Who sends does not wait for a broker that is away.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}

app = make_app(settings.REDIS_URL)


class Sender:
    """Stands where an engine does in a process whose work Celery workers do.

    A thread of its own sends, so that no request and no event loop waits for the broker. What is
    asked for while it sends is one wake-up together.
    """

    def __init__(self) -> None:
        self._awake = threading.Event()
        self._is_wanted = False
        self._is_ending = False
        self._is_failing = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()
        logger.info("engine: Celery workers, woken through REDIS_URL")

    def stop(self, timeout: float = 5.0) -> None:
        """After what is asked for was sent, should that be possible in time."""
        if self._thread is None:
            return
        self._is_ending = True
        self._awake.set()
        self._thread.join(timeout)
        self._thread = None

    def hear(self, events: Sequence[LoggedEvent]) -> None:
        """Committed events, from any thread: new work is told of."""
        if any(is_new_work(event) for event in events):
            self.wake()

    def look_after(self) -> None:
        """Nothing runs here."""

    def wake(self) -> None:
        """Have some worker look for whatever is due; returns at once."""
        self._is_wanted = True
        self._awake.set()

    def _run(self) -> None:
        while not self._is_ending:
            self._awake.wait()
            self._awake.clear()
            if self._is_wanted:
                self._is_wanted = False
                self.send()

    def send(self) -> None:
        """Now, which may take seconds where the broker is frozen."""
        try:
            with app.producer_pool.acquire(block=True) as producer:
                if producer.channel.queue_declare(QUEUE).message_count < MAX_WAITING:
                    app.send_task(LOOK, producer=producer, retry=False)
            self._is_failing = False
        except Exception as error:  # noqa: BLE001
            # One line for an outage, not one for each message of it.
            if not self._is_failing:
                logger.warning(
                    "engine: broker out of reach (%r); workers look by themselves", error
                )
            self._is_failing = True
