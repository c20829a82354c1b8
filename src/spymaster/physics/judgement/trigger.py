"""When a score becomes a signal and when a signal ends: one machine per price (docs/physics.md 8.2).

Of several levels at one price, faced from the same side, one has the machine and the others show its signal.
"""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind, kind_bits
from spymaster.market.rows import AlertEvent, BarrierAlarm, BarrierState, Confidence, ResolveReason, Signal, Trust
from spymaster.physics.judgement.outcomes import group_was_told, note_peak, watch_alert
from spymaster.physics.memory.indices import (
    ASK,
    BID,
    DISTANCES,
    LEDGER_TICKS,
    LEVEL_SLOTS,
    NOISE_FILL_USUAL,
    TRUST_DEPTH,
    TRUST_TAPE,
    Z_FILL,
)
from spymaster.physics.memory.outputs import write_alert
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import tick_points

_NEUTRAL: Final = int(Signal.NEUTRAL)
_BREAK: Final = int(Signal.BREAK)
_REJECT: Final = int(Signal.REJECT)
_CONTESTED: Final = int(Signal.CONTESTED)
_CONSUMED: Final = int(BarrierState.CONSUMED)
_MISSING: Final = int(BarrierState.MISSING)
_LOW_KINDS: Final = kind_bits(kind for kind in LevelKind if kind.side < 0)
_HIGH_KINDS: Final = kind_bits(kind for kind in LevelKind if kind.side > 0)
_GREEN: Final = int(Trust.GREEN)
_BLIND: Final = int(Trust.BLIND)
_RAISED: Final = int(AlertEvent.RAISED)
_RESOLVED: Final = int(AlertEvent.RESOLVED)
_UPDATED: Final = int(AlertEvent.UPDATED)
_UPDATE_NS: Final = NS_PER_S
_ROUNDING: Final = 1e-6
"""Of a tick: a distance of exactly so many ticks counts as within them."""
_SCORE_EXIT: Final = int(ResolveReason.SCORE_EXIT)
_LEFT_BAND: Final = int(ResolveReason.LEFT_BAND)
_WENT_BLIND: Final = int(ResolveReason.BLIND)
_ENDED: Final = int(ResolveReason.CONDITION_ENDED)
_REPLACED: Final = int(ResolveReason.REPLACED)
_TURNED: Final = int(ResolveReason.TURNED)
_GONE: Final = int(ResolveReason.LEVEL_GONE)
_MEDIUM: Final = int(Confidence.MEDIUM)
_STACKING: Final = int(BarrierAlarm.STACKING)
_NONE: Final = int(BarrierAlarm.NONE)


@kernel
def raise_signal(s: State, p: Array, slot: int, signal: int, t_ns: int, row: Any) -> None:
    """Begin a signal; one that was on is resolved as replaced. It is silent where its group has just had an alert."""
    v = s.levels.at[slot]
    if v.signal != _NEUTRAL:
        resolve_signal(s, slot, t_ns, _REPLACED, row)
    v.signal = signal
    v.raised_ns = t_ns
    v.raised_direction = v.direction
    v.raised_date = s.calendar.sessions[max(s.clock.session, 0)].session_date
    v.raised_score = row.score
    v.peak_score = row.score
    tell(v, t_ns, row)
    v.silent = 1 if group_was_told(s, p, slot, signal, t_ns) else 0
    if v.silent == 0:
        write_alert(s, slot, t_ns, _RAISED, 0, row)
        watch_alert(s, slot, t_ns)


@kernel
def update_peak(v: Any, score: float) -> None:
    """The furthest score of the signal that is on: the highest, and of a REJECT, which wants low ones, the lowest."""
    if v.signal == _REJECT:
        v.peak_score = min(v.peak_score, score)
    elif v.signal != _NEUTRAL:
        v.peak_score = max(v.peak_score, score)


@kernel
def tell(v: Any, t_ns: int, row: Any) -> None:
    """Remember what was last said of the signal."""
    v.told_label = row.confidence_label
    v.told_state = row.barrier_state
    v.told_ns = t_ns


@kernel
def update_signal(s: State, slot: int, t_ns: int, row: Any) -> None:
    """A signal that is on says more when its confidence or the barrier's state changed, at most once a second."""
    v = s.levels.at[slot]
    if v.signal == _NEUTRAL or v.silent != 0 or t_ns - v.told_ns < _UPDATE_NS:
        return
    if v.told_label != row.confidence_label or v.told_state != row.barrier_state:
        tell(v, t_ns, row)
        write_alert(s, slot, t_ns, _UPDATED, 0, row)


@kernel
def resolve_signal(s: State, slot: int, t_ns: int, reason: int, row: Any) -> None:
    """End the signal that is on."""
    v = s.levels.at[slot]
    if v.silent == 0:
        write_alert(s, slot, t_ns, _RESOLVED, reason, row)
    v.signal = _NEUTRAL
    v.silent = 0
    v.contested_end_ns = 0


