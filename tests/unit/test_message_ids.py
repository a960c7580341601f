"""Message ids: form, uniqueness over threads and forks, and a clock that misbehaves."""

import subprocess
import sys
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import clock
from messages.errors import BadMessageId
from messages.message_id_generator import (
    EARLIEST,
    LATEST,
    MessageIdGenerator,
    is_message_id,
    new_message_id,
    parse_message_id,
)

UUID = "550e8400-e29b-41d4-a716-446655440000"
GOOD = f"1709234567890-{UUID}"
TIMES = st.integers(EARLIEST, LATEST)


def generator_at(*times: int) -> MessageIdGenerator:
    clock = iter(times)
    return MessageIdGenerator(clock=lambda: next(clock), randomness=lambda: UUID)


class JumpingClock:
    """Goes on by a millisecond at each look, and back by a second for every third one."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> int:
        self._looks += 1
        return EARLIEST + 2000 + self._looks - (1000 if self._looks % 3 == 0 else 0)


def stamp_of(message_id: str) -> int:
    return parse_message_id(message_id).timestamp


def test_the_agreed_example_is_made_and_read() -> None:
    assert generator_at(1709234567890).new() == GOOD
    parsed = parse_message_id(GOOD)
    assert (parsed.timestamp, parsed.uuid) == (1709234567890, UUID)
    assert is_message_id(GOOD)


def test_an_id_says_the_time_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock.time, "time_ns", lambda: 1_999_999_999_999_999_999)
    assert stamp_of(MessageIdGenerator().new()) == 1_999_999_999_999


def test_the_process_wide_ids_carry_a_real_uuid_of_version_4() -> None:
    for _ in range(1000):
        message_id = new_message_id()
        parsed = parse_message_id(message_id)
        value = uuid.UUID(parsed.uuid)
        assert (value.version, value.variant) == (4, uuid.RFC_4122)
        assert len(message_id) == 50
        assert str(value) == parsed.uuid


@given(st.lists(TIMES, min_size=1, max_size=30))
def test_ids_never_go_backwards_whatever_the_clock_does(times: list[int]) -> None:
    generator = generator_at(*times)
    stamps = [stamp_of(generator.new()) for _ in times]
    assert stamps == [max(times[: n + 1]) for n in range(len(times))]


@given(TIMES, st.uuids(version=4))
def test_what_is_made_is_read_back(now: int, random: uuid.UUID) -> None:
    made = MessageIdGenerator(clock=lambda: now, randomness=lambda: random).new()
    assert is_message_id(made)
    parsed = parse_message_id(made)
    assert (parsed.timestamp, parsed.uuid) == (now, str(random))


@given(st.sampled_from(range(50)), st.characters())
def test_one_wrong_character_is_noticed(place: int, wrong: str) -> None:
    text = GOOD[:place] + wrong + GOOD[place + 1 :]
    digits = "0123456789"
    allowed = digits if place < 13 else "-" if GOOD[place] == "-" else digits + "abcdef"
    allowed = {28: "4", 33: "89ab"}.get(place, allowed)
    assert is_message_id(text) == (wrong in allowed)


@pytest.mark.parametrize("now", [0, -1, EARLIEST - 1, LATEST + 1])
def test_a_clock_without_13_digits_is_refused_in_words(now: int) -> None:
    with pytest.raises(RuntimeError, match=f"clock says {now} ms"):
        generator_at(now).new()


def test_a_clock_that_falls_before_2001_later_is_only_held() -> None:
    generator = generator_at(1709234567890, 5)
    assert generator.new() == generator.new()


def test_the_first_and_the_last_time_of_13_digits_are_good() -> None:
    assert is_message_id(generator_at(EARLIEST).new())
    assert is_message_id(generator_at(LATEST).new())


@pytest.mark.parametrize(
    "value",
    [
        "",
        GOOD + "\n",
        "\n" + GOOD,
        " " + GOOD,
        GOOD + " ",
        GOOD + "0",
        GOOD[:-1],
        GOOD[1:],
        "1" + GOOD,
        GOOD.upper(),
        GOOD.replace("-", ""),
        GOOD.replace("-", "\N{EN DASH}"),
        UUID,
        f"-709234567890-{UUID}",
        f"170923456789.-{UUID}",
        f"1709234567890-{{{UUID}}}",
        "1709234567890-550e8400-e29b-11d4-a716-446655440000",
        "1709234567890-550e8400-e29b-71d4-a716-446655440000",
        "1709234567890-550e8400-e29b-41d4-7716-446655440000",
        "1709234567890-550e8400-e29b-41d4-c716-446655440000",
        "1709234567890-00000000-0000-0000-0000-000000000000",
        "\N{ARABIC-INDIC DIGIT ONE}" + GOOD[1:],
        GOOD[:-1] + "\N{FULLWIDTH DIGIT ZERO}",
        GOOD + "\x00",
        None,
        7,
        True,
        GOOD.encode(),
        [GOOD],
        uuid.UUID(UUID),
    ],
    ids=repr,
)
def test_anything_else_is_no_message_id(value: object) -> None:
    assert not is_message_id(value)
    with pytest.raises(BadMessageId):
        parse_message_id(value)


def test_a_million_ids_of_sixteen_threads_are_all_different_and_in_order() -> None:
    generator, each = MessageIdGenerator(), 62_500
    made: list[list[str]] = []
    start = threading.Barrier(16)

    def work() -> None:
        start.wait()
        made.append([generator.new() for _ in range(each)])

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({message_id for ids in made for message_id in ids}) == 16 * each
    for ids in made:
        stamps = [message_id[:13] for message_id in ids]
        assert stamps == sorted(stamps)


def test_no_thread_sees_time_go_back_while_the_clock_jumps() -> None:
    """Every id read from another thread before a call is at or below the id of that call."""
    newest, lock, wrong = [EARLIEST], threading.Lock(), []
    generator = MessageIdGenerator(clock=JumpingClock())

    def work() -> None:
        for _ in range(3000):
            before = newest[0]
            stamp = stamp_of(generator.new())
            if stamp < before:
                wrong.append((before, stamp))
            with lock:
                newest[0] = max(newest[0], stamp)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_clock_is_compared_and_kept_under_the_lock() -> None:
    """The race between the two is too short for threads to show, so look for the lock itself."""
    held = []

    class Watched(int):
        def __lt__(self, other: int) -> bool:
            held.append(MessageIdGenerator._lock.locked())
            return super().__lt__(other)

    generator = generator_at(EARLIEST, Watched(EARLIEST + 1))
    assert generator.new() < generator.new()
    assert held == [True]


FORK = """
import os, signal
from messages.message_id_generator import MessageIdGenerator, new_message_id
new_message_id()
MessageIdGenerator._lock.acquire()  # as if another thread were inside at the time of the fork
for _ in range(4):
    if os.fork() == 0:
        signal.alarm(20)
        # One write a child, so that lines of different children do not mix.
        os.write(1, "".join(new_message_id() + "\\n" for _ in range(50)).encode())
        os._exit(0)
for _ in range(4):
    assert os.wait()[1] == 0
MessageIdGenerator._lock.release()
os.write(1, "".join(new_message_id() + "\\n" for _ in range(50)).encode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_forked_children_repeat_nobody_and_wait_for_nobody() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60, check=True
    )
    uuids = [parse_message_id(line).uuid for line in done.stdout.splitlines()]
    assert len(uuids) == 250
    assert len(set(uuids)) == 250
