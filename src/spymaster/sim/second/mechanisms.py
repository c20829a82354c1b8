"""The planted mechanisms at work: they change rates at their zone, display size, and refill what is filled."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_MS
from spymaster.sim.dice import below, exponential, uniform
from spymaster.sim.second.plan import ARM_TICKS, OUTCOME_TICKS, ZONE_TICKS, Happening
from spymaster.sim.second.state import ACTIVE_RANKS, ASK, BID, MASK, NEVER, REFILLS, State, Tape

_FASTEST_REFILL_NS: Final = NS_PER_MS // 2
_REFILL_SPREAD_NS: Final = 5 * NS_PER_MS
_DISPLAY_STEP_NS: Final = 200 * NS_PER_MS
_LET_GO_TICKS: Final = 4
"""How much further than its reach the market must go before a mechanism ceases to work."""
_FARTHER_TICKS: Final = 40
_BEGINS: Final = int(Happening.BEGINS)
_TOUCHED: Final = int(Happening.TOUCHED)
_BROKEN: Final = int(Happening.BROKEN)
_HELD: Final = int(Happening.HELD)
_ENDS: Final = int(Happening.ENDS)


@kernel
def queue_refill(s: State, due_ns: int, side: int, tick: int, size: int) -> None:
    """Remember an order a mechanism will send; forgotten when too many wait already."""
    if s.refills == REFILLS:
        return
    r = s.refill[s.refills]
    r.due_ns = due_ns
    r.side = side
    r.tick = tick
    r.size = size
    s.refills += 1
    s.next_refill_ns = min(s.next_refill_ns, due_ns)


@kernel
def pop_refill(s: State) -> tuple[int, int, int]:
    """The order due first: side, tick, size."""
    first = 0
    for k in range(1, s.refills):
        if s.refill[k].due_ns < s.refill[first].due_ns:
            first = k
    r = s.refill[first]
    side, tick, size = r.side, r.tick, r.size
    s.refills -= 1
    end = s.refill[s.refills]
    r.due_ns = end.due_ns
    r.side = end.side
    r.tick = end.tick
    r.size = end.size
    s.next_refill_ns = NEVER
    for k in range(s.refills):
        s.next_refill_ns = min(s.next_refill_ns, s.refill[k].due_ns)
    return side, tick, size


@kernel
def refill_after(s: State, side: int, tick: int, filled: int) -> None:
    """A working mechanism may put back what was filled in its zone, or more, as long as its reserve lasts."""
    for k in range(s.mechanisms):
        m = s.mechanism[k]
        if m.working == 1 and m.side == side:
            m.attack_left -= filled
        if m.working == 0 or m.side != side or abs(tick - m.tick) > ZONE_TICKS or m.refill == 0.0:
            continue
        if uniform(s) < m.refill:
            size = min(int(filled * m.refill_ratio), m.left)
            if size > 0:
                m.left -= size
                later_ns = below(s, _REFILL_SPREAD_NS) if m.refill_ns == 0 else int(exponential(s) * m.refill_ns)
                queue_refill(s, s.now_ns + _FASTEST_REFILL_NS + later_ns, side, tick, size)


@kernel
def display(s: State, k: int) -> None:
    """Queue the extra size a mechanism shows when the market comes near: small orders over about two seconds."""
    m = s.mechanism[k]
    for offset in range(-ZONE_TICKS, ZONE_TICKS + 1):
        due_ns = s.now_ns
        left = m.shown
        while left > 0:
            size = min(left, 2 + below(s, 7))
            left -= size
            due_ns += 1 + below(s, _DISPLAY_STEP_NS)
            queue_refill(s, due_ns, m.side, m.tick + offset, size)


@kernel
def should_work(s: State, k: int) -> int:
    """Whether a mechanism is in its time, armed, and near enough to the touch (1) or not (0)."""
    m = s.mechanism[k]
    distance = (2 * m.side - 1) * (m.tick - s.best[m.side])
    if distance >= ARM_TICKS:
        m.armed = 1
    elif distance < -ZONE_TICKS:
        m.armed = 0
    reach = m.reach + _LET_GO_TICKS * m.working
    in_time = m.start_ns <= s.now_ns < m.end_ns
    if m.distance != 0 and m.stage != 1:
        return 0
    if m.working == 1 and m.lasts_ns > 0 and s.now_ns - m.on_ns >= m.lasts_ns:
        return 0
    return int(in_time and m.armed == 1 and -ZONE_TICKS <= distance <= reach)


@kernel
def turn(s: State, tape: Tape, k: int, working: int) -> None:
    """Set a mechanism to work (1) or to rest (0), and write it down."""
    m = s.mechanism[k]
    m.working = working
    m.armed = working
    for offset in range(-ZONE_TICKS, ZONE_TICKS + 1):
        i = (m.tick + offset) & MASK
        s.factor[m.side, 0, i] = m.add if working == 1 else 1.0
        s.factor[m.side, 1, i] = m.cancel if working == 1 else 1.0
        rank = (2 * m.side - 1) * (m.tick + offset - s.best[m.side])
        s.stays[m.side, i] = m.stays * s.usual[min(max(rank, 0), ACTIVE_RANKS - 1)] if working == 1 else 0.0
    if working == 1:
        m.left = m.reserve
        m.on_ns = s.now_ns
        display(s, k)
    note(s, tape, k, working)


@kernel
def note(s: State, tape: Tape, k: int, what: int) -> None:
    """Write down what (``Happening``) has happened to a mechanism."""
    row = tape.work[s.n_work]
    row[0] = s.now_ns
    row[1] = k
    row[2] = what
    row[3] = s.mechanism[k].left
    row[4] = s.best[BID]
    row[5] = s.best[ASK]
    row[6] = s.mechanism[k].tick
    s.n_work += 1


@kernel
def settle(s: State, k: int) -> None:
    """A mechanism planted at a distance gets its price: a little further out where another of its side is near."""
    m = s.mechanism[k]
    if m.distance == 0:
        return
    outward = 2 * m.side - 1
    m.tick = s.best[m.side] + outward * m.distance
    m.armed = 1
    for _ in range(_FARTHER_TICKS):
        near = 0
        for other in range(s.mechanisms):
            o = s.mechanism[other]
            if other != k and o.stage == 1 and o.side == m.side and abs(o.tick - m.tick) <= 2 * ZONE_TICKS + 1:
                near = 1
        if near == 0:
            return
        m.tick += outward


@kernel
def pushed(s: State, k: int) -> float:
    """By what factor more orders hit a mechanism's side because of it."""
    m = s.mechanism[k]
    if should_work(s, k) == 1:
        if m.retreat != 1.0 and m.passage >= 2:
            return float(m.retreat)
        return float(m.push) if m.attack_left > 0 else 1.0
    if m.stage == 1 and m.passage <= 1:
        return float(m.approach)
    return 1.0


