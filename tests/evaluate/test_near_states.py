"""States near a level: every snap counts, passed ones and other sides too."""

from __future__ import annotations

import numpy as np

from spymaster.evaluate.near_states import (
    ALL,
    FRONT,
    LEVEL,
    PLACEBO,
    TREE,
    TRUE,
    UNSEEN,
    Rows,
    StateCounts,
    count_states,
)
from spymaster.evaluate.watch import SAID
from spymaster.market.rows import BarrierState
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.latent import BUCKET_NS
from tests.evaluate.test_mid_path import ASK, BID, TICK, path

V, C, W, N, A, L, M = BarrierState
SILENT = -1


def level(kind: LevelKind = LevelKind.WALL, side: int = ASK, number: int = 0) -> Rows:
    return np.array([(number, kind, side, TICK)], LEVEL)


def true(states: list[BarrierState], passed: list[int] | None = None, side: int = ASK, number: int = 0) -> Rows:
    """The tree's states at consecutive snaps, and those beyond the level."""
    beyond = passed or [SILENT] * len(states)
    return np.array([((k + 1) * BUCKET_NS, number, side, s, beyond[k]) for k, s in enumerate(states)], TRUE)


def said(states: list[BarrierState], side: int = ASK) -> Rows:
    return np.array([((k + 1) * BUCKET_NS, TICK, side, s) for k, s in enumerate(states)], SAID)


def cells(counts: StateCounts, view: str = ALL) -> dict[tuple[BarrierState, BarrierState], int]:
    """(true, said) -> snaps."""
    table = np.array(counts.confusion[view])
    return {(BarrierState(i), BarrierState(j)): int(table[i, j]) for i, j in np.argwhere(table).tolist()}


def test_snaps_further_than_two_points_are_not_near() -> None:
    counts = count_states(path(-3, -2, -1, 2.5), level(), true([N] * 4), said([N] * 4))
    assert cells(counts) == {(N, N): 2}


def test_beyond_the_level_what_became_of_its_contracts_is_the_truth() -> None:
    counts = count_states(path(-1.5, 0.5, 0.75), level(), true([N, N, N], [SILENT, C, C]), said([N, C, N]))
    assert cells(counts) == {(N, N): 1, (C, C): 1, (C, N): 1}
    assert cells(counts, FRONT) == {(N, N): 1}
    assert cells(counts, TREE) == {(N, N): 2, (N, C): 1}


def test_recall_is_told_by_points_past_the_level() -> None:
    counts = count_states(path(-1.5, -0.5, -0.25, 0.5, 0.75, 0.875), level(), true([C] * 6), said([C, C, C, N, C, N]))
    found = {band: states["CONSUMED"] for band, states in counts.recall.items()}
    assert found == {"just before": (1, 1), "0 to .5": (0, 1), ".5 to 1": (1, 2), "beyond": (0, 0)}


def test_a_wrong_direction_is_counted_and_its_word_held_against_the_truth_of_the_right_side() -> None:
    counts = count_states(path(-1.5, 0.5), level(), true([N, V]), said([N, W], side=BID))
    assert counts.directions == (0, 2)
    assert cells(counts) == {(N, N): 1, (V, W): 1}


def test_once_price_has_gone_through_the_other_side_is_what_is_judged() -> None:
    both = np.concatenate([true([N, N, N, V]), true([W, W, W, W], side=BID)])
    counts = count_states(
        path(-1.5, 0.5, 1.25, 0.5), level(), both, np.concatenate([said([N, N]), said([W] * 4, BID)[2:]])
    )
    assert cells(counts) == {(N, N): 2, (W, W): 2}
    assert counts.directions == (4, 4)


def test_what_is_planted_on_a_side_speaks_before_what_is_only_watched_there() -> None:
    both = np.concatenate([level(side=ASK), level(LevelKind.PLACEBO, side=BID, number=1)])
    truths = np.concatenate([true([N, N]), true([W, W], side=BID, number=0), true([V, V], side=BID, number=1)])
    counts = count_states(path(1.5, 0.5), both, truths, said([V, V], side=BID))
    assert cells(counts) == {(V, V): 2} == cells(counts, PLACEBO)


def test_what_could_not_be_judged_is_counted_apart() -> None:
    counts = count_states(path(-1, -1, -1, -1), level(), true([N, N, N]), said([M, N])[:2])
    assert (counts.missing, counts.unpublished, counts.unknown) == (1, 1, 1)
    assert cells(counts) == {(N, N): 1}


def test_what_rested_when_price_came_is_not_known_of_a_level_planted_after_that() -> None:
    """The first snap beyond it is left out; the last is not, for price was in front of the level in between."""
    truths = true([N, N, N, N], [SILENT, SILENT, SILENT, C])[1:]
    counts = count_states(path(-1.5, 0.5, -1.5, 0.5), level(), truths, said([N, C, N, C]))
    assert cells(counts) == {(N, N): 1, (C, C): 1}
    assert cells(counts, UNSEEN) == {(N, C): 1, (N, N): 1, (C, C): 1}
