"""What changes in the middle of a source: the period, and what the vendor says about the day. Cut at exact records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from spymaster.feeds.choice.candidates import midnight_ns
from spymaster.feeds.dbn.vendor_folder import Condition
from spymaster.market.batches import Batch
from spymaster.market.frames import FeedState
from spymaster.session.sources.trade_day import arrivals, cut, latest_arrival

_ONE_DAY: Final = dt.timedelta(days=1)
_STATES: Final = {Condition.DEGRADED: FeedState.DAY_DEGRADED, Condition.MISSING: FeedState.DAY_MISSING}


class Transition(msgspec.Struct, frozen=True):
    """From the first record on that arrives at ``at_ns`` or later. ``period``: which begins; ``state``: what the vendor
    says of the day from then on, UP where nothing; None for no change."""

    at_ns: int
    period: int | None = None
    state: FeedState | None = None


class Stretch(msgspec.Struct, frozen=True):
    """Records with nothing changing among them. ``transitions``: what changed just before; ``is_last``: of its
    batch."""

    batch: Batch
    transitions: tuple[Transition, ...]
    is_last: bool


def transitions_of(begins_ns: Sequence[int], conditions: Mapping[dt.date, Condition]) -> tuple[Transition, ...]:
    """All transitions by time. ``begins_ns``: of each period; ``conditions``: by UTC day."""
    transitions = [Transition(begin_ns, period=period) for period, begin_ns in enumerate(begins_ns) if period]
    for day, condition in conditions.items():
        transitions.append(Transition(midnight_ns(day), state=_STATES[condition]))
        if day + _ONE_DAY not in conditions:
            transitions.append(Transition(midnight_ns(day + _ONE_DAY), state=FeedState.UP))
    return tuple(sorted(transitions, key=lambda transition: (transition.at_ns, transition.period is None)))


def condition_lines(conditions: Mapping[dt.date, Condition], first_ns: int, last_ns: int) -> list[str]:
    """What is said of days that the vendor calls less than whole, where any of them is played."""
    days = sorted(day for day in conditions if midnight_ns(day) < last_ns and midnight_ns(day + _ONE_DAY) > first_ns)
    return [
        f"the vendor calls its data of {day} (UTC) {conditions[day]}: trust is lowered for that day" for day in days
    ]


class TransitionSplitter:
    """Cuts batches where something changes. ``passed``: how many transitions lie behind."""

    def __init__(self, transitions: Sequence[Transition], passed: int = 0) -> None:
        self._transitions = tuple(transitions)
        self.passed = passed

    @property
    def state(self) -> FeedState | None:
        """What the vendor says of the present day, None before it said anything."""
        return next(
            (
                transition.state
                for transition in reversed(self._transitions[: self.passed])
                if transition.state is not None
            ),
            None,
        )

    def stretches(self, batch: Batch) -> Iterator[Stretch]:
        """A batch in as many pieces as it takes; each is to be used before the next is asked for."""
        transitions: tuple[Transition, ...] = ()
        if self.passed < len(self._transitions) and latest_arrival(batch) >= self._transitions[self.passed].at_ns:
            times = arrivals(batch)
            begun = 0
            while self.passed < len(self._transitions) and times[-1] >= self._transitions[self.passed].at_ns:
                index = int(np.searchsorted(times, self._transitions[self.passed].at_ns, "left"))
                if index > begun:
                    yield Stretch(cut(batch, begun, index), transitions, False)
                    transitions, begun = (), index
                transitions += (self._transitions[self.passed],)
                self.passed += 1
            if begun:
                batch = cut(batch, begun, len(batch))
        yield Stretch(batch, transitions, True)
