"""Problems that people report from their page, with the trace of the frames that it had.

A trace is checked down to each value: nothing gets in that could be content or a name.
"""

import re
from collections.abc import Callable
from typing import Any

from messages.access import Actor
from messages.clock import now_ms
from messages.drafts import require_text
from messages.errors import BadRequest, RateLimited
from messages.identity import MAX_SEQ
from messages.models import MAX_AGENT, MAX_PROBLEM, Problem

MAX_ENTRIES = 500
VERSION = 1
MAX_IN_AN_HOUR = 10
_HOUR_MS = 3_600_000
_WORD = re.compile(r"[A-Za-z_]{1,40}", re.ASCII)
_MAX_NUMBERED = 1_000


def report_problem(actor: Actor, words: object, trace: object, agent: str) -> int:
    """Keep it for staff; the number of the report. Raises BadRequest, RateLimited."""
    if not isinstance(words, str) or not 1 <= len(words.strip()) <= MAX_PROBLEM:
        raise BadRequest(
            "words is a text of 1 to %(most)d characters.", field="words", most=MAX_PROBLEM
        )
    require_text(words, field="words")
    require_trace(trace)
    now = now_ms()
    if Problem.objects.filter(user=actor.id, at__gt=now - _HOUR_MS).count() >= MAX_IN_AN_HOUR:
        raise RateLimited(scope="problems", limit=MAX_IN_AN_HOUR, retry_after_ms=_HOUR_MS)
    agent = "".join(character for character in agent if character.isprintable())[:MAX_AGENT]
    kept = Problem.objects.create(
        user_id=actor.id, at=now, words=words.strip(), trace=trace, agent=agent
    )
    return int(kept.pk)


def require_trace(trace: object) -> None:
    """`{version, startedAt, entries}` as `static/js/trace.js` makes it; raises BadRequest."""
    if not isinstance(trace, dict) or trace.keys() != {"version", "startedAt", "entries"}:
        raise _bad("trace")
    entries = trace["entries"]
    if trace["version"] != VERSION or not _is_number(trace["startedAt"]):
        raise _bad("trace")
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise _bad("trace.entries")
    for place, entry in enumerate(entries):
        if not _is_entry(entry):
            raise _bad(f"trace.entries.{place}")


def _bad(field: str) -> BadRequest:
    return BadRequest("This is not a trace of frames.", field=field)


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and {"at", "way", "kind"} <= entry.keys() <= _FIELDS.keys()
        and all(_FIELDS[name](value) for name, value in entry.items())
    )


def _is_number(value: object, most: int = MAX_SEQ) -> bool:
    return type(value) is int and 0 <= value <= most


def _is_word(value: object) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _is_numbered(value: object) -> bool:
    """One of the trace's own numbers for a chatId or an epoch."""
    return _is_number(value, _MAX_NUMBERED)


_FIELDS: dict[str, Callable[[object], bool]] = {
    "at": _is_number,
    "way": lambda value: value in ("in", "out"),
    "kind": _is_word,
    "type": _is_word,
    "mode": _is_word,
    "code": _is_word,
    "chat": _is_numbered,
    "epoch": _is_numbered,
    "seq": _is_number,
    "id": _is_number,
    "count": _is_number,
    "ok": lambda value: isinstance(value, bool),
}


def as_text(trace: Any) -> str:
    """One line for each frame, for people; PostgreSQL keeps no order of names."""
    return "\n".join(" ".join(_as_words(entry)) for entry in trace["entries"])


def _as_words(entry: dict[str, Any]) -> list[str]:
    bare = ("way", "kind")
    return [str(entry[n]) if n in bare else f"{n}={entry[n]}" for n in _FIELDS if n in entry]
