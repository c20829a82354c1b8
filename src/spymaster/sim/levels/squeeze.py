"""A strike that is squeezed: customers buy its options from dealers, and a metaorder goes for it as they do.

Dealers who are short of gamma chase price with their hedges, and makers at the strike put up less and leave sooner the
nearer price comes. The metaorder goes on until price is two points through; customers keep what they bought where the
strike broke. Nothing is done to price itself: orders carry it, or it stays.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.sim.dice import below, uniform
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.levels.places import EPISODES_APART_TICKS, USUAL_BOOK, free_slot, is_apart
from spymaster.sim.market.latent import note_work
from spymaster.sim.market.queues import outward
from spymaster.sim.market.state import ASK, BID, State, Tape
from spymaster.sim.options.state import NO_OPTIONS
from spymaster.sim.options.trades import begin_target, side_of_tick, strike_tick, strike_to_plant

_GAMMA_MINUS: Final = int(LevelKind.GAMMA_MINUS)
_PLANTED: Final = int(LevelEvent.PLANTED)
_NEAREST_TICKS: Final = 12
_SPAN_TICKS: Final = 24
"""Without options: how far away the price is that stands for a strike, at least, and its span."""
_EVERY_NS: Final = 300 * NS_PER_S
_LIFE_NS: Final = 240 * NS_PER_S
_APPROACH_NS: Final = 60 * NS_PER_S
_TRAVEL_NS: Final = 15 * NS_PER_S
_TRIGGER_TICKS: Final = 10
_PUSH: Final = 0.5
_ATTACK: Final = 2000.0
"""Contracts that the metaorder has for the strike itself, where the book is of its usual depth."""
_MAKERS_ADD: Final = 0.5
_MAKERS_LEAVE: Final = 1.8
_TRADES: Final = 150.0
"""Customers reach what they want in about so many usual trades."""


@kernel
def plant_squeeze(s: State, tape: Tape) -> None:
    """Once its time has come and options trade: begin a squeeze of the nearest strike that has room; it may wait."""
    o = s.options
    if o.kind != NO_OPTIONS and not (o.open_ns <= s.now_ns < o.expiry_ns):
        return
    side = below(s, 2)
    tick = int(s.best[side]) + outward(side) * (_NEAREST_TICKS + below(s, _SPAN_TICKS))
    if o.kind != NO_OPTIONS:
        k = strike_to_plant(s, _NEAREST_TICKS)
        if k < 0:
            return
        tick = strike_tick(s, k)
        side = side_of_tick(s, tick)
    slot = free_slot(s)
    if slot < 0 or not is_apart(s, tick, EPISODES_APART_TICKS):
        return
    s.next_squeeze_ns = s.now_ns + _EVERY_NS
    _begin(s, slot, side, tick)
    note_work(s, tape, slot, _PLANTED)


@kernel
def _begin(s: State, slot: int, side: int, tick: int) -> None:
    v = s.level[slot]
    deep = s.parameters.usual / USUAL_BOOK
    v.number = s.planted
    s.planted += 1
    v.used, v.is_episode, v.outcome = 1, 1, 1
    v.kind, v.side, v.tick = _GAMMA_MINUS, side, tick
    v.planted_ns, v.expires_ns = s.now_ns, s.now_ns + _LIFE_NS
    v.touched_ns, v.begun_ns, v.on, v.phase, v.phase_end_ns = 0, 0, 0, 0, 0
    v.trigger, v.shown, v.reserve, v.left, v.refill = _TRIGGER_TICKS, 0, 0, 0, 0.0
    v.add, v.cancel = _MAKERS_ADD, _MAKERS_LEAVE
    v.push = _PUSH
    v.approach_ns, v.travel_ns = _APPROACH_NS, _TRAVEL_NS
    v.attack = int(_ATTACK * deep)
    v.planted_ahead = outward(side) * (2 * tick - s.best[BID] - s.best[ASK])
    v.gamma = -(s.gamma_least + s.gamma_span * uniform(s)) * deep
    s.attacked = v.number
    s.attack_ns = s.now_ns
    begin_target(s, tick, float(v.gamma), _TRADES)
