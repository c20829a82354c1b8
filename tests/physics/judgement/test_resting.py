"""Levels at which nothing happens are said again as they were: never otherwise than if they had been computed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from spymaster.market.frames import Frame, WatermarkFrame
from spymaster.physics.engine import Engine
from tests.support.engine import config_frame, records
from tests.support.market import ASK, BID, INTERVAL, MID, MS, SECOND, START_NS, Market

LEVELS = [(MID + step) / 4 for step in range(-24, 25, 4)]
SILENCE_S = 120
"""Long enough for what is smoothed to come to rest."""


def quiet_market(*, seed: int = 3, later: Callable[[Market], None] = lambda market: None) -> list[Frame]:
    """Trading for some seconds, minutes without a record, whatever comes ``later``, and silence again."""
    dice = np.random.default_rng(seed)
    market = Market(start_ns=START_NS).ladder()
    for _ in range(150):
        side = int(dice.integers(2))
        tick = MID - int(dice.integers(4)) if side == BID else MID + 1 + int(dice.integers(4))
        market.now_ns += int(dice.integers(20, 200)) * MS
        market.add(side, tick, int(dice.integers(1, 40)))
    first = records(market.words())
    silence = market.now_ns + SILENCE_S * SECOND
    already = len(market.words())
    market.now_ns += SILENCE_S * SECOND
    later(market)
    rest = market.words()[already:]
    frames: list[Frame] = [first, WatermarkFrame(silence)]
    if len(rest):
        frames.append(records(rest))
    return [*frames, WatermarkFrame(market.now_ns + SILENCE_S * SECOND)]


def published(frames: list[Frame], *, may_rest: bool) -> tuple[list[bytes], list[int]]:
    """The levels of every snap as bytes, and how many of them rested at it."""
    engine = Engine(snaps_per_block=1)
    list(engine.feed(config_frame("es", levels=LEVELS)))
    said, rested = [], []
    for frame in frames:
        for block in engine.feed(frame):
            for k, count in enumerate(block.snaps["levels"].tolist()):
                said.append(block.rows[k, :count].tobytes())
                rested.append(int(engine.state["scratch"][0]["resting"][:count].sum()))
            if not may_rest:
                engine.state["levels"]["rest_settled"] = 0
                engine.state["levels"]["rest_whole"] = 0
    return said, rested


def nothing(market: Market) -> None:
    """The silence goes on."""


def an_order_at_the_touch(market: Market) -> None:
    market.add(ASK, MID + 1, 25)


def a_sweep(market: Market) -> None:
    market.trade(BID, 400)


@pytest.mark.parametrize("later", [nothing, an_order_at_the_touch, a_sweep])
def test_a_level_that_rests_is_published_as_if_it_had_been_computed(later: Callable[[Market], None]) -> None:
    frames = quiet_market(later=later)
    said, rested = published(frames, may_rest=True)
    computed, none = published(frames, may_rest=False)
    assert not any(none)
    assert max(rested) > len(LEVELS) // 2
    assert said == computed


def test_a_record_wakes_every_level() -> None:
    frames = quiet_market(later=an_order_at_the_touch)
    _, rested = published(frames, may_rest=True)
    snaps_before = SILENCE_S * SECOND // INTERVAL
    woken = [k for k in range(1, len(rested)) if rested[k] == 0 and rested[k - 1] > 0]
    assert any(k > snaps_before // 2 for k in woken)
