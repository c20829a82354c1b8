"""Sessions of random worlds: what is learnt from and measured on, drawn so that nobody chooses them."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from spymaster.learn.break_rows import BreakRows
from spymaster.sim.worlds import draw_world, tuning_worlds, worlds_of

FIRST: Final = "first"
SECOND: Final = "second"
MARKETS: Final = (FIRST, SECOND)


class WorldSession(msgspec.Struct, frozen=True):
    """One world (``sim.worlds``) played in one market for so many minutes."""

    market: str
    seed: int
    minutes: float

    @property
    def name(self) -> str:
        """What tells it apart."""
        return f"{self.market}-{self.seed}-{self.minutes:g}m"

    @property
    def groups(self) -> tuple[str, ...]:
        """What it is counted with in a report. The second market knows no options."""
        world = draw_world(self.seed, self.minutes)
        pace = "fast" if world.is_fast else "slow"
        if self.market == SECOND:
            return ("all", SECOND, f"{SECOND} {pace}")
        options = "options" if world.has_options else "no options"
        return ("all", FIRST, f"{FIRST} {pace}", f"{FIRST} {options}", f"{FIRST} profile {world.profile}")


def world_sessions(count: int, seeds_from: str, minutes: float, markets: tuple[str, ...]) -> tuple[WorldSession, ...]:
    """So many worlds in each market. ``seeds_from``: the hash of a commit, or empty for the worlds for tuning."""
    seeds = worlds_of(seeds_from, count) if seeds_from else tuning_worlds(count)
    return tuple(WorldSession(market, seed, minutes) for market in markets for seed in seeds)


def data_set_id(names: tuple[str, ...]) -> str:
    """``sim-`` and what was put in, shortened: the same data have the same id."""
    return f"sim-{len(names)}-{hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:12]}"


def pooled(parts: list[BreakRows]) -> BreakRows:
    """Rows of several sessions, each a world of its own, numbered in their order."""
    return BreakRows.pool([part.of_world(number) for number, part in enumerate(parts)])
