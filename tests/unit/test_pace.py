"""How fast a connection may send."""

from chatrouting.pace import Pace


def test_so_many_in_each_period_which_begins_with_the_first() -> None:
    pace = Pace(3, 10)
    assert [pace.is_exceeded(now) for now in (5.0, 6.0, 7.0, 14.9)] == [False] * 3 + [True]
    assert pace.wait(14.0) == 1.0
    assert [pace.is_exceeded(15.0) for _ in range(4)] == [False] * 3 + [True]


def test_without_a_limit_nothing_is_too_fast() -> None:
    pace = Pace(0, 1)
    assert not any(pace.is_exceeded(0.0) for _ in range(10_000))
