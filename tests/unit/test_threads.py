"""The threads of requests: one each, kept for the next, never many."""

from contextlib import ExitStack

from chatrouting.threads import MOST_IDLE, Threads


def test_each_request_under_way_has_a_thread_of_its_own() -> None:
    threads = Threads()
    with threads.one() as first, threads.one() as second:
        assert first is not second
    threads.close()


def test_a_thread_is_kept_for_the_next_request() -> None:
    threads = Threads()
    with threads.one() as first:
        pass
    with threads.one() as second:
        assert second is first
    threads.close()


def test_after_a_rush_few_are_kept() -> None:
    threads = Threads()
    with ExitStack() as rush:
        busy = [rush.enter_context(threads.one()) for _ in range(3 * MOST_IDLE)]
        for thread in busy:
            thread.submit(int)
    ended = [thread for thread in busy if thread._shutdown]
    assert len(ended) == len(busy) - MOST_IDLE
    threads.close()
    assert all(thread._shutdown for thread in busy)
