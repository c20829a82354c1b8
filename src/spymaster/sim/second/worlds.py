"""A random world as the second market plays it: the draws of ``sim.worlds``, in this market's own terms.

Pace and volatility are no knobs of this market but what comes of them, so a few minutes without levels are played first
and the knobs turned until they are as drawn, as far as they go: an aggressor more or less, and everything faster or
slower. What the market has no structure for is left out: orders that flicker, remembered pressure, options.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import exp_
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.second.climate import Climate
from spymaster.sim.second.plan import (
    MAX_POINTS,
    MAX_PUSHES,
    REACH_TICKS,
    Behaviour,
    Mechanism,
    MechanismKind,
    Plan,
    Point,
    Push,
    Side,
)
from spymaster.sim.second.session import stream
from spymaster.sim.second.state import ACTIVE_RANKS
from spymaster.sim.worlds import LEVELS_DRAWN, Episode, Outcome, World

WORLD: Final = "world"
_OPEN_E9: Final = 6_870_250_000_000
_PILOT_MINUTES: Final = 4.0
_PILOTS: Final = 7
_PACES: Final = (0.02, 60.0)
_HITS: Final = (0.01, 200.0)
_ORDERS: Final = (6.0, 24.0)
_MEAN_CONTRACTS: Final = 2.7
_MEAN_HIT: Final = 4.0
_ECHOES: Final = 1.8
"""Aggressors in all, by those that come by themselves."""
_LIFE_S: Final = 180
_NEWS_S: Final = 6
_OUTCOME_TICKS: Final = 8
_MOST_PUSH: Final = 60.0
_APPROACH_S: Final = 30.0
"""In about this time aggressors bring price to a level, if they have to be more than the tilt makes them."""
_MOST_APPROACH: Final = 20.0
_FASTEST_LEAVING: Final = 30.0
_MARKET_KINDS: Final = {
    LevelKind.PLACEBO: MechanismKind.PLACEBO,
    LevelKind.WALL: MechanismKind.WALL,
    LevelKind.VACUUM: MechanismKind.VACUUM,
    LevelKind.ABSORPTION: MechanismKind.ABSORPTION,
    LevelKind.CONSUMED: MechanismKind.CONSUMED,
}
"""Kinds this market has; episodes of the others are left out."""


def world_plan(world: World, minutes: float) -> Plan:
    """The plan of a world. The same world gives the same plan on every machine."""
    climate, pace = _tuned(world)
    rng = np.random.default_rng(np.array([world.seed, 2], np.uint64))
    step_s = max(60, -(-round(minutes * 60.0) // (MAX_POINTS - 1)))
    count = min(MAX_POINTS, round(minutes * 60.0) // step_s + 1)
    swing = _swings(rng, count, world.clustering)
    activity = tuple(Point(k * step_s, pace * factor) for k, factor in enumerate(swing))
    return Plan(
        name=WORLD,
        open_price_e9=_OPEN_E9,
        activity=activity,
        pushes=tuple(_news(rng, world, minutes)),
        mechanisms=tuple(_mechanism(it, world, climate, pace) for it in world.episodes if it.kind in _MARKET_KINDS),
        climate=climate,
    )


def _climate(world: World) -> Climate:
    """What is drawn directly."""
    orders = min(max(world.best_size / world.sizes_per_order, _ORDERS[0]), _ORDERS[1])
    scale = world.best_size / (orders * _MEAN_CONTRACTS)
    shape = [*world.depth_profile, *[world.depth_profile[-1]] * (ACTIVE_RANKS - LEVELS_DRAWN)]
    return Climate(
        usual_orders=tuple(orders * one for one in shape),
        size_scale=scale,
        hit_scale=scale,
        improve_per_s=max(1000.0 / world.machine_ms, 2.5),
        follow=world.follow,
        lean=float(exp_(world.lean)),
        refill_boost=4.0 + 8.0 * world.meet,
    )


def _tuned(world: World) -> tuple[Climate, float]:
    """Climate and activity by which records a second and volatility are about as drawn."""
    climate, pace = _climate(world), 1.0
    for _ in range(_PILOTS):
        records_per_s, sigma = _pilot(world.seed, climate, pace)
        faster = min(max(world.records_per_s / records_per_s, 0.1), 10.0)
        # volatility goes with the root of the pace, and about with the root of aggressors beside the others
        wilder = world.sigma_points / max(sigma, 0.02) / faster**0.5
        hits = climate.hits_per_s * min(max(wilder**1.2, 0.2), 5.0)
        climate = msgspec.structs.replace(climate, hits_per_s=min(max(hits, _HITS[0]), _HITS[1]))
        pace = min(max(pace * faster, _PACES[0]), _PACES[1])
    return climate, pace


def _pilot(seed: int, climate: Climate, pace: float) -> tuple[float, float]:
    """Records a second, and points per root minute by moves of five seconds, of a few minutes without levels."""
    plan = Plan(name=WORLD, open_price_e9=_OPEN_E9, activity=(Point(0, pace),), climate=climate)
    records, mids = 0, []
    for chunk in stream(seed, _PILOT_MINUTES, NS_PER_S, plan):
        records += len(chunk.records)
        mids.append((chunk.touches["bid"] + chunk.touches["ask"]) / 8.0)
    moves = np.diff(np.concatenate(mids)[::20])
    return records / (_PILOT_MINUTES * 60.0), float(np.sqrt((moves * moves).mean() * 12.0))


def _swings(rng: np.random.Generator, count: int, deviation: float) -> list[float]:
    """Activity by the minute, about 1: a slow wave in its logarithm, rounded alike on every machine."""
    wave, found = 0.0, []
    for bits in rng.integers(0, 2**32, (count, 2)).tolist():
        # the sum of two uniform draws is near enough to a normal one here
        step = (bits[0] + bits[1]) / 2**32 - 1.0
        wave = 0.8 * wave + 1.4 * deviation * step * 0.6
        found.append(round(float(exp_(min(max(wave, -1.2), 1.2))), 6))
    return found


def _news(rng: np.random.Generator, world: World, minutes: float) -> list[Push]:
    """Aggressors all on one side for a few seconds, now and then."""
    found = []
    count = min(round(world.news_per_hour * minutes / 60.0), MAX_PUSHES)
    for at, side in rng.integers(0, 2**32, (count, 2)).tolist():
        start_s = int(at / 2**32 * max(minutes * 60.0 - _NEWS_S, 1.0))
        found.append(Push(1 if side % 2 else -1, 3.0 + 4.0 * world.news_points, start_s, start_s + _NEWS_S))
    return sorted(found, key=lambda push: push.start_s)


def _mechanism(it: Episode, world: World, climate: Climate, pace: float) -> Mechanism:
    """An episode: what makers do by its kind, what aggressors do by draws that know no kind."""
    kind = _MARKET_KINDS[it.kind]
    best = world.best_size
    towards = float(exp_(it.push_tilt))
    contracts_per_s = pace * climate.hits_per_s * climate.hit_scale * _MEAN_HIT * _ECHOES
    a_tick = best * sum(world.depth_profile) / LEVELS_DRAWN / contracts_per_s
    attack = min(max(a_tick * (it.trigger_ticks + _OUTCOME_TICKS) / it.travel_s, 1.0), _MOST_PUSH)
    approach = min(max(a_tick * it.distance_ticks / _APPROACH_S, towards), _MOST_APPROACH)
    breaks = it.outcome is Outcome.BREAK
    add = cancel = 1.0
    shown = reserve = 0
    refill = refill_ms = lasts_s = stays = 0.0
    if kind in (MechanismKind.WALL, MechanismKind.ABSORPTION):
        shown = max(round(it.shown_ratio * best / 2.0), 1)
        reserve = max(round(it.reserve_ratio * best), 1)
        refill, refill_ms = it.refill_probability, it.refill_ms
        add, cancel = (1.8, 0.7) if kind is MechanismKind.WALL else (1.0, 0.8)
    elif kind is MechanismKind.VACUUM:
        add, stays, lasts_s = it.left_share, it.left_share, it.absence_s
        cancel = max(_FASTEST_LEAVING / pace, 5.0)
    elif kind is MechanismKind.CONSUMED:
        shown = max(round(it.shown_ratio * best / 2.0), 1)
        add, cancel = it.arrivals_share, 0.3
    return Mechanism(
        id=f"{kind.name}_{it.number}",
        kind=kind,
        side=Side(it.side),
        price_e9=_OPEN_E9 // TICK_E9 * TICK_E9,
        start_s=it.start_s,
        end_s=it.start_s + _LIFE_S,
        distance_ticks=it.distance_ticks,
        behaviour=Behaviour(
            add=add,
            cancel=cancel,
            shown_contracts=shown,
            refill=refill,
            refill_ratio=1.8 if kind is MechanismKind.WALL else 1.0,
            reserve_contracts=reserve,
            push=attack if breaks else towards,
            refill_ms=refill_ms,
            stays=stays,
            reach_ticks=max(it.trigger_ticks, REACH_TICKS // 4),
            lasts_s=lasts_s,
            attack_contracts=max(round(it.attack_ratio * best), 1) if breaks else 0,
            approach=approach,
            retreat=1.0 if breaks else 1.0 / towards,
        ),
    )
