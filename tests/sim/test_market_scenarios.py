"""Planted levels do what they say, seen in what the orders really did; how they end is left to chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.levels.scenarios import kind_weights
from spymaster.sim.market.simulation import Session, new_state
from spymaster.sim.market.state import new_tape
from spymaster.sim.market.steps import open_market, run
from tests.sim.market_support import session, settings

ZONE = 2
S = 1_000_000_000
OUTCOMES = (LevelEvent.BREAK, LevelEvent.BOUNCE, LevelEvent.CHOP, LevelEvent.EXPIRED)


@dataclass(frozen=True)
class Planted:
    """A planted level of a kind, and what happened: times (ns) of each event."""

    run: Session
    row: Any
    times: dict[LevelEvent, list[int]]

    def flow(self, from_ns: int, to_ns: int, reach: int = ZONE) -> dict[str, int]:
        """What was done at and around its price, on its side, in the buckets that lie in a span."""
        flows = self.run.flows
        inside = (flows["ts_bucket_ns"] > from_ns + S // 4) & (flows["ts_bucket_ns"] <= to_ns)
        inside &= (flows["side"] == self.row["side"]) & (np.abs(flows["tick"] - self.row["tick"]) <= reach)
        return {name: int(flows[name][inside].sum()) for name in ("added", "pulled", "filled")}


@cache
def runs(scenario: str) -> tuple[Session, ...]:
    return tuple(session(seed, 20, scenario) for seed in (11, 20, 39))


def planted(kind: LevelKind) -> Iterator[Planted]:
    scenario = "gamma" if kind.name.startswith("GAMMA") else kind.name.lower()
    for each in runs(scenario):
        for row in each.planted[each.planted["kind"] == kind]:
            works = each.works[each.works["level"] == row["level"]]
            times = {event: works["ts_ns"][works["event"] == event].tolist() for event in LevelEvent}
            yield Planted(each, row, times)


def begun(kind: LevelKind) -> list[Planted]:
    """Those whose mechanism has been at work."""
    found = [level for level in planted(kind) if level.times[LevelEvent.ON]]
    assert len(found) >= 4
    return found


def at_work(level: Planted) -> tuple[int, int]:
    """The first span in which its mechanism was at work."""
    return level.times[LevelEvent.ON][0], (level.times[LevelEvent.OFF] + [level.run.end_ns])[0]


def test_half_of_all_levels_are_placebos_and_both_sides_are_used() -> None:
    rows = np.concatenate([each.planted for each in runs("wall")])
    assert 0.3 < (rows["kind"] == LevelKind.PLACEBO).mean() < 0.7
    assert 0.3 < rows["side"].mean() < 0.7
    for scenario in ("wall", "mix", "gamma", "placebo"):
        weights = kind_weights(scenario)
        assert weights[LevelKind.PLACEBO] >= 0.5
        assert weights.sum() == pytest.approx(1.0)


def test_an_unknown_scenario_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UserError, match="no scenario is named 'crash'; there are wall, vacuum"):
        kind_weights("crash")


def test_a_level_is_decided_once_and_only_after_it_was_planted() -> None:
    for kind in (LevelKind.WALL, LevelKind.PLACEBO):
        for level in planted(kind):
            decided = [ns for event in OUTCOMES for ns in level.times[event]]
            assert len(decided) <= 1
            assert all(ns > level.row["planted_ns"] for ns in decided)


def test_a_wall_refills_from_its_reserve_as_long_as_it_lasts() -> None:
    refilled = 0
    for level in begun(LevelKind.WALL):
        works = level.run.works[level.run.works["level"] == level.row["level"]]
        if not level.times[LevelEvent.OFF]:
            continue
        spent = level.row["reserve"] - works["left"].min()
        assert level.row["shown"] <= spent <= level.row["reserve"]
        refilled += spent > level.row["shown"]
    assert refilled >= 2


def test_a_walls_displayed_order_returns_within_a_tenth_of_a_second() -> None:
    hit = [level for level in begun(LevelKind.WALL) if level.flow(*at_work(level), reach=0)["filled"] > 100]
    assert hit
    for level in hit:
        flow = level.flow(*at_work(level), reach=0)
        assert flow["added"] > 0.5 * flow["filled"]


def test_a_vacuum_empties_its_zone_by_withdrawals_not_by_trades() -> None:
    for level in begun(LevelKind.VACUUM):
        start, end = at_work(level)
        if end - start > 3 * S:
            flow = level.flow(start, start + 3 * S)
            assert flow["pulled"] > flow["added"] + flow["filled"]


def test_an_absorbing_level_puts_back_what_is_filled() -> None:
    ratios = []
    for level in begun(LevelKind.ABSORPTION):
        flow = level.flow(*at_work(level))
        if flow["filled"] > 100:
            ratios.append((flow["added"] - flow["pulled"]) / flow["filled"])
    assert np.median(ratios) > 0.5


def test_a_consumed_level_is_eaten_more_than_it_is_withdrawn() -> None:
    broken = [level for level in begun(LevelKind.CONSUMED) if level.times[LevelEvent.BREAK]]
    assert broken
    for level in broken:
        start = level.times[LevelEvent.ON][0] + S
        flow = level.flow(start, level.times[LevelEvent.BREAK][0])
        assert flow["filled"] > flow["pulled"] - flow["added"]


def test_a_spoof_shows_size_that_leaves_before_it_can_trade() -> None:
    pulled = []
    for level in begun(LevelKind.SPOOF):
        start, end = at_work(level)
        shown = depth_at(level, start + S // 2)
        assert shown >= 0.9 * level.row["shown"] or end < start + S // 2
        if is_near_at(level, end) and not any(ns < end for ns in level.times[LevelEvent.TOUCH]):
            pulled.append(level.flow(end - S // 2, end + S // 4, reach=0)["pulled"] / level.row["shown"])
    assert len(pulled) >= 2
    assert np.median(pulled) > 0.6


def is_near_at(level: Planted, ns: int) -> bool:
    """Whether price was about to come to a level when something happened to it."""
    works = level.run.works
    rows = works[(works["ts_ns"] == ns) & (works["level"] == level.row["level"])]
    best = rows["ask" if level.row["side"] else "bid"]
    return bool((np.abs(best - level.row["tick"]) <= ZONE).any())


def depth_at(level: Planted, ns: int) -> int:
    """Displayed at its price at a moment."""
    flows: NDArray[Any] = level.run.flows
    own = flows[(flows["side"] == level.row["side"]) & (flows["tick"] == level.row["tick"])]
    return int(own["depth_end"][own["ts_bucket_ns"] <= ns + S // 4][-1])


def test_a_fakeout_breaks_by_little_and_turns_round() -> None:
    turned = [level for level in begun(LevelKind.FAKEOUT) if level.times[LevelEvent.PHASE]]
    assert turned
    back = []
    for level in turned:
        touch, sign = level.run.touches, 2 * int(level.row["side"]) - 1
        when = level.times[LevelEvent.PHASE][0]
        mid = (touch["bid"] + touch["ask"]) / 2
        at, later = (int(np.searchsorted(touch["ts_bucket_ns"], when + wait * S)) for wait in (0, 40))
        if later < len(mid):
            back.append(sign * (mid[at] - mid[later]))
    assert np.mean(back) > 0


@pytest.mark.slow
def test_dealers_long_gamma_calm_the_market_and_short_gamma_drive_it() -> None:
    def spread_of_moves(gamma: float) -> float:
        chosen = settings(3, "none")
        state, tape = new_state(chosen), new_tape(200_000)
        open_market(state, tape, chosen.open_price_e9 // TICK_E9, 0)
        state["gamma"] = gamma
        state["hedged_at"] = 0.5 * state["best"].sum()
        mids = []
        for second in range(1, 901):
            run(state, tape, chosen.start_ns + second * S)
            mids.append(0.5 * state["best"].sum())
        return float(np.diff(mids[::10]).std())

    assert spread_of_moves(-150.0) > 1.3 * spread_of_moves(150.0)


def test_outcomes_stay_random_but_vacuums_break_more_often_than_walls() -> None:
    def outcomes(kind: LevelKind) -> Counter[str]:
        return Counter(event.name for level in planted(kind) for event in OUTCOMES[:3] if level.times[event])

    wall, vacuum, placebo = (outcomes(kind) for kind in (LevelKind.WALL, LevelKind.VACUUM, LevelKind.PLACEBO))
    assert vacuum["BREAK"] / vacuum.total() > wall["BREAK"] / max(wall.total(), 1)
    assert 0 < placebo["BREAK"] < placebo.total()
