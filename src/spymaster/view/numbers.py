"""Numbers and times as the cockpit writes them: fixed columns, one unit, never a wandering decimal."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from spymaster.market.kinds import NS_PER_MS, NS_PER_S
from spymaster.market.sessions import et_time

MISSING: Final = "—"
"""What stands where a value is absent."""


def known(value: float) -> bool:
    """Whether the value is a number."""
    return not math.isnan(value)


def signed(value: float, decimals: int = 0, minus: str = "−") -> str:
    """``+12``, ``−3``, ``+0.40``; ``0`` without a sign; an absent value is a dash."""
    if math.isnan(value):
        return MISSING
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return ("+" if value > 0 else minus) + text


def signed_fit(value: float, width: int, minus: str = "−") -> str:
    """A signed value with as many decimals, at most two, as fit ``width`` cells."""
    for decimals in (2, 1, 0):
        text = signed(value, decimals, minus)
        if len(text) <= width:
            return text
    return signed_short(value, width, minus)


def signed_short(value: float, width: int, minus: str = "−") -> str:
    """A signed whole number, in thousands where it would not fit."""
    text = signed(value, 0, minus)
    if len(text) <= width:
        return text
    text = signed(value / 1000, 0, minus) + "k"
    return text if len(text) <= width else signed(value / 1e6, 0, minus) + "m"


def contracts(value: int, width: int = 5) -> str:
    """A size; in thousands where it would not fit: ``640``, ``12.4k``."""
    text = str(value)
    if len(text) <= width:
        return text
    text = f"{value / 1000:.1f}k"
    return text if len(text) <= width else f"{value // 1000}k"


def price(value: float, decimals: int = 2) -> str:
    """A price, or a dash."""
    return MISSING if math.isnan(value) else f"{value:.{decimals}f}"


def age(ns: int | None) -> str:
    """How long ago: ``12 ms``, ``0.4 s``, ``22 s``, ``3 m``, ``2 h``; a dash for never."""
    if ns is None:
        return MISSING
    seconds = max(ns, 0) / NS_PER_S
    if seconds < 0.1:
        return f"{ns // NS_PER_MS if ns > 0 else 0} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} m" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def clock(ns: int) -> str:
    """Wall-clock time in New York, ``HH:MM:SS``."""
    return _clock_second(ns // NS_PER_S)


def clock_ms(ns: int) -> str:
    """Wall-clock time in New York to the millisecond."""
    second, rest = divmod(ns, NS_PER_S)
    return f"{_clock_second(second)}.{rest // NS_PER_MS:03d}"


@lru_cache(maxsize=4096)
def _clock_second(second: int) -> str:
    return f"{et_time(second * NS_PER_S):%H:%M:%S}"


@lru_cache(maxsize=64)
def day(ns: int) -> str:
    """The day in New York: ``21 Nov``."""
    moment = et_time(ns)
    return f"{moment.day} {moment:%b}"


def rate(bytes_per_s: float) -> str:
    """Bytes per second: ``6.1 kB/s``."""
    return f"{bytes_per_s / 1000:.1f} kB/s"


def volume(count: int) -> str:
    """An amount of bytes: ``812 kB``, ``61 MB``, ``1.24 GB``."""
    if count < 1_000_000:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.0f} MB" if count < 1_000_000_000 else f"{count / 1e9:.2f} GB"


def percent(share: float, decimals: int = 1) -> str:
    """A share of one as ``0.2 %``."""
    return MISSING if math.isnan(share) else f"{share * 100:.{decimals}f} %"