@kernel
def exit_reason(s: State, p: Array, slot: int, in_band: bool, has_score: bool) -> int:
    """Why a BREAK or REJECT ends now, or 0. A score that is gone has left its threshold."""
    trust = s.trust
    v = s.levels.at[slot]
    if trust.state[TRUST_DEPTH] == _BLIND or trust.state[TRUST_TAPE] == _BLIND:
        return _WENT_BLIND
    if not in_band:
        return _LEFT_BAND
    if not has_score:
        return _SCORE_EXIT
    if v.signal == _BREAK and v.score < p[0].exit_break:
        return _SCORE_EXIT
    if v.signal == _REJECT and v.score > p[0].exit_reject:
        return _SCORE_EXIT
    return 0


@kernel
def run_timers(s: State, p: Array, slot: int, t_ns: int, in_band: bool, attacked: bool, has_score: bool) -> None:
    """How long the score has been beyond each threshold, and when the level was last touched under attack."""
    v = s.levels.at[slot]
    if attacked and in_band:
        v.touched_ns = t_ns
    if has_score and in_band and v.score > p[0].threshold_break:
        if v.high_since_ns == 0:
            v.high_since_ns = t_ns
    else:
        v.high_since_ns = 0
    if has_score and in_band and v.score < p[0].threshold_reject:
        if v.low_since_ns == 0:
            v.low_since_ns = t_ns
    else:
        v.low_since_ns = 0


@kernel
def break_hold(p: Array, alarm: int) -> int:
    """How long a high score must last (ns): less while the zone is suddenly being lost."""
    if alarm != _NONE and alarm != _STACKING:
        return int(min(p[0].hold_break_ns, p[0].hold_break_sudden_ns))
    return int(p[0].hold_break_ns)


@kernel
def reject_hold(p: Array, alarm: int) -> int:
    """How long a low score must last (ns): less, if so configured, while the zone is suddenly being stacked."""
    if alarm == _STACKING:
        return int(min(p[0].hold_reject_ns, p[0].hold_reject_sudden_ns))
    return int(p[0].hold_reject_ns)


@kernel
def is_attacked(s: State, p: Array, v: Any, side: int, x_points: float) -> bool:
    """Whether price touches the zone and enough was filled in it: nobody defends what nobody attacks.

    Enough over ``w_barrier``: ``reject_min_fills``, or ``reject_usual_fills`` times what is usual at that distance.
    """
    if abs(x_points) > (p[0].barrier_zone_ticks + p[0].reject_touch_ticks + _ROUNDING) * tick_points(s):
        return False
    i = v.tick - s.ledger.base
    if i < 0 or i >= LEDGER_TICKS:
        return False
    best = s.book.ask if side == ASK else s.book.bid
    d = min(max(v.direction * (v.tick - best), 0), DISTANCES - 1)
    usual = s.scales.noise[NOISE_FILL_USUAL, d]
    return bool(s.windows.zone[side, i, Z_FILL] >= max(p[0].reject_min_fills, p[0].reject_usual_fills * usual))


@kernel
def precedence(v: Any, slot: int) -> int:
    """Which of several levels at one price has the machine: the lowest. A high that is faced from above comes last."""
    faces_away = (_LOW_KINDS >> v.kind) & 1 if v.direction > 0 else (_HIGH_KINDS >> v.kind) & 1
    return int(faces_away * LEVEL_SLOTS + slot)


@kernel_inlined
def find_leader(s: State, j: int, published: int) -> int:
    """The slot of the level that has the machine for the level ranked ``j``: its own, or another's at its price.

    Those at one price that are faced from the same side have one machine. They rank beside each other, with those as
    far on the other side of spot between them.
    """
    levels = s.levels
    away = s.scratch.away
    leader = levels.ranking[j]
    first = j
    while first > 0 and away[first - 1] == away[j]:
        first -= 1
    if first == j and (j + 1 == published or away[j + 1] != away[j]):
        return int(leader)
    v = levels.at[leader]
    for k in range(first, published):
        slot = levels.ranking[k]
        if away[k] != away[j]:
            break
        other = levels.at[slot]
        same = other.price == v.price and other.direction == v.direction
        if same and precedence(other, slot) < precedence(levels.at[leader], leader):
            leader = slot
    return int(leader)


@kernel
def follow_leader(s: State, slot: int, leader: int, t_ns: int, row: Any) -> None:
    """A level at another's price: no machine of its own, the same clocks in case the other one leaves."""
    v = s.levels.at[slot]
    first = s.levels.at[leader]
    if v.signal != _NEUTRAL:
        resolve_signal(s, slot, t_ns, _REPLACED, row)
    v.turned = 0
    v.touched_ns = first.touched_ns
    v.high_since_ns = first.high_since_ns
    v.low_since_ns = first.low_since_ns
    row.signal = first.signal


