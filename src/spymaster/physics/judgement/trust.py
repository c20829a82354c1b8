"""Whether the inputs may be believed, and if not why (SPEC 6.12)."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.rows import INPUTS, Trust, TrustReason
from spymaster.physics.book.equity import parity_is_fresh
from spymaster.physics.memory.state import (
    M_ADD,
    M_FILL,
    M_HIDDEN,
    M_OUTSIDE,
    M_PULL,
    M_RESIDUAL,
    M_TRADED,
    VALID,
    Array,
    State,
)
from spymaster.physics.time.clock import in_regular_hours, open_ns_between

DEPTH: Final = INPUTS.index("depth")
TAPE: Final = INPUTS.index("tape")
OPTIONS: Final = INPUTS.index("options")
EQUITY: Final = INPUTS.index("equity")

_GREEN: Final = int(Trust.GREEN)
_DEGRADED: Final = int(Trust.DEGRADED)
_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)
_NOT_CONFIGURED: Final = int(TrustReason.NOT_CONFIGURED)
_NO_BOOK: Final = int(TrustReason.NO_BOOK)
_MAYBE_BAD_BOOK: Final = int(TrustReason.MAYBE_BAD_BOOK)
_FEED_DOWN: Final = int(TrustReason.FEED_DOWN)
_CROSSED: Final = int(TrustReason.CROSSED)
_ONE_SIDED: Final = int(TrustReason.ONE_SIDED)
_SILENT: Final = int(TrustReason.SILENT)
_TRADES_OUTSIDE: Final = int(TrustReason.TRADES_OUTSIDE)
_RESIDUAL: Final = int(TrustReason.RESIDUAL)
_HIDDEN_SHARE: Final = int(TrustReason.HIDDEN_SHARE)
_REJECTED: Final = int(TrustReason.REJECTED)
_TICK_INFERRED: Final = int(TrustReason.TICK_INFERRED)
_INCOMPLETE_BOOK: Final = int(TrustReason.INCOMPLETE_BOOK)
_DEFAULT_RATIO: Final = int(TrustReason.DEFAULT_RATIO)
_STALE_QUOTE: Final = int(TrustReason.STALE_QUOTE)
_GAP: Final = int(TrustReason.GAP)
_UNSIGNED_TRADES: Final = int(TrustReason.UNSIGNED_TRADES)
_NO_SMILE: Final = int(TrustReason.NO_SMILE)
_EXPIRED: Final = int(TrustReason.EXPIRED)
_PARITY_PRICE: Final = int(TrustReason.PARITY_PRICE)

_EVIDENCE_CONTRACTS: Final = 10
"""A share of fewer traded contracts than this says nothing."""


@kernel
def judge_inputs(s: State, p: Array, t_ns: int) -> None:
    """Trust state and reason of each input at a snap."""
    t = s.trust[0]
    state, reason = judge_options(s, p, t_ns)
    t.state[OPTIONS] = state
    t.reason[OPTIONS] = reason
    state, reason = judge_equity(s, p, t_ns)
    t.state[EQUITY] = state
    t.reason[EQUITY] = reason
    state, reason = judge_depth(s, p, t_ns)
    t.state[DEPTH] = state
    t.reason[DEPTH] = reason
    state, reason = judge_tape(s, p, t_ns)
    t.state[TAPE] = state
    t.reason[TAPE] = reason


@kernel
def judge_options(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the options of the day."""
    h = s.chain[0]
    if h.contracts == 0:
        return _ABSENT, _NOT_CONFIGURED
    if t_ns >= h.close_ns:
        return _ABSENT, _EXPIRED
    last_ns = h.quote_ns if h.quote_ns > 0 else s.clock[0].first_ns
    if t_ns - last_ns > p[0].option_silence_ns:
        return _BLIND, _SILENT
    if h.has_smile == 0:
        return _DEGRADED, _NO_SMILE
    if h.known < p[0].classified_share * h.volume:
        return _DEGRADED, _UNSIGNED_TRADES
    return _GREEN, 0


