"""The minute bars before a recording: found, attributed to the future or its equity, cut to the sessions wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.feeds.bars.bars import BarCollector, Bars, BarSpan, Stamped
from spymaster.feeds.bars.dbn_files import TRADED_KINDS, aggregate_bars, ids_of, is_outside, read_dbn_bars
from spymaster.feeds.bars.files import BarFiles, find_bar_files, read_table
from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.feeds.merge import sort_key
from spymaster.market.batches import Batch
from spymaster.market.frames import NO_FEED_ID
from spymaster.market.instruments import EQUITY_CALENDAR, SHARE_TICK_E9, Instrument, TickSource
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.sessions import et_stamp, sessions_between
from spymaster.session.sources.lived_bars import instruments_of, journal_of, lived_bars

REJECTED_PREFIX: Final = "minute bar: "
_BATCH_BARS: Final = 4096
_DAY_NS: Final = 86_400 * NS_PER_S
_LONGEST_BREAK_DAYS: Final = 14
_MENTIONED: Final = 4


class HistoryPlan(msgspec.Struct, frozen=True):
    """Which bars a recording needs before it.

    ``paths``: files and folders the user named for the future (or told apart by their symbols), ``equity_paths`` those
    named for the equity. ``underlying``: the equity's symbol, empty where prices are not converted. ``equity``: its
    instrument where there is a feed of it. ``begins_ns``: time of the recording's first record. ``near_e9``: a price of
    the instrument in the recording, None where its first records tell none; ``ratio``: about how many of the equity's
    prices make one of the future's. ``is_lenient``: what was named and cannot be used is told among the problems.
    """

    instrument: Instrument
    begins_ns: int
    sessions_before: int
    underlying: str = ""
    equity: Instrument | None = None
    paths: tuple[Path, ...] = ()
    equity_paths: tuple[Path, ...] = ()
    stamped: Stamped = Stamped.START
    near_e9: int | None = None
    ratio: float = 1.0
    is_lenient: bool = False


class History:
    """Bars in hand. ``bars``: records of both instruments, oldest first, the future's before the equity's of a minute.

    ``equity``: whose key the equity's bars carry, the feed's where there is one; None without bars of an equity.
    ``rejected``: reason -> bars left out. ``problems``: a line each.
    """

    def __init__(
        self, bars: Bars, equity: Instrument | None, rejected: dict[str, int], problems: Sequence[str]
    ) -> None:
        self.bars = bars
        self.equity = equity
        self.rejected = rejected
        self.problems = tuple(problems)

    @property
    def first_ns(self) -> int | None:
        """When the oldest bar begins, ns UTC; None without bars."""
        return int(self.bars["ts_event"][0]) if len(self.bars) else None

    def batches(self, bars_per_batch: int | None = None) -> Iterator[Batch]:
        """The bars as batches numbered from 0."""
        step = bars_per_batch or _BATCH_BARS
        for at in range(0, len(self.bars), step):
            yield Batch.of(Kind.BAR, self.bars[at : at + step].copy(), at)


def load_history(plan: HistoryPlan, bar_files: Sequence[DbnFile] = ()) -> History:
    """Read the bars of the last sessions before a recording. ``bar_files``: ohlcv-1m files among the recording's own.

    Raises SourceError for a named file that cannot be used, UserError for times no calendar knows.
    """
    return _Loader(plan).load(bar_files)


def history_span(calendar: str, begins_ns: int, sessions_before: int) -> tuple[BarSpan, NDArray[np.void]]:
    """The span of bars wanted and the sessions that touch it.

    It begins with the opening of the session ``sessions_before`` ahead of the one the recording begins in; in a break
    that is the session about to open.
    """
    days = sessions_before * 2 + _LONGEST_BREAK_DAYS
    sessions = sessions_between(calendar, begins_ns - days * _DAY_NS, begins_ns)
    current = int(np.searchsorted(sessions["close_ns"], begins_ns, side="right"))
    first = max(min(current, len(sessions) - 1) - sessions_before, 0)
    return BarSpan(int(sessions["open_ns"][first]), begins_ns), sessions


class _Part(NamedTuple):
    """One file's bars, for one of the two instruments. Parts are taken in order: of equal minutes the last stays."""

    order: tuple[int, str, str]
    origin: Path | None
    path: Path
    collector: BarCollector
    pieces: Callable[[], Iterable[BarColumns]]


