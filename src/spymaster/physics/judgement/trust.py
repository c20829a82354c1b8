"""Whether the inputs may be believed, and if not why (docs/physics.md 8)."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.rows import INPUTS, Trust, TrustReason
from spymaster.physics.book.equity import parity_is_fresh
from spymaster.physics.memory.indices import (
    TOTAL_ADDED,
    TOTAL_FILLED,
    TOTAL_HIDDEN,
    TOTAL_OUTSIDE,
    TOTAL_PULLED,
    TOTAL_RESIDUAL,
    TOTAL_TRADED,
    TRUST_DEPTH,
    TRUST_EQUITY,
    TRUST_OPTIONS,
    TRUST_TAPE,
    VALID,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.clock import (
    SHARE_CLOSED,
    SHARE_NIGHT,
    in_regular_hours,
    open_ns_between,
    share_hours,
)

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
_RECONNECTED: Final = int(TrustReason.RECONNECTED)
_UNSIGNED_TRADES: Final = int(TrustReason.UNSIGNED_TRADES)
_NO_SMILE: Final = int(TrustReason.NO_SMILE)
_EXPIRED: Final = int(TrustReason.EXPIRED)
_PARITY_PRICE: Final = int(TrustReason.PARITY_PRICE)
_CLOSED: Final = int(TrustReason.CLOSED)
_HALTED: Final = int(TrustReason.HALTED)
_SETTLING: Final = int(TrustReason.SETTLING)

_EVIDENCE_CONTRACTS: Final = 10
"""A share of fewer traded contracts than this says nothing."""


@kernel
def update_trust(s: State, p: Array, t_ns: int) -> None:
    """Trust state and reason of each input at a snap."""
    trust = s.trust
    state, reason = trust_of_options(s, p, t_ns)
    trust.state[TRUST_OPTIONS] = state
    trust.reason[TRUST_OPTIONS] = reason
    state, reason = trust_of_equity(s, p, t_ns)
    trust.state[TRUST_EQUITY] = state
    trust.reason[TRUST_EQUITY] = reason
    state, reason = trust_of_depth(s, p, t_ns)
    trust.state[TRUST_DEPTH] = state
    trust.reason[TRUST_DEPTH] = reason
    state, reason = trust_of_tape(s, p, t_ns)
    trust.state[TRUST_TAPE] = state
    trust.reason[TRUST_TAPE] = reason


@kernel
def trust_of_options(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the options of the day."""
    chain = s.chain
    option_flow = s.option_flow
    if chain.contracts > 0 and t_ns >= chain.close_ns:
        return _ABSENT, _EXPIRED if t_ns >= chain.last_ns else _SETTLING
    if s.trust.feed_down[TRUST_OPTIONS] != 0:
        return _BLIND, _FEED_DOWN
    if chain.contracts == 0:
        return _ABSENT, _NOT_CONFIGURED
    last_ns = chain.quote_ns if chain.quote_ns > 0 else s.clock.first_ns
    fresh = chain.quote_ns > 0 and t_ns - last_ns <= p[0].option_silence_ns
    if t_ns < chain.due_ns and not fresh:
        return _ABSENT, _CLOSED
    if chain.halted == chain.contracts:
        return _ABSENT, _HALTED
    if chain.quote_ns < s.trust.renewed_ns[TRUST_OPTIONS]:
        return _BLIND, _RECONNECTED
    if t_ns - max(last_ns, chain.due_ns) > p[0].option_silence_ns:
        return _BLIND, _SILENT
    if s.fuel.has_smile == 0:
        return _DEGRADED, _NO_SMILE
    if option_flow.known < p[0].classified_share * option_flow.volume:
        return _DEGRADED, _UNSIGNED_TRADES
    return said_of_feed(s, TRUST_OPTIONS, t_ns)


