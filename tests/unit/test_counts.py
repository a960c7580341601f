"""Counts of one process: exact for as long as they live, and bounded."""

from messages.counts import LocalCounts


def test_a_count_begins_with_its_first_step_and_ends_with_its_time() -> None:
    now = 0.0
    counts = LocalCounts(clock=lambda: now)
    assert counts.add({"a": 2, "b": 1}, lifetime=10) == {"a": 2, "b": 1}
    now = 9.9
    assert counts.add({"a": 1}, lifetime=10) == {"a": 3}
    assert counts.read(["a", "b", "c"]) == {"a": 3, "b": 1, "c": 0}
    now = 10.0
    assert counts.read(["a"]) == {"a": 0}
    assert counts.add({"a": 1}, lifetime=10) == {"a": 1}


def test_what_has_ended_makes_room() -> None:
    now = 0.0
    counts = LocalCounts(clock=lambda: now)
    counts.add({"young": 7}, lifetime=1_000_000)
    for number in range(100_000):
        now += 1.0
        counts.add({str(number): 1}, lifetime=10)
        assert len(counts) <= 1_000
    assert counts.read(["young"]) == {"young": 7}


def test_there_are_never_more_than_the_most() -> None:
    counts = LocalCounts(most=5_000)
    for number in range(20_000):
        counts.add({str(number): 1}, lifetime=1000)
        assert len(counts) <= 5_000
    assert counts.read(["19999"]) == {"19999": 1}
