"""What signals, sweeps, large orders and tests of levels were worth, over days, each beside what happens without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from spymaster.evaluate.record.day_record import BREAK, EVENTS, HORIZONS_S, REJECT, DayRecord, TestCounts
from spymaster.evaluate.worlds.figure_text import aligned, figure_table, with_interval
from spymaster.evaluate.worlds.pool import Figure, Pool
from spymaster.evaluate.worlds.signal_figures import rightness
from spymaster.evaluate.worlds.world_record import ENGINE

WANTED_TESTS: Final = 784
"""Decided tests that show a difference of five points in a hundred with 80 % power."""
_FEWEST_DAYS: Final = 3

Days = Pool[DayRecord]


class KindReport(msgspec.Struct, frozen=True):
    """Tests of one kind of level. ``held``: share of those decided one way; ``beyond_base``: what it is above that of
    prices like any other on the same days; ``expected``: tests that would have held at those."""

    kind: str
    tests: int
    broke: int
    held: int
    neither: int
    unknown: int
    expected: float | None
    contracts_a_test: float | None
    held_share: Figure
    beyond_base: Figure


class RecordReport(msgspec.Struct, frozen=True):
    """Over days. ``base``: share of tests that held at prices where no level is; ``wanted``: how many tests tell."""

    days: int
    first: int
    last: int
    hours: float
    left_out_s: float
    simulated: bool
    tests: int
    wanted: int
    base: Figure
    kinds: list[KindReport]
    signals: list[Figure]
    markouts: list[Figure]


def record_report(days: Sequence[DayRecord]) -> RecordReport:
    """``days``: at least one."""
    pool = Pool(days)
    names = sorted({name for day in days for name in day.tests})
    return RecordReport(
        days=len(days),
        first=min(day.session_date for day in days),
        last=max(day.session_date for day in days),
        hours=sum(day.hours for day in days),
        left_out_s=sum(day.left_out_s for day in days),
        simulated=any(day.simulated for day in days),
        tests=sum(_decided(one) for day in days for one in day.tests.values()),
        wanted=WANTED_TESTS,
        base=pool.share("held at prices like any other", [(day.placebo.held, _one_way(day.placebo)) for day in days]),
        kinds=[_kind(pool, name, [day.tests.get(name, TestCounts()) for day in days]) for name in names],
        signals=[*rightness(pool, ENGINE, BREAK), *rightness(pool, ENGINE, REJECT)],
        markouts=[figure for name in EVENTS for k in range(len(HORIZONS_S)) for figure in _markout(pool, name, k)],
    )


def _decided(one: TestCounts) -> int:
    return one.broke + one.held + one.neither


def _one_way(one: TestCounts) -> int:
    return one.broke + one.held


def _kind(pool: Days, name: str, own: Sequence[TestCounts]) -> KindReport:
    held = pool.share(f"{name} held", [(one.held, _one_way(one)) for one in own])
    table = np.array(
        [
            (one.held, _one_way(one), day.placebo.held, _one_way(day.placebo))
            for one, day in zip(own, pool.records, strict=True)
        ],
        np.float64,
    )
    beyond = pool.of_sums(f"{name} held beyond the base", table, _beyond, held.of)
    placebo_held, placebo = table[:, 2].sum(), table[:, 3].sum()
    decided = sum(map(_decided, own))
    return KindReport(
        kind=name,
        tests=decided + sum(one.unknown for one in own),
        broke=sum(one.broke for one in own),
        held=sum(one.held for one in own),
        neither=sum(one.neither for one in own),
        unknown=sum(one.unknown for one in own),
        expected=round(float(held.of * placebo_held / placebo), 1) if placebo else None,
        contracts_a_test=round(sum(one.filled for one in own) / decided, 1) if decided else None,
        held_share=held,
        beyond_base=beyond,
    )


def _beyond(sums: Any) -> float:
    held, n, placebo_held, placebo = sums
    return float(held / n - placebo_held / placebo) if n and placebo else float("nan")


def _markout(pool: Days, name: str, k: int) -> list[Figure]:
    """What price moved an event's way after a horizon, and that less what it does without one; points."""
    marks = [day.markouts.get(name) for day in pool.records]
    table = np.array([(own[k].points, own[k].base, own[k].n) if own else (0.0, 0.0, 0.0) for own in marks], np.float64)
    count = int(table[:, 2].sum())
    title = f"{name} after {HORIZONS_S[k]} s"
    return [
        pool.of_sums(title, table, lambda sums: _ratio(sums[0], sums[2]), count, is_share=False),
        pool.of_sums(
            "  beyond the base", table, lambda sums: _ratio(sums[0] - sums[1], sums[2]), count, is_share=False
        ),
    ]


def _ratio(part: Any, whole: Any) -> float:
    return float(part / whole) if whole else float("nan")


def record_text(report: RecordReport) -> str:
    """The report for people."""
    days = f"{report.days} session date{'s' if report.days != 1 else ''}"
    lines = [
        f"{'SIMULATED: ' if report.simulated else ''}{days}, {_date(report.first)} to {_date(report.last)}, "
        f"{report.hours:.2f} h of price without a hole",
        f"{report.tests:,} tests of {report.wanted} that show a difference of five points in a hundred",
    ]
    if report.days < _FEWEST_DAYS:
        lines.append(f"no intervals: days are drawn anew for them, and {_FEWEST_DAYS} are the fewest")
    if report.left_out_s:
        lines.append(f"{report.left_out_s:,.0f} s lay between holes less than five minutes apart and are not judged")
    head = [
        "tests of levels",
        "tests",
        "broke",
        "held",
        "neither",
        "unknown",
        "base",
        "contracts",
        "held",
        "beyond base",
    ]
    rows = [
        [
            one.kind,
            *(f"{count:,}" for count in (one.tests, one.broke, one.held, one.neither, one.unknown)),
            "-" if one.expected is None else f"{one.expected:.1f}",
            "-" if one.contracts_a_test is None else f"{one.contracts_a_test:,.0f}",
            with_interval(one.held_share),
            with_interval(one.beyond_base),
        ]
        for one in report.kinds
    ]
    lines += ["", *aligned([head, *rows]), f"base: {with_interval(report.base)} held at prices like any other"]
    lines += figure_table(["signals, two points one way first", "all days"], [report.signals])
    known = [figure for figure in report.markouts if figure.of]
    lines += figure_table(["points in its direction", "all days"], [known])
    return "\n".join(lines)


def _date(number: int) -> str:
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
