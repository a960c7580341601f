"""Connections to other processes: whom they tell of, and how that is forgotten."""

from chatrouting.crowds import LIFETIME, Crowds, many, of_address, of_user


def test_what_all_processes_have_is_added_up_and_what_a_dead_one_had_is_forgotten() -> None:
    now = 100.0
    crowds = Crowds(lambda: now)
    assert crowds.of(of_user(7)) == 0
    crowds.hear("one", {of_user(7): 5, of_address("7"): 20})
    crowds.hear("two", {of_user(7): 6})
    crowds.hear("two", {of_user(7): 8})  # its last word counts
    assert (crowds.of(of_user(7)), crowds.of(of_address("7")), crowds.of(of_user(8))) == (13, 20, 0)
    now += LIFETIME - 1
    crowds.hear("two", {})
    now += 1
    assert crowds.of(of_user(7)) == 0


def test_only_of_many_is_told() -> None:
    counts = {1: 4, 2: 5}
    assert many(counts.items(), 50, of_user) == {of_user(2): 5}
    assert many(counts.items(), 1, of_user) == {of_user(1): 4, of_user(2): 5}
    assert many(counts.items(), 0, of_user) == {}
