"""The agreement of states with the truth, as one object and as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from spymaster.evaluate.agreement import FOLLOWED, MATCHING, SIGNALS, STATES, Counts, Evidence, Found
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.sim.level_kinds import LevelKind

NS_PER_HOUR: Final = 3600 * NS_PER_S
ALARMING: Final = (BarrierState.VACUUM, BarrierState.WALL, BarrierState.CONSUMED)
"""States a placebo level should hardly ever be said to be in."""


class StateScore(msgspec.Struct, frozen=True):
    """A state over all judged snaps; shares are None where nothing is to be divided by."""

    state: str
    true_snaps: int
    said_snaps: int
    right_snaps: int
    precision: float | None
    recall: float | None
    f1: float | None


class FalseState(msgspec.Struct, frozen=True):
    """A state at placebo levels: share of their judged snaps it was said at, and at which it was not true."""

    state: str
    said_share: float | None
    false_share: float | None


class Delay(msgspec.Struct, frozen=True):
    """How soon a mechanism was seen: episodes, those whose zone was ``visible`` to the engine in them, those in which
    the flows made the state ``true``, those ``found``, and of these the ones where it was ``already`` said before.

    ``median_s``, ``p95_s``: of the found ones not already said, from the mechanism's beginning or from when the zone
    came into sight; p95 is the least delay that 95 % do not exceed. ``after_fill_s``: median from the first fill in the
    zone, over all found ones that were hit; those found before count as 0.
    """

    kind: str
    episodes: int
    visible: int
    true: int
    found: int
    already: int
    median_s: float | None
    p95_s: float | None
    after_fill_s: float | None = None


class Followed(msgspec.Struct, frozen=True):
    """Episodes followed by a signal at their level and side while on or within 30 s."""

    kind: str
    episodes: int
    by_break: int
    by_reject: int


class Skipped(msgspec.Struct, frozen=True):
    """Snaps of levels that were not compared: see ``agreement.score_agreement``."""

    missing: int
    other_side: int
    unpublished: int
    unknown_truth: int


class StatesReport(msgspec.Struct, frozen=True, kw_only=True):
    """What ``evaluate states --json`` prints. ``confusion[i][j]``: snaps truly ``states[i]``, said ``states[j]``."""

    recordings: int
    hours: float
    levels: int
    placebo_levels: int
    snaps: int
    mechanism_on_snaps: int
    skipped: Skipped
    states: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    scores: tuple[StateScore, ...]
    macro_f1: float | None
    placebo_snaps: int
    placebo: tuple[FalseState, ...]
    delays: tuple[Delay, ...]
    raised_per_hour: dict[str, float | None]
    followed: tuple[Followed, ...]


def states_report(evidence: Evidence) -> StatesReport:
    """The figures that the counts make."""
    scores = tuple(_score(evidence.confusion, state) for state in STATES)
    occurring = [score.f1 for score in scores if score.true_snaps and score.f1 is not None]
    hours = evidence.length_ns / NS_PER_HOUR
    return StatesReport(
        recordings=evidence.recordings,
        hours=hours,
        levels=evidence.levels,
        placebo_levels=evidence.placebo_levels,
        snaps=int(evidence.confusion.sum()),
        mechanism_on_snaps=evidence.mechanism_on,
        skipped=Skipped(evidence.missing, evidence.other_side, evidence.unpublished, evidence.unknown),
        states=tuple(state.name for state in STATES),
        confusion=tuple(tuple(row) for row in evidence.confusion.tolist()),
        scores=scores,
        macro_f1=_share(sum(occurring), len(occurring)),
        placebo_snaps=int(evidence.placebo.sum()),
        placebo=tuple(_false_state(evidence.placebo, state) for state in ALARMING),
        delays=tuple(_delay(kind, evidence.found) for kind in MATCHING),
        raised_per_hour={
            signal.name: _share(count, hours) for signal, count in zip(SIGNALS, evidence.raised.tolist(), strict=True)
        },
        followed=tuple(
            Followed(kind.name, *row) for kind, row in zip(FOLLOWED, evidence.followed.tolist(), strict=True)
        ),
    )


def report_text(report: StatesReport) -> str:
    """The report for people."""
    skipped = report.skipped
    lines = [
        f"SIMULATED: {report.recordings} recordings, {report.hours:.2f} h, {report.levels} planted levels "
        f"({report.placebo_levels} placebo)",
        f"{report.snaps:,} snaps of levels compared, {report.mechanism_on_snaps:,} with the mechanism on",
        "not compared: "
        f"{skipped.missing:,} MISSING, {skipped.other_side:,} other side, {skipped.unpublished:,} not published, "
        f"{skipped.unknown_truth:,} without truth",
    ]
    counts = [[name, *map(str, row)] for name, row in zip(report.states, report.confusion, strict=True)]
    scores = [
        [s.state, str(s.true_snaps), str(s.said_snaps), *map(_percent, (s.precision, s.recall, s.f1))]
        for s in report.scores
    ]
    false = [[p.state, _percent(p.said_share), _percent(p.false_share)] for p in report.placebo]
    delays = [
        [
            d.kind,
            *map(str, (d.episodes, d.visible, d.true, d.found, d.already)),
            *map(_number, (d.median_s, d.p95_s, d.after_fill_s)),
        ]
        for d in report.delays
    ]
    followed = [[f.kind, str(f.episodes), str(f.by_break), str(f.by_reject)] for f in report.followed]
    raised = [[name, _number(rate)] for name, rate in report.raised_per_hour.items()]
    tables = (
        ["true \\ said", *report.states], counts,
        ["state", "true", "said", "precision", "recall", "F1"],
        [*scores, ["macro", "", "", "", "", _percent(report.macro_f1)]],
        [f"at placebo ({report.placebo_snaps:,} snaps)", "said", "false"], false,
        ["mechanism", "episodes", "visible", "true", "found", "already", "median s", "p95 s", "after fill s"], delays,
        ["signal", "raised/h"], raised,
        ["followed within 30 s", "episodes", "BREAK", "REJECT"], followed,
    )  # fmt: skip
    for head, rows in zip(tables[::2], tables[1::2], strict=True):
        lines += ["", *_aligned([head, *rows])]
    return "\n".join(lines)


def _score(confusion: Counts, state: BarrierState) -> StateScore:
    true, said, right = (int(n) for n in (confusion[state].sum(), confusion[:, state].sum(), confusion[state, state]))
    return StateScore(
        state.name, true, said, right, _share(right, said), _share(right, true), _share(2 * right, true + said)
    )


def _false_state(placebo: Counts, state: BarrierState) -> FalseState:
    said, snaps = int(placebo[:, state].sum()), int(placebo.sum())
    return FalseState(state.name, _share(said, snaps), _share(said - int(placebo[state, state]), snaps))


def _delay(kind: LevelKind, found: Sequence[Found]) -> Delay:
    own = [episode for episode in found if episode.kind is kind]
    seen = [episode for episode in own if episode.delay_ns is not None]
    delays = [e.delay_ns / NS_PER_S for e in seen if e.delay_ns is not None and not e.already]
    after_fill = [e.after_fill_ns / NS_PER_S for e in seen if e.after_fill_ns is not None]
    return Delay(
        kind.name,
        len(own),
        sum(episode.visible for episode in own),
        sum(episode.true for episode in own),
        len(seen),
        sum(episode.already for episode in seen),
        float(np.median(delays)) if delays else None,
        float(np.quantile(delays, 0.95, method="inverted_cdf")) if delays else None,
        float(np.median(after_fill)) if after_fill else None,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of equal length as lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(w) if k else cell.ljust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