@kernel
def trust_of_equity(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the equity's quotes, which convert prices."""
    equity = s.equity
    if p[0].is_spy == 0:
        return _ABSENT, _NOT_CONFIGURED
    if s.trust.feed_down[TRUST_EQUITY] != 0:
        return _BLIND, _FEED_DOWN
    if equity.has_feed == 0 and parity_is_fresh(s, p, t_ns):
        return _DEGRADED, _PARITY_PRICE
    if equity.has_feed == 0:
        # without a quote of the equity itself its price is the future's over a fixed ratio: usable, not exact
        return _DEGRADED, _DEFAULT_RATIO
    hours, since_ns = share_hours(s, t_ns)
    age = t_ns - (equity.quote_ns if equity.quote_ns > 0 else s.clock.first_ns)
    slower = 1.0
    if hours == SHARE_NIGHT:
        # at night shares owe no quotes until there was one: not every dataset has that session
        slower = max(1.0, p[0].silence_open_ns / p[0].silence_rth_ns)
    owes = hours != SHARE_CLOSED and (hours != SHARE_NIGHT or equity.quote_ns >= since_ns)
    if s.trust.halted[TRUST_EQUITY] != 0:
        return _DEGRADED, _HALTED
    if owes and equity.quote_ns < s.trust.renewed_ns[TRUST_EQUITY]:
        return _BLIND, _RECONNECTED
    if owes and min(age, t_ns - since_ns) > slower * p[0].equity_blind_ns:
        return _BLIND, _SILENT
    if equity.steps == 0:
        return _DEGRADED, _DEFAULT_RATIO
    if age > slower * p[0].equity_degraded_ns:
        return _DEGRADED, _STALE_QUOTE if owes else _CLOSED
    return said_of_feed(s, TRUST_EQUITY, t_ns)


@kernel
def said_of_feed(s: State, k: int, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of an input that is well but for what its feed said: a hole not long ago, a day of less worth."""
    trust = s.trust
    if t_ns < trust.degraded_until_ns[k]:
        return _DEGRADED, int(trust.degraded_reason[k])
    if trust.day_reason[k] != 0:
        return _DEGRADED, int(trust.day_reason[k])
    return _GREEN, 0


@kernel
def is_silent(s: State, p: Array, t_ns: int, last_ns: int) -> bool:
    """Nothing has come for longer than the hour of the day explains."""
    limit = p[0].silence_rth_ns if in_regular_hours(s, t_ns) else p[0].silence_open_ns
    return bool(t_ns - last_ns > limit and open_ns_between(s, last_ns, t_ns) > limit)


@kernel
def trust_of_depth(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the book."""
    trust = s.trust
    book = s.book
    if trust.tape_from_depth == 0:
        return _ABSENT, _NOT_CONFIGURED
    if trust.feed_down[TRUST_DEPTH] != 0:
        return _BLIND, _FEED_DOWN
    if trust.halted[TRUST_DEPTH] != 0:
        return _BLIND, _HALTED
    if book.status != VALID:
        return _BLIND, _MAYBE_BAD_BOOK if trust.bad_book != 0 else _NO_BOOK
    if t_ns < trust.blind_until_ns[TRUST_DEPTH]:
        return _BLIND, int(trust.blind_reason[TRUST_DEPTH])
    if book.invalid_since_ns > 0 and t_ns - book.invalid_since_ns > p[0].crossed_blind_ns:
        return _BLIND, _CROSSED if book.invalid_reason == 1 else _ONE_SIDED
    if book.has_bbo == 0:
        return _BLIND, _NO_BOOK
    if is_silent(s, p, t_ns, s.clock.last_depth_ns):
        return _BLIND, _SILENT
    return trust_of_balance(s, p, t_ns)


@kernel
def trust_of_balance(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """DEGRADED when the book and the trades of the last seconds do not fit together."""
    windows = s.windows
    trust = s.trust
    if s.book.incomplete != 0:
        return _DEGRADED, _INCOMPLETE_BOOK
    totals = windows.totals_sum
    traded = totals[TOTAL_TRADED]
    if totals[TOTAL_OUTSIDE] > p[0].trades_outside_share * traded and totals[TOTAL_OUTSIDE] >= _EVIDENCE_CONTRACTS:
        return _DEGRADED, _TRADES_OUTSIDE
    moved = totals[TOTAL_ADDED] + totals[TOTAL_PULLED] + totals[TOTAL_FILLED]
    if totals[TOTAL_RESIDUAL] > p[0].residual_share * moved and totals[TOTAL_RESIDUAL] >= _EVIDENCE_CONTRACTS:
        return _DEGRADED, _RESIDUAL
    if totals[TOTAL_HIDDEN] > p[0].hidden_share * totals[TOTAL_FILLED] and totals[TOTAL_HIDDEN] >= _EVIDENCE_CONTRACTS:
        return _DEGRADED, _HIDDEN_SHARE
    if windows.rejected > p[0].rejected_share * windows.records:
        return _DEGRADED, _REJECTED
    state, reason = said_of_feed(s, TRUST_DEPTH, t_ns)
    if state == _GREEN and trust.tick_inferred != 0:
        return _DEGRADED, _TICK_INFERRED
    return state, reason


@kernel
def trust_of_tape(s: State, p: Array, t_ns: int) -> tuple[int, int]:
    """(trust, reason) of the trades. From a depth stream they are as alive as that stream is."""
    trust = s.trust
    clock = s.clock
    windows = s.windows
    if trust.feed_down[TRUST_TAPE] != 0:
        return _BLIND, _FEED_DOWN
    if trust.halted[TRUST_TAPE] != 0:
        return _BLIND, _HALTED
    if t_ns < trust.blind_until_ns[TRUST_TAPE]:
        return _BLIND, int(trust.blind_reason[TRUST_TAPE])
    last = clock.last_depth_ns if trust.tape_from_depth != 0 else clock.last_tape_ns
    if is_silent(s, p, t_ns, last):
        return _BLIND, _SILENT
    totals = windows.totals_sum
    if (
        totals[TOTAL_OUTSIDE] > p[0].trades_outside_share * totals[TOTAL_TRADED]
        and totals[TOTAL_OUTSIDE] >= _EVIDENCE_CONTRACTS
    ):
        return _DEGRADED, _TRADES_OUTSIDE
    if windows.rejected > p[0].rejected_share * windows.records:
        return _DEGRADED, _REJECTED
    return said_of_feed(s, TRUST_TAPE, t_ns)


@kernel
def worst_configured(s: State) -> int:
    """The worst trust of the inputs that are configured."""
    worst = _GREEN
    for k in range(len(INPUTS)):
        state = s.trust.state[k]
        if state != _ABSENT and state > worst:
            worst = state
    return worst
