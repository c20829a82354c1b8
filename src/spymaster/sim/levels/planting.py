"""Levels planted at random while the market runs: which kind, which side, where, how strong (docs/physics.md 7.3).

Everything about a level is drawn when it is planted. What becomes of it is not: only order flow decides.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import exp_
from spymaster.sim.dice import below, uniform
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.levels.places import EPISODES_APART_TICKS, USUAL_BOOK, free_slot, is_apart
from spymaster.sim.levels.squeeze import plant_squeeze
from spymaster.sim.market.latent import note_work
from spymaster.sim.market.queues import outward
from spymaster.sim.market.state import ASK, BID, SLOTS, State, Tape
from spymaster.sim.options.state import NO_OPTIONS
from spymaster.sim.options.trades import USUAL_TRADES, begin_target, side_of_tick, strike_tick, strike_to_plant

_PLANTED: Final = int(LevelEvent.PLANTED)
_PLACEBO: Final = int(LevelKind.PLACEBO)
_WALL: Final = int(LevelKind.WALL)
_VACUUM: Final = int(LevelKind.VACUUM)
_ABSORPTION: Final = int(LevelKind.ABSORPTION)
_CONSUMED: Final = int(LevelKind.CONSUMED)
_SPOOF: Final = int(LevelKind.SPOOF)
_FAKEOUT: Final = int(LevelKind.FAKEOUT)
_GAMMA_PLUS: Final = int(LevelKind.GAMMA_PLUS)
_GAMMA_MINUS: Final = int(LevelKind.GAMMA_MINUS)

APART_TICKS: Final = 9
"""Planted levels keep this distance, so that their zones never meet."""
_PUSH: Final = 0.55
_LIFE_S: Final = 300
_PUSH_S: Final = 20
"""Where the push is no part of the mechanism, it lasts one to nine times as long, whatever the level does."""
_TRIES: Final = 8
_NEAREST_TICKS: Final = 3
"""A strike must be so far from the market."""
_FARTHER_TICKS: Final = 12
_EPISODE_LIFE_S: Final = 120
_LN8: Final = 2.0794415416798357


@kernel
def plant_levels(s: State, tape: Tape) -> None:
    """Once a second: plant another level when fewer than wanted are at work, or those of a plan whose time has come."""
    if len(tape.plan) > 0:
        _plant_planned(s, tape)
        return
    if s.now_ns >= s.next_squeeze_ns:
        plant_squeeze(s, tape)
    if s.now_ns < s.next_plant_ns:
        return
    used = 0
    for k in range(SLOTS):
        if s.level[k].used == 1 and s.level[k].is_episode == 0:
            used += 1
    slot = free_slot(s)
    if used >= s.wanted_levels or slot < 0:
        return
    s.next_plant_ns = s.now_ns + s.parameters.plant_every_ns // 2 + below(s, int(s.parameters.plant_every_ns))
    for _ in range(_TRIES):
        side = below(s, 2)
        span = int(s.parameters.plant_far - s.parameters.plant_near) + 1
        tick = int(s.best[side]) + outward(side) * (int(s.parameters.plant_near) + below(s, span))
        if _is_free(s, tick):
            _plant(s, slot, side, tick)
            note_work(s, tape, slot, _PLANTED)
            return


@kernel
def _plant_planned(s: State, tape: Tape) -> None:
    """The plan's levels in their order: each at its distance or, where another level is, behind that. They may wait."""
    while s.next_planned < len(tape.plan) and tape.plan[s.next_planned].planted_ns <= s.now_ns:
        planned = tape.plan[s.next_planned]
        side = int(planned.side)
        tick = int(s.best[side]) + outward(side) * int(planned.distance)
        for _ in range(_FARTHER_TICKS):
            if not is_apart(s, tick, EPISODES_APART_TICKS):
                tick += outward(side)
        slot = free_slot(s)
        if slot < 0 or not is_apart(s, tick, EPISODES_APART_TICKS):
            return
        s.level[slot] = planned
        s.next_planned += 1
        v = s.level[slot]
        v.number = s.planted
        s.planted += 1
        v.used = 1
        v.tick = tick
        v.planted_ns = s.now_ns
        v.expires_ns = s.now_ns + _EPISODE_LIFE_S * NS_PER_S
        v.left = v.reserve
        v.planted_ahead = outward(side) * (2 * tick - s.best[BID] - s.best[ASK])
        s.attacked = v.number
        s.attack_ns = s.now_ns
        note_work(s, tape, slot, _PLANTED)


