"""Odd configuration stops the start with one clear sentence."""

import subprocess
import sys

import pytest

from tests.shapes.environment import clean
from tests.shapes.server import ROOT

READ = (
    "import chatrouting.settings as s; print(s.DATABASES['default']['ENGINE'], s.DEBUG, s.ENGINE)"
)

REDIS = {"REDIS_URL": "redis://127.0.0.1:6379/0"}
AI = {"DEBUG": "1", "AI_BASE_URL": "http://127.0.0.1:8080/v1/", "AI_MODEL": "m"}


def read_settings(code: str = READ, /, **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env=clean() | values,
        capture_output=True,
        text=True,
    )


def test_debug_needs_nothing_else() -> None:
    answer = read_settings(DEBUG="1")
    assert answer.stdout.split()[:2] == ["django.db.backends.sqlite3", "True"]


def test_production_needs_a_secret_key() -> None:
    answer = read_settings()
    assert answer.returncode != 0
    assert "SECRET_KEY must be set" in last_line(answer)


def test_production_needs_no_more_than_a_secret_key() -> None:
    answer = read_settings(SECRET_KEY="long and random")
    assert answer.stdout.split()[:2] == ["django.db.backends.sqlite3", "False"]


def test_a_postgres_address_chooses_postgresql() -> None:
    answer = read_settings(DEBUG="1", DATABASE_URL="postgres://me@127.0.0.1:5432/chat")
    assert answer.stdout.split()[:2] == ["django.db.backends.postgresql", "True"]


@pytest.mark.parametrize(
    "values,sentence",
    [
        ({"SECRET_KEY": "x", "DEMO": "1"}, "DEMO=1 needs DEBUG=1"),
        ({"DEBUG": "1", "DATABASE_URL": "mysql://me@127.0.0.1/chat"}, "DATABASE_URL must begin"),
        ({"DEBUG": "1", "REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL must begin"),
        ({"DEBUG": "1", "ENGINE": "huey"}, "ENGINE must be threads or celery"),
        ({"DEBUG": "1", "ENGINE": "celery"}, "ENGINE=celery needs REDIS_URL"),
        ({"DEBUG": "1", "RATE_LIMIT_SEND": "20 a minute"}, "RATE_LIMIT_SEND must look like"),
        ({"DEBUG": "1", "RATE_LIMIT_SEND": "0/10s"}, "RATE_LIMIT_SEND must look like"),
        ({"DEBUG": "1", "LOG_FORMAT": "xml"}, "LOG_FORMAT must be text, for people, or json."),
        ({"DEBUG": "1", "AI_BASE_URL": "127.0.0.1", "AI_MODEL": "m"}, "AI_BASE_URL must look like"),
        ({"DEBUG": "1", "AI_BASE_URL": "http://a/v1"}, "AI_MODEL must name the model"),
        ({"DEBUG": "1", "AI_MODEL": "m"}, "need AI_BASE_URL"),
        ({"DEBUG": "1", "AI_API_KEY": "k"}, "need AI_BASE_URL"),
        (AI | {"AI_API_KEY": "a key"}, "AI_API_KEY must be printable"),
        (AI | {"AI_BASE_URL": "http://me:secret@a/v1"}, "AI_BASE_URL must look like"),
        (AI | {"AI_TOTAL_SECONDS": "soon"}, "AI_TOTAL_SECONDS must be a number above 0"),
        (AI | {"AI_OUTPUT_CHARS": "0"}, "AI_OUTPUT_CHARS must be a number above 0"),
        (AI | {"AI_CONTEXT_CHARS": "-1"}, "AI_CONTEXT_CHARS must be a number above 0"),
        ({"DEBUG": "1", "RATE_LIMIT_CHAT": "many"}, "RATE_LIMIT_CHAT must look like"),
        ({"DEBUG": "1", "TRUSTED_PROXIES": "yes"}, "TRUSTED_PROXIES must be a whole number"),
        ({"DEBUG": "1", "MAX_CONNECTIONS_USER": "-1"}, "MAX_CONNECTIONS_USER must be a whole"),
        ({"DEBUG": "1", "REQUEST_SECONDS": "0"}, "REQUEST_SECONDS must be a number above 0"),
        ({"DEBUG": "1", "ADMIN_PATH": "chats"}, "ADMIN_PATH must be one word"),
        ({"DEBUG": "1", "ADMIN_PATH": "a/b"}, "ADMIN_PATH must be one word"),
        ({"DEBUG": "1", "TOKEN_DAYS": "ten"}, "TOKEN_DAYS must be a whole number"),
        ({"DEBUG": "1", "YOUTUBE_BASE_URL": "youtube"}, "YOUTUBE_BASE_URL must look like"),
        ({"SECRET_KEY": "x", "YOUTUBE_BASE_URL": "http://127.0.0.1:1"}, "it needs DEBUG=1"),
    ],
)
def test_an_odd_value_stops_the_start(values: dict[str, str], sentence: str) -> None:
    answer = read_settings(**values)
    assert answer.returncode != 0
    assert sentence in last_line(answer)


@pytest.mark.parametrize(
    "values, engine",
    [
        ({}, "threads"),
        (REDIS, "celery"),
        (REDIS | {"ENGINE": ""}, "celery"),
        (REDIS | {"ENGINE": "threads"}, "threads"),
    ],
)
def test_who_works_follows_the_shape_or_is_said(values: dict[str, str], engine: str) -> None:
    assert read_settings(DEBUG="1", **values).stdout.split()[2] == engine


@pytest.mark.parametrize("values", [AI, AI | {"AI_API_KEY": "k", "AI_TOTAL_SECONDS": "0.5"}])
def test_an_endpoint_may_be_set_like_this(values: dict[str, str]) -> None:
    assert read_settings(**values).returncode == 0


def test_cookies_belong_to_this_host_and_to_tls() -> None:
    read = "import chatrouting.settings as s; print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE)"
    answer = read_settings(read, SECRET_KEY="x")
    assert answer.stdout.split() == ["__Host-sessionid", "True"]


@pytest.mark.parametrize("value", ["0", "20/10s", "1/m", "100/2h"])
def test_a_rate_limit_may_look_like_this(value: str) -> None:
    assert read_settings(DEBUG="1", RATE_LIMIT_SEND=value).returncode == 0


def last_line(answer: subprocess.CompletedProcess[str]) -> str:
    return answer.stderr.strip().splitlines()[-1]
