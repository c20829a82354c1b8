"""What a model's words were worth: how often what it called so likely came, beside how often it comes anyway.

Only decisions count, one a stage of an attempt: words about the same attempt a second later are no new witness. What
was shown and what was said in shadow, simulated markets and real ones, one model and another are never one record.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from spymaster.ledger.predictions.entries import ModelSaid, Outcome, Outcomes, Role, Settled

BINS: Final = 10
NEEDED: Final = 784
"""Decided attempts that show a difference of five points in a hundred with 80 % power."""
_Z: Final = 1.959964
"""Of a 95 % interval."""


class Group(msgspec.Struct, frozen=True, order=True):
    """What is never mixed: the market, whether it was shown, the model by its file, and the stage of the attempt."""

    simulated: bool
    shown: bool
    role: Role
    model: str
    stage: str


class Bin(msgspec.Struct, frozen=True):
    """Of what was called ``low`` to ``high`` likely: ``n`` were decided, ``came`` of them came. ``share``, and its 95 %
    interval (Wilson), None without any."""

    low: float
    high: float
    n: int
    came: int
    share: float | None
    interval: tuple[float, float] | None


class Reliability(msgspec.Struct, frozen=True):
    """A group by bins of what was said. ``n``, ``came``: of all of them; ``base``: the share that came whatever was
    said, None without any; ``open``: decisions whose outcome was not seen, which are in no bin."""

    horizon_s: int
    n: int
    came: int
    base: float | None
    open: int
    bins: tuple[Bin, ...]

    def of(self, said: float) -> Bin:
        """The bin that a chance falls into."""
        return self.bins[bin_of(said)]


def bin_of(said: float) -> int:
    """Its number; a chance of one belongs to the last."""
    return min(max(int(said * BINS + 1e-9), 0), BINS - 1)


def wilson(came: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, which stays within 0 and 1 and is honest where n is small. ``n`` at least 1."""
    share, z2 = came / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def came_by(settled: Settled, horizon_s: float) -> bool | None:
    """Whether the break had come first by then; None where it is not known."""
    if settled.outcome is Outcome.NO_RACE:
        return None
    if settled.after_s > horizon_s:
        return False
    return None if settled.outcome is Outcome.CENSORED else settled.outcome is Outcome.BREAK


def reliability(settled: Iterable[Settled], horizons_s: Sequence[int], horizon_s: int) -> Reliability:
    """The record of decisions of one group. Raises ValueError for a horizon that is none of theirs."""
    at = list(horizons_s).index(horizon_s)
    n, came, unknown = [0] * BINS, [0] * BINS, 0
    for one in settled:
        known = came_by(one, horizon_s)
        if known is None:
            unknown += 1
            continue
        place = bin_of(one.said.break_by[at])
        n[place] += 1
        came[place] += known
    bins = tuple(
        Bin(
            low=place / BINS,
            high=(place + 1) / BINS,
            n=n[place],
            came=came[place],
            share=came[place] / n[place] if n[place] else None,
            interval=wilson(came[place], n[place]) if n[place] else None,
        )
        for place in range(BINS)
    )
    total, hits = sum(n), sum(came)
    return Reliability(horizon_s, total, hits, hits / total if total else None, unknown, bins)


def grouped(runs: Iterable[Outcomes]) -> dict[Group, list[Settled]]:
    """Decisions by what is never mixed, groups in order."""
    found: dict[Group, list[Settled]] = {}
    for run in runs:
        for one in run.settled:
            model = run.models[one.said.model]
            group = Group(run.simulated, one.said.shown, model.role, model.sha256, one.said.stage)
            found.setdefault(group, []).append(one)
    return dict(sorted(found.items()))


def models_of(runs: Iterable[Outcomes]) -> dict[str, ModelSaid]:
    """The models that spoke, by their file."""
    return {model.sha256: model for run in runs for model in run.models}
