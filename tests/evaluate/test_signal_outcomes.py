"""Signals against what became of price, on paths that can be read at a glance."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.evaluate.agreement import EPISODE
from spymaster.evaluate.mid_path import OUTCOME, MidPath
from spymaster.evaluate.near_states import LEVEL, Rows
from spymaster.evaluate.signal_outcomes import (
    AlertRecord,
    EpisodeRecord,
    always_reject,
    count_base,
    distance_rule,
    judge_alerts,
    judge_episodes,
)
from spymaster.evaluate.watch import RAISED
from spymaster.market.rows import Signal
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.latent import BUCKET_NS
from tests.evaluate.test_mid_path import ASK, TICK, path

BREAK, REJECT = Signal.BREAK, Signal.REJECT
NONE = np.zeros(0, RAISED)


def raised(*signals: tuple[int, Signal], tick: int = TICK, side: int = ASK) -> Rows:
    """Signals at the end of these buckets, the first being 1."""
    return np.array([(bucket * BUCKET_NS, tick, side, signal, 1) for bucket, signal in signals], RAISED)


def level(kind: LevelKind = LevelKind.VACUUM) -> Rows:
    return np.array([(0, kind, ASK, TICK)], LEVEL)


def at_work(first: int, last: int) -> Rows:
    return np.array([(0, first * BUCKET_NS, last * BUCKET_NS)], EPISODE)


def alert(market: MidPath, signal: Signal, bucket: int = 1) -> AlertRecord:
    [found] = judge_alerts(market, raised((bucket, signal)), level(), at_work(50, 60))
    return found


def episode(
    market: MidPath, signals: Rows = NONE, kind: LevelKind = LevelKind.VACUUM, work: tuple[int, int] = (1, 4)
) -> EpisodeRecord:
    [found] = judge_episodes(market, {"engine": signals}, level(kind), at_work(*work))
    return found


@pytest.mark.parametrize(("signal", "right"), [(BREAK, True), (REJECT, False)])
def test_a_break_is_right_and_a_reject_wrong_when_two_points_beyond_come_first(signal: Signal, right: bool) -> None:
    found = alert(path(-0.5, 0, 1, 2, -2), signal)
    assert (found.right, found.after_s, found.past) == (right, 0.75, -4)


@pytest.mark.parametrize(("signal", "right"), [(BREAK, False), (REJECT, True)])
def test_it_is_the_other_way_round_when_two_points_in_front_come_first(signal: Signal, right: bool) -> None:
    assert alert(path(-0.5, 0, -1, -2, 2), signal).right is right


def test_a_signal_without_an_outcome_is_neither_right_nor_wrong() -> None:
    assert alert(path(-0.5, 0, 1), BREAK).right is None


def test_a_signal_when_two_points_are_gone_is_late_and_neither() -> None:
    found = alert(path(2, 3, 4), BREAK)
    assert (found.late, found.right) == (True, None)


def test_a_signal_knows_the_mechanism_at_work_at_its_level() -> None:
    signals = np.concatenate([raised((5, BREAK), tick=TICK + 2), raised((5, BREAK), tick=TICK + 3)])
    [near, far] = judge_alerts(path(*[0] * 10), signals, level(), at_work(1, 4))
    assert (near.planted, far.planted) == ("VACUUM", "")


def test_a_vacuum_that_broke_says_how_long_price_took_and_when_a_break_was_raised() -> None:
    found = episode(path(-1, 0, 1, 2, 3), raised((3, BREAK)))
    assert (found.broke, found.travel_s, found.breaks["engine"]) == (True, 0.75, (0.5,))


def test_price_two_points_further_back_first_is_no_break() -> None:
    assert not episode(path(-1, -2, -3, 2)).broke
    assert episode(path(-1, -2.875, 2)).broke


def test_signals_before_the_mechanism_or_half_a_minute_after_it_do_not_follow_from_it() -> None:
    market = path(*[0] * 300)
    signals = raised((2, REJECT), (3, REJECT), (4 + 120, REJECT), (5 + 120, REJECT))
    assert episode(market, signals, LevelKind.WALL, (2, 4)).rejects["engine"] == (0.25, 30.5)


def test_a_level_price_never_came_to_was_not_touched() -> None:
    assert not episode(path(-2, -1.25, -2), kind=LevelKind.WALL).touched
    assert episode(path(-2, -1, -2), kind=LevelKind.WALL).touched


def test_the_base_counts_what_became_of_price_from_every_snap_at_a_distance() -> None:
    market = path(-0.5, -0.5, 2, -0.5, -2)
    base = count_base(market, [TICK])
    # after two points beyond, bids defend it, and half a point below is half a point past them
    assert np.array(base.ended).sum(axis=0)[-4 + OUTCOME - 1] == 2
    assert np.array(base.beyond).sum(axis=0)[-4 + OUTCOME - 1] == 2
    assert np.array(base.beyond).sum(axis=0)[4 + OUTCOME - 1] == 1


def test_distance_alone_calls_a_break_half_a_point_through_and_a_reject_a_point_back() -> None:
    through = distance_rule(path(-2, 0, 0.25, 0.5, 1), [TICK])
    back = distance_rule(path(-2, 0, 0.25, -0.5, -1, -1), [TICK])
    assert [(row["t_ns"] // BUCKET_NS, row["signal"]) for row in through] == [(4, BREAK)]
    assert [(row["t_ns"] // BUCKET_NS, row["signal"]) for row in back] == [(5, REJECT)]


def test_always_reject_speaks_once_an_approach() -> None:
    rows = always_reject(path(-2, -0.5, -0.25, -0.5, 0, -1.5, -0.5), [TICK])
    assert [(row["t_ns"] // BUCKET_NS, row["signal"]) for row in rows] == [(2, REJECT), (7, REJECT)]