@kernel
def update_trigger(
    s: State,
    p: Array,
    slot: int,
    t_ns: int,
    in_band: bool,
    attacked: bool,
    has_score: bool,
    has_barrier: bool,
    row: Any,
) -> None:
    """One step of a level's machine. attacked: price touches the level, and enough was traded against it."""
    trust = s.trust
    v = s.levels.at[slot]
    if v.turned != 0:
        v.turned = 0
        if v.signal != _NEUTRAL:
            resolve_signal(s, slot, t_ns, _TURNED, row)
    if has_score:
        update_peak(v, row.score)
        if v.signal != _NEUTRAL and v.silent == 0:
            note_peak(s, v.raised_ns, v.price, v.peak_score)
    run_timers(s, p, slot, t_ns, in_band, attacked, has_score)
    if v.signal == _BREAK or v.signal == _REJECT:
        reason = exit_reason(s, p, slot, in_band, has_score)
        if reason != 0:
            resolve_signal(s, slot, t_ns, reason, row)
    believed = trust.state[TRUST_DEPTH] == _GREEN and trust.state[TRUST_TAPE] == _GREEN
    if has_barrier and believed and row.confidence_label >= _MEDIUM:
        if v.high_since_ns > 0 and t_ns - v.high_since_ns >= break_hold(p, v.alarm) and v.signal != _BREAK:
            raise_signal(s, p, slot, _BREAK, t_ns, row)
            return
        if v.low_since_ns > 0 and t_ns - v.low_since_ns >= reject_hold(p, v.alarm) and v.signal != _REJECT:
            # a touch during the hold: REJECT is about a level that was tried
            if v.touched_ns >= v.low_since_ns and v.touched_ns > 0:
                raise_signal(s, p, slot, _REJECT, t_ns, row)
                return
    update_contested(s, p, slot, t_ns, in_band, has_score, has_barrier and believed, row)


@kernel
def run_triggers(s: State, p: Array, t_ns: int, published: int, rows: Any) -> None:
    """One step of every machine, then the signals of the levels that have none of their own, into the scored rows."""
    levels = s.levels
    for j in range(published):
        slot = levels.ranking[j]
        s.scratch.leader[j] = find_leader(s, j, published)
        # a level that rests has no signal and none on its way
        if s.scratch.leader[j] == slot and s.scratch.resting[j] == 0:
            run_trigger(s, p, t_ns, slot, rows[j])
    for j in range(published):
        slot = levels.ranking[j]
        leader = s.scratch.leader[j]
        if leader != slot:
            follow_leader(s, slot, leader, t_ns, rows[j])


@kernel_inlined
def run_trigger(s: State, p: Array, t_ns: int, slot: int, row: Any) -> None:
    """One step of one machine."""
    v = s.levels.at[slot]
    has_barrier = row.barrier_state != _MISSING
    side = ASK if v.direction > 0 else BID
    attacked = has_barrier and is_attacked(s, p, v, side, row.x * s.market.ratio)
    update_trigger(s, p, slot, t_ns, row.in_band != 0.0, attacked, v.has_score != 0, has_barrier, row)
    update_signal(s, slot, t_ns, row)
    row.signal = v.signal


@kernel
def update_contested(
    s: State, p: Array, slot: int, t_ns: int, in_band: bool, has_score: bool, judged: bool, row: Any
) -> None:
    """CONTESTED: eaten but not beaten. On at once, off ``hold_contested`` after its cause; never over the others."""
    trust = s.trust
    v = s.levels.at[slot]
    if v.signal == _BREAK or v.signal == _REJECT:
        return
    volume = row.buy_volume + row.sell_volume
    middle = has_score and p[0].contested_low <= v.score <= p[0].contested_high
    on = judged and in_band and middle and v.state == _CONSUMED and volume > p[0].contested_min_volume
    if v.signal == _NEUTRAL:
        if on:
            raise_signal(s, p, slot, _CONTESTED, t_ns, row)
        return
    if on:
        v.contested_end_ns = 0
        return
    if trust.state[TRUST_DEPTH] == _BLIND or trust.state[TRUST_TAPE] == _BLIND:
        resolve_signal(s, slot, t_ns, _WENT_BLIND, row)
    elif not in_band:
        resolve_signal(s, slot, t_ns, _LEFT_BAND, row)
    elif v.contested_end_ns == 0:
        v.contested_end_ns = t_ns
    elif t_ns - v.contested_end_ns >= p[0].hold_contested_ns:
        resolve_signal(s, slot, t_ns, _ENDED, row)


@kernel
def end_signal_of_lost_level(s: State, slot: int, t_ns: int, row: Any) -> None:
    """A level that is not published any more takes its signal with it."""
    if s.levels.at[slot].signal != _NEUTRAL:
        resolve_signal(s, slot, t_ns, _GONE, row)
