"""Planted levels at work: each acts on order flow near its price, from when the market comes near until it is decided.

A mechanism changes rates, adds orders of its own or leans on the aggressors. How the level ends is only observed here.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_CANCEL, NS_PER_S
from spymaster.sim.dice import below
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.levels.attack import empty_zone, half_ticks_ahead, push_of_episode
from spymaster.sim.market.aggressor import ZONE_TICKS
from spymaster.sim.market.climate import set_lean
from spymaster.sim.market.due_orders import drop_of_level
from spymaster.sim.market.hedging import start_hedging
from spymaster.sim.market.latent import note_work
from spymaster.sim.market.order_flow import arrive
from spymaster.sim.market.queues import find_best, outward, take
from spymaster.sim.market.render import begin_event, end_event, send_change
from spymaster.sim.market.state import MASK, NONE, PULL, SLOTS, State, Tape
from spymaster.sim.options.trades import end_target

_WALL: Final = int(LevelKind.WALL)
_VACUUM: Final = int(LevelKind.VACUUM)
_ABSORPTION: Final = int(LevelKind.ABSORPTION)
_CONSUMED: Final = int(LevelKind.CONSUMED)
_SPOOF: Final = int(LevelKind.SPOOF)
_FAKEOUT: Final = int(LevelKind.FAKEOUT)
_ON: Final = int(LevelEvent.ON)
_OFF: Final = int(LevelEvent.OFF)
_TOUCH: Final = int(LevelEvent.TOUCH)
_BREAK: Final = int(LevelEvent.BREAK)
_BOUNCE: Final = int(LevelEvent.BOUNCE)
_CHOP: Final = int(LevelEvent.CHOP)
_EXPIRED: Final = int(LevelEvent.EXPIRED)
_PHASE: Final = int(LevelEvent.PHASE)

_LEAVE_TICKS: Final = 6
"""How far beyond its trigger distance the market must go for a mechanism to rest."""
_CONSUMED_PUSH: Final = 1.1
_SPOOF_PULL_TICKS: Final = 2
_FAKEOUT_TURN_HALF_TICKS: Final = 3
_FAKEOUT_BACK_S: Final = 40
_VACUUM_S: Final = 8
"""Makers stay away this long, and up to three times longer still."""
_ORDERS_SHOWN: Final = 6
_MOST_PUSH: Final = 1.3
_HALF_TICK: Final = 1
_BEFORE_WALL: Final = 0.2


@kernel
def follow_levels(s: State, tape: Tape) -> None:
    """After the touch moved, and once a second: begin, end, turn, and see what is decided."""
    before = s.push
    for slot in range(SLOTS):
        if s.level[slot].used == 1:
            _follow(s, tape, slot)
    total = 0.0
    for slot in range(SLOTS):
        if s.level[slot].used == 1:
            total += _push_of(s, slot)
    s.push = min(max(total, -_MOST_PUSH), _MOST_PUSH)
    if s.push != before:
        set_lean(s)


@kernel
def _follow(s: State, tape: Tape, slot: int) -> None:
    v = s.level[slot]
    ahead = half_ticks_ahead(s, slot)
    near = outward(v.side) * (v.tick - s.best[v.side])
    if v.on == 0 and -ZONE_TICKS < near <= v.trigger:
        _begin(s, tape, slot)
    elif v.on == 1 and v.phase == 0 and _is_out_of_reach(s, slot, near):
        _end(s, tape, slot)
    if v.on == 1:
        _turn(s, tape, slot, near, ahead)
    if v.touched_ns == 0:
        if ahead <= _HALF_TICK:
            v.touched_ns = s.now_ns
            note_work(s, tape, slot, _TOUCH)
            if s.pause_at_touch == 1:
                s.paused_level = v.number
        elif s.now_ns >= v.expires_ns:
            _decide(s, tape, slot, _EXPIRED)
        return
    reach = 2 * s.parameters.outcome_ticks
    if -ahead >= reach:
        _decide(s, tape, slot, _BREAK)
    elif ahead >= reach:
        _decide(s, tape, slot, _BOUNCE)
    elif s.now_ns >= v.touched_ns + s.parameters.horizon_ns:
        _decide(s, tape, slot, _CHOP)


@kernel
def _is_out_of_reach(s: State, slot: int, near: int) -> bool:
    """Whether the market has gone through a level's zone or away from it. A fakeout waits until it has gone through."""
    v = s.level[slot]
    return bool(near > v.trigger + _LEAVE_TICKS or (near <= -ZONE_TICKS and v.kind != _FAKEOUT))


@kernel
def _push_of(s: State, slot: int) -> float:
    """A level's lean on aggressors, positive for buying: towards it, for a while or, where that is its kind, always."""
    v = s.level[slot]
    if v.is_episode == 1:
        return push_of_episode(s, slot)
    strength = v.push
    if v.kind == _CONSUMED and v.on == 1:
        strength = _CONSUMED_PUSH
    if v.kind == _FAKEOUT and v.phase == 1:
        strength = -strength
    is_part = v.kind == _WALL or v.kind == _ABSORPTION or v.kind == _CONSUMED
    if v.kind == _FAKEOUT and v.phase == 2:
        strength = 0.0
    elif not is_part and v.kind != _FAKEOUT and s.now_ns >= v.push_end_ns:
        strength = 0.0
    return float(outward(v.side) * strength)


