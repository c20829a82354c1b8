"""Episodes: the metaorder that goes for a level on a schedule, and makers who leave a zone.

One metaorder is at work at a time, the latest level's, whatever the level's kind. It leans on the aggressors, and where
price falls behind its schedule it takes what stands at the best price itself: towards the level as long as it must, and
from the mechanism's beginning on as far as its contracts last. Whether it goes on at the level or turns round is the
episode's outcome.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_MS
from spymaster.sim.dice import below, uniform
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.aggressor import ZONE_TICKS, hit
from spymaster.sim.market.due_orders import send_cancel
from spymaster.sim.market.queues import outward
from spymaster.sim.market.state import ASK, BID, MASK, NEVER, NONE, SLOTS, State, Tape

_FAKEOUT: Final = int(LevelKind.FAKEOUT)
_LOOK_NS: Final = 100 * NS_PER_MS
THROUGH_HALF_TICKS: Final = 16
"""Two points through the level, where an attack is over."""
_BEHIND_HALF_TICKS: Final = 1
_MOST_PRICES: Final = 5
"""As many prices as price is behind its schedule are taken at once, and no more than these."""
_WITHDRAWAL_NS: Final = 1_500 * NS_PER_MS
"""Makers who leave are gone within this time, and within a third of the time they stay away."""


@kernel
def half_ticks_ahead(s: State, slot: int) -> int:
    """How far the mid has to go to reach a level, in half ticks; negative beyond it."""
    v = s.level[slot]
    return int(outward(v.side) * (2 * v.tick - s.best[BID] - s.best[ASK]))


@kernel
def has_turned(s: State, slot: int) -> bool:
    """Whether the aggressors at a level have turned round: at the level, or a fakeout's behind it."""
    v = s.level[slot]
    if v.kind == _FAKEOUT:
        return bool(v.phase != 0)
    return bool(v.touched_ns != 0 and v.outcome == 0)


@kernel
def push_of_episode(s: State, slot: int) -> float:
    """The lean of a world's metaorder, positive for buying; only of the level that is being attacked."""
    v = s.level[slot]
    if v.number != s.attacked or (v.kind == _FAKEOUT and v.phase == 2):
        return 0.0
    return float(outward(v.side) * (-v.push if has_turned(s, slot) else v.push))


@kernel
def look_after_attack(s: State, tape: Tape) -> None:
    """Ten times a second: where price is behind the schedule, take what stands at the best price."""
    s.attack_ns = s.now_ns + _LOOK_NS
    slot = _attacked_slot(s)
    if slot < 0:
        s.attack_ns = NEVER
        return
    v = s.level[slot]
    ahead = half_ticks_ahead(s, slot)
    behind = ahead - _scheduled_ahead(s, slot)
    if has_turned(s, slot) or ahead <= -THROUGH_HALF_TICKS or behind <= _BEHIND_HALF_TICKS:
        return
    prices = min(1 + behind // 2, _MOST_PRICES)
    size = 0
    for k in range(prices):
        size += int(s.size[v.side, (s.best[v.side] + outward(v.side) * k) & MASK])
    if v.begun_ns != 0:
        size = min(size, int(v.attack))
    if size > 0:
        traded = hit(s, tape, int(v.side), size, prices)
        if v.begun_ns != 0:
            v.attack -= traded


@kernel
def _attacked_slot(s: State) -> int:
    found = -1
    for slot in range(SLOTS):
        if s.level[slot].used == 1 and s.level[slot].number == s.attacked:
            found = slot
    return found


@kernel
def _scheduled_ahead(s: State, slot: int) -> int:
    """How far from the level price is to be by now, half ticks."""
    v = s.level[slot]
    if v.begun_ns == 0:
        done = min((s.now_ns - v.planted_ns) / v.approach_ns, 1.0)
        return int(v.planted_ahead * (1.0 - done))
    done = min((s.now_ns - v.begun_ns) / v.travel_ns, 1.0)
    return int(v.begun_ahead - (v.begun_ahead + THROUGH_HALF_TICKS) * done)


@kernel
def empty_zone(s: State, slot: int) -> None:
    """Makers withdraw from a zone, one after the other, until the share that a vacuum leaves is left."""
    v = s.level[slot]
    span_ns = min(_WITHDRAWAL_NS, int(v.absence_ns) // 3)
    for tick in range(v.tick - ZONE_TICKS, v.tick + ZONE_TICKS + 1):
        order = int(s.first[v.side, tick & MASK])
        while order != NONE:
            after = int(s.order_next[order])
            if uniform(s) >= v.left_share:
                send_cancel(s, int(v.side), order, int(s.now_ns) + NS_PER_MS + below(s, span_ns))
            order = after
