"""A level and depth records by hand, given to a ``Trader`` as an engine would: prices in ticks, times in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.config.alerts import LevelRule
from spymaster.evaluate.strategy.day_trades import SideTrades, StrategyTrade
from spymaster.evaluate.strategy.rule_file import EntryTable, StrategyRule
from spymaster.evaluate.strategy.trader import Trader
from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import NS_PER_MS, Kind
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, SNAP, BarrierState, Trust
from spymaster.practice.standing import PracticeRules
from tests.practice.tape import TICK_E9, Said, book, words
from tests.support.engine import config_frame

DATE: Final = 20240105
LEVEL: Final = 101
"""The level's tick: resistance above a market at 100 and 101."""
QUIET: Final = book("100:50 99:60", "101:40 102:40")


def a_rule(when: LevelRule | None = None, **changes: Any) -> StrategyRule:
    """Fades a wall with market orders, at once: stop 4, target 4, ten seconds, 0.4 ticks a contract."""
    settings: dict[str, Any] = {
        "name": "r",
        "when": when or LevelRule(states=("WALL",), rest=0),
        "entry": EntryTable(wait=2.0),
        "stop": 4,
        "target": 4,
        "time_limit": 10.0,
        "practice": PracticeRules(50.0, 0.25),
        "commission": 2.5,
        "tick_value": 12.5,
    }
    return StrategyRule(**(settings | changes))


@dataclass(frozen=True)
class Shown:
    """What is published at a snap: ``state`` of the level; ``mid`` in ticks, None without a book."""

    ms: int
    state: BarrierState = BarrierState.NEUTRAL
    mid: float | None = 100.5
    date: int = DATE
    level: int = LEVEL
    kind: LevelKind = LevelKind.ROUND
    user_index: int = -1


@dataclass(frozen=True)
class Snaps:
    """What a ``Trader`` needs of a block."""

    snaps: NDArray[Any]
    rows: NDArray[Any]


class Play:
    """A trader over records and snaps in the order they are given."""

    def __init__(self, rule: StrategyRule, levels: Sequence[float] = (), placebos: int = 0) -> None:
        self.trader = Trader(rule, placebos=placebos)
        self.trader.on_frame(config_frame(levels=levels, instrument_id=0, tick_e9=TICK_E9))

    def records(self, *said: Said) -> Play:
        """Depth records of one frame."""
        self.trader.on_frame(RecordsFrame(Batch.of(Kind.MBP10, words(said))))
        return self

    def snaps(self, *shown: Shown) -> Play:
        """Consecutive snaps with the one level."""
        snaps, rows = np.zeros(len(shown), SNAP), np.zeros((len(shown), 1), LEVEL_ROW)
        for snap, row, one in zip(snaps, rows[:, 0], shown, strict=True):
            snap["t_ns"], snap["session_date"], snap["levels"] = one.ms * NS_PER_MS, one.date, 1
            snap["es_mid"] = np.nan if one.mid is None else one.mid / 4
            snap["trust"] = Trust.BLIND if one.mid is None else Trust.GREEN
            row["kind"], row["user_index"], row["ratio"] = one.kind, one.user_index, 1.0
            row["tick"], row["price"] = one.level, one.level / 4
            row["direction"], row["barrier_state"], row["score"] = 1, one.state, 30.0
        self.trader.on_block(Snaps(snaps, rows))  # type: ignore[arg-type]
        return self

    def to(self, ms: int, step_ms: int = 250, begin_ms: int = 0, **shown: Any) -> Play:
        """A snap every ``step_ms`` up to a moment."""
        return self.snaps(*(Shown(at, **shown) for at in range(begin_ms, ms + 1, step_ms)))

    @property
    def side(self) -> SideTrades:
        """All of it, whatever the day."""
        total = SideTrades()
        for day in self.trader.days.values():
            total = total.plus(day)
        return total

    @property
    def trade(self) -> StrategyTrade:
        """The one bracket that counts."""
        [trade] = self.side.trades
        return trade
