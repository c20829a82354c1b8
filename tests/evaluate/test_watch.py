"""What is kept of an engine's words."""

from __future__ import annotations

import numpy as np

from spymaster.evaluate.watch import Watch
from spymaster.market.levels import LevelKind
from spymaster.market.rows import ALERT_ROW, LEVEL_ROW, SNAP, AlertEvent, BarrierState, Signal
from spymaster.physics.engine import SnapBlock
from spymaster.sim.instrument import TICK_E9

TICK = 27_480
PRICE = TICK * TICK_E9 / 1e9
T0 = 1_000_000_000


def block(
    rows: list[tuple[LevelKind, int, int]], alerts: list[tuple[LevelKind, int, float, Signal, AlertEvent]]
) -> SnapBlock:
    """One snap: rows as (kind, user index, direction), alerts as (kind, user index, price, signal, event)."""
    snaps = np.zeros(1, SNAP)
    snaps["t_ns"], snaps["levels"] = T0, len(rows)
    levels = np.zeros((1, 8), LEVEL_ROW)
    # what lies behind the published levels is left over from other snaps
    levels["kind"], levels["user_index"] = LevelKind.USER, 0
    for k, (kind, index, direction) in enumerate(rows):
        levels[0, k]["kind"], levels[0, k]["user_index"], levels[0, k]["direction"] = kind, index, direction
        levels[0, k]["barrier_state"] = BarrierState.WALL
    told = np.zeros(len(alerts), ALERT_ROW)
    for k, (kind, index, price, signal, event) in enumerate(alerts):
        told[k]["t_ns"], told[k]["kind"], told[k]["user_index"] = T0, kind, index
        told[k]["price"], told[k]["signal"], told[k]["event"], told[k]["direction"] = price, signal, event, 1
    numbers = levels.view(np.float64).reshape(1, 8, -1)
    return SnapBlock(snaps, told, told, told, numbers)


def watch(*blocks: SnapBlock, ratio: float = 1.0) -> Watch:
    kept = Watch([TICK, TICK + 8], ratio * 1e9)
    for one in blocks:
        kept.on_block(one)
    return kept


def test_the_watched_levels_that_are_published_are_kept() -> None:
    rows = [(LevelKind.USER, 1, 1), (LevelKind.ROUND, -1, 1), (LevelKind.USER, 0, -1)]
    said = watch(block(rows, [])).said()
    assert said.tolist() == [(T0, TICK + 8, 1, BarrierState.WALL), (T0, TICK, 0, BarrierState.WALL)]


def test_raised_breaks_and_rejects_are_kept_and_nothing_else() -> None:
    alerts = [
        (LevelKind.USER, 0, PRICE, Signal.BREAK, AlertEvent.RAISED),
        (LevelKind.USER, 0, PRICE, Signal.BREAK, AlertEvent.RESOLVED),
        (LevelKind.USER, 0, PRICE, Signal.CONTESTED, AlertEvent.RAISED),
    ]
    assert watch(block([], alerts)).raised().tolist() == [(T0, TICK, 1, Signal.BREAK, 1)]


def test_another_level_at_a_watched_price_speaks_for_it() -> None:
    alerts = [
        (LevelKind.ROUND, -1, PRICE, Signal.REJECT, AlertEvent.RAISED),
        (LevelKind.ROUND, -1, PRICE + 1.0, Signal.REJECT, AlertEvent.RAISED),
    ]
    assert watch(block([], alerts)).raised()["watched"].tolist() == [1, 0]


def test_prices_of_the_share_are_told_in_ticks_of_the_future() -> None:
    alerts = [(LevelKind.STRIKE, -1, PRICE / 10, Signal.REJECT, AlertEvent.RAISED)]
    assert watch(block([], alerts), ratio=10.0).raised()["tick"].tolist() == [TICK]
