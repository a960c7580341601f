"""Connections to other processes: whom they tell of, and how that is forgotten."""

from chatrouting.crowds import LIFETIME, Crowds, least_told, of_address, of_user


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
    assert least_told(50) == 5
    assert least_told(1) == 1
    assert least_told(0) > 1_000_000
