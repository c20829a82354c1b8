"""Minute bars from outside: what a usable one is, which of them are wanted, and what was left out and why.

Bars are history for levels: they come before a recording, move no clock and are no records of a market. Whatever file
they stand in, they leave here as the vendor's ohlcv-1m records under one instrument's key, oldest first, one a minute.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.bars.contracts import ContractChoice
from spymaster.feeds.bars.headings import NO_TIME
from spymaster.feeds.bars.hours import zone_hint
from spymaster.feeds.bars.ids import pick_by_id
from spymaster.feeds.bars.strays import strays
from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.errors import SourceError
from spymaster.market.dtypes import DTYPES, SCHEMA_RTYPES
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import NS_PER_S, UNDEF_PRICE, Kind

MINUTE_NS: Final = 60 * NS_PER_S
MINUTE_BARS: Final = "ohlcv-1m"

OFF_MINUTE: Final = "does not begin on a minute"
NO_PRICE: Final = "a price is missing or zero"
NO_VOLUME: Final = "its volume is missing or negative"
HIGH_BELOW_LOW: Final = "its high is below its low"
OUTSIDE_RANGE: Final = "its open or close lies outside its high and low"
OFF_TICK: Final = "a price is not on the tick grid"
STRAY: Final = "a price cannot belong to the minutes around it"
GIVEN_TWICE: Final = "its minute was given again, the last one was used"

_LEAST_E9: Final = 1e7
_LARGEST_E9: Final = 1e18
_FARTHEST: Final = 2.0
"""No instrument here halves or doubles within the few days of a history."""
_ENOUGH_TO_TELL: Final = 10
"""From so many bars on a file without two neighbouring minutes holds bars of another length."""

Bars = NDArray[Any]
"""Records of ``DTYPES[Kind.BAR]``."""


class Stamped(enum.StrEnum):
    """Which end of its minute a bar's time is."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class BarSpan:
    """Bars are wanted that begin at ``from_ns`` or later and have ended by ``until_ns`` (ns UTC)."""

    from_ns: int
    until_ns: int

    def holds(self, start_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the bars with these starts are wanted."""
        return (start_ns >= self.from_ns) & (start_ns <= self.until_ns - MINUTE_NS)


class BarCollector:
    """Takes the bars of one instrument, file by file, and hands them out as records.

    ``sessions``: those of the span, to tell the front contract of each. ``rejected``: reason -> bars left out.
    ``problems``: what else should be known, a line each. Bars outside the span are passed over and not counted.
    ``on_ticks``: prices must lie on the instrument's tick grid. ``near_e9``: what it trades at in the recording: a file
    whose prices are elsewhere altogether is another instrument's.
    """

    def __init__(
        self,
        instrument: Instrument,
        span: BarSpan,
        sessions: NDArray[np.void],
        *,
        on_ticks: bool,
        near_e9: int | None = None,
    ) -> None:
        self._instrument = instrument
        self._near_e9 = near_e9
        self._span = span
        self._sessions = sessions
        self._contracts = ContractChoice(instrument.symbol, sessions)
        self._tick_e9 = instrument.tick_e9 if on_ticks else 0
        self._parts: list[Bars] = []
        self.rejected: Counter[str] = Counter()
        self.problems: list[str] = []

    def add(self, path: Path, pieces: Iterable[BarColumns]) -> int:
        """Take one file's bars; where a minute was given before, this one replaces it. Returns how many were usable.

        Raises SourceError when the file's bars are not of one minute, or are all of another instrument.
        """
        parts, times = [], []
        for piece in pieces:
            parts.append(piece.only(self._span.holds(piece.start_ns)))
            if piece.as_utc_ns is not None:
                without_zone = piece.as_utc_ns != NO_TIME
                times.append((piece.start_ns[without_zone], piece.as_utc_ns[without_zone]))
        if times:
            read, as_utc = (np.concatenate(column) for column in zip(*times, strict=True))
            hint = zone_hint(path, read, as_utc, self._sessions, on_future=bool(self._tick_e9))
            self.problems += [hint] if hint else []
        found = _joined([part for part in parts if len(part)])
        if found is None:
            return 0
        found = self._contracts.pick(path, found, self.problems)
        found = pick_by_id(path, found, self._instrument, self._contracts, self.problems)
        self._refuse_other_prices(path, found)
        found = self._sound(path, found)
        self._refuse_other_lengths(path, found)
        self._doubt_stamps(path, found)
        self._parts.append(_records(found, self._instrument))
        return len(found)

    def records(self) -> Bars:
        """Everything taken so far: one bar a minute, oldest first."""
        bars = np.concatenate([np.zeros(0, DTYPES[Kind.BAR]), *self._parts])
        # stable and from the back: of equal minutes the one taken last is met first
        backwards = bars[::-1]
        _, at = np.unique(backwards["ts_event"], return_index=True)
        if len(at) < len(bars):
            self.rejected[GIVEN_TWICE] += len(bars) - len(at)
        kept: Bars = backwards[at]
        self._parts = [kept]
        return kept

    def _sound(self, path: Path, bars: BarColumns) -> BarColumns:
        """The bars that can be true; the others counted, each under the first thing that is wrong with it."""
        first, high, low, last = bars.prices_e9.T
        off_minute = bars.start_ns % MINUTE_NS != 0
        if 2 * np.count_nonzero(off_minute) > len(bars):
            raise _not_minutes(path, "most of them do not begin on a minute")
        faults = (
            (OFF_MINUTE, off_minute),
            (NO_PRICE, ((bars.prices_e9 == 0) | (bars.prices_e9 == UNDEF_PRICE)).any(axis=1)),
            (NO_VOLUME, bars.volume < 0),
            (HIGH_BELOW_LOW, high < low),
            (OUTSIDE_RANGE, (np.minimum(first, last) < low) | (np.maximum(first, last) > high)),
            (OFF_TICK, (bars.prices_e9 % (self._tick_e9 or 1) != 0).any(axis=1)),
        )
        good = np.ones(len(bars), dtype=np.bool_)
        for reason, wrong in faults:
            if count := int(np.count_nonzero(good & wrong)):
                self.rejected[reason] += count
            good &= ~wrong
        if not good.any():
            why = ", ".join(
                f"{reason} ({count})" for reason, wrong in faults if (count := int(np.count_nonzero(wrong)))
            )
            raise SourceError(path, f"none of its {len(bars)} bars can be used: {why}", "check what its columns hold")
        sound = bars if good.all() else bars.only(good)
        stray = strays(sound.start_ns, sound.prices_e9)
        if not stray.any():
            return sound
        self.rejected[STRAY] += int(np.count_nonzero(stray))
        return sound.only(~stray)

    def _refuse_other_lengths(self, path: Path, bars: BarColumns) -> None:
        minutes = np.unique(bars.start_ns)
        if len(minutes) >= _ENOUGH_TO_TELL and (step := int(np.diff(minutes).min())) > MINUTE_NS:
            raise _not_minutes(path, f"they are at least {step // MINUTE_NS} minutes apart")

    def _doubt_stamps(self, path: Path, bars: BarColumns) -> None:
        """Say so where bars of a future begin as its venue closes, or end as it opens: they are a minute off."""
        if not self._tick_e9:
            return
        opens, closes = self._sessions["open_ns"], self._sessions["close_ns"]
        at_open, at_close, before_open, before_close = (
            np.count_nonzero(np.isin(moments, bars.start_ns))
            for moments in (opens, closes, opens - MINUTE_NS, closes - MINUTE_NS)
        )
        if at_close > at_open:
            self.problems.append(f"{path}: its bars seem to be stamped at their end; --bars-stamped end says so")
        elif before_open > before_close:
            self.problems.append(f"{path}: its bars seem to be stamped at their start; --bars-stamped start says so")

    def _refuse_other_prices(self, path: Path, bars: BarColumns) -> None:
        closes = bars.prices_e9[:, 3]
        closes = closes[(closes > 0) & (closes != UNDEF_PRICE)]
        if self._near_e9 is None or self._near_e9 <= 0 or not len(closes):
            return
        middle = float(np.median(closes))
        if not 1.0 / _FARTHEST < middle / self._near_e9 < _FARTHEST:
            found, near = (f"{price / NS_PER_S:,.2f}" for price in (middle, self._near_e9))
            raise SourceError(
                path,
                f"its prices, around {found}, are not those of {self._instrument.symbol}, around {near}",
                "say whose bars they are: --warmup FILE for the future, --warmup SPY=FILE for the share",
            )


def prices_e9(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Prices to 1e-9, ``UNDEF_PRICE`` where a value is no price: zero is how files write that there was none.

    Whole numbers from ten million on are prices in 1e-9 already, as the vendor's CSV has them: nothing trades there,
    nor below a cent. Exact for every price of up to nine decimals below a million: a float64 holds those to better than
    half of 1e-9.
    """
    size = np.abs(values)
    usable = np.isfinite(values) & (size > 0.0) & (size < _LARGEST_E9)
    fixed = usable & (size >= _LEAST_E9) & (values == np.rint(values))
    usable &= fixed | (size < _LEAST_E9)
    scaled = np.rint(np.where(usable, values, 0.0) * np.where(fixed, 1.0, NS_PER_S)).astype(np.int64)
    return np.where(usable, scaled, UNDEF_PRICE)


def whole_volume(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Volumes as whole numbers, -1 where a value is no volume."""
    usable = np.isfinite(values) & (values >= 0.0) & (values < 2.0**53)
    return np.where(usable, np.rint(np.where(usable, values, 0.0)), -1.0).astype(np.int64)


def _joined(parts: list[BarColumns]) -> BarColumns | None:
    if not parts:
        return None
    contracts = [part.contract for part in parts if part.contract is not None]
    ids = [part.instrument_id for part in parts if part.instrument_id is not None]
    return BarColumns(
        np.concatenate([part.start_ns for part in parts]),
        np.concatenate([part.prices_e9 for part in parts]),
        np.concatenate([part.volume for part in parts]),
        np.concatenate(contracts) if contracts else None,
        np.concatenate(ids) if ids else None,
    )


def _records(bars: BarColumns, instrument: Instrument) -> Bars:
    """The bars in the vendor's layout, under the instrument's key."""
    dtype = DTYPES[Kind.BAR]
    records = np.zeros(len(bars), dtype=dtype)
    records["length"] = dtype.itemsize // 4
    records["rtype"] = SCHEMA_RTYPES[MINUTE_BARS]
    records["publisher_id"] = instrument.publisher_id
    records["instrument_id"] = instrument.instrument_id
    records["ts_event"] = bars.start_ns
    for index, name in enumerate(("open", "high", "low", "close")):
        records[name] = bars.prices_e9[:, index]
    records["volume"] = bars.volume
    return records


def _not_minutes(path: Path, why: str) -> SourceError:
    return SourceError(path, f"its bars are not one-minute bars: {why}", "name a file of one-minute bars")
