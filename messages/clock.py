"""The time, in the unit of everything here: whole milliseconds since the Unix epoch, UTC."""

import time


def now_ms() -> int:
    return time.time_ns() // 1_000_000
