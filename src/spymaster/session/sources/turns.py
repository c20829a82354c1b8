"""What changes in the middle of a source: the leg, and what the vendor says about the day. Cut at exact records."""

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


class Turn(msgspec.Struct, frozen=True):
    """From the first record on that arrives at ``at_ns`` or later. ``leg``: which begins; ``state``: what the vendor
    says of the day from then on, UP where nothing; None for no change."""

    at_ns: int
    leg: int | None = None
    state: FeedState | None = None


class Stretch(msgspec.Struct, frozen=True):
    """Records with nothing changing among them. ``turns``: what changed just before; ``is_last``: of its batch."""

    batch: Batch
    turns: tuple[Turn, ...]
    is_last: bool


def turns_of(begins_ns: Sequence[int], conditions: Mapping[dt.date, Condition]) -> tuple[Turn, ...]:
    """All turns by time. ``begins_ns``: of each leg; ``conditions``: by UTC day."""
    turns = [Turn(begin_ns, leg=leg) for leg, begin_ns in enumerate(begins_ns) if leg]
    for day, condition in conditions.items():
        turns.append(Turn(midnight_ns(day), state=_STATES[condition]))
        if day + _ONE_DAY not in conditions:
            turns.append(Turn(midnight_ns(day + _ONE_DAY), state=FeedState.UP))
    return tuple(sorted(turns, key=lambda turn: (turn.at_ns, turn.leg is None)))


def condition_lines(conditions: Mapping[dt.date, Condition], first_ns: int, last_ns: int) -> list[str]:
    """What is said of days that the vendor calls less than whole, where any of them is played."""
    days = sorted(day for day in conditions if midnight_ns(day) < last_ns and midnight_ns(day + _ONE_DAY) > first_ns)
    return [
        f"the vendor calls its data of {day} (UTC) {conditions[day]}: trust is lowered for that day" for day in days
    ]


class TurnCutter:
    """Cuts batches where something changes. ``passed``: how many turns lie behind."""

    def __init__(self, turns: Sequence[Turn], passed: int = 0) -> None:
        self._turns = tuple(turns)
        self.passed = passed

    @property
    def state(self) -> FeedState | None:
        """What the vendor says of the present day, None before it said anything."""
        return next((turn.state for turn in reversed(self._turns[: self.passed]) if turn.state is not None), None)

    def stretches(self, batch: Batch) -> Iterator[Stretch]:
        """A batch in as many pieces as it takes; each is to be used before the next is asked for."""
        turns: tuple[Turn, ...] = ()
        if self.passed < len(self._turns) and latest_arrival(batch) >= self._turns[self.passed].at_ns:
            times = arrivals(batch)
            begun = 0
            while self.passed < len(self._turns) and times[-1] >= self._turns[self.passed].at_ns:
                place = int(np.searchsorted(times, self._turns[self.passed].at_ns, "left"))
                if place > begun:
                    yield Stretch(cut(batch, begun, place), turns, False)
                    turns, begun = (), place
                turns += (self._turns[self.passed],)
                self.passed += 1
            if begun:
                batch = cut(batch, begun, len(batch))
        yield Stretch(batch, turns, True)