@kernel
def judge_equity(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the share's quotes, which convert prices."""
    q = s.equity[0]
    if p[0].is_spy == 0:
        return _ABSENT, _NOT_CONFIGURED
    if q.has_feed == 0 and parity_is_fresh(s, p, t_ns):
        return _DEGRADED, _PARITY_PRICE
    if q.has_feed == 0:
        # without a quote of the share itself its price is the future's over a fixed ratio: usable, not exact
        return _DEGRADED, _DEFAULT_RATIO
    age = t_ns - (q.quote_ns if q.quote_ns > 0 else s.clock[0].first_ns)
    if age > p[0].equity_blind_ns:
        return _BLIND, _SILENT
    if q.steps == 0:
        return _DEGRADED, _DEFAULT_RATIO
    if age > p[0].equity_degraded_ns:
        return _DEGRADED, _STALE_QUOTE
    return _GREEN, 0


@kernel
def is_silent(s: State, p: Array, t_ns: int, last_ns: int) -> bool:
    """Nothing has come for longer than the hour of the day explains."""
    limit = p[0].silence_rth_ns if in_regular_hours(s, t_ns) else p[0].silence_open_ns
    return bool(t_ns - last_ns > limit and open_ns_between(s, last_ns, t_ns) > limit)


@kernel
def judge_depth(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the book."""
    t = s.trust[0]
    b = s.book[0]
    if t.tape_from_depth == 0:
        return _ABSENT, _NOT_CONFIGURED
    if t.feed_down != 0:
        return _BLIND, _FEED_DOWN
    if b.status != VALID:
        return _BLIND, _MAYBE_BAD_BOOK if t.bad_book != 0 else _NO_BOOK
    if t_ns < t.blind_until_ns:
        return _BLIND, int(t.blind_reason)
    if b.invalid_since_ns > 0 and t_ns - b.invalid_since_ns > p[0].crossed_blind_ns:
        return _BLIND, _CROSSED if b.invalid_reason == 1 else _ONE_SIDED
    if b.has_bbo == 0:
        return _BLIND, _NO_BOOK
    if is_silent(s, p, t_ns, s.clock[0].last_depth_ns):
        return _BLIND, _SILENT
    return judge_balance(s, p, t_ns)


@kernel
def judge_balance(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """DEGRADED when the book and the trades of the last seconds do not fit together."""
    t = s.trust[0]
    if s.book[0].incomplete != 0:
        return _DEGRADED, _INCOMPLETE_BOOK
    mass = s.mass_sum
    traded = mass[M_TRADED]
    if mass[M_OUTSIDE] > p[0].trades_outside_share * traded and mass[M_OUTSIDE] >= _EVIDENCE_CONTRACTS:
        return _DEGRADED, _TRADES_OUTSIDE
    moved = mass[M_ADD] + mass[M_PULL] + mass[M_FILL]
    if mass[M_RESIDUAL] > p[0].residual_share * moved and mass[M_RESIDUAL] >= _EVIDENCE_CONTRACTS:
        return _DEGRADED, _RESIDUAL
    if mass[M_HIDDEN] > p[0].hidden_share * mass[M_FILL] and mass[M_HIDDEN] >= _EVIDENCE_CONTRACTS:
        return _DEGRADED, _HIDDEN_SHARE
    if t.window_rejected > p[0].rejected_share * t.window_records:
        return _DEGRADED, _REJECTED
    if t_ns < t.degraded_until_ns:
        return _DEGRADED, _GAP
    if t.day_reason != 0:
        return _DEGRADED, int(t.day_reason)
    if t.tick_inferred != 0:
        return _DEGRADED, _TICK_INFERRED
    return _GREEN, 0


@kernel
def judge_tape(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the trades. From a depth stream they are as alive as that stream is."""
    t = s.trust[0]
    if t.feed_down != 0:
        return _BLIND, _FEED_DOWN
    if t_ns < t.blind_until_ns:
        return _BLIND, int(t.blind_reason)
    last = s.clock[0].last_depth_ns if t.tape_from_depth != 0 else s.clock[0].last_tape_ns
    if is_silent(s, p, t_ns, last):
        return _BLIND, _SILENT
    mass = s.mass_sum
    if mass[M_OUTSIDE] > p[0].trades_outside_share * mass[M_TRADED] and mass[M_OUTSIDE] >= _EVIDENCE_CONTRACTS:
        return _DEGRADED, _TRADES_OUTSIDE
    if t.window_rejected > p[0].rejected_share * t.window_records:
        return _DEGRADED, _REJECTED
    if t_ns < t.degraded_until_ns:
        return _DEGRADED, _GAP
    if t.day_reason != 0:
        return _DEGRADED, int(t.day_reason)
    return _GREEN, 0


@kernel
def worst_configured(s: State) -> int:
    """The worst trust of the inputs that are configured."""
    worst = _GREEN
    for k in range(len(INPUTS)):
        state = s.trust[0].state[k]
        if state != _ABSENT and state > worst:
            worst = state
    return worst
