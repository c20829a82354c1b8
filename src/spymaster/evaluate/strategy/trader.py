"""Follows one rule through one run: snaps decide, depth records fill, and each bracket is measured against the mid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.alerts.conditions import moment_of
from spymaster.alerts.rules import Memory, Rule, step
from spymaster.alerts.standing import RuleAlert
from spymaster.config.alerts import AlertRule, LevelRule
from spymaster.evaluate.strategy.day_trades import SideTrades, StrategyTrade
from spymaster.evaluate.strategy.placebos import at_placebos, clear_placebos
from spymaster.evaluate.strategy.rule_file import StrategyRule
from spymaster.market.dtypes import INSTRUMENT_SHIFT, W_HEADER
from spymaster.market.frames import DEPTH_FEED, ConfigFrame, Frame, RecordsFrame
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE, Kind
from spymaster.market.levels import level_id
from spymaster.market.rows import INPUTS, Trust
from spymaster.physics.engine import SnapBlock
from spymaster.practice.engine import PracticeEngine
from spymaster.practice.standing import Bracket, PracticeTrade

Array = NDArray[Any]

_DEPTH: Final = INPUTS.index(DEPTH_FEED)
_GAP_NS: Final = NS_PER_S
"""Snaps further apart than this are a gap, as in the record of tests."""
_RECORDS_AT_ONCE: Final = 256
"""Paper orders look at what they were given from its beginning: of a frame they are given a little at a time."""
_NO_BOOK: Final = "the book was not known"
_OTHER: Final = "another contract or session began"
_END: Final = "the recording ended"


class Trader:
    """A rule over one run. ``placebos``: so many of the last user levels of a CONFIG are prices like any other, and
    the rule is traded at these in place of the levels. ``days``: what came of it, by session date."""

    def __init__(self, rule: StrategyRule, *, placebos: int = 0) -> None:
        when = at_placebos(rule.when) if placebos else rule.when
        self._rule = rule
        self._asked = (_as_alert_rule(rule.name, when),)
        self._placebos = placebos
        self._config: ConfigFrame | None = None
        self._practice: PracticeEngine | None = None
        self._memory = Memory()
        self._user_ids: tuple[str, ...] = ()
        self._last_ns = self._date = 0
        self._kept = 0
        self._entry: RuleAlert | None = None
        self._book = _MidBook()
        self.days: dict[int, SideTrades] = {}

    def on_frame(self, frame: Frame) -> None:
        """What the engine is about to be given."""
        if isinstance(frame, ConfigFrame):
            self._follow(frame)
        elif isinstance(frame, RecordsFrame) and (depth := frame.batch.arrays.get(Kind.MBP10)) is not None:
            assert self._config is not None
            assert self._practice is not None
            own = (depth[:, W_HEADER] >> INSTRUMENT_SHIFT) & 0xFFFF_FFFF == self._config.instrument.instrument_id
            words = depth if own.all() else depth[own]
            for first in range(0, len(words), _RECORDS_AT_ONCE):
                self._practice.take(words[first : first + _RECORDS_AT_ONCE])

    def on_block(self, block: SnapBlock) -> None:
        """What the engine made of it: orders fare up to each snap, then the rule is asked."""
        for k, snap in enumerate(block.snaps):
            self._on_snap(snap, block.rows[k, : int(snap["levels"])])

    def finish(self) -> None:
        """Nothing more is coming: what is open is void."""
        self._give_up(_END)

    def _follow(self, config: ConfigFrame) -> None:
        known = self._config
        if self._practice is None:
            self._practice = PracticeEngine(config.instrument.tick_e9, self._rule.practice)
        elif known is not None and known.instrument.instrument_id != config.instrument.instrument_id:
            self._give_up(_OTHER)
            self._practice.leap(_OTHER)
            self._practice.use_tick(config.instrument.tick_e9)
        self._config = config
        self._user_ids = tuple(level.id for level in config.user_levels)
        self._memory = Memory()

    def _on_snap(self, snap: Any, rows: Array) -> None:
        practice, config = self._practice, self._config
        assert practice is not None
        assert config is not None
        t_ns, date = int(snap["t_ns"]), int(snap["session_date"])
        mid = float(snap["es_mid"]) * PRICE_SCALE / config.instrument.tick_e9
        is_known = not np.isnan(mid) and int(snap["trust"][_DEPTH]) < Trust.BLIND
        if practice.is_busy and (date != self._date or not is_known or t_ns - self._last_ns > _GAP_NS):
            self._give_up(_NO_BOOK if date == self._date else _OTHER)
        practice.advance(t_ns)
        self._last_ns, self._date = t_ns, date
        if not is_known:
            return
        self._account(mid)
        self._leave(t_ns)
        self._enter(t_ns, rows)

    def _account(self, mid: float) -> None:
        """Take the mid for what was filled since the last snap, and keep a bracket that is over."""
        practice = self._practice
        assert practice is not None
        if len(practice.ended) > self._kept:
            trade = practice.ended[-1]
            self._book.fill(trade, mid)
            self._keep(trade)
        elif (current := practice.current) is not None:
            self._book.fill(current, mid)

    def _leave(self, t_ns: int) -> None:
        """Cancel an entry that waited too long, leave a position whose time is over."""
        practice = self._practice
        assert practice is not None
        if (trade := practice.current) is None:
            return
        if trade.filled:
            is_over = t_ns - trade.entered_ns >= self._rule.time_limit * NS_PER_S
        else:
            is_over = t_ns - trade.placed_ns >= self._rule.entry.wait * NS_PER_S
        if is_over:
            practice.flat()

    def _enter(self, t_ns: int, rows: Array) -> None:
        practice = self._practice
        assert practice is not None
        if self._placebos:
            rows = clear_placebos(rows, len(self._user_ids) - self._placebos)
        ids = _LevelIds(rows, self._user_ids)
        judged = step(self._asked, self._memory, moment_of(t_ns, rows, ids))
        self._memory = judged.memory
        for alert in sorted(judged.raised, key=lambda one: (one.distance, one.level_id)):
            is_busy = practice.is_busy
            self._count(SideTrades(met=1, busy=int(is_busy)))
            if not is_busy:
                self._entry, self._book = alert, _MidBook()
                practice.place(self._bracket(rows[ids.index(alert.level_id)]))

    def _bracket(self, row: Any) -> Bracket:
        entry = self._rule.entry
        beyond = 1 if row["direction"] > 0 else -1
        return Bracket(
            side=-beyond if entry.trade == "fade" else beyond,  # type: ignore[arg-type]
            kind=entry.order,
            tick=int(row["tick"]) + beyond * entry.offset,
            size=entry.size,
            stop_ticks=self._rule.stop,
            target_ticks=self._rule.target,
        )

    def _give_up(self, why: str) -> None:
        practice = self._practice
        if practice is not None and practice.is_busy:
            practice.void(why)
            self._keep(practice.ended[-1])

    def _keep(self, trade: PracticeTrade) -> None:
        """A bracket is over: on the day it was placed."""
        entry, self._kept = self._entry, self._kept + 1
        assert entry is not None
        if trade.status == "void":
            self._count(SideTrades(void=1))
        elif not trade.filled:
            self._count(SideTrades(unfilled=1))
        else:
            done = StrategyTrade(
                session_date=self._date,
                level_id=entry.level_id,
                kind=entry.kind,
                side=trade.side,
                contracts=trade.filled,
                placed_ns=trade.placed_ns,
                entered_ns=trade.entered_ns,
                ended_ns=trade.ended_ns,
                by="time" if trade.by == "flat" else trade.by,
                result=trade.result,
                market=self._book.ticks / trade.filled,
            )
            self._count(SideTrades(trades=(done,)))

    def _count(self, more: SideTrades) -> None:
        self.days[self._date] = self.days.get(self._date, SideTrades()).plus(more)


class _MidBook:
    """A bracket as if every contract had been filled at the mid of the next snap. ``ticks``: what that made."""

    def __init__(self) -> None:
        self.ticks = 0.0
        self._entered = self._left = 0

    def fill(self, trade: PracticeTrade, mid: float) -> None:
        """How much was entered and left by now, the mid being where it is."""
        left = trade.filled - trade.open
        self.ticks += trade.side * mid * ((left - self._left) - (trade.filled - self._entered))
        self._entered, self._left = trade.filled, left


class _LevelIds(Sequence[str]):
    """Ids of the levels of a snap, made where they are asked for: most snaps meet no rule."""

    def __init__(self, rows: Array, user_ids: Sequence[str]) -> None:
        self._rows, self._user_ids = rows, user_ids

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return _LevelIds(self._rows[at], self._user_ids)
        row = self._rows[at]
        return level_id(int(row["kind"]), float(row["price"]), int(row["user_index"]), self._user_ids)


def _as_alert_rule(name: str, when: LevelRule) -> Rule:
    return Rule(name, AlertRule(**{field: getattr(when, field) for field in msgspec.structs.asdict(when)}))