class _Loader:
    """Collects the parts of one history."""

    def __init__(self, plan: HistoryPlan) -> None:
        self._plan = plan
        self._span, sessions = history_span(plan.instrument.calendar, plan.begins_ns, plan.sessions_before)
        on_ticks = plan.instrument.calendar != EQUITY_CALENDAR
        near_e9 = plan.near_e9
        self._own = BarCollector(plan.instrument, self._span, sessions, on_ticks=on_ticks, near_e9=near_e9)
        self._equity = plan.equity or (_without_feed(plan.underlying) if plan.underlying else None)
        self._of_equity: BarCollector | None = None
        if self._equity is not None:
            near_e9 = None if near_e9 is None else round(near_e9 / plan.ratio)
            self._of_equity = BarCollector(self._equity, self._span, sessions, on_ticks=False, near_e9=near_e9)
        self._problems: list[str] = []
        self._named: list[DbnFile] = []

    def load(self, bar_files: Sequence[DbnFile]) -> History:
        """Everything, from the files of the recording and those the user named."""
        parts = list(self._parts_of_source(bar_files))
        parts += self._parts_named()
        taken: Counter[Path] = Counter()
        for part in sorted(parts, key=lambda part: part.order):
            try:
                count = part.collector.add(part.path, part.pieces())
            except UserError as error:
                if part.origin == part.path and not self._plan.is_lenient:
                    raise
                self._problems.append(str(error))
                continue
            if part.origin is not None:
                taken[part.origin] += count
        for path in (*self._plan.paths, *self._plan.equity_paths):
            if not taken[path]:
                self._problems.append(self._nothing_wanted(path))
        return self._history()

    def _history(self) -> History:
        own = self._own.records()
        equities = self._of_equity.records() if self._of_equity else own[:0]
        bars = np.concatenate((own, equities))
        bars = bars[np.argsort(bars["ts_event"], kind="stable")]
        collectors = [self._own, *([self._of_equity] if self._of_equity else [])]
        rejected: Counter[str] = Counter()
        # what is wrong with the recording's own files is told with the recording
        self._problems += [line for file in self._named for line in file.problems]
        for collector in collectors:
            rejected.update({REJECTED_PREFIX + reason: count for reason, count in collector.rejected.items()})
            self._problems += collector.problems
        return History(bars, self._equity if len(equities) else None, dict(rejected), self._problems)

    def _parts_of_source(self, files: Iterable[DbnFile]) -> Iterator[_Part]:
        for file in files:
            part = self._part(None, file)
            if part is None:
                self._problems.append(f"{file.path}: not used: its minute bars are of {_held(file)}")
            else:
                yield part

    def _parts_named(self) -> Iterator[_Part]:
        """The files and folders the user named. Raises SourceError for one of no use."""
        wanted = [(path, self._own) for path in self._plan.paths]
        if self._of_equity is not None:
            wanted += [(path, self._of_equity) for path in self._plan.equity_paths]
        for path, collector in wanted:
            try:
                yield from self._parts_of_named(path, collector)
            except UserError as error:
                if not self._plan.is_lenient:
                    raise
                self._problems.append(str(error))

    def _parts_of_lived(self, path: Path, journal: Path) -> list[_Part]:
        """What a session that was lived here traded. Raises JournalError, SourceError where that is something else."""
        symbols = [one.symbol for one in instruments_of(journal)]
        owners = [(self._plan.instrument.symbol, self._own)]
        if self._of_equity is not None:
            owners.append((self._plan.underlying, self._of_equity))
        parts = [
            _Part((2, path.name, str(path)), path, path, collector, partial(lived_bars, journal, symbol, self._span))
            for symbol, collector in owners
            if symbol in symbols
        ]
        if not parts:
            wanted = " or ".join(filter(None, (self._plan.instrument.symbol, self._plan.underlying)))
            problem = f"no trades of {wanted} in it (it was lived on {', '.join(symbols)})"
            raise SourceError(path, problem, "name others")
        return parts

    def _parts_of_named(self, path: Path, collector: BarCollector) -> list[_Part]:
        """What a file or a folder the user named holds. Raises SourceError where that is nothing of use."""
        journal = journal_of(path)
        if journal is not None:
            return self._parts_of_lived(path, journal)
        found: BarFiles = find_bar_files(path)
        self._problems += found.skipped
        self._named += found.files
        parts = [
            _Part((1, table.name, str(table)), path, table, collector, partial(read_table, table, self._plan.stamped))
            for table in found.tables
        ]
        best: dict[int, int] = {}
        dbn = [(file, part) for file in found.files if (part := self._part(path, file)) is not None]
        for file, part in dbn:
            best[id(part.collector)] = min(best.get(id(part.collector), 99), _rank(file))
        parts += [part for file, part in dbn if _rank(file) == best[id(part.collector)]]
        if not parts:
            wanted = " or ".join(filter(None, (self._plan.instrument.symbol, self._plan.underlying)))
            held = ", ".join(sorted({_held(file) for file in found.files}))
            raise SourceError(path, f"no minute bars and no trades of {wanted} in it (it holds: {held})", "name others")
        return parts

    def _part(self, origin: Path | None, file: DbnFile) -> _Part | None:
        """A DBN file's bars, under the instrument its symbols name; None where it is neither."""
        if file.kind not in (Kind.BAR, *TRADED_KINDS):
            return None
        owners = [(self._plan.instrument, self._own)]
        if self._equity is not None and self._of_equity is not None:
            owners.append((self._equity, self._of_equity))
        for instrument, collector in owners:
            if ids := ids_of(file, instrument):
                # bars the vendor made are whole; those put together from trades yield to them
                order = (int(file.kind is Kind.BAR), *sort_key(file))
                return _Part(order, origin, file.path, collector, partial(self._read, file, ids))
        return None

    def _read(self, file: DbnFile, ids: frozenset[int]) -> Iterable[BarColumns]:
        if is_outside(file, self._span):
            return ()
        if file.kind is Kind.BAR:
            return read_dbn_bars(file, ids)
        return aggregate_bars(file, ids, self._span)

    def _nothing_wanted(self, path: Path) -> str:
        span = f"{et_stamp(self._span.from_ns)} and {et_stamp(self._span.until_ns)}"
        count = self._plan.sessions_before
        sessions = f"{count} sessions" if count > 1 else "session"
        return f"{path}: no minute bars between {span}, the {sessions} before the recording begins; name bars of those"


def _without_feed(symbol: str) -> Instrument:
    return Instrument(0, NO_FEED_ID, symbol, SHARE_TICK_E9, 1, TickSource.INFERRED, EQUITY_CALENDAR)


def _rank(file: DbnFile) -> int:
    """How good a file is to take bars from, the best first."""
    return (Kind.BAR, *TRADED_KINDS).index(file.kind or Kind.MBP1)


def _held(file: DbnFile) -> str:
    """What a file holds, in a few words."""
    names = sorted({span.symbol for span in file.spans} or set(file.header.symbols))
    more = f" and {len(names) - _MENTIONED} more" if len(names) > _MENTIONED else ""
    return (", ".join(names[:_MENTIONED]) or "instruments without a name") + more
