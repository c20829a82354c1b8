"""What is counted of the records: one table, from which names, number and order of the counters follow."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Any, Final


class Counter(IntEnum):
    """Counts kept inside the engine, in the order they are told in. A fault of a record is the counter it goes to.

    Kernels bind the members they use as plain integers. 0 is no fault: every record is counted under it anyway.
    """

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> int:
        return count

    RECORDS = auto()
    TRADES = auto()
    OTHER_INSTRUMENT = auto()
    LATE = auto()
    BAD_TIME = auto()
    BAD_PRICE = auto()
    BAD_SIZE = auto()
    BAD_ACTION = auto()
    FAR_PRICE = auto()
    JUMPS = auto()
    UNORDERED_BOOK = auto()
    TRADES_NOT_TAPE = auto()
    BARS = auto()
    LATE_BARS = auto()
    BAD_BARS = auto()
    BAD_QUOTES = auto()
    OPTION_QUOTES = auto()
    OPTION_TRADES = auto()
    BAD_OPTIONS = auto()
    OPTION_CANCELS = auto()
    LOST_CANCELS = auto()
    OPEN_INTEREST = auto()
    HOLES = auto()


COUNTERS: Final = tuple(counter.name.lower() for counter in Counter)
"""Their names, in order."""

REJECTIONS: Final = (
    *("bad_time", "bad_price", "bad_size", "bad_action", "far_price", "unordered_book"),
    *("late_bars", "bad_bars", "bad_quotes", "bad_options", "lost_cancels"),
)
"""Those that mean that the record changed nothing."""
