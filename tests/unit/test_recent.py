"""A chat's last events in memory: all of a gap or nothing, and messages as they are now."""

from chatrouting.protocol import EventFrame, encode
from chatrouting.recent import MAX_AGE_MS, MAX_CHARS, MAX_EVENTS, Recent
from messages.clock import now_ms

NOW = now_ms()


def _frame(seq: int, message_id: str = "", content: str = "", at: int = NOW) -> EventFrame:
    event = {"op": "event", "type": "user_message", "seq": seq, "at": at}
    if message_id:
        event["message"] = {"messageId": message_id, "content": content}
    return EventFrame("demo", "k3v9x2", seq, "user_message", encode(event))


def _filled(*frames: EventFrame) -> Recent:
    recent = Recent()
    for frame in frames:
        recent.add(frame)
    return recent


def test_a_gap_is_answered_with_exactly_what_was_missed() -> None:
    events = _filled(_frame(4), _frame(5), _frame(6)).since(4)
    assert events == [{"type": "user_message", "seq": seq, "at": NOW} for seq in (5, 6)]


def test_a_gap_that_began_before_memory_is_not_answered() -> None:
    assert _filled(_frame(4), _frame(5)).since(2) is None
    assert Recent().since(0) is None


def test_a_replayed_event_has_its_message_as_it_is_now() -> None:
    recent = _filled(_frame(1, "a", "first"), _frame(2, "b"), _frame(3, "a", "edited"))
    events = recent.since(0)
    assert events is not None
    assert [event["message"]["content"] for event in events] == ["edited", "", "edited"]


def test_an_event_without_text_leaves_nothing_before_it() -> None:
    recent = _filled(_frame(1), _frame(2)._replace(text=None), _frame(3))
    assert recent.since(1) is None
    assert [event["seq"] for event in recent.since(2) or []] == [3]


def test_what_may_be_pruned_by_now_does_not_come_from_memory() -> None:
    recent = _filled(_frame(1, at=NOW - MAX_AGE_MS - 1), _frame(2))
    assert recent.since(0) is None
    assert [event["seq"] for event in recent.since(1) or []] == [2]


def test_what_is_let_go_of_is_gone() -> None:
    recent = _filled(_frame(1), _frame(2))
    recent.clear()
    assert recent.since(0) is None
    recent.add(_frame(3))
    assert [event["seq"] for event in recent.since(2) or []] == [3]


def test_memory_is_bounded_by_number_and_by_size() -> None:
    many = _filled(*(_frame(seq) for seq in range(1, 3 * MAX_EVENTS)))
    assert len(many._frames) == MAX_EVENTS
    large = _filled(*(_frame(seq, "a", "x" * (MAX_CHARS // 4)) for seq in range(1, 20)))
    assert sum(len(frame.text or "") for frame in large._frames) <= MAX_CHARS