@kernel
def _is_free(s: State, tick: int) -> bool:
    return is_apart(s, tick, APART_TICKS)


@kernel
def _draw_kind(s: State) -> int:
    total = 0.0
    for k in range(len(s.kind_weight)):
        total += s.kind_weight[k]
    left = uniform(s) * total
    for k in range(len(s.kind_weight)):
        left -= s.kind_weight[k]
        if left <= 0.0 and s.kind_weight[k] > 0.0:
            return k
    return _PLACEBO


@kernel
def _plant(s: State, slot: int, side: int, tick: int) -> None:
    v = s.level[slot]
    v.number = s.planted
    s.planted += 1
    v.kind = _draw_kind(s)
    if s.options.kind != NO_OPTIONS and (v.kind == _GAMMA_PLUS or v.kind == _GAMMA_MINUS):
        # gamma lives at strikes
        k = strike_to_plant(s, _NEAREST_TICKS)
        strike = strike_tick(s, max(k, 0))
        if k >= 0 and _is_free(s, strike):
            tick, side = strike, side_of_tick(s, strike)
        else:
            v.kind = _PLACEBO
    v.used = 1
    v.side = side
    v.tick = tick
    v.planted_ns = s.now_ns
    v.expires_ns = s.now_ns + _LIFE_S * NS_PER_S
    v.touched_ns = 0
    v.is_episode = 0
    v.on = 0
    v.phase = 0
    v.phase_end_ns = 0
    v.trigger = 8
    v.shown = 0
    v.reserve = 0
    v.add = 1.0
    v.cancel = 1.0
    v.refill = 0.0
    v.push = _PUSH * uniform(s)
    v.push_end_ns = s.now_ns + (_PUSH_S + below(s, 8 * _PUSH_S)) * NS_PER_S
    v.gamma = 0.0
    _draw_strength(s, slot)
    begin_target(s, tick, float(v.gamma), USUAL_TRADES)
    v.left = v.reserve


@kernel
def _draw_strength(s: State, slot: int) -> None:
    """What the kind of a level makes of it. Sizes go with how deep the book is."""
    v = s.level[slot]
    deep = s.parameters.usual / USUAL_BOOK
    if v.kind == _WALL:
        v.shown = int((30 + below(s, 51)) * deep) + 1
        v.reserve = int(500.0 * deep * exp_(_LN8 * uniform(s)))
        v.add, v.cancel, v.refill, v.push = 3.0, 0.8, 0.97, _PUSH
    elif v.kind == _VACUUM:
        v.trigger = 3 + below(s, 6)
        v.add, v.cancel = 0.12, 3.0 + 3.0 * uniform(s)
    elif v.kind == _ABSORPTION:
        v.shown = int(60.0 * deep)
        v.reserve = int(600.0 * deep * exp_(_LN8 * uniform(s)))
        v.refill, v.push = 0.95, 0.6 * _PUSH
    elif v.kind == _CONSUMED:
        v.shown = int(90.0 * deep)
        v.add, v.cancel, v.push = 0.3, 0.15 + 0.2 * uniform(s), _PUSH
    elif v.kind == _SPOOF:
        v.shown = int(300.0 * deep)
    elif v.kind == _FAKEOUT:
        v.trigger = 6
        v.push = 2.0 * _PUSH
    elif v.kind == _GAMMA_PLUS or v.kind == _GAMMA_MINUS:
        sign = 1.0 if v.kind == _GAMMA_PLUS else -1.0
        v.gamma = sign * (s.gamma_least + s.gamma_span * uniform(s)) * deep
