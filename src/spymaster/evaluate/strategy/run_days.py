"""A rule over the runs of a source, each replayed twice: at its levels, then at prices like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from spymaster.evaluate.strategy.day_trades import DayTrades, SideTrades
from spymaster.evaluate.strategy.placebos import placebo_levels, with_placebos
from spymaster.evaluate.strategy.rule_file import StrategyRule
from spymaster.evaluate.strategy.trader import Trader
from spymaster.market.frames import ConfigFrame, UserLevel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.sources.forms import interval_ns_of
from spymaster.session.sources.recorded import RecordedSource

_SNAPS_PER_BLOCK: Final = 64

Tell = Callable[[str, float], None]
"""Which run, and how much of it is done (0 to 1)."""


@dataclass(slots=True)
class _Span:
    """What a run covered: the lowest and highest price in the profile's unit; by session date its first and last snap
    and how many snaps had a book."""

    low: float = np.inf
    high: float = -np.inf
    first_ns: dict[int, int] = field(default_factory=dict)
    last_ns: dict[int, int] = field(default_factory=dict)
    snaps: dict[int, int] = field(default_factory=dict)

    def on_block(self, block: SnapBlock) -> None:
        """Count a block in."""
        snaps = block.snaps
        known = ~np.isnan(snaps["es_mid"])
        if known.any():
            self.low = min(self.low, float(snaps["spot"][known].min()))
            self.high = max(self.high, float(snaps["spot"][known].max()))
        for date in np.unique(snaps["session_date"]).tolist():
            own = snaps["session_date"] == date
            self.first_ns.setdefault(date, int(snaps["t_ns"][own][0]))
            self.last_ns[date] = int(snaps["t_ns"][own][-1])
            self.snaps[date] = self.snaps.get(date, 0) + int((own & known).sum())


def trade_days(
    runs: Iterable[tuple[str, RecordedSource]], rule: StrategyRule, *, simulated: bool, tell: Tell
) -> tuple[list[DayTrades], list[str]]:
    """What the rule did on each day of a source's runs, and what is wrong with these, in words. Closes the runs.

    Raises what opening and reading a source raises.
    """
    days: list[DayTrades] = []
    problems: list[str] = []
    for name, source in runs:
        try:
            days += _days_of(name, source, rule, simulated, tell)
        finally:
            source.close()
        problems += [f"{name}: {problem}" for problem in dict.fromkeys(source.problems)]
    return days, problems


def _days_of(name: str, source: RecordedSource, rule: StrategyRule, simulated: bool, tell: Tell) -> list[DayTrades]:
    config = source.config_frame()
    trader, span = Trader(rule), _Span()
    _follow(source, trader, span, (), lambda share: tell(name, share / 2))
    if span.low > span.high:
        return []
    placebos = placebo_levels(config.profile, span.low, span.high, len(config.user_levels))
    elsewhere = Trader(rule, placebos=len(placebos))
    if placebos:
        _follow(source, elsewhere, _Span(), placebos, lambda share: tell(name, (1 + share) / 2))
    hour_ns = 3600 * NS_PER_S
    return [
        DayTrades(
            name=name,
            session_date=date,
            begin_ns=span.first_ns[date],
            end_ns=span.last_ns[date],
            hours=count * interval_ns_of(config) / hour_ns,
            simulated=simulated,
            own=trader.days.get(date, SideTrades()),
            placebo=elsewhere.days.get(date, SideTrades()),
        )
        for date, count in span.snaps.items()
        if count
    ]


def _follow(
    source: RecordedSource,
    trader: Trader,
    span: _Span,
    placebos: tuple[UserLevel, ...],
    tell: Callable[[float], None],
) -> None:
    """One replay: each frame to the orders, then to the engine, and what that makes of it to the rule."""
    engine = Engine(snaps_per_block=_SNAPS_PER_BLOCK)
    length_ns = max(source.last_ns - source.first_ns, 1)
    for frame in source.frames():
        given = with_placebos(frame, placebos) if isinstance(frame, ConfigFrame) else frame
        trader.on_frame(given)
        for block in engine.feed(given):
            _take(block, trader, span)
            if len(block.snaps):
                tell((int(block.snaps["t_ns"][-1]) - source.first_ns) / length_ns)
    for block in engine.finish():
        _take(block, trader, span)
    trader.finish()


def _take(block: SnapBlock, trader: Trader, span: _Span) -> None:
    trader.on_block(block)
    span.on_block(block)
