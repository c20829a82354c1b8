"""Reading the engine's memory for people: copies for ladders and heat maps. Nothing here changes the state."""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.levels import ProfilePart
from spymaster.physics.book.windows import buckets_in
from spymaster.physics.memory.indices import (
    ADD,
    ASK_FIELDS,
    BUY,
    HIGH,
    LEDGER_TICKS,
    LOW,
    MINUTE_BARS,
    PULL,
    SELL,
    TAPE_BUY,
    TAPE_SELL,
    UNKNOWN,
)
from spymaster.physics.memory.state import Array
from spymaster.physics.time.bars import vwap_of
from spymaster.physics.time.profile import row_price, value_area

_REST: Final = int(ProfilePart.REST)
_VALUE_AREA: Final = int(ProfilePart.VALUE_AREA)
_POINT_OF_CONTROL: Final = int(ProfilePart.POINT_OF_CONTROL)


@kernel
def read_ladder(state: Array, p: Array, t_ns: int, low_tick: int, out: Array) -> None:
    """Fill ``out`` (``signals.frame.LADDER_ROW[n]``) with the prices from ``low_tick`` upwards as of ``t_ns``."""
    s = state[0]
    ledger = s.ledger
    window = min(buckets_in(p, p[0].w_barrier_ns), ledger.buckets_closed)
    # after a snap the bucket just closed is the one before the open one
    newest = ledger.bucket - 1
    for n in range(len(out)):
        row = out[n]
        row.tick = low_tick + n
        i = low_tick + n - ledger.base
        row.bid = row.ask = row.bid_seen = row.ask_seen = row.bid_change = row.ask_change = row.buys = row.sells = 0
        row.bid_age_ns = row.ask_age_ns = -1
        if i < 0 or i >= LEDGER_TICKS:
            continue
        row.bid = ledger.depth[0, i]
        row.ask = ledger.depth[1, i]
        row.bid_seen = 1 if ledger.seen_since[0, i] > 0 else 0
        row.ask_seen = 1 if ledger.seen_since[1, i] > 0 else 0
        row.bid_age_ns = _age(t_ns, ledger.seen_since[0, i], ledger.last_seen[0, i])
        row.ask_age_ns = _age(t_ns, ledger.seen_since[1, i], ledger.last_seen[1, i])
        for k in range(window):
            j = (newest - k) % ledger.ring
            row.bid_change += s.flow[j, i, ADD] - s.flow[j, i, PULL]
            row.ask_change += s.flow[j, i, ASK_FIELDS + ADD] - s.flow[j, i, ASK_FIELDS + PULL]
        row.buys = ledger.volume[TAPE_BUY, i]
        row.sells = ledger.volume[TAPE_SELL, i]


@kernel
def _age(t_ns: int, seen_since: int, last_seen: int) -> int:
    if seen_since > 0:
        return 0
    return t_ns - last_seen if last_seen > 0 else -1


@kernel
def read_heat(state: Array, low_tick: int, depth: Array) -> None:
    """Fill ``depth`` (int32[n]) with the contracts displayed from ``low_tick`` upwards, -1 where out of sight.

    A price shows the side that rests there; with the best prices between them both sides are in sight and empty.
    """
    s = state[0]
    ledger = s.ledger
    book = s.book
    for n in range(len(depth)):
        i = low_tick + n - ledger.base
        depth[n] = -1
        if i < 0 or i >= LEDGER_TICKS or book.status == UNKNOWN:
            continue
        side = 0 if low_tick + n <= book.bid else 1
        if ledger.seen_since[side, i] > 0:
            depth[n] = ledger.depth[side, i]


@kernel
def read_bucket_trades(state: Array, out: Array) -> int:
    """Trades of the bucket closed last into ``out`` (int64[n, 3]: tick, buys, sells); returns how many rows."""
    s = state[0]
    ledger = s.ledger
    j = (ledger.bucket - 1) % ledger.ring
    n = 0
    for i in range(ledger.touched[j, LOW], ledger.touched[j, HIGH] + 1):
        buys, sells = s.flow[j, i, BUY], s.flow[j, i, SELL]
        if (buys > 0 or sells > 0) and n < len(out):
            out[n, 0] = ledger.base + i
            out[n, 1] = buys
            out[n, 2] = sells
            n += 1
    return n


@kernel
def read_chart(state: Array, out: Array) -> int:
    """One-minute bars into ``out`` (``signals.chart.bars.CHART_BAR[n]``), oldest first; returns how many.

    The last of them may still be in the making.
    """
    s = state[0]
    bars = s.bars
    held = min(bars.minutes_held, MINUTE_BARS, len(out) - 1)
    for k in range(held):
        r = bars.minutes[(bars.minutes_held - held + k) % MINUTE_BARS]
        write_bar(out[k], r)
        out[k].vwap = r.vwap
        out[k].sma_200 = r.sma_200
        out[k].sma_400 = r.sma_400
    if bars.minute.trades == 0:
        return int(held)
    now = out[held]
    write_bar(now, bars.minute)
    now.vwap = vwap_of(s)
    now.sma_200 = bars.sma_200
    now.sma_400 = bars.sma_400
    return int(held + 1)


@kernel
def write_bar(row: Any, bar: Any) -> None:
    """One bar's prices and volume into a chart row."""
    row.t_ns = bar.start_ns
    row.open = bar.open
    row.high = bar.high
    row.low = bar.low
    row.close = bar.close
    row.volume = bar.volume


@kernel
def read_profile(state: Array, out: Array) -> int:
    """The session's volume by price into ``out`` (``signals.chart.bars.PROFILE_ROW[n]``), the lowest first; how many.

    None where nothing has traded in the session, or too far apart to be held.
    """
    profile = state[0].volume_profile
    if profile.total == 0.0 or profile.beyond != 0:
        return 0
    low, high = value_area(profile)
    held = min(profile.high - profile.low + 1, len(out))
    for k in range(held):
        i = profile.low + k
        row = out[k]
        row.price = row_price(profile, i)
        row.volume = profile.volume[i]
        row.part = _POINT_OF_CONTROL if i == profile.point else _VALUE_AREA if low <= i <= high else _REST
    return int(held)
