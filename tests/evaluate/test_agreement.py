"""Agreement of states with the truth, on tables small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.evaluate.agreement import (
    EPISODE,
    PLANTED_LEVEL,
    RAISED,
    SAID,
    TRUE_STATE,
    Evidence,
    Rows,
    Truth,
    joined,
    pool,
    score_agreement,
)
from spymaster.evaluate.agreement_report import Delay, Followed, StatesReport, report_text, states_report
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState, Signal
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.latent import BUCKET_NS

V, C, W, N, A, L, M = BarrierState
BID, ASK = 0, 1
PRICE = 6_870 * 10**9
HOUR_NS = 3600 * NS_PER_S


def truth(
    kind: LevelKind,
    states: list[BarrierState],
    on: tuple[float, float] | None = None,
    level: int = 0,
    hit: int | None = None,
) -> Truth:
    """One level on the ask side, truly in ``states`` at snaps 1, 2, ...; its mechanism on between these snaps, fills in
    its zone from snap ``hit`` on."""
    levels = np.array([(level, kind, ASK, PRICE)], PLANTED_LEVEL)
    fills = [5 if hit is not None and k + 1 >= hit else 0 for k in range(len(states))]
    rows = np.array([((k + 1) * BUCKET_NS, level, state, 0, fills[k]) for k, state in enumerate(states)], TRUE_STATE)
    spans = [] if on is None else [(level, int(on[0] * BUCKET_NS), int(on[1] * BUCKET_NS))]
    return Truth(levels, rows, np.array(spans, EPISODE), HOUR_NS)


def says(states: list[BarrierState], side: int = ASK, first: int = 1) -> Rows:
    """The engine says ``states`` at consecutive snaps."""
    return np.array([((k + first) * BUCKET_NS, PRICE, side, state) for k, state in enumerate(states)], SAID)


def raises(*signals: tuple[float, Signal], side: int = ASK) -> Rows:
    """Signals at these seconds."""
    return np.array([(int(t * NS_PER_S), PRICE, side, signal) for t, signal in signals], RAISED)


def report(known: Truth, said: Rows, raised: Rows | None = None) -> StatesReport:
    return states_report(score_agreement(known, said, raises() if raised is None else raised))


def delay_of(found: StatesReport, kind: LevelKind) -> Delay:
    return next(delay for delay in found.delays if delay.kind == kind.name)


def followed(found: StatesReport, kind: LevelKind) -> Followed:
    return next(row for row in found.followed if row.kind == kind.name)


def test_confusion_is_true_by_said() -> None:
    found = report(truth(LevelKind.WALL, [L, L, L, N]), says([L, L, N, V]))
    cells = {(i, j): n for i, row in enumerate(found.confusion) for j, n in enumerate(row) if n}
    assert cells == {(L, L): 2, (L, N): 1, (N, V): 1}
    assert found.snaps == 4


def test_precision_recall_and_f1_by_hand() -> None:
    found = report(truth(LevelKind.WALL, [L, L, L, N, N]), says([L, L, N, L, N]))
    wall = found.scores[L]
    assert (wall.true_snaps, wall.said_snaps, wall.right_snaps) == (3, 3, 2)
    assert wall.precision == wall.recall == wall.f1 == pytest.approx(2 / 3)
    assert found.scores[N].f1 == 0.5


def test_macro_f1_is_the_mean_over_states_that_occur_in_the_truth() -> None:
    found = report(truth(LevelKind.WALL, [L, L, N, N]), says([L, L, V, V]))
    assert found.macro_f1 == 0.5, "WALL 1, NEUTRAL 0; VACUUM never is"


def test_a_state_that_neither_is_nor_is_said_has_no_scores() -> None:
    score = report(truth(LevelKind.WALL, [N]), says([N])).scores[C]
    assert (score.precision, score.recall, score.f1) == (None, None, None)


def test_missing_is_left_out_and_counted() -> None:
    found = report(truth(LevelKind.WALL, [L, L, L]), says([M, M, L]))
    assert (found.snaps, found.skipped.missing) == (1, 2)


def test_a_snap_at_which_the_engine_judges_the_other_side_is_left_out_and_counted() -> None:
    found = report(truth(LevelKind.WALL, [L, L]), says([V, V], side=BID))
    assert (found.snaps, found.skipped.other_side, found.skipped.missing) == (0, 2, 0)


def test_a_snap_without_truth_is_left_out_and_counted() -> None:
    found = report(truth(LevelKind.WALL, [L]), says([L, L, L]))
    assert (found.snaps, found.skipped.unknown_truth, found.skipped.unpublished) == (1, 2, 0)


def test_a_level_the_engine_does_not_publish_is_counted() -> None:
    found = report(truth(LevelKind.WALL, [L, L, L]), says([L]))
    assert (found.snaps, found.skipped.unpublished) == (1, 2)


def test_at_a_placebo_only_a_state_that_is_not_true_is_false() -> None:
    found = report(truth(LevelKind.PLACEBO, [V, N, N, N]), says([V, V, L, N]))
    said = {row.state: (row.said_share, row.false_share) for row in found.placebo}
    assert said == {"VACUUM": (0.5, 0.25), "WALL": (0.25, 0.25), "CONSUMED": (0.0, 0.0)}


def test_planted_mechanisms_do_not_count_as_placebo() -> None:
    found = report(truth(LevelKind.VACUUM, [N, N]), says([V, V]))
    assert (found.placebo_levels, found.placebo_snaps) == (0, 0)
    assert found.placebo[0].false_share is None


def test_delay_counts_from_the_start_of_the_mechanism() -> None:
    found = report(truth(LevelKind.VACUUM, [N, N, V, V, V, V], on=(2, 6)), says([N, N, N, N, V, V]))
    assert delay_of(found, LevelKind.VACUUM) == Delay("VACUUM", 1, 1, 1, 1, 0, 0.75, 0.75)


@pytest.mark.parametrize(("hit", "after_fill_s"), [(3, 0.5), (5, 0.0), (7, 0.0), (None, None)])
def test_a_wall_is_also_timed_from_when_it_is_first_hit(hit: int | None, after_fill_s: float | None) -> None:
    found = report(truth(LevelKind.WALL, [N, N, L, L, L, L, L], on=(0, 7), hit=hit), says([N, N, N, N, L, L, L]))
    assert delay_of(found, LevelKind.WALL).after_fill_s == after_fill_s


def test_delay_counts_from_when_the_zone_came_into_sight() -> None:
    found = report(truth(LevelKind.VACUUM, [V] * 6, on=(0, 6)), says([M, M, M, N, N, V]))
    assert delay_of(found, LevelKind.VACUUM).median_s == 0.5


def test_a_state_said_only_after_the_mechanism_ceased_does_not_find_it() -> None:
    found = report(truth(LevelKind.WALL, [L, L, N, N], on=(0, 2)), says([N, N, L, L]))
    delay = delay_of(found, LevelKind.WALL)
    assert (delay.episodes, delay.true, delay.found, delay.median_s) == (1, 1, 0, None)


def test_a_zone_never_in_sight_is_an_episode_that_was_not_visible() -> None:
    delay = delay_of(report(truth(LevelKind.WALL, [L, L], on=(0, 2)), says([M, M])), LevelKind.WALL)
    assert (delay.episodes, delay.visible, delay.found) == (1, 0, 0)


def test_a_state_said_before_the_mechanism_began_gives_no_delay() -> None:
    found = report(truth(LevelKind.WALL, [L, L, L, L], on=(2, 4)), says([N, L, L, L]))
    delay = delay_of(found, LevelKind.WALL)
    assert (delay.found, delay.already, delay.median_s) == (1, 1, None)


def test_median_and_p95_over_episodes_of_several_recordings() -> None:
    parts = []
    for snaps in (1, 2, 7):
        said = says([N] * (snaps - 1) + [V] * (9 - snaps))
        parts.append(score_agreement(truth(LevelKind.VACUUM, [V] * 8, on=(0, 8)), said, raises()))
    delay = delay_of(states_report(pool(parts)), LevelKind.VACUUM)
    assert (delay.episodes, delay.found, delay.median_s, delay.p95_s) == (3, 3, 0.5, 1.75)


def test_a_signal_within_half_a_minute_after_a_mechanism_follows_from_it() -> None:
    known = truth(LevelKind.VACUUM, [V] * 4, on=(0, 4))
    assert followed(report(known, says([V]), raises((31.0, Signal.BREAK))), LevelKind.VACUUM).by_break == 1
    assert followed(report(known, says([V]), raises((31.25, Signal.BREAK))), LevelKind.VACUUM).by_break == 0


def test_a_signal_before_the_mechanism_or_for_the_other_side_does_not_follow_from_it() -> None:
    known = truth(LevelKind.WALL, [L] * 8, on=(4, 8))
    early, other = raises((0.5, Signal.REJECT)), raises((1.5, Signal.REJECT), side=BID)
    assert followed(report(known, says([L]), early), LevelKind.WALL) == Followed("WALL", 1, 0, 0)
    assert followed(report(known, says([L]), other), LevelKind.WALL) == Followed("WALL", 1, 0, 0)


def test_a_mechanism_that_flickers_is_one_episode_and_one_signal_follows_it_once() -> None:
    known = truth(LevelKind.WALL, [L] * 4)
    spans = [(0, int(a * NS_PER_S), int(b * NS_PER_S)) for a, b in ((0.0, 1.0), (31.0, 32.0), (62.25, 63.0))]
    episodes = joined(np.array(spans[::-1], EPISODE))
    assert episodes.tolist() == [(0, 0, 32 * NS_PER_S), spans[2]], "30 s apart is one, 30.25 s is not"
    flickering = Truth(known.levels, known.states, episodes, HOUR_NS)
    found = report(flickering, says([L]), raises((33.0, Signal.REJECT)))
    assert followed(found, LevelKind.WALL) == Followed("WALL", 2, 0, 1)


def test_spans_of_two_levels_are_never_joined() -> None:
    spans = np.array([(0, 0, NS_PER_S), (1, NS_PER_S, 2 * NS_PER_S)], EPISODE)
    assert joined(spans).tolist() == spans.tolist()


def test_signals_at_placebo_levels_stand_beside_those_at_planted_ones() -> None:
    known = truth(LevelKind.PLACEBO, [N] * 4, on=(0, 4))
    raised = raises((0.5, Signal.BREAK), (0.75, Signal.BREAK), (2.0, Signal.REJECT))
    found = report(known, says([N]), raised)
    assert followed(found, LevelKind.PLACEBO) == Followed("PLACEBO", 1, 1, 1)
    assert found.raised_per_hour == {"BREAK": 2.0, "REJECT": 1.0, "CONTESTED": 0.0}


def test_recordings_are_pooled_snap_by_snap() -> None:
    one = score_agreement(truth(LevelKind.WALL, [L]), says([L]), raises())
    two = score_agreement(truth(LevelKind.PLACEBO, [N, N]), says([L, N]), raises())
    found = states_report(pool([one, two]))
    assert (found.recordings, found.hours, found.levels, found.placebo_levels, found.snaps) == (2, 2.0, 2, 1, 3)
    assert found.scores[L].precision == 0.5


def test_nothing_planted_is_a_report_without_shares() -> None:
    found = states_report(Evidence())
    assert (found.macro_f1, found.raised_per_hour["BREAK"]) == (None, None)


def test_the_rows_of_each_table_are_equally_long() -> None:
    text = report_text(report(truth(LevelKind.WALL, [L, N]), says([L, V])))
    for table in text.split("\n\n")[1:]:
        assert len({len(line) for line in table.splitlines()}) == 1
