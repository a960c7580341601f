"""The time, in the unit of everything here: whole milliseconds since the Unix epoch, UTC."""

import time
from datetime import datetime


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def ms_of(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
