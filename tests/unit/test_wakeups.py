"""The broker's address means the same to Celery as REDIS_URL means to everybody else."""

from typing import Any

import pytest
from kombu import Connection
from redis.connection import parse_url

from chatrouting.wakeups import broker_tls, broker_url, make_app

ADDRESSES = [
    "redis://10.0.0.1",
    "redis://10.0.0.1:6380/3",
    "redis://redis.example/?db=4",
    "redis://:pass%2Fword@redis.example:6379/0",
    "redis://me:p%40ss@redis.example:6379/1?socket_timeout=3",
    "redis://[::1]:6379/2",
    "rediss://me:secret@redis.example:6380/0",
    "rediss://redis.example/0?ssl_cert_reqs=none&ssl_ca_certs=/etc/ca.pem",
    "unix:///run/redis/redis.sock",
    "unix://me:secret@/run/my%20redis.sock?db=2",
]
NAMES = ("host", "port", "db", "username", "password", "path")


def as_celery_reads(redis_url: str) -> dict[str, Any]:
    connection = Connection(broker_url(redis_url), ssl=broker_tls(redis_url))
    # Without a server there is no channel to ask.
    kind = connection.get_transport_cls().Channel
    channel = kind.__new__(kind)
    channel.connection = connection.create_transport()
    params: dict[str, Any] = channel._connparams()
    return params


@pytest.mark.parametrize("redis_url", ADDRESSES)
def test_an_address_is_understood_alike(redis_url: str) -> None:
    usual = {"db": 0} if redis_url.startswith("unix") else {"port": 6379, "db": 0}
    expected = usual | parse_url(redis_url)
    read = as_celery_reads(redis_url)
    assert {n: read[n] for n in NAMES if read.get(n) is not None} == {
        name: value for name, value in expected.items() if name in NAMES
    }


def test_certificates_are_checked_unless_they_are_not_to_be() -> None:
    assert broker_tls("redis://a") is None
    assert broker_tls("rediss://a") == {"ssl_cert_reqs": "required"}
    assert broker_tls(ADDRESSES[7]) == {"ssl_cert_reqs": "none", "ssl_ca_certs": "/etc/ca.pem"}


def test_what_the_environment_says_to_other_celeries_is_not_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://elsewhere/0")
    app = make_app("redis://here:1/0")
    assert app.connection_for_write().as_uri() == app.connection_for_read().as_uri()
    assert app.connection_for_write().hostname == "here"
