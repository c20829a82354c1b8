"""Figures over worlds: what is counted, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.evaluate.mid_path import OUTCOME
from spymaster.evaluate.signal_outcomes import DISTANCES, VOLATILITIES, AlertRecord, BaseCounts, EpisodeRecord
from spymaster.evaluate.worlds.pool import Figure, Pool
from spymaster.evaluate.worlds.signal_figures import oracle_figures, signal_figures
from spymaster.evaluate.worlds.state_figures import macro_f1, state_figures
from spymaster.evaluate.worlds.world_record import DISTANCE, ENGINE, DelayRecord, OracleRecord, WorldRecord
from spymaster.evaluate.worlds.worlds_report import worlds_report, worlds_text
from tests.evaluate.world_records import record, state_counts


def figure(figures: list[Figure], name: str) -> Figure:
    return next(one for one in figures if one.name.strip() == name)


def episode(
    kind: str, travel_s: float | None = None, breaks: tuple[float, ...] = (), rejects: tuple[float, ...] = ()
) -> EpisodeRecord:
    return EpisodeRecord(kind, travel_s is not None, True, travel_s, {ENGINE: breaks}, {ENGINE: rejects})


def alert(right: bool | None, signal: str = "BREAK", past: int = 4) -> AlertRecord:
    return AlertRecord(signal, "", past, 3, right, right is None, 5.0)


def delay(delay_s: float | None, *, kind: str = "VACUUM", true: bool = True, already: bool = False) -> DelayRecord:
    return DelayRecord(kind, delay_s, delay_s, visible=True, true=true, already=already, hit=True)


def alike(count: int, **changes: object) -> list[WorldRecord]:
    return [record(f"w{k}", **changes) for k in range(count)]


def test_a_share_is_of_all_worlds_together() -> None:
    found = Pool(alike(2)).share("it", [(1, 2), (0, 6)])
    assert (found.value, found.of) == (0.125, 8)


def test_worlds_that_agree_leave_no_doubt_and_worlds_that_do_not_leave_much() -> None:
    pool = Pool(alike(10))
    sure, unsure = pool.share("a", [(1, 2)] * 10), pool.share("b", [(0, 2), (2, 2)] * 5)
    assert (sure.low, sure.high) == (0.5, 0.5)
    assert unsure.low is not None
    assert unsure.high is not None
    assert unsure.low < 0.3 < 0.7 < unsure.high


def test_fewer_than_three_worlds_have_no_interval() -> None:
    found = Pool(alike(2)).share("it", [(1, 2), (1, 2)])
    assert (found.low, found.high) == (None, None)


def test_the_same_worlds_give_the_same_interval() -> None:
    pairs = [(k % 3, 4) for k in range(12)]
    assert Pool(alike(12)).share("it", pairs) == Pool(alike(12)).share("it", pairs)


def test_a_median_counts_those_never_found() -> None:
    pool = Pool(alike(1))
    assert pool.median("it", [[1.0, 2.0, float("inf")]]).value == 2.0
    assert pool.median("it", [[1.0, float("inf"), float("inf")]]).value is None


def test_macro_f1_is_over_the_states_that_occur() -> None:
    table = np.zeros((6, 6))
    table[0, 0], table[0, 3], table[3, 3] = 1, 1, 2
    assert macro_f1(table) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_delays_leave_out_what_was_never_true_or_was_said_before_and_count_the_missed() -> None:
    delays = [delay(1.0), delay(None), delay(3.0), delay(0.0, already=True), delay(9.0, true=False)]
    found = state_figures(Pool([record(delays=delays)]))
    assert figure(found, "VACUUM delay from the beginning, missed ones counted").value == 3.0
    assert figure(found, "VACUUM episodes found").value == 0.75


def test_false_alarms_at_placebo_are_shares_of_its_snaps() -> None:
    table = np.zeros((6, 6), int)
    table[3, 3], table[3, 0], table[0, 0] = 97, 2, 1
    found = state_figures(Pool([record(states=state_counts(table.tolist()))]))
    assert figure(found, "false VACUUM, WALL or CONSUMED at placebo").value == 0.02


def test_a_break_counts_for_a_vacuum_only_before_two_points_through() -> None:
    episodes = [
        episode("VACUUM", 8.0, breaks=(3.0,)),
        episode("VACUUM", 8.0, breaks=(9.0,)),
        episode("VACUUM", 3.0, breaks=(1.0,)),
        episode("VACUUM", None, breaks=(1.0,)),
    ]
    found = signal_figures(Pool([record(episodes=episodes)]))
    slow = figure(found, "VACUUM that broke -> BREAK before two points, 5 s or more")
    fast = figure(found, "2 to 5 s")
    assert (slow.value, slow.of, fast.value, fast.of) == (0.5, 2, 1.0, 1)
    assert figure(found, "seconds before two points through").value == 2.0
    assert figure(found, "VACUUM that did not break -> BREAK").value == 1.0


def test_each_kind_has_the_signal_it_should_raise() -> None:
    episodes = [
        episode("WALL", rejects=(1.0,)),
        episode("WALL", breaks=(1.0,)),
        episode("ABSORPTION", rejects=(1.0,)),
        episode("CONSUMED", breaks=(1.0,)),
        episode("PLACEBO", rejects=(1.0,)),
        episode("PLACEBO"),
    ]
    found = signal_figures(Pool([record(episodes=episodes)]))
    names = ("WALL -> REJECT", "ABSORPTION -> REJECT", "CONSUMED -> BREAK", "placebo -> either")
    assert [figure(found, name).value for name in names] == [0.5, 1.0, 1.0, 0.5]


def test_a_signal_at_a_placebo_is_wrong_when_price_went_the_other_way() -> None:
    """Of four placebo levels one broke as was said and one held as was said."""
    episodes = [
        episode("PLACEBO", 5.0, breaks=(1.0,)),
        episode("PLACEBO", None, rejects=(1.0,)),
        episode("PLACEBO", None, breaks=(1.0,)),
        episode("PLACEBO", 9.0, rejects=(1.0,)),
    ]
    found = signal_figures(Pool([record(episodes=episodes)]))
    assert figure(found, "placebo -> either").value == 1.0
    assert figure(found, "wrong: BREAK and it held, REJECT and it broke").value == 0.5


def test_signals_an_hour_are_told_over_fifteen_levels() -> None:
    raised = {ENGINE: {"BREAK": 10, "REJECT": 4}}
    found = signal_figures(Pool([record(raised=raised, levels=30, hours=2.0)]))
    assert figure(found, "BREAK an hour over 15 levels").value == 2.5


def test_being_right_is_held_against_the_base_at_the_same_distance() -> None:
    ended, beyond = np.zeros((VOLATILITIES, DISTANCES), int), np.zeros((VOLATILITIES, DISTANCES), int)
    ended[3, 4 + OUTCOME - 1], beyond[3, 4 + OUTCOME - 1] = 100, 60
    base = BaseCounts(beyond.tolist(), ended.tolist())
    alerts = {ENGINE: [alert(True), alert(True), alert(True), alert(False), alert(None)]}
    found = signal_figures(Pool([record(alerts=alerts, base=base)]))
    assert figure(found, "BREAK right").value == 0.75
    assert figure(found, "base at the same distance and volatility").value == pytest.approx(0.6)
    assert figure(found, "right beyond the base").value == pytest.approx(0.15)
    assert figure(found, "raised when two points were gone").value == 0.2


def test_where_few_snaps_were_at_a_distance_the_base_is_the_driftless_walk() -> None:
    found = signal_figures(Pool([record(alerts={ENGINE: [alert(True, past=8)]})]))
    assert figure(found, "base at the same distance and volatility").value == pytest.approx(0.75)


def test_other_rules_are_judged_as_the_engine_is() -> None:
    both = EpisodeRecord("WALL", False, True, None, {}, {DISTANCE: (1.0,)})
    pool = Pool([record(episodes=[both])])
    assert figure(signal_figures(pool, DISTANCE), "WALL -> REJECT").value == 1.0
    assert figure(signal_figures(pool), "WALL -> REJECT").value == 0.0


def test_the_oracle_is_judged_by_what_happened() -> None:
    asked = [OracleRecord("WALL", 0.9, True), OracleRecord("WALL", 0.2, False), OracleRecord("WALL", 0.6, False)]
    right, skill = oracle_figures(Pool([record(oracle=asked)]))
    assert right.value == pytest.approx(2 / 3)
    assert skill.value == pytest.approx(1 - (0.01 + 0.04 + 0.36) / (2 / 3))


@pytest.mark.parametrize("what", ["states", "signals"])
def test_a_report_has_both_markets_side_by_side_each_group_and_each_world(what: str) -> None:
    worlds = [
        record("a"),
        record("b", profile="spy", has_options=True),
        record("c", market="second", tells_beyond=False),
    ]
    report = worlds_report(what, worlds, "worlds of abc")
    assert [one.market for one in report.markets] == ["first", "second"]
    assert set(report.markets[0].groups) == {"with options", "without options", "profile es", "profile spy", "slow"}
    assert list(report.markets[0].by_world) == ["a", "b"]
    text = worlds_text(report)
    assert text.startswith("SIMULATED: worlds of abc")
    assert "the truth of 1 decides nothing beyond levels" in text
