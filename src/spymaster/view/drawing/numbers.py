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


def number(value: float, decimals: int, minus: str = "−") -> str:
    """A number without a plus, ``0`` never with a minus; a dash where it is absent."""
    return signed(value, decimals, minus).removeprefix("+")


def signed_fit(value: float, width: int, minus: str = "−") -> str:
    """A signed value with as many decimals, at most two, as fit ``width`` cells."""
    for decimals in (2, 1, 0):
        text = signed(value, decimals, minus)
        if len(text) <= width:
            return text
    return signed_short(value, width, minus)


def signed_short(value: float, width: int, minus: str = "−") -> str:
    """A signed whole number, in thousands or more where it would not fit."""
    text = signed(value, 0, minus)
    if len(text) <= width or math.isnan(value):
        return text
    return ("+" if value > 0 else minus) + short(abs(value), width - 1)


def short(value: float, width: int, full: float = math.inf) -> str:
    """A whole number that is not negative in at most ``width`` cells, at least four: ``640``, ``12.4k``, ``3M``; a dash
    where it is absent. ``full``: the greatest that is written in full."""
    if not math.isfinite(value):
        return MISSING
    text = f"{value:.0f}"
    if len(text) <= width and value <= full:
        return text
    for unit, letter in _SHORT_UNITS:
        for decimals in (1, 0):
            text = f"{value / unit:.{decimals}f}{letter}"
            if len(text) <= width and not text.startswith("1000"):
                return text
    return f"{value:.0e}".replace("e+", "e")


_SHORT_UNITS: Final = ((1e3, "k"), (1e6, "M"), (1e9, "B"), (1e12, "T"))


def contracts(value: int, width: int = 5) -> str:
    """A size; in thousands or more where it would not fit: ``640``, ``12.4k``."""
    return short(value, width)


def price(value: float, decimals: int | None = None) -> str:
    """A price, or a dash: in cents, or to the half cent that it lies on, unless ``decimals`` are given."""
    if math.isnan(value):
        return MISSING
    if decimals is None:
        half_cents = value * 200
        nearest = round(half_cents)
        decimals = 3 if nearest % 2 and abs(half_cents - nearest) < _SAME_PRICE else 2
    return f"{value:.{decimals}f}"


_SAME_PRICE: Final = 1e-7
"""Half cents by which a price may miss one and lie on it."""


def decimals_of(tick_size: float) -> int:
    """How many decimals write every price of a tick: 2 at least, 4 at most."""
    if not math.isfinite(tick_size):
        return 2
    return next((n for n in (2, 3) if abs(tick_size * 10**n - round(tick_size * 10**n)) < _SAME_PRICE), 4)


def beside_spot(offset: float) -> str:
    """Where a level lies that is ``offset`` (level - spot) from the spot: ``0.38 above spot``, ``at spot``."""
    if math.isnan(offset):
        return "no spot"
    text = f"{abs(offset):.2f}"
    return "at spot" if float(text) == 0 else f"{text} {'above' if offset > 0 else 'below'} spot"


def age(ns: int | None) -> str:
    """How long ago: ``12 ms``, ``0.4 s``, ``22 s``, ``3 m``, ``2 h 05``, ``3 d``; a dash for never."""
    if ns is None:
        return MISSING
    seconds = max(ns, 0) / NS_PER_S
    if seconds < 0.0995:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 119.5 else minutes(seconds / 60)


def minutes(value: float) -> str:
    """A span in whole minutes, the nearest: ``3 m``, ``2 h 05``, ``3 d``; a dash where it is unknown."""
    if math.isnan(value):
        return MISSING
    hours, rest = divmod(round(max(value, 0.0)), 60)
    if hours >= _DAYS_FROM_H:
        return f"{round(hours / 24)} d"
    return f"{hours} h {rest:02d}" if hours else f"{rest} m"


_DAYS_FROM_H: Final = 48


def micros(us: float) -> str:
    """How long a calculation took, never more than four digits: ``0.8 µs``, ``812 µs``, ``14.1 ms``, ``2.0 s``."""
    if not math.isfinite(us):
        return MISSING
    for unit, word in ((1.0, "µs"), (1e3, "ms")):
        scaled = us / unit
        if scaled < 999.5:
            return f"{scaled:.{1 if scaled < 99.95 else 0}f} {word}"
    return f"{us / 1e6:.1f} s" if us < 99.95e6 else age(round(us * 1e3))


def is_time(ns: int) -> bool:
    """Whether a stamp is one at all: nothing was recorded in the year the clock begins with, so that such a stamp
    stands for no time."""
    return ns >= _FIRST_NS


_FIRST_NS: Final = 366 * 86_400 * NS_PER_S
NO_CLOCK: Final = "--:--:--"


def clock(ns: int) -> str:
    """Wall-clock time in New York, ``HH:MM:SS``; ``--:--:--`` for no time."""
    return _clock_second(ns // NS_PER_S) if is_time(ns) else NO_CLOCK


def clock_ms(ns: int) -> str:
    """Wall-clock time in New York to the millisecond; ``--:--:--.---`` for no time."""
    second, rest = divmod(ns, NS_PER_S)
    return f"{_clock_second(second)}.{rest // NS_PER_MS:03d}" if is_time(ns) else f"{NO_CLOCK}.---"


def clock_minute(ns: int) -> str:
    """Wall-clock time in New York, ``HH:MM``: the minute that was begun; ``--:--`` for no time."""
    return clock(ns)[:5]


def clock_ends(first_ns: int, last_ns: int) -> tuple[str, str]:
    """Both ends of a span of time, each the nearest minute; the nearest second where the span is short."""
    step_ns = NS_PER_S if last_ns - first_ns < _SHORT_SPAN_NS else 60 * NS_PER_S
    first, last = ((ns + step_ns // 2) // step_ns * step_ns for ns in (first_ns, last_ns))
    return (clock(first), clock(last)) if step_ns == NS_PER_S else (clock_minute(first), clock_minute(last))


_SHORT_SPAN_NS: Final = 600 * NS_PER_S


@lru_cache(maxsize=4096)
def _clock_second(second: int) -> str:
    return f"{et_time(second * NS_PER_S):%H:%M:%S}"


@lru_cache(maxsize=64)
def day(ns: int) -> str:
    """The day in New York: ``21 Nov``; a dash for no time."""
    if not is_time(ns):
        return MISSING
    moment = et_time(ns)
    return f"{moment.day} {moment:%b}"


def rate(bytes_per_s: float) -> str:
    """Bytes per second: ``6.1 kB/s``, ``1.2 MB/s``."""
    if not math.isfinite(bytes_per_s):
        return MISSING
    if bytes_per_s < 999_950:
        return f"{bytes_per_s / 1e3:.1f} kB/s"
    return f"{bytes_per_s / 1e6:.1f} MB/s" if bytes_per_s < 999.95e6 else f"{bytes_per_s / 1e9:.1f} GB/s"


def volume(count: int) -> str:
    """An amount of bytes: ``812 kB``, ``61 MB``, ``1.24 GB``, ``1.24 TB``."""
    if count < 999_500:
        return f"{count / 1e3:.0f} kB"
    if count < 999_500_000:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.2f} GB" if count < 999_995_000_000 else f"{count / 1e12:.2f} TB"


def percent(share: float, decimals: int = 1) -> str:
    """A share of one as ``0.2 %``."""
    return MISSING if math.isnan(share) else f"{share * 100:.{decimals}f} %"
