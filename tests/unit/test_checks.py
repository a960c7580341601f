"""`manage.py check --deploy`: silent where all is well, and one sentence for each danger."""

import secrets
import subprocess
import sys
from collections.abc import Callable

import pytest
from pytest_django import Settings

from chatrouting.checks import dangers
from tests.shapes.environment import clean
from tests.shapes.server import ROOT

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ALLOWED_HOSTS": "chat.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://chat.example.org",
    "TRUSTED_PROXIES": "1",
}
SCALED = {"DATABASE_URL": "postgres://me@127.0.0.1/chat", "REDIS_URL": "redis://127.0.0.1:1/0"}


def check(**values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "manage.py",
            "check",
            "--deploy",
            "--fail-level",
            "WARNING",
        ],
        check=False,
        cwd=ROOT,
        env=clean() | values,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("values", [PRODUCTION, PRODUCTION | SCALED], ids=["embedded", "scaled"])
def test_production_as_it_should_be_has_nothing_to_say(values: dict[str, str]) -> None:
    answer = check(**values)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


@pytest.mark.parametrize(
    "values,name",
    [
        ({"WEB_CONCURRENCY": "2"}, "E001"),
        ({"DATABASE_URL": SCALED["DATABASE_URL"]}, "W001"),
    ],
)
def test_a_danger_stops_the_check(values: dict[str, str], name: str) -> None:
    answer = check(**PRODUCTION, **values)
    assert answer.returncode != 0
    assert f"chatrouting.{name}" in answer.stderr


@pytest.fixture
def sound(settings: Settings) -> Settings:
    for name, value in PRODUCTION.items():
        setattr(settings, name, value)
    settings.ALLOWED_HOSTS = ["chat.example.org"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org"]
    settings.REDIS_URL = "redis://somewhere"
    settings.YOUTUBE_BASE_URL = "https://www.youtube.com"
    settings.TRUSTED_PROXIES = 1
    return settings


def found() -> list[str | None]:
    return [message.id for message in dangers(None)]


def test_there_is_nothing_else_in_a_sound_configuration(sound: Settings) -> None:
    assert found() == []


def _no_layer(settings: Settings) -> None:
    settings.REDIS_URL, settings.PROCESSES = "", 2


DANGERS: list[tuple[str, Callable[[Settings], None]]] = [
    ("E001", _no_layer),
    ("E002", lambda s: setattr(s, "SECRET_KEY", "secret")),
    ("E002", lambda s: setattr(s, "SECRET_KEY", "x" * 80)),
    ("E002", lambda s: setattr(s, "SECRET_KEY", "for-development-only-" + secrets.token_hex(40))),
    ("E003", lambda s: setattr(s, "ALLOWED_HOSTS", ["chat.example.org", "*"])),
    ("E004", lambda s: setattr(s, "CSRF_TRUSTED_ORIGINS", ["chat.example.org"])),
    ("E004", lambda s: setattr(s, "CSRF_TRUSTED_ORIGINS", ["https://chat.example.org/"])),
    ("W002", lambda s: setattr(s, "CSRF_TRUSTED_ORIGINS", ["http://chat.example.org"])),
    ("E005", lambda s: setattr(s, "DEMO", True)),
    ("E006", lambda s: setattr(s, "YOUTUBE_BASE_URL", "http://127.0.0.1:9")),
    ("W003", lambda s: setattr(s, "TRUSTED_PROXIES", 0)),
    ("W004", lambda s: setattr(s, "RATE_LIMIT_SIGN_IN_NAME", "0")),
]


@pytest.mark.parametrize("name,break_it", DANGERS)
def test_each_danger_is_told(
    name: str, break_it: Callable[[Settings], None], sound: Settings
) -> None:
    break_it(sound)
    assert found() == [f"chatrouting.{name}"]
