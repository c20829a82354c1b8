"""Which run counts on a trade date: of several the newest that is complete."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from spymaster.lake.catalog import LakeRun
from spymaster.lake.days.trade_dates import day_ns, trade_dates
from spymaster.market.calendar_table import date_of
from spymaster.market.manifest import RunStatus

_BEGUN: Final = re.compile(r"(\d{8})T(\d{6})Z")
"""How the id of a run begins: with the moment at which it was begun, which a replay's own times do not tell."""

Span = tuple[int, int]
"""[from, until), ns UTC."""

ALL_TIME: Final[Span] = (0, 2**62)


@dataclass(frozen=True, slots=True)
class Day:
    """One trade date (yyyymmdd), the run that counts and the others, oldest first."""

    date: int
    run: LakeRun
    others: tuple[LakeRun, ...]

    def __str__(self) -> str:
        if not self.others:
            return f"{date_of(self.date)}: run {self.run.run.id} ({self.run.run.status})"
        listed = ", ".join(f"{run.run.id} ({run.run.status})" for run in self.others)
        return f"{date_of(self.date)}: run {self.run.run.id} ({self.run.run.status}) counts, not {listed}"


@dataclass(frozen=True, slots=True)
class Portion:
    """What counts of a run: its records of these spans of time, in order, none touching the next."""

    run: LakeRun
    spans: tuple[Span, ...]


def newest_complete(runs: Iterable[LakeRun]) -> LakeRun:
    """The run that counts among several: the newest that is sealed, of none that is the newest; one that was let go
    counts only where all were."""
    return max(runs, key=_rank)


def days_of(runs: Sequence[LakeRun], span: Span) -> tuple[Day, ...]:
    """The trade dates of a span that runs hold something of, in order, with the run that counts on each."""
    by_date: dict[int, list[LakeRun]] = {}
    for run in runs:
        first, until = (
            max(run.manifest.start_ns, span[0]),
            min(max(run.manifest.end_ns, run.manifest.start_ns + 1), span[1]),
        )
        for date in trade_dates(first, until - 1) if first < until else ():
            by_date.setdefault(date, []).append(run)
    return tuple(_day(date, by_date[date]) for date in sorted(by_date))


def portions(days: Iterable[Day], span: Span) -> tuple[Portion, ...]:
    """What counts of each run within a span, by the time at which it begins."""
    spans: dict[str, list[Span]] = {}
    runs: dict[str, LakeRun] = {}
    for day in days:
        begin_ns, end_ns = day_ns(day.date)
        own = spans.setdefault(day.run.name, [])
        runs[day.run.name] = day.run
        if own and own[-1][1] == begin_ns:
            begin_ns = own.pop()[0]
        own.append((begin_ns, end_ns))
    return tuple(Portion(runs[name], tuple(_cut(own, span))) for name, own in spans.items())


def whole(runs: Iterable[LakeRun], span: Span) -> tuple[Portion, ...]:
    """Every run as far as it lies within a span, whether others hold the same dates or not."""
    return tuple(Portion(run, (span,)) for run in runs)


def _day(date: int, runs: list[LakeRun]) -> Day:
    chosen = newest_complete(runs)
    return Day(date, chosen, tuple(run for run in runs if run is not chosen))


def _cut(spans: Iterable[Span], within: Span) -> Iterator[Span]:
    for begin_ns, end_ns in spans:
        first, until = max(begin_ns, within[0]), min(end_ns, within[1])
        if first < until:
            yield first, until


def _rank(run: LakeRun) -> tuple[bool, bool, dt.datetime, str]:
    return bool(run.manifest.files), run.run.status is RunStatus.SEALED, _begun(run), run.run.id


def _begun(run: LakeRun) -> dt.datetime:
    match = _BEGUN.match(run.run.id)
    with contextlib.suppress(ValueError):
        # an id may be anything
        if match is not None:
            return dt.datetime.strptime("".join(match.groups()), "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    return run.manifest.start
