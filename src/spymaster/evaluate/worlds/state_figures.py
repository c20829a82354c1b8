"""The figures of ``evaluate states`` over worlds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from spymaster.evaluate.near_states import ALL, FRONT, PAST, PLACEBO, STATES, TREE, UNSEEN, StateCounts
from spymaster.evaluate.worlds.pool import Figure, Pool
from spymaster.evaluate.worlds.world_record import WorldRecord
from spymaster.market.rows import BarrierState

_ALARMING: Final = (BarrierState.VACUUM, BarrierState.WALL, BarrierState.CONSUMED)
_AIM_OF_PRECISION: Final = {BarrierState.VACUUM: ">= 90 %", BarrierState.WALL: ">= 90 %"}
_PASSED: Final = (BarrierState.CONSUMED, BarrierState.VACUUM)


def state_figures(pool: Pool[WorldRecord]) -> list[Figure]:
    """Every figure about states, of near snaps."""
    counts = [record.states for record in pool.records]
    found = [
        _macro_f1(pool, "macro-F1", counts, ALL, ">= 80 %"),
        _macro_f1(pool, "  snaps decided beyond a level left out", counts, FRONT),
        _macro_f1(pool, "  truth by the tree alone", counts, TREE),
        _macro_f1(pool, "  with snaps beyond levels planted after price came", counts, UNSEEN),
    ]
    if all(record.naive_states is not None for record in pool.records):
        naive = [record.naive_states for record in pool.records if record.naive_states is not None]
        found.append(_macro_f1(pool, "  plain absolute thresholds", naive, ALL))
    found.append(
        pool.share(
            "direction agrees", [(float(one.directions[0]), float(one.directions[1])) for one in counts], ">= 97 %"
        )
    )
    tables = np.array([one.confusion[ALL] for one in counts], np.float64).reshape(-1, 6, 6)
    for state in STATES:
        right = tables[:, state, state]
        said, true = tables[:, :, state].sum(axis=1), tables[:, state].sum(axis=1)
        aim = _AIM_OF_PRECISION.get(state, "")
        found.append(pool.share(f"{state.name} precision", list(zip(right, said, strict=True)), aim))
        found.append(pool.share(f"{state.name} recall", list(zip(right, true, strict=True))))
    for band in PAST:
        for state in _PASSED:
            pairs = [(float(one.recall[band][state.name][0]), float(one.recall[band][state.name][1])) for one in counts]
            aim = ">= 75 %" if band == ".5 to 1" else ""
            found.append(pool.share(f"{state.name} recall, {band} points past", pairs, aim))
    found += [*_at_placebo(pool, counts), *_delays(pool)]
    missing = [(float(one.missing), float(one.directions[1])) for one in counts]
    return [*found, pool.share("not judged (MISSING)", missing)]


def _macro_f1(pool: Pool[WorldRecord], name: str, counts: list[StateCounts], view: str, aim: str = "") -> Figure:
    tables = np.array([one.confusion[view] for one in counts], np.float64).reshape(-1, 6, 6)
    return pool.of_sums(name, tables, macro_f1, int(tables.sum()), aim)


def macro_f1(confusion: Any) -> float:
    """The mean F1 of the states that occur; NaN when none does."""
    true, said, right = confusion.sum(axis=1), confusion.sum(axis=0), np.diagonal(confusion)
    occurs = true > 0
    return float((2.0 * right[occurs] / (true + said)[occurs]).mean()) if occurs.any() else float("nan")


def _at_placebo(pool: Pool[WorldRecord], counts: list[StateCounts]) -> list[Figure]:
    tables = np.array([one.confusion[PLACEBO] for one in counts], np.float64).reshape(-1, 6, 6)
    snaps = tables.sum(axis=(1, 2))
    wrong = np.array([tables[:, :, state].sum(axis=1) - tables[:, state, state] for state in _ALARMING])
    names = [f"false {state.name} at placebo" for state in _ALARMING]
    single = [pool.share(name, list(zip(own, snaps, strict=True))) for name, own in zip(names, wrong, strict=True)]
    every = pool.share(
        "false VACUUM, WALL or CONSUMED at placebo", list(zip(wrong.sum(axis=0), snaps, strict=True)), "<= 2 %"
    )
    return [*single, every]


def _delays(pool: Pool[WorldRecord]) -> list[Figure]:
    found = []
    for kind, after_fill, aim in (
        ("VACUUM", False, "<= 1.5 s"),
        ("WALL", True, "<= 2 s"),
        ("ABSORPTION", True, ""),
        ("CONSUMED", False, ""),
    ):
        words = "first fill" if after_fill else "beginning"
        name = f"{kind} delay from the {words}, missed ones counted"
        found.append(pool.median(name, [_delays_of(one, kind, after_fill) for one in pool.records], aim))
        pairs = [
            (sum(d.delay_s is not None for d in own), len(own))
            for own in ([d for d in one.delays if d.kind == kind and d.visible and d.true] for one in pool.records)
        ]
        found.append(pool.share(f"{kind} episodes found", pairs))
    return found


def _delays_of(record: WorldRecord, kind: str, after_fill: bool) -> list[float]:
    """Of episodes that could be seen and were true; infinite for those never found."""
    own = [d for d in record.delays if d.kind == kind and d.visible and d.true]
    if after_fill:
        return [float("inf") if d.after_fill_s is None else d.after_fill_s for d in own if d.hit]
    return [float("inf") if d.delay_s is None else d.delay_s for d in own if not d.already]
