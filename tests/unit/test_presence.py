"""Who is in a room: several tabs, several processes, and no flicker when a page is reloaded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrouting.presence import ANNOUNCE_INTERVAL, LEAVE_DELAY, REMOTE_LIFETIME, Presence

ANN, BOB = 1, 2
NAMES = {ANN: "Ann", BOB: "Bob"}


@pytest.fixture
def room() -> Presence:
    return Presence()


def test_the_first_connection_of_somebody_is_news_and_the_second_is_not(room: Presence) -> None:
    assert room.enter(ANN, "Ann")
    assert not room.enter(ANN, "Ann")
    assert room.here == {ANN: "Ann"}
    assert room.local == {ANN: "Ann"}


def test_only_the_last_of_several_tabs_counts_as_leaving(room: Presence) -> None:
    room.enter(ANN, "Ann")
    room.enter(ANN, "Ann")
    assert not room.leave(ANN, 100.0)
    assert room.sweep(100.0 + LEAVE_DELAY) == {}
    assert room.leave(ANN, 200.0)
    assert room.sweep(200.0 + LEAVE_DELAY) == {ANN: "Ann"}


def test_somebody_is_gone_when_the_delay_has_passed_and_not_before(room: Presence) -> None:
    room.enter(ANN, "Ann")
    room.leave(ANN, 100.0)
    assert room.here == {ANN: "Ann"}
    assert room.local == {}
    assert room.sweep(100.0 + LEAVE_DELAY - 0.001) == {}
    assert room.sweep(100.0 + LEAVE_DELAY) == {ANN: "Ann"}
    assert room.here == {}
    assert room.sweep(1e9) == {}


def test_whoever_comes_back_within_the_delay_never_left(room: Presence) -> None:
    room.enter(ANN, "Ann")
    room.leave(ANN, 100.0)
    assert not room.enter(ANN, "Ann")
    assert room.sweep(1e9) == {}
    room.leave(ANN, 200.0)
    assert room.sweep(200.0 + LEAVE_DELAY - 0.001) == {}


def test_a_new_name_is_taken_on(room: Presence) -> None:
    room.enter(ANN, "Ann")
    room.enter(ANN, "Anne")
    assert room.here == {ANN: "Anne"}


def test_another_process_tells_of_its_people_once(room: Presence) -> None:
    assert room.hear("other", {BOB: "Bob"}, 0.0) == {BOB: "Bob"}
    assert room.hear("other", {BOB: "Bob"}, ANNOUNCE_INTERVAL) == {}
    assert room.here == {BOB: "Bob"}
    assert room.local == {}


def test_whoever_another_process_no_longer_names_leaves_after_the_delay(room: Presence) -> None:
    room.hear("other", NAMES, 0.0)
    assert room.hear("other", {ANN: "Ann"}, 10.0) == {}
    assert room.sweep(10.0 + LEAVE_DELAY - 0.001) == {}
    assert room.sweep(10.0 + LEAVE_DELAY) == {BOB: "Bob"}


def test_a_process_that_went_silent_takes_its_people_along(room: Presence) -> None:
    room.hear("other", NAMES, 0.0)
    room.enter(ANN, "Ann")
    assert room.sweep(REMOTE_LIFETIME - 0.001) == {}
    assert room.sweep(REMOTE_LIFETIME) == {}
    assert room.sweep(REMOTE_LIFETIME + LEAVE_DELAY) == {BOB: "Bob"}
    assert room.here == {ANN: "Ann"}


def test_moving_from_one_process_to_another_is_not_leaving(room: Presence) -> None:
    room.enter(ANN, "Ann")
    assert room.hear("other", {ANN: "Ann"}, 5.0) == {}
    room.leave(ANN, 6.0)
    assert room.sweep(6.0 + LEAVE_DELAY) == {}
    room.hear("third", {ANN: "Ann"}, 30.0)
    room.hear("other", {}, 31.0)
    assert room.sweep(31.0 + LEAVE_DELAY) == {}
    room.hear("third", {}, 60.0)
    assert room.sweep(60.0 + LEAVE_DELAY) == {ANN: "Ann"}


PLACES = st.sampled_from(["here", "other", "third"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["come", "go", "sweep"]), PLACES, st.sampled_from([ANN, BOB])),
    max_size=40,
)


@given(STEPS)
def test_everybody_connected_anywhere_is_here_and_arrivals_and_departures_match(
    steps: list[tuple[str, str, int]],
) -> None:
    room, now = Presence(), 0.0
    tabs: dict[tuple[str, int], int] = {}
    announced: set[int] = set()
    for step, place, user in steps:
        now += 1.0
        count = tabs.get((place, user), 0)
        if step == "sweep":
            gone = room.sweep(now)
            assert gone.keys() <= announced
            announced -= gone.keys()
            continue
        if step == "go" and not count:
            continue
        tabs[place, user] = count + (1 if step == "come" else -1)
        if place == "here":
            if step == "come":
                new = {user} if room.enter(user, NAMES[user]) else set()
            else:
                assert room.leave(user, now) == (count == 1)
                new = set()
        else:
            names = {u: NAMES[u] for u in NAMES if tabs.get((place, u))}
            new = set(room.hear(place, names, now))
        assert not new & announced
        announced |= new
        assert room.here.keys() == announced
        assert {u for (_, u), n in tabs.items() if n} <= announced
    room.sweep(now + LEAVE_DELAY)
    assert room.here.keys() == {u for (_, u), n in tabs.items() if n}
