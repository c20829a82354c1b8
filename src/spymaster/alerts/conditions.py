"""What must hold of a level: conditions of the configuration over the published rows of one snap. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.config.alerts import AlertCondition, AlertRule
from spymaster.market.levels import LevelKind
from spymaster.market.rows import BarrierState, Confidence, Signal
from spymaster.market.sessions import et_time

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moment:
    """The levels of one snap. ``rows``: LEVEL_ROW[n]; ``ids``: theirs; ``minute``: of the day in New York."""

    t_ns: int
    rows: NDArray[Any]
    ids: Sequence[str]
    minute: int


def moment_of(t_ns: int, rows: NDArray[Any], ids: Sequence[str]) -> Moment:
    """A snap with its time of day."""
    clock = et_time(t_ns)
    return Moment(t_ns, rows, ids, clock.hour * 60 + clock.minute)


class Condition:
    """One table of conditions, ready to be asked."""

    def __init__(self, table: AlertCondition) -> None:
        self._kinds = _codes(LevelKind[name] for name in table.kinds)
        self._levels = frozenset(table.levels)
        self._states = _codes(BarrierState[name] for name in table.states)
        self._signals = _codes(Signal[name] for name in table.signals)
        self._above, self._below = table.score_above, table.score_below
        self._confidence = int(Confidence[table.confidence])
        self._distance = table.distance
        self._spans = tuple(_span(text) for text in table.times)

    def met(self, moment: Moment) -> Mask:
        """Which of the levels meet it. A level without a score meets no condition on scores."""
        rows = moment.rows
        mask = np.full(len(rows), self._is_time(moment.minute))
        for codes, name in ((self._kinds, "kind"), (self._states, "barrier_state"), (self._signals, "signal")):
            if codes is not None:
                mask &= np.isin(rows[name], codes)
        if self._levels:
            mask &= np.array([one in self._levels for one in moment.ids], np.bool_)
        if self._above is not None:
            mask &= rows["score"] > self._above
        if self._below is not None:
            mask &= rows["score"] < self._below
        if self._confidence:
            mask &= rows["confidence_label"] >= self._confidence
        if self._distance is not None:
            mask &= rows["distance"] <= self._distance
        return mask

    def _is_time(self, minute: int) -> bool:
        if not self._spans:
            return True
        return any(
            begin <= minute < end if begin <= end else minute >= begin or minute < end for begin, end in self._spans
        )


class RuleCondition:
    """The conditions of a rule: its own, one of ``any`` where there are any, and none of ``none``."""

    def __init__(self, rule: AlertRule) -> None:
        self._own = Condition(rule)
        self._any = tuple(Condition(table) for table in rule.any)
        self._none = tuple(Condition(table) for table in rule.none)

    def met(self, moment: Moment) -> Mask:
        """Which of the levels meet it."""
        mask = self._own.met(moment)
        if self._any and mask.any():
            mask &= np.logical_or.reduce([one.met(moment) for one in self._any])
        for one in self._none:
            mask &= ~one.met(moment)
        return mask


def _codes(members: Any) -> NDArray[np.float64] | None:
    codes = [float(member) for member in members]
    return np.array(codes) if codes else None


def _span(text: str) -> tuple[int, int]:
    begin, _, end = text.partition("-")
    return _minutes(begin), _minutes(end)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
