"""How much anybody may do: django-ratelimit's counters behind one adapter for every door."""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from messages import counts
from messages.counts import Counter, Taken, Want
from messages.errors import RateLimited, Unavailable
from messages.windows import PAUSE_AFTER_FAILURE, Budget, Counters, Window, Windows, clock_ms

SEND = "messages.send"
_TOO_MANY = _("Too many attempts; please wait a moment.")


class Sender(NamedTuple):
    """Who sends where, and the seconds of slow mode that hold for them."""

    user_id: int
    chat_id: str
    slow_seconds: int = 0


class SendLimit:
    """The limits on accepted sends; with the counters out of reach, sending stays open.

    `RATE_LIMIT_SEND` of one person in one chat, `RATE_LIMIT_CHAT` of everybody in a chat,
    `RATE_LIMIT_USER` of one person in all chats, and slow mode: one send in so many seconds.
    A send is counted by all of them or by none, and many at once in one step, since sends are
    committed in groups.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._counters = Counters(clock)
        self._own = Windows(SEND, "RATE_LIMIT_SEND", "chat")
        self._chat = Windows("messages.chat", "RATE_LIMIT_CHAT", "everyone")
        self._user = Windows("messages.user", "RATE_LIMIT_USER", "user")

    def take(
        self, senders: Sequence[Sender], paid: list[Want] | None = None
    ) -> list[Budget | RateLimited | None]:
        """Count one send for each, in order; None where nothing is limited or counted.

        `paid` is filled with what was granted, for `give_back`.
        """
        nothing: list[Budget | RateLimited | None] = [None] * len(senders)
        tally = Tally(senders)
        now_ms = clock_ms()
        plans = self._plans(tally, now_ms)
        if not any(plan.counters for plan in plans.values()):
            return nothing
        wants = [Want(tally[sender], plan.counters) for sender, plan in plans.items()]
        found = self._counters.ask(lambda: counts.take(wants))
        if found is None:
            return nothing
        if paid is not None:
            granted = zip(wants, found, strict=True)
            paid += [Want(taken.granted, want.counters) for want, taken in granted]
        answers = {
            sender: plan.answers(tally[sender], taken, now_ms)
            for (sender, plan), taken in zip(plans.items(), found, strict=True)
        }
        return [next(answers[sender]) for sender in senders]

    def give_back(self, paid: Sequence[Want]) -> None:
        """Undo what was granted just now, for sends that could not be stored after all."""
        steps: Tally[str] = Tally()
        for granted, counters in paid:
            steps.update({counter.name: granted for counter in counters})
        if steps:
            self._counters.ask(lambda: counts.give_back(steps))

    def look(self, user_id: int, chat_id: str) -> Budget | None:
        """What is left of one's own in this chat, at no cost."""
        now_ms = clock_ms()
        own = _own(user_id, chat_id)
        return _look(self._counters, self._own.of(own, now_ms), now_ms)

    def _plans(self, senders: Iterable[Sender], now_ms: int) -> "dict[Sender, _Plan]":
        """What is counted for each of these; nothing while the counters are out of reach."""
        if self._counters.is_closed:
            return dict.fromkeys(senders, _NOTHING)
        return {sender: self._plan(sender, now_ms) for sender in senders}

    def _plan(self, sender: Sender, now_ms: int) -> "_Plan":
        own = _own(sender.user_id, sender.chat_id)
        windows = [
            self._own.of(own, now_ms),
            self._chat.of(sender.chat_id, now_ms),
            self._user.of(str(sender.user_id), now_ms),
        ]
        if sender.slow_seconds:
            slow = Counter(f"slow:{own}", 1, sender.slow_seconds * 1000)
            windows.append(Window(slow, "slowMode"))
        return _Plan(windows[0], [window for window in windows if window is not None])


class _Plan:
    """The counters of a sender; the own one, whose budget is told, in front if there is one."""

    def __init__(self, own: Window | None, windows: Sequence[Window]) -> None:
        self._own = own
        self._windows = windows
        self.counters = [window.counter for window in windows]

    def answers(
        self, asked: int, taken: Taken, now_ms: int
    ) -> Iterator[Budget | RateLimited | None]:
        """One for each send, in order."""
        for number in range(taken.granted):
            count = taken.counted - taken.granted + number + 1
            yield self._own and self._own.budget(count, now_ms)
        for _number in range(asked - taken.granted):
            yield self._windows[taken.refused_by].refusal(taken.wait_ms, now_ms)


_NOTHING = _Plan(None, [])


def _own(user_id: int, chat_id: str) -> str:
    return f"{user_id}:{chat_id}"


def _look(counters: Counters, window: Window | None, now_ms: int) -> Budget | None:
    if window is None or counters.is_closed:
        return None
    name = window.counter.name
    found = counters.ask(lambda: counts.read([name]))
    return None if found is None else window.budget(found[name], now_ms)


class Limit:
    """A limit on anything else. Each door and verb that it is for calls `take` first.

    `closed` says what holds while the counters are out of reach: nobody passes, or everybody.
    """

    def __init__(self, group: str, setting: str, *, closed: bool) -> None:
        self._windows = Windows(group, setting, group)
        self._counters = Counters()
        self.is_closed_without_counters = closed

    def take(self, who: object, steps: int = 1) -> Window | None:
        """Count one, or all of several; where that was, if anywhere, for `give_back`.

        Raises RateLimited, and Unavailable where the counters are needed.
        """
        now_ms = clock_ms()
        window = self._windows.of(str(who), now_ms)
        if window is None:
            return None
        found = None
        if not self._counters.is_closed:
            found = self._counters.ask(lambda: counts.take([Want(steps, [window.counter])]))
        if found is None:
            if self.is_closed_without_counters:
                raise Unavailable(retry_after_ms=int(PAUSE_AFTER_FAILURE * 1000))
            return None
        if found[0].granted < steps:
            self.give_back(window, found[0].granted)
            raise window.refusal(found[0].wait_ms, now_ms, _TOO_MANY)
        return window

    def look(self, who: object) -> Budget | None:
        """What is left, at no cost."""
        now_ms = clock_ms()
        return _look(self._counters, self._windows.of(str(who), now_ms), now_ms)

    def give_back(self, taken: Window | None, count: int = 1) -> None:
        """Undo a `take` that should cost nothing after all, in the window in which it was."""
        if taken is not None and not self._counters.is_closed:
            steps = {taken.counter.name: count}
            self._counters.ask(lambda: counts.give_back(steps))


send_limit = SendLimit()
sign_ins_of_name = Limit("signInsOfName", "RATE_LIMIT_SIGN_IN_NAME", closed=True)
sign_ins_from_address = Limit("signInsFromAddress", "RATE_LIMIT_SIGN_IN_ADDRESS", closed=True)
# Who asks are people signed in: `reports.take(actor.id)`.
reports = Limit("reports", "RATE_LIMIT_REPORTS", closed=False)
invitations = Limit("invitations", "RATE_LIMIT_INVITATIONS", closed=True)
changes = Limit("changes", "RATE_LIMIT_CHANGES", closed=False)
chats = Limit("chats", "RATE_LIMIT_CHATS", closed=False)
people = Limit("people", "RATE_LIMIT_PEOPLE", closed=False)
pictures = Limit("pictures", "RATE_LIMIT_PICTURES", closed=False)
searches = Limit("searches", "RATE_LIMIT_SEARCH", closed=False)
