"""Tells what was added to answers, once it is kept: nobody reads words that may yet be lost."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from messages import told
from messages.progress import Running
from messages.told import Telling
from messages.writer import writer


class Teller:
    """Of one engine, whose loop takes turns here and waits for no commit: it is woken for that."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._untold: list[tuple[Running, Telling]] = []
        self._keeping: Future[set[str]] | None = None

    def turn(self, running: Sequence[Running]) -> bool:
        """Keep what was added, or tell what is kept by now; False where some may not be told.

        Raises what the writer raises; the words are tried again.
        """
        if self._keeping is None:
            self._keep([(one, telling) for one in running if (telling := one.untold())])
            return True
        if not self._keeping.done():
            return True
        keeping, self._keeping = self._keeping, None
        kept = keeping.result()
        for one, telling in self._untold:
            if telling.token in kept:
                one.tell(telling)
        return len(kept) == len(self._untold)

    def _keep(self, untold: list[tuple[Running, Telling]]) -> None:
        if untold:
            self._untold = untold
            self._keeping = writer.submit_call(told.keep, [telling for _, telling in untold])
            self._keeping.add_done_callback(lambda _: self._wake())
