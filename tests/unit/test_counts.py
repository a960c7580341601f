"""Counts of one process: exact for as long as they live, and bounded."""

from messages.counts import Counter, LocalCounts, Want


def count(counts: LocalCounts, name: str, steps: int = 1, *, seconds: int = 10) -> int:
    """So many more; what the count is then."""
    (taken,) = counts.take([Want(steps, [Counter(name, 1_000, seconds * 1_000)])])
    return taken.counted


def test_a_count_begins_with_its_first_step_and_ends_with_its_time() -> None:
    now = 0.0
    counts = LocalCounts(clock=lambda: now)
    assert (count(counts, "a", 2), count(counts, "b")) == (2, 1)
    now = 9.9
    assert count(counts, "a") == 3
    assert counts.read(["a", "b", "c"]) == {"a": 3, "b": 1, "c": 0}
    now = 10.0
    assert counts.read(["a"]) == {"a": 0}
    assert count(counts, "a") == 1


def test_what_has_ended_makes_room() -> None:
    now = 0.0
    counts = LocalCounts(clock=lambda: now)
    count(counts, "young", 7, seconds=1_000_000)
    for number in range(100_000):
        now += 1.0
        count(counts, str(number))
        assert len(counts) <= 1_000
    assert counts.read(["young"]) == {"young": 7}


def test_there_are_never_more_than_the_most() -> None:
    counts = LocalCounts(most=5_000)
    for number in range(20_000):
        count(counts, str(number), seconds=1_000)
        assert len(counts) <= 5_000
    assert counts.read(["19999"]) == {"19999": 1}