@kernel
def _set_factors(s: State, slot: int, add: float, cancel: float) -> None:
    v = s.level[slot]
    for tick in range(v.tick - ZONE_TICKS, v.tick + ZONE_TICKS + 1):
        # a wall stands at its price and behind; were it as thick before it, nothing would ever reach it
        before = v.kind == _WALL and outward(v.side) * (tick - v.tick) < 0
        s.add_factor[v.side, tick & MASK] = 1.0 + _BEFORE_WALL * (add - 1.0) if before else add
        s.cancel_factor[v.side, tick & MASK] = cancel


@kernel
def _begin(s: State, tape: Tape, slot: int) -> None:
    """The mechanism begins: rates near the level change, and its own orders come."""
    v = s.level[slot]
    if v.phase != 0:
        return
    v.on = 1
    if v.begun_ns == 0:
        v.begun_ns = s.now_ns
        v.begun_ahead = half_ticks_ahead(s, slot)
    note_work(s, tape, slot, _ON)
    _set_factors(s, slot, v.add, v.cancel)
    if v.gamma != 0.0:
        start_hedging(s, v.gamma)
    if v.kind == _VACUUM:
        if v.is_episode == 1:
            v.phase_end_ns = s.now_ns + v.absence_ns
            empty_zone(s, slot)
        else:
            v.phase_end_ns = s.now_ns + (_VACUUM_S + below(s, 3 * _VACUUM_S)) * NS_PER_S
    elif v.kind == _WALL:
        size = min(v.left, v.shown)
        v.left -= size
        if size > 0:
            s.now_ns += 1
            arrive(s, tape, v.side, v.tick, size, v.number)
    elif v.kind == _SPOOF:
        _show(s, tape, slot, v.tick)
    elif v.kind == _ABSORPTION or v.kind == _CONSUMED:
        for tick in range(v.tick - ZONE_TICKS, v.tick + ZONE_TICKS + 1):
            _show(s, tape, slot, tick)


@kernel
def _show(s: State, tape: Tape, slot: int, tick: int) -> None:
    """The displayed size of a mechanism at a price, as several orders."""
    v = s.level[slot]
    for _ in range(_ORDERS_SHOWN):
        s.now_ns += 1
        arrive(s, tape, v.side, tick, v.shown // _ORDERS_SHOWN + 1, v.number)


@kernel
def _end(s: State, tape: Tape, slot: int) -> None:
    """The mechanism rests or is done. What it has displayed stays, as orders like others."""
    v = s.level[slot]
    v.on = 0
    _set_factors(s, slot, 1.0, 1.0)
    drop_of_level(s, v.number)
    if v.gamma != 0.0:
        s.gamma = 0.0
    # displayed size is shown once; a wall goes on with what it has left
    if v.kind != _WALL and v.shown > 0:
        v.phase = 2
    note_work(s, tape, slot, _OFF)


@kernel
def _turn(s: State, tape: Tape, slot: int, near: int, ahead: int) -> None:
    """What a mechanism does of itself while it is at work."""
    v = s.level[slot]
    if v.kind == _SPOOF and near <= _SPOOF_PULL_TICKS:
        _pull_own(s, tape, slot)
        _end(s, tape, slot)
    elif v.kind == _VACUUM and s.now_ns >= v.phase_end_ns:
        v.phase = 2
        _end(s, tape, slot)
    elif v.kind == _FAKEOUT:
        turn = int(v.turn) if v.is_episode == 1 else _FAKEOUT_TURN_HALF_TICKS
        if v.phase == 0 and -ahead >= turn:
            v.phase = 1
            v.phase_end_ns = s.now_ns + _FAKEOUT_BACK_S * NS_PER_S
            note_work(s, tape, slot, _PHASE)
        elif v.phase == 1 and s.now_ns >= v.phase_end_ns:
            v.phase = 2
            _end(s, tape, slot)


@kernel
def _pull_own(s: State, tape: Tape, slot: int) -> None:
    """All displayed orders of a mechanism at its price are withdrawn, one after the other."""
    v = s.level[slot]
    order = int(s.first[v.side, v.tick & MASK])
    while order != NONE:
        after = int(s.order_next[order])
        if s.order_level[order] == v.number:
            size = int(s.order_size[order])
            s.now_ns += 1
            begin_event(s, tape)
            take(s, tape, v.side, order, size, PULL)
            find_best(s, v.side)
            send_change(s, tape, ACTION_CANCEL, v.side, v.tick, size)
            end_event(s, tape)
        order = after


@kernel
def _decide(s: State, tape: Tape, slot: int, how: int) -> None:
    """A level's fate is known: its mechanism ends and its place is free."""
    v = s.level[slot]
    if v.on == 1:
        _end(s, tape, slot)
    note_work(s, tape, slot, how)
    # customers keep the options of a strike that was squeezed through
    if v.gamma != 0.0 and not (v.is_episode == 1 and how == _BREAK):
        end_target(s, int(v.tick))
    if s.watched_level == v.number:
        s.watched_outcome = how
    v.used = 0
