"""Planted mechanisms act inside the order flow, each in its own way, and leave the outcome to the dice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from spymaster.sim.instrument import TICK_E9
from spymaster.sim.recording.second import START_NS
from spymaster.sim.second.plan import OUTCOME_TICKS, Happening, Mechanism, MechanismKind, Plan, Point, Push, Side
from spymaster.sim.second.session import SecondSession, generate
from spymaster.sim.second.state import ADD, FILL, PULL
from tests.sim.reading import depth_of_zone, rows

OPEN_E9 = 6_870_250_000_000
OPEN_TICK = OPEN_E9 // TICK_E9
S = 1_000_000_000
SEEDS = range(1, 13)
AWAY_TICKS = 6
PLANTED_S = 5
SECONDS = 90


@dataclass(frozen=True)
class Episode:
    """One planted level: zone depth before and 10 s after, flows of the zone in these 10 s, and the outcome."""

    before: int
    after: int
    added: int
    pulled: int
    filled: int
    filled_in_all: int
    net_added_in_all: int
    is_broken: bool


def plan(kind: MechanismKind, side: Side, push: float) -> Plan:
    """One mechanism a few ticks away from a busy opening, and aggressors leaning towards it."""
    towards = 1 if side is Side.ASK else -1
    own_best = OPEN_TICK if side is Side.ASK else OPEN_TICK - 1
    planted = Mechanism("it", kind, side, (own_best + towards * AWAY_TICKS) * TICK_E9, PLANTED_S, SECONDS)
    pushes = (Push(towards, push, PLANTED_S, SECONDS),)
    return Plan("one", OPEN_E9, activity=(Point(0, 1.5),), pushes=pushes, mechanisms=(planted,))


def flow(session: SecondSession, kind: int, until_s: int) -> int:
    """Contracts of one kind of flow at the zone since the mechanism began."""
    it = session.mechanisms[0]
    f = session.flows
    in_zone = (f["side"] == int(it.side)) & (np.abs(f["tick"] - it.tick) <= 2)
    in_time = (f["ts_ns"] >= START_NS + PLANTED_S * S) & (f["ts_ns"] < START_NS + until_s * S)
    return int(f["size"][in_zone & in_time & (f["kind"] == kind)].sum())


@cache
def episodes(kind: MechanismKind, side: Side = Side.ASK, push: float = 1.6) -> tuple[Episode, ...]:
    """The same plan under a dozen seeds."""
    found = []
    for seed in SEEDS:
        session = generate(seed, SECONDS / 60, START_NS, plan(kind, side, push))
        it = session.mechanisms[0]
        end = np.searchsorted(session.records[:, 1], START_NS + (PLANTED_S + 10) * S)
        start = np.searchsorted(session.records[:, 1], START_NS + PLANTED_S * S)
        before, after = rows(session.records[[start - 1, end - 1]])
        sign = 1 if side is Side.ASK else -1
        best = sign * session.records[:, 6 + int(side)] // TICK_E9
        found.append(
            Episode(
                before=depth_of_zone(before, int(side), it.tick),
                after=depth_of_zone(after, int(side), it.tick),
                added=flow(session, ADD, PLANTED_S + 10),
                pulled=flow(session, PULL, PLANTED_S + 10),
                filled=flow(session, FILL, PLANTED_S + 10),
                filled_in_all=flow(session, FILL, SECONDS),
                net_added_in_all=flow(session, ADD, SECONDS) - flow(session, PULL, SECONDS),
                is_broken=bool(best.max() > sign * it.tick + 2),
            )
        )
    return tuple(found)


def mean(kind: MechanismKind, name: str, side: Side = Side.ASK) -> float:
    return float(np.mean([getattr(episode, name) for episode in episodes(kind, side)]))


def test_at_a_placebo_nothing_happens() -> None:
    assert mean(MechanismKind.PLACEBO, "after") == pytest.approx(mean(MechanismKind.PLACEBO, "before"), rel=0.2)


@pytest.mark.parametrize("side", list(Side))
def test_a_vacuum_empties_its_zone_and_mostly_by_pulls(side: Side) -> None:
    kind = MechanismKind.VACUUM
    assert mean(kind, "after", side) < 0.3 * mean(kind, "before", side)
    assert mean(kind, "pulled", side) > 5 * mean(kind, "filled", side)
    assert mean(kind, "added", side) < 0.2 * mean(kind, "pulled", side)


@pytest.mark.parametrize("side", list(Side))
def test_a_wall_stacks_its_zone_and_puts_back_more_than_is_filled(side: Side) -> None:
    kind = MechanismKind.WALL
    assert mean(kind, "after", side) > 1.5 * mean(kind, "before", side)
    assert mean(kind, "net_added_in_all", side) > mean(kind, "filled_in_all", side) > 300


def test_absorption_takes_large_fills_and_refills_them_about_one_to_one() -> None:
    shown = 5 * 40
    filled = mean(MechanismKind.ABSORPTION, "filled_in_all")
    assert filled > 1.5 * mean(MechanismKind.PLACEBO, "filled_in_all")
    assert 0.6 * filled < mean(MechanismKind.ABSORPTION, "net_added_in_all") - shown < 1.2 * filled


def test_what_is_consumed_goes_by_fills_and_is_not_refilled() -> None:
    shown = 5 * 50
    kind = MechanismKind.CONSUMED
    assert mean(kind, "filled") > 2 * mean(kind, "pulled")
    assert mean(kind, "net_added_in_all") - shown < 0.6 * mean(kind, "filled_in_all")
    assert mean(kind, "added") < shown + 0.3 * mean(MechanismKind.PLACEBO, "added")


def test_mechanisms_change_the_odds_but_do_not_decide() -> None:
    broken = {kind: sum(e.is_broken for e in episodes(kind)) for kind in MechanismKind}
    assert broken[MechanismKind.WALL] < broken[MechanismKind.PLACEBO] < broken[MechanismKind.CONSUMED]
    assert broken[MechanismKind.PLACEBO] < broken[MechanismKind.VACUUM]
    assert 0 < broken[MechanismKind.ABSORPTION] < len(SEEDS)
    assert any(e.is_broken for e in episodes(MechanismKind.WALL, push=4.0))


def test_a_mechanism_works_only_in_its_time_and_near_its_level() -> None:
    session = generate(3, SECONDS / 60, START_NS, plan(MechanismKind.WALL, Side.ASK, 1.0))
    begun, first = session.work[:2]
    assert (begun["mechanism"], begun["what"]) == (0, Happening.BEGINS)
    assert (first["mechanism"], first["what"]) == (0, Happening.WORKS)
    assert 0 <= first["ts_ns"] - (START_NS + PLANTED_S * S) <= S
    far = plan(MechanismKind.WALL, Side.ASK, 1.0).mechanisms[0]
    unreached = Plan("far", OPEN_E9, mechanisms=(Mechanism("far", far.kind, far.side, far.price_e9 + 10**11, 0, 60),))
    [only] = generate(3, 1, START_NS, unreached).work
    assert only["what"] == Happening.BEGINS


def test_an_exhausted_level_rests_until_the_market_has_been_away(opening: SecondSession) -> None:
    for index in range(len(opening.mechanisms)):
        of_its_own = (opening.work["mechanism"] == index) & (opening.work["what"] <= Happening.WORKS)
        work = opening.work[of_its_own]
        assert work["what"].tolist() == [1, 0] * (len(work) // 2) + [1] * (len(work) % 2)
        assert len(work) <= 4


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_mechanism_that_follows_another_at_its_prices_works_whatever_their_order(newest_first: bool) -> None:
    price_e9 = OPEN_E9 + AWAY_TICKS * TICK_E9
    wall = Mechanism("first", MechanismKind.WALL, Side.ASK, price_e9, 0, 20)
    vacuum = Mechanism("then", MechanismKind.VACUUM, Side.ASK, price_e9, 20, 60)
    planted = (vacuum, wall) if newest_first else (wall, vacuum)
    session = generate(5, 1, START_NS, Plan("two", OPEN_E9, activity=(Point(0, 1.5),), mechanisms=planted))
    at = np.searchsorted(session.records[:, 1], [START_NS + second * S for second in (20, 32)])
    full, empty = (depth_of_zone(row, int(Side.ASK), wall.tick) for row in rows(session.records[at - 1]))
    assert empty < 0.3 * full


def test_what_becomes_of_a_touched_level_is_what_the_mid_did_then() -> None:
    seen = set()
    there_and_back = (Push(1, 2.5, PLANTED_S, 60), Push(-1, 2.5, 60, 240))
    for seed in SEEDS:
        planted = Mechanism("it", MechanismKind.PLACEBO, Side.ASK, OPEN_E9 + AWAY_TICKS * TICK_E9, PLANTED_S, 240)
        session = generate(seed, 4, START_NS, Plan("one", OPEN_E9, (Point(0, 1.5),), there_and_back, (planted,)))
        it = session.mechanisms[0]
        when = {Happening(what): ts for ts, what in session.work[["ts_ns", "what"]].tolist()}
        bid, ask = session.records[:, 6] // TICK_E9, session.records[:, 7] // TICK_E9
        ahead = 2 * it.tick - bid - ask
        ts = session.records[:, 1]
        if Happening.TOUCHED not in when:
            continue
        assert (ahead[(ts > START_NS + PLANTED_S * S) & (ts < when[Happening.TOUCHED])] > 1).all()
        after = ahead[ts >= when[Happening.TOUCHED]]
        out = np.flatnonzero(np.abs(after) >= 2 * OUTCOME_TICKS)
        decided = {Happening.BROKEN, Happening.HELD} & when.keys()
        assert decided == ({Happening.BROKEN if after[out[0]] < 0 else Happening.HELD} if len(out) else set())
        seen |= decided
    assert seen == {Happening.BROKEN, Happening.HELD}
