"""Two configurations over the same days: what each raised and what came of it, and what the second has more of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.record.day_record import EVENTS, HORIZONS_S, DayRecord, TestCounts
from spymaster.evaluate.worlds.figure_text import aligned, with_interval
from spymaster.evaluate.worlds.pool import Figure, Pool
from spymaster.evaluate.worlds.world_record import ENGINE
from spymaster.market.rows import Signal
from spymaster.research.plan import read_plan
from spymaster.research.report import Report, read_report
from spymaster.research.steps.judged import JudgedDay, read_judged
from spymaster.research.tasks import State, report_place

Floats = NDArray[np.float64]

_STEP: Final = "evaluate"
_FEWEST_DAYS: Final = 3
_PLAN: Final = ".toml"


class Compared(msgspec.Struct, frozen=True):
    """One figure of both, and of B less A. Intervals are by day: each draw takes the same days of both."""

    name: str
    a: Figure
    b: Figure
    difference: Figure


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """``only_a``, ``only_b``: days that only one of them has, which are left out."""

    a: str
    b: str
    simulated: bool
    days: int
    only_a: int
    only_b: int
    signals: tuple[Compared, ...]
    tests: tuple[Compared, ...]
    markouts: tuple[Compared, ...]


class Pair(NamedTuple):
    """A day under both."""

    a: tuple[JudgedDay, ...]
    b: tuple[JudgedDay, ...]


def compared(a: str, b: str) -> Comparison:
    """``a``, ``b``: a plan or a report, ``:NAME`` behind it for one of several configurations. Raises UserError."""
    one, other = _days_of(a), _days_of(b)
    common = sorted(one.keys() & other.keys())
    days: dict[tuple[str, int], list[Pair]] = {}
    for day in common:
        pair = Pair(tuple(read_judged(one[day].folder)), tuple(read_judged(other[day].folder)))
        if pair.a or pair.b:
            days.setdefault(one[day].group, []).append(pair)
    if not days:
        remedy = "name two that were run over the same days"
        raise UserError(f"{a} and {b}", "have no day in common", remedy, code=ExitCode.DATA)
    pairs = [Pair(*(tuple(day for each in own for day in each[side]) for side in (0, 1))) for own in days.values()]
    return comparison(a, b, pairs, only=(len(one) - len(common), len(other) - len(common)))


def comparison(a: str, b: str, pairs: Sequence[Pair], only: tuple[int, int] = (0, 0)) -> Comparison:
    """``pairs``: at least one."""
    figures = _Figures(Pool(pairs))
    kinds = sorted({name for pair in pairs for day in (*pair.a, *pair.b) for name in day.record.tests})
    return Comparison(
        a=a,
        b=b,
        simulated=any(day.record.simulated for pair in pairs for day in (*pair.a, *pair.b)),
        days=len(pairs),
        only_a=only[0],
        only_b=only[1],
        signals=(
            figures.per_day("BREAK a day", lambda day: day.breaks),
            figures.per_day("REJECT a day", lambda day: day.rejects),
            *(figures.share(f"{signal.name} right", _right(signal.name)) for signal in (Signal.BREAK, Signal.REJECT)),
        ),
        tests=(
            figures.share("held, all kinds", lambda day: _held(day.record.tests.values())),
            *(figures.share(f"{kind} held", _held_of(kind)) for kind in kinds),
            figures.share("held where no level is", lambda day: _held([day.record.placebo])),
        ),
        markouts=tuple(
            figures.share(f"{event} after {HORIZONS_S[k]} s", _markout(event, k), is_share=False)
            for event in EVENTS
            for k in range(len(HORIZONS_S))
        ),
    )


class _Figures:
    """Figures of both sides from tables float64[days, 2 sides, (sum, count)]."""

    def __init__(self, pool: Pool[Pair]) -> None:
        self._pool = pool

    def per_day(self, name: str, count: Callable[[JudgedDay], int]) -> Compared:
        """How many a day."""
        return self.share(name, lambda day: (float(count(day)), 0.0), is_share=False, of_days=True)

    def share(
        self,
        name: str,
        pair: Callable[[JudgedDay], tuple[float, float]],
        *,
        is_share: bool = True,
        of_days: bool = False,
    ) -> Compared:
        """The sum of the first over that of the second of a day's pair; or over the days."""
        table = np.array([[_summed(side, pair) for side in both] for both in self._pool.records], np.float64)
        if of_days:
            table[:, :, 1] = 1.0
        counts = table[:, :, 1].sum(axis=0).astype(np.int64).tolist()

        def figure(of: int, value: Callable[[Any], float]) -> Figure:
            return self._pool.of_sums(name, table, value, of, is_share=is_share)

        return Compared(
            name,
            figure(counts[0], lambda sums: _ratio(sums[0])),
            figure(counts[1], lambda sums: _ratio(sums[1])),
            figure(min(counts), lambda sums: _ratio(sums[1]) - _ratio(sums[0])),
        )


