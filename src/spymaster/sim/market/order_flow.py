"""What can happen next and how often, given the queues (docs/physics.md 7.1), and how it happens.

Orders arrive by distance from the other side's best, leave in proportion to how many wait, close gaps after a price was
exhausted; aggressors come by themselves, in metaorders' direction, and because other aggressors came (Hawkes).
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_ADD, ACTION_CANCEL, ACTION_MODIFY, NS_PER_MS
from spymaster.physics.maths.elementary import exp_
from spymaster.sim.dice import below, exponential, uniform
from spymaster.sim.market.aggressor import aggressor_size, hit
from spymaster.sim.market.due_orders import send_cancel
from spymaster.sim.market.queues import find_best, nth_order, outward, place, resting_size, take
from spymaster.sim.market.render import begin_event, end_event, send_change, send_move
from spymaster.sim.market.state import ACTIVE, ASK, BID, HIT, IN_SPREAD, MASK, NONE, PULL, State, Tape

_QI_PULL: Final = 0.6
_UNSEEN: Final = 10
_UNSEEN_RATE: Final = 0.35
"""Prices further out than the ten levels live more slowly."""
_SWEPT_PRICES: Final = 3
_LARGE: Final = 6
_PATIENCE: Final = 0.6
"""Large orders are patient: most of the times that one would leave, it stays."""
_LOYALTY: Final = 0.9
_FASTEST_NS: Final = 2 * NS_PER_MS
"""No flickering order leaves sooner."""
_MOVES: Final = 0.45
_SHRINKS: Final = 0.06
"""Shares of departures that only change price, or only get smaller."""


@kernel
def set_weights(s: State) -> float:
    """Rates per second of everything that can happen next, into ``s.weights``; returns their sum."""
    q = s.parameters
    total = 0.0
    own = s.size[BID, s.best[BID] & MASK]
    other = s.size[ASK, s.best[ASK] & MASK]
    qi = (own - other) / (own + other)
    up = exp_(_QI_PULL * qi)
    alone = 0.5 * q.market * (1.0 - q.echo_same - q.echo_cross) * s.activity
    for side in range(2):
        sign = outward(side)
        w = s.weights[side]
        opposite = s.best[1 - side]
        gap = int(sign * (s.best[side] - opposite))
        meeting = max(1.0 + q.meet * s.pressure * sign, 0.1)
        for k in range(ACTIVE):
            w[k] = 0.0
            w[ACTIVE + k] = 0.0
            if k + 1 < gap:
                continue
            i = (opposite + sign * (k + 1)) & MASK
            rate = s.activity if k < _UNSEEN else _UNSEEN_RATE * s.activity
            adding = meeting * q.add * s.hump[k] * s.calm
            leaving = q.cancel * s.orders[side, i]
            if k + 1 == gap:
                imbalance = qi if side == BID else -qi
                adding *= 1.0 + q.refill_boost * max(0.0, 1.0 - s.orders[side, i] / (s.hump[0] * q.usual))
                leaving *= 1.0 + q.flight * max(0.0, -imbalance)
            w[k] = rate * adding * s.add_factor[side, i]
            w[ACTIVE + k] = rate * leaving * s.cancel_factor[side, i]
            total += w[k] + w[ACTIVE + k]
        w[IN_SPREAD] = 0.0
        if gap > 1:
            # where aggressors have pressed one way for long, fewer gaps are closed in their direction
            follow = q.follow - q.doubt * s.pressure * outward(s.last_depleted)
            share = 1.0 - follow if s.last_depleted == side else follow
            w[IN_SPREAD] = q.in_spread * share * s.add_factor[side, (s.best[side] - sign) & MASK]
        pull = up if side == ASK else 1.0 / up
        w[HIT] = alone * pull * s.lean[side] + s.echo[side]
        total += w[IN_SPREAD] + w[HIT]
    return total


@kernel
def choose(s: State, total: float) -> tuple[int, int]:
    """What happens next: side and index into its weights."""
    left = uniform(s) * total
    for side in range(2):
        w = s.weights[side]
        for k in range(len(w)):
            left -= w[k]
            if left <= 0.0 and w[k] > 0.0:
                return side, k
    return BID, HIT


@kernel
def happen(s: State, tape: Tape, side: int, what: int) -> None:
    """One event of a side, ``what`` as in its weights."""
    sign = outward(side)
    if what < ACTIVE:
        arrive(s, tape, side, int(s.best[1 - side]) + sign * (what + 1), resting_size(s), NONE)
    elif what < IN_SPREAD:
        depart(s, tape, side, int(s.best[1 - side]) + sign * (what - ACTIVE + 1))
    elif what == IN_SPREAD:
        arrive(s, tape, side, int(s.best[side]) - sign, resting_size(s), NONE)
    else:
        attack(s, tape, side)


@kernel
def arrive(s: State, tape: Tape, side: int, tick: int, size: int, level: int) -> None:
    """An order joins a price, now and then as the visible part of a larger one; refused where it would trade."""
    if outward(side) * (tick - s.best[1 - side]) <= 0:
        return
    begin_event(s, tape)
    order = place(s, side, tick, size, level)
    if order != NONE:
        if level == NONE and size > 1 and uniform(s) < s.parameters.iceberg:
            hidden = size * (1 + int(3.0 * exponential(s)))
            s.order_hidden[order] = hidden
            s.behind[side, tick & MASK] += hidden
        elif level == NONE and uniform(s) < s.parameters.flicker:
            send_cancel(s, side, order, int(s.now_ns) + _FASTEST_NS + below(s, int(s.parameters.flicker_ns)))
        send_change(s, tape, ACTION_ADD, side, tick, size)
    end_event(s, tape)


@kernel
def withdraw(s: State, tape: Tape, side: int, order: int) -> None:
    """A resting order leaves altogether."""
    tick, size = int(s.order_tick[order]), int(s.order_size[order])
    begin_event(s, tape)
    take(s, tape, side, order, size, PULL)
    find_best(s, side)
    send_change(s, tape, ACTION_CANCEL, side, tick, size)
    end_event(s, tape)


@kernel
def depart(s: State, tape: Tape, side: int, tick: int) -> None:
    """Some order of a price leaves it: altogether, for a price beside it, or in part."""
    count = int(s.orders[side, tick & MASK])
    if count == 0:
        return
    order = nth_order(s, side, tick, below(s, count))
    size = int(s.order_size[order])
    if _stays(s, side, order, tick, size):
        return
    u = uniform(s)
    begin_event(s, tape)
    if u < _SHRINKS and size > 1:
        part = 1 + below(s, size - 1)
        take(s, tape, side, order, part, PULL)
        send_change(s, tape, ACTION_MODIFY, side, tick, size - part)
    elif u < _SHRINKS + _MOVES and s.order_level[order] == NONE:
        _move(s, tape, side, order, tick, size)
    else:
        take(s, tape, side, order, size, PULL)
        find_best(s, side)
        send_change(s, tape, ACTION_CANCEL, side, tick, size)
    end_event(s, tape)


@kernel
def _stays(s: State, side: int, order: int, tick: int, size: int) -> bool:
    """Whether an order that might leave does not: large ones seldom do, those of a planted level hardly ever."""
    if s.order_level[order] != NONE:
        return uniform(s) < _LOYALTY
    is_large = size > _LARGE * s.parameters.resting_scale
    return is_large and uniform(s) < _PATIENCE and s.cancel_factor[side, tick & MASK] <= 1.0


@kernel
def _move(s: State, tape: Tape, side: int, order: int, tick: int, size: int) -> None:
    """An order changes its price by one tick and goes to the back of the queue there; where none arrive, it leaves."""
    sign = outward(side)
    to = tick + sign if below(s, 2) == 0 else tick - sign
    if sign * (to - s.best[side]) < 0 or sign * to > s.edge[side]:
        to = tick + sign
    take(s, tape, side, order, size, PULL)
    if uniform(s) >= s.add_factor[side, to & MASK]:
        find_best(s, side)
        send_change(s, tape, ACTION_CANCEL, side, tick, size)
        return
    place(s, side, to, size, NONE)
    find_best(s, side)
    send_move(s, tape, ACTION_MODIFY, side, tick, to, size)


@kernel
def attack(s: State, tape: Tape, side: int) -> None:
    """An aggressor of the market's own hits a side, and makes others likelier."""
    wanted = aggressor_size(s)
    prices = 2 + below(s, _SWEPT_PRICES) if uniform(s) < s.parameters.sweep else 1
    hit(s, tape, side, wanted, prices)
    s.hits[side] += 1.0
    q = s.parameters
    s.echo[side] += q.echo_same * q.echo_decay
    s.echo[1 - side] += q.echo_cross * q.echo_decay
