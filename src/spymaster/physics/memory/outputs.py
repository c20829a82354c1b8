"""The arrays an engine writes its results into; they are reused, so a reader copies what it keeps."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from spymaster.market.jit import kernel
from spymaster.market.kinds import SIDE_ASK, SIDE_BID, SIDE_NONE
from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.option_rows import MAX_PUBLISHED_STRIKES, OPTION_SUMMARY, STRIKE_ROW
from spymaster.market.rows import FLOW_ROW, LEVEL_ROW, SNAP
from spymaster.physics.memory.indices import (
    ADD,
    ALERTS,
    ASK,
    ASK_FIELDS,
    FILL,
    HIDDEN,
    HIGH,
    LEDGER_TICKS,
    LEVEL_SLOTS,
    LOW,
    OFF_BOOK,
    PULL,
    WATCHED,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.row_hash import DIGEST_WORDS, HEAD_WORDS

FLOW_ROWS_PER_SNAP: Final = 3 * LEDGER_TICKS
ALERTS_PER_SNAP: Final = 3 * MAX_PUBLISHED + LEVEL_SLOTS + WATCHED
_USER: Final = int(LevelKind.USER)


class Out(NamedTuple):
    """Results of the snaps taken since the caller last read them."""

    held: Array
    """int64[4]: snaps and flow rows held; whether flow rows are wanted; whether level rows are hashed and not kept"""
    snaps: Array
    """SNAP[K]"""
    rows: Array
    """LEVEL_ROW[K, MAX_PUBLISHED]; where they are not kept, those of the latest snap alone, and K is 1"""
    numbers: Array
    """float64[K, MAX_PUBLISHED, fields]: the same memory as ``rows``"""
    words: Array
    """int64[...]: the same memory, and before it what else enters the hash (``physics.row_hash``)"""
    placed: Array
    """int64[MAX_PUBLISHED]: whether a row that is not kept is still that of the level that rests at its rank"""
    common: Array
    """LEVEL_ROW[2]: what the levels of the snap in hand share, as a resistance has it and as a support; else NaN"""
    common_numbers: Array
    """float64[2, fields]: the same memory as ``common``"""
    blank: Array
    """LEVEL_ROW[1] of NaN: the row of a level that has none"""
    strikes: Array
    """STRIKE_ROW[K, MAX_PUBLISHED_STRIKES]; ``snaps[k].options.strikes`` of them belong to snap k"""
    flows: Array
    """FLOW_ROW[...]; ``snaps[k].flows`` rows belong to snap k, in order"""


def new_out(snaps: int, with_flows: bool, digest: bytes | None = None) -> Out:
    """Room for ``snaps`` snaps before the caller has to read them.

    ``digest``: of the snaps before, where rows are hashed and not kept.
    """
    fields = len(LEVEL_ROW.names or ())
    kept = snaps if digest is None else 1
    words = np.zeros(HEAD_WORDS + kept * MAX_PUBLISHED * fields, np.int64)
    if digest is not None:
        words[:DIGEST_WORDS] = np.frombuffer(digest, np.int64)
    rows = words[HEAD_WORDS:].view(LEVEL_ROW).reshape(kept, MAX_PUBLISHED)
    common = np.full(2, np.nan, LEVEL_ROW)
    heads = np.zeros(snaps, SNAP)
    heads["options"] = np.full((), np.nan, OPTION_SUMMARY)
    heads["options"]["strikes"] = heads["options"]["contracts"] = heads["options"]["quoted"] = 0.0
    return Out(
        held=np.array([0, 0, int(with_flows), int(digest is not None)], np.int64),
        snaps=heads,
        rows=rows,
        numbers=words[HEAD_WORDS:].view(np.float64).reshape(kept, MAX_PUBLISHED, fields),
        words=words,
        placed=np.zeros(MAX_PUBLISHED, np.int64),
        common=common,
        common_numbers=common.view(np.float64).reshape(2, fields),
        blank=np.full(1, np.nan, LEVEL_ROW),
        strikes=np.zeros((snaps, MAX_PUBLISHED_STRIKES), STRIKE_ROW),
        flows=np.zeros(snaps * FLOW_ROWS_PER_SNAP if with_flows else 1, FLOW_ROW),
    )


@kernel
def is_full(s: State, out: Out) -> bool:
    """Whether the results must be read before another snap can be taken."""
    return bool(out.held[0] >= len(out.snaps) or s.alerts.held > ALERTS - ALERTS_PER_SNAP)


@kernel
def write_alert(s: State, slot: int, t_ns: int, event: int, reason: int, row: Any) -> None:
    """Append a raised or resolved signal. Kept in the state, because kernels pass a tuple of arrays on dearly."""
    alerts = s.alerts
    v = s.levels.at[slot]
    a = alerts.row[alerts.held]
    alerts.held += 1
    a.t_ns = t_ns
    a.raised_ns = v.raised_ns
    a.session_date = v.raised_date
    a.event = event
    a.kind = v.kind
    a.user_index = v.ordinal if v.kind == _USER else -1
    a.price = v.price
    a.direction = v.raised_direction
    a.signal = v.signal
    a.confidence_label = row.confidence_label
    a.barrier_state = row.barrier_state
    a.in_window = s.scratch.in_window
    a.reason = reason
    a.score = row.score
    a.raised_score = v.raised_score
    a.peak_score = v.peak_score
    a.delta_liq = row.delta_liq
    a.filled = row.filled
    a.pulled = row.pulled
    a.added = row.added
    a.window_s = row.window_s
    a.outcome_30s = math.nan
    a.outcome_120s = math.nan
    a.outcome_240s = math.nan
    a.outcome_first = 0
    a.outcome_first_s = math.nan


@kernel
def copy_alert(a: Any, b: Any) -> None:
    """Every column of one alert into another; records are not assigned whole in kernels."""
    b.t_ns, b.raised_ns, b.session_date, b.event = a.t_ns, a.raised_ns, a.session_date, a.event
    b.kind, b.user_index, b.price, b.direction = a.kind, a.user_index, a.price, a.direction
    b.signal, b.confidence_label, b.barrier_state = a.signal, a.confidence_label, a.barrier_state
    b.in_window, b.reason = a.in_window, a.reason
    b.score, b.raised_score, b.peak_score = a.score, a.raised_score, a.peak_score
    b.delta_liq, b.filled, b.pulled, b.added = a.delta_liq, a.filled, a.pulled, a.added
    b.window_s = a.window_s
    b.outcome_30s, b.outcome_120s, b.outcome_240s = a.outcome_30s, a.outcome_120s, a.outcome_240s
    b.outcome_first, b.outcome_first_s = a.outcome_first, a.outcome_first_s


@kernel
def write_flows(s: State, t_ns: int, out: Out) -> int:
    """Ledger rows of the bucket that is being closed; returns how many. Bids, asks, off-book, each by rising price."""
    ledger = s.ledger
    j = ledger.bucket
    first = out.held[1]
    n = first
    for side in range(2):
        base = side * ASK_FIELDS
        for i in range(ledger.touched[j, LOW], ledger.touched[j, HIGH] + 1):
            added = s.flow[j, i, base + ADD]
            pulled = s.flow[j, i, base + PULL]
            filled = s.flow[j, i, base + FILL]
            if added == 0 and pulled == 0 and filled == 0:
                continue
            r = out.flows[n]
            r.ts_bucket_ns = t_ns
            r.side = SIDE_ASK if side == ASK else SIDE_BID
            r.tick = ledger.base + i
            r.added = added
            r.pulled = pulled
            r.filled = filled
            r.hidden = s.flow[j, i, base + HIDDEN]
            r.off_book = 0
            r.depth_start = ledger.depth_start[side, i]
            since = ledger.seen_since[side, i]
            r.depth_end = ledger.depth[side, i] if since > 0 else -1
            spell = t_ns - max(since, ledger.bucket_from_ns) if since > 0 else 0
            r.visible_ns = max(ledger.seen_ns[side, i] + spell, 0)
            n += 1
    for i in range(ledger.touched[j, LOW], ledger.touched[j, HIGH] + 1):
        if s.flow[j, i, OFF_BOOK] == 0:
            continue
        r = out.flows[n]
        r.ts_bucket_ns = t_ns
        r.side = SIDE_NONE
        r.tick = ledger.base + i
        r.added = r.pulled = r.filled = r.hidden = 0
        r.off_book = s.flow[j, i, OFF_BOOK]
        r.depth_start = -1
        r.depth_end = -1
        r.visible_ns = 0
        n += 1
    out.held[1] = n
    return int(n - first)
