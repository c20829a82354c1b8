"""Simulated sessions by number: what is learnt from and measured on, drawn so that nobody chooses them."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from spymaster.learn.break_rows import BreakRows

FIRST: Final = "first"
SECOND: Final = "second"
MARKETS: Final = (FIRST, SECOND)
TUNING_SEEDS: Final = 2**40
"""Seeds below it are for fitting; those that follow from a commit's hash lie above."""
_INTENSITIES: Final = ("quiet", "midday", "open", "stress")


class DrawnSession(msgspec.Struct, frozen=True):
    """One session to simulate. ``market``: first or second; the second one knows nothing but a seed."""

    market: str
    seed: int
    minutes: float
    intensity: str = ""
    profile: str = "es"
    has_options: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        """What it is counted with in a report."""
        if self.market == SECOND:
            return ("all", SECOND)
        return ("all", FIRST, f"profile {self.profile}", "options" if self.has_options else "no options")


def drawn_sessions(count: int, seeds_from: str, minutes: float, markets: tuple[str, ...]) -> tuple[DrawnSession, ...]:
    """So many sessions of each market. ``seeds_from``: the hash of a commit, or empty for those that are for fitting.

    A quarter of the first market's are of profile spy, half have options; its intensities take turns.
    """
    found = []
    for market in markets:
        for index in range(count):
            seed = _seed(seeds_from, market, index)
            if market == SECOND:
                found.append(DrawnSession(market, seed, minutes))
                continue
            intensity = _INTENSITIES[(index // 4) % len(_INTENSITIES)]
            profile = "spy" if index % 4 == 3 else "es"
            found.append(DrawnSession(market, seed, minutes, intensity, profile, index % 2 == 1))
    return tuple(found)


def data_set_id(names: tuple[str, ...]) -> str:
    """``sim-`` and what was put in, shortened: the same data have the same id."""
    return f"sim-{len(names)}-{hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:12]}"


def pooled(parts: list[BreakRows]) -> BreakRows:
    """Rows of several sessions, each a world of its own, numbered in their order."""
    return BreakRows.pool([part.of_world(number) for number, part in enumerate(parts)])


def _seed(seeds_from: str, market: str, index: int) -> int:
    if not seeds_from:
        return 1 + index
    digest = hashlib.sha256(f"{seeds_from}/{market}/{index}".encode()).digest()
    return TUNING_SEEDS + int.from_bytes(digest[:5], "big")