@kernel
def observe(s: State, tape: Tape, k: int) -> None:
    """See when a mechanism's time begins and ends, when its price is touched, and what becomes of it then.

    It only watches: nothing in the market depends on what it sees.
    """
    m = s.mechanism[k]
    if m.stage == 0 and m.start_ns <= s.now_ns < m.end_ns:
        m.stage = 1
        settle(s, k)
        note(s, tape, k, _BEGINS)
    elif m.stage == 1 and s.now_ns >= m.end_ns:
        m.stage = 2
        note(s, tape, k, _ENDS)
    if m.stage != 1:
        return
    # half ticks from the mid out to the price
    ahead = (2 * m.side - 1) * (2 * m.tick - s.best[BID] - s.best[ASK])
    if m.passage == 0 and ahead > 1:
        m.passage = 1
    elif m.passage == 1 and ahead <= 1:
        m.passage = 2
        note(s, tape, k, _TOUCHED)
    if m.passage == 2 and abs(ahead) >= 2 * OUTCOME_TICKS:
        m.passage = 3
        note(s, tape, k, _BROKEN if ahead < 0 else _HELD)


@kernel
def work(s: State, tape: Tape) -> None:
    """Stop and start mechanisms as time passes and the market comes near or goes.

    All that stop do so first: one that starts on the prices of another finds them as they usually are.
    """
    for k in range(s.mechanisms):
        if s.mechanism[k].working == 1 and should_work(s, k) == 0:
            turn(s, tape, k, 0)
    for k in range(s.mechanisms):
        observe(s, tape, k)
    s.push[0] = 1.0
    s.push[1] = 1.0
    for k in range(s.mechanisms):
        m = s.mechanism[k]
        factor = pushed(s, k)
        s.push[m.side] = max(s.push[m.side], factor) if factor >= 1.0 else s.push[m.side] * factor
        if m.working == 0 and should_work(s, k) == 1:
            turn(s, tape, k, 1)