def _summed(days: Sequence[JudgedDay], pair: Callable[[JudgedDay], tuple[float, float]]) -> tuple[float, float]:
    found = [pair(day) for day in days]
    return sum(part for part, _ in found), sum(whole for _, whole in found)


def _ratio(pair: Any) -> float:
    return float(pair[0] / pair[1]) if pair[1] else float("nan")


def _right(signal: str) -> Callable[[JudgedDay], tuple[float, float]]:
    def pair(day: JudgedDay) -> tuple[float, float]:
        judged = [one for one in day.record.alerts.get(ENGINE, ()) if one.signal == signal and one.right is not None]
        return float(sum(bool(one.right) for one in judged)), float(len(judged))

    return pair


def _held(tests: Any) -> tuple[float, float]:
    counts: list[TestCounts] = list(tests)
    held = float(sum(one.held for one in counts))
    return held, held + float(sum(one.broke for one in counts))


def _held_of(kind: str) -> Callable[[JudgedDay], tuple[float, float]]:
    return lambda day: _held([day.record.tests.get(kind, TestCounts())])


def _markout(event: str, k: int) -> Callable[[JudgedDay], tuple[float, float]]:
    """Points beyond what price does without the event."""

    def pair(day: JudgedDay) -> tuple[float, float]:
        record: DayRecord = day.record
        marks = record.markouts.get(event)
        return (marks[k].points - marks[k].base, float(marks[k].n)) if marks else (0.0, 0.0)

    return pair


class _Judged(NamedTuple):
    """Where a result is, and of which day: several runs of a lake may be of one."""

    folder: Path
    group: tuple[str, int]


def _days_of(named: str) -> dict[str, _Judged]:
    """Each day's result, by the hash of what it was computed from. Raises UserError."""
    place, name = _place(named)
    report = read_report(place)
    name = name or _only(named, report)
    entries = [one for one in report.entries if one.step == _STEP and one.configuration == name]
    if not entries:
        known = ", ".join(dict.fromkeys(one.configuration for one in report.entries if one.step == _STEP))
        problem = f"there is no {_STEP} of a configuration {name}" if known else f"its steps are without {_STEP}"
        remedy = f"name one of {known}" if known else f'add "{_STEP}" to the plan\'s steps and run it'
        raise UserError(named, problem, remedy, code=ExitCode.USAGE)
    found = {
        one.inputs: _Judged(place.parent / one.place, (one.day, one.date)) for one in entries if one.state is State.DONE
    }
    if missing := [one.folder for one in found.values() if not one.folder.is_dir()]:
        raise UserError(missing[0], "is not there any more", "run the plan again", code=ExitCode.DATA)
    return found


def _only(named: str, report: Report) -> str:
    names = list(dict.fromkeys(one.configuration for one in report.entries))
    if len(names) == 1:
        return names[0]
    problem = f"has {len(names)} configurations"
    raise UserError(named, problem, f"put one behind it: {named}:{names[0]}", code=ExitCode.USAGE)


def _place(named: str) -> tuple[Path, str]:
    """The report that is meant, and the configuration, "" where none is said. Raises UserError."""
    path, name = Path(named), ""
    if not path.exists() and ":" in named:
        before, _, name = named.rpartition(":")
        path = Path(before)
    if path.suffix == _PLAN and path.exists():
        plan = read_plan(path)
        return report_place(plan.results, plan.path), name
    return path, name


def comparison_text(found: Comparison) -> str:
    """For people."""
    mark = "SIMULATED: " if found.simulated else ""
    lines = [f"{mark}{found.days} day{'s' if found.days != 1 else ''} of both; A {found.a}, B {found.b}"]
    for side, count in (("A", found.only_a), ("B", found.only_b)):
        if count:
            lines.append(f"{count} day{'s' if count != 1 else ''} that only {side} has, left out")
    if found.days >= _FEWEST_DAYS:
        lines.append("in brackets 90 % intervals, by drawing days anew, the same for both")
    else:
        lines.append(f"no intervals: days are drawn anew for them, and {_FEWEST_DAYS} are the fewest")
    for head, rows in (
        ("signals", found.signals),
        ("tests of levels", found.tests),
        ("points in its direction, beyond the base", found.markouts),
    ):
        known = [row for row in rows if row.a.value is not None or row.b.value is not None]
        if known:
            cells = [[row.name, *map(with_interval, (row.a, row.b)), _difference(row.difference)] for row in known]
            lines += ["", *aligned([[head, "A", "B", "B less A"], *cells])]
    return "\n".join(lines)


def _difference(figure: Figure) -> str:
    """Of a share in points of a hundred."""
    if figure.value is None:
        return "-"
    scale, unit = (100.0, " pp") if figure.is_share else (1.0, "")
    ends = ""
    if figure.low is not None and figure.high is not None:
        ends = f" [{scale * figure.low:+.2f}, {scale * figure.high:+.2f}]"
    return f"{scale * figure.value:+.2f}{unit}{ends}"
