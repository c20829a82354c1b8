"""Short sessions of the order book market for tests."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from spymaster.sim.instrument import TICK_E9
from spymaster.sim.market.simulation import Session, Settings, simulate
from spymaster.sim.market.state import MASK, NONE
from spymaster.sim.recording.session import default_settings

BID, ASK = 0, 1


def settings(seed: int = 5, scenario: str = "mix", intensity: str = "midday", **changes: Any) -> Settings:
    """Settings of a session at its usual time of day."""
    from dataclasses import replace

    return replace(default_settings(seed, scenario, intensity), **changes)


def session(seed: int = 5, minutes: float = 2.0, scenario: str = "mix", intensity: str = "midday") -> Session:
    """A session in memory."""
    return simulate(settings(seed, scenario, intensity), minutes)


def queue(state: NDArray[Any], side: int, tick: int) -> list[tuple[int, int]]:
    """The orders of a price, first first: (id, contracts), walked along their links."""
    s = state[0]
    found = []
    order, before = int(s["first"][side, tick & MASK]), NONE
    while order != NONE:
        assert s["order_before"][order] == before
        assert s["order_tick"][order] == tick
        found.append((int(s["order_id"][order]), int(s["order_size"][order])))
        before, order = order, int(s["order_next"][order])
    assert s["last"][side, tick & MASK] == before
    return found


def book_of(state: NDArray[Any]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Every price's order sizes, by side and price (e9), best first."""
    s = state[0]
    sides: list[dict[int, list[int]]] = [{}, {}]
    for side, sign in ((BID, -1), (ASK, 1)):
        for outward in range(sign * int(s["best"][side]), int(s["edge"][side]) + 1):
            sizes = [size for _, size in queue(state, side, sign * outward)]
            if sizes:
                sides[side][sign * outward * TICK_E9] = sizes
    return sides[BID], sides[ASK]
