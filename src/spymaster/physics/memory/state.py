"""Everything the engine remembers: one preallocated record of arrays, and nothing else.

A snapshot of an engine is the bytes of this record. It is one record so that kernels pass it on as a single pointer: as
separate arrays it cost minutes to compile. Side 0 is bid and 1 ask. Sizes are contracts, times are ns since 1970 UTC,
prices are ticks unless a name says otherwise.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import MBP10_WORDS
from spymaster.market.levels import MAX_PUBLISHED, MAX_USER_LEVELS, LevelKind
from spymaster.market.rows import ALERT_ROW, MASS_FIELDS, ORDER_ROW
from spymaster.market.sessions import SESSION
from spymaster.physics.memory.option_state import OPTION_FIELDS
from spymaster.physics.memory.records import (
    BOOK,
    CHART_ROW,
    CLOCK,
    EQUITY,
    HOLE,
    ICEBERG,
    LEVEL,
    MARKET,
    MINUTE_BAR,
    RANGE,
    SWEEP,
    TRUST,
)

LEDGER_TICKS: Final = 1024
"""Width of the ledger. It follows the touch; prices further than half of it away are unseen."""

RECENTRE_TICKS: Final = 256
"""The ledger moves once the touch is this far from its middle."""

BID: Final = 0
ASK: Final = 1

ADD: Final = 0
PULL: Final = 1
FILL: Final = 2
HIDDEN: Final = 3
OFF_BOOK: Final = 8
BUY: Final = 9
SELL: Final = 10
LARGE_BUY: Final = 11
LARGE_SELL: Final = 12
FLEETING: Final = 13
FLOW_FIELDS: Final = 16
"""Per bucket and tick: ADD, PULL, FILL, HIDDEN of the bids, the same of the asks, OFF_BOOK, BUY, SELL, LARGE_BUY,
LARGE_SELL, FLEETING of bids and asks, and one unused that makes a price's fields a cache line."""

Z_IN: Final = 0
Z_OUT: Final = 1
Z_FILL: Final = 2
Z_GROSS: Final = 3
Z_HIDDEN: Final = 4
Z_ADDED: Final = 5
Z_FLEETING: Final = 6
ZONE_FIELDS: Final = 8
"""Of a zone: netted additions and withdrawals, fills, gross flow, hidden fills, gross additions, those withdrawn again
at once; the rest fills the cache line."""

TAPE_FIELDS: Final = 4
"""Of the band round a price: aggressive buys and sells, and those of large orders."""

L_NET: Final = 0
L_FILL: Final = 1
LONG_BUCKETS: Final = 64
LONG_CLOSED: Final = 60
"""The long window is so many coarse buckets and the open one."""

OFI_DISTANCES: Final = 10
OFI_BEST: Final = 10
OFI_FIELDS: Final = 11
"""Net displayed flow by ticks from the own best, bids less asks, and the imbalance at the best prices."""
OFI_WINDOWS: Final = 4
OFI_WINDOWS_NS: Final = (1_000_000_000, 5_000_000_000, 15_000_000_000, 60_000_000_000)

R_SESSION: Final = 0
R_OVERNIGHT: Final = 1
R_PREMARKET: Final = 2
R_OPENING: Final = 3
R_REGULAR: Final = 4
R_PRIOR: Final = 5
RANGES: Final = 6
"""The parts of a session whose extremes are followed, and the session before."""

CLOSES: Final = 16
CHART_BARS: Final = 1024

MASS: Final = len(MASS_FIELDS)
"""Per-bucket totals, in the order of ``market.rows.MASS_FIELDS``."""
M_ADD: Final = MASS_FIELDS.index("added")
M_PULL: Final = MASS_FIELDS.index("pulled")
M_FILL: Final = MASS_FIELDS.index("filled")
M_HIDDEN: Final = MASS_FIELDS.index("hidden")
M_OFF: Final = MASS_FIELDS.index("off_book")
M_TRADED: Final = MASS_FIELDS.index("traded")
M_RESIDUAL: Final = MASS_FIELDS.index("residual")
M_OUTSIDE: Final = MASS_FIELDS.index("outside")

A_SCORE: Final = 0
A_VELOCITY: Final = 1
A_DELTA: Final = 2
A_REPLENISHMENT: Final = 3
A_WEIGHT: Final = 4
A_SCALES: Final = 5
A_RATES: Final = 6
A_GROWTH: Final = 7
"""Places in ``share``; the last is by how much newer samples outweigh those of the snap before."""

BARRIER: Final = 0
FUEL: Final = 1
TAPE: Final = 2
"""The three forces, in the order of weights and attributions."""

PENDING: Final = 128
DISTANCES: Final = 10
DEPTH_DISTANCES: Final = 32
QUANTILE_BINS: Final = 160
SWEEPS: Final = 16
ORDERS: Final = 1024
ALERTS: Final = 1024
USER_SLOTS: Final = MAX_USER_LEVELS
STRUCTURAL_SLOTS: Final = len(LevelKind)
"""A slot of its own for every kind, by its code; those of kinds with many levels stay empty."""
ROUND_SLOTS: Final = 64
STRIKE_SLOTS: Final = 64
LEVEL_SLOTS: Final = USER_SLOTS + STRUCTURAL_SLOTS + ROUND_SLOTS + STRIKE_SLOTS
SESSIONS: Final = 512
HOLES: Final = 32
"""The latest holes are remembered, to be told; all are counted."""
RING_MAX: Final = 1024

UNKNOWN: Final = 0
LOADING: Final = 1
VALID: Final = 2

COUNTERS: Final = (
    "records",
    "trades",
    "other_instrument",
    "late",
    "bad_time",
    "bad_price",
    "bad_size",
    "bad_action",
    "far_price",
    "jumps",
    "unordered_book",
    "trades_not_tape",
    "bars",
    "late_bars",
    "bad_bars",
    "bad_quotes",
    "option_quotes",
    "option_trades",
    "bad_options",
    "option_cancels",
    "lost_cancels",
    "open_interest",
    "holes",
)
"""Counts kept inside the engine; those in ``REJECTIONS`` mean the record changed nothing."""

REJECTIONS: Final = (
    *("bad_time", "bad_price", "bad_size", "bad_action", "far_price", "unordered_book"),
    *("late_bars", "bad_bars", "bad_quotes", "bad_options", "lost_cancels"),
)

C_RECORDS: Final = COUNTERS.index("records")
C_TRADES: Final = COUNTERS.index("trades")
C_OTHER: Final = COUNTERS.index("other_instrument")
C_LATE: Final = COUNTERS.index("late")
C_BAD_TIME: Final = COUNTERS.index("bad_time")
C_BAD_PRICE: Final = COUNTERS.index("bad_price")
C_BAD_SIZE: Final = COUNTERS.index("bad_size")
C_BAD_ACTION: Final = COUNTERS.index("bad_action")
C_FAR_PRICE: Final = COUNTERS.index("far_price")
C_JUMPS: Final = COUNTERS.index("jumps")
C_UNORDERED: Final = COUNTERS.index("unordered_book")
C_NOT_TAPE: Final = COUNTERS.index("trades_not_tape")
C_BARS: Final = COUNTERS.index("bars")
C_LATE_BARS: Final = COUNTERS.index("late_bars")
C_BAD_BARS: Final = COUNTERS.index("bad_bars")
C_BAD_QUOTES: Final = COUNTERS.index("bad_quotes")
C_OPTION_QUOTES: Final = COUNTERS.index("option_quotes")
C_OPTION_TRADES: Final = COUNTERS.index("option_trades")
C_BAD_OPTIONS: Final = COUNTERS.index("bad_options")
C_OPTION_CANCELS: Final = COUNTERS.index("option_cancels")
C_LOST_CANCELS: Final = COUNTERS.index("lost_cancels")
C_OPEN_INTEREST: Final = COUNTERS.index("open_interest")
C_HOLES: Final = COUNTERS.index("holes")

_MAGIC: Final = b"SPYSTATE"
Array = NDArray[Any]
State = Any
"""One element of a ``STATE`` array inside a kernel: a record whose fields are arrays, passed by reference."""

STATE: Final = np.dtype(
    [
        ("clock", CLOCK, (1,)),
        ("book", BOOK, (1,)),
        ("market", MARKET, (1,)),
        ("trust", TRUST, (1,)),
        ("equity", EQUITY, (1,)),
        ("range", RANGE, (RANGES,)),
        # the minute and the two minutes being formed, the latest one-minute closes, the closed two-minute bars
        ("minute", MINUTE_BAR, (1,)),
        ("double", MINUTE_BAR, (1,)),
        ("closes", "<f8", (CLOSES,)),
        ("chart", CHART_ROW, (CHART_BARS,)),
        ("counters", "<i8", (len(COUNTERS),)),
        # the record last applied
        ("words", "<i8", (MBP10_WORDS,)),
        # [side, tick or size, the ten levels best first]; [side, 0, 10] is the number of levels
        ("ladder", "<i8", (2, 2, 11)),
        # the record in hand, decoded: side, ticks or sizes
        ("scratch", "<i8", (2, 2, 10)),
        # displayed size, last seen size where unseen
        ("depth", "<i8", (2, LEDGER_TICKS)),
        # the same at the start of the bucket, -1 where unseen then
        ("depth_start", "<i8", (2, LEDGER_TICKS)),
        # visible without interruption since; 0 unseen
        ("seen_since", "<i8", (2, LEDGER_TICKS)),
        # finished spells of visibility inside the open bucket
        ("seen_ns", "<i8", (2, LEDGER_TICKS)),
        # when it went out of sight; 0 never seen
        ("last_seen", "<i8", (2, LEDGER_TICKS)),
        # side, tick, size of traded volume not yet matched to a decrease
        ("pending", "<i8", (PENDING, 3)),
        # lowest and highest ledger index with any flow in the bucket; high < low when none
        ("touched", "<i8", (RING_MAX, 2)),
        # lowest and highest tick traded in the bucket; low > high when none
        ("trade_range", "<i8", (RING_MAX, 2)),
        # the same over the last j + 1 buckets
        ("range_suffix", "<i8", (RING_MAX, 2)),
        # window sums of the zone centred on each tick
        ("zone", "<i8", (2, LEDGER_TICKS, ZONE_FIELDS)),
        # window sums of aggressive volumes in the tape band round each tick
        ("tape", "<i8", (TAPE_FIELDS, LEDGER_TICKS)),
        # contracts added in this and in the last quarter of a second and still there, by side and tick
        ("fresh", "<i8", (2, LEDGER_TICKS, 2)),
        ("iceberg", ICEBERG, (2, LEDGER_TICKS)),
        # totals of the icebergs that ended used up, and of those that were lost from sight
        ("iceberg_ends", "<f8", (2, QUANTILE_BINS)),
        # net displayed flow and fills per tick: sums over the long window, and its buckets
        ("long_sum", "<i8", (2, LEDGER_TICKS, 2)),
        ("long", "<i4", (LONG_BUCKETS, 2, LEDGER_TICKS, 2)),
        ("long_touched", "<i8", (LONG_BUCKETS, 2)),
        ("ofi", "<i8", (RING_MAX, OFI_FIELDS)),
        ("ofi_sum", "<i8", (OFI_WINDOWS, OFI_FIELDS)),
        # aggressive buys and sells at each tick since the session began
        ("volume", "<i8", (2, LEDGER_TICKS)),
        # totals per bucket and over the trust window
        ("mass", "<i8", (RING_MAX, MASS)),
        ("mass_sum", "<i8", (MASS,)),
        # records and rejected records per bucket
        ("quality", "<i8", (RING_MAX, 2)),
        # typical size by ticks from the own best; how many snaps it rests on
        ("depth_mean", "<f8", (2, DEPTH_DISTANCES)),
        ("best_hist", "<f8", (QUANTILE_BINS,)),
        # sizes of orders, and volumes of tenths of a second
        ("order_hist", "<f8", (QUANTILE_BINS,)),
        ("burst_hist", "<f8", (QUANTILE_BINS,)),
        ("delta_hist", "<f8", (DISTANCES, QUANTILE_BINS)),
        ("fill_hist", "<f8", (DISTANCES, QUANTILE_BINS)),
        ("spread_hist", "<f8", (DISTANCES, QUANTILE_BINS)),
        # sigma of delta, median fill, sigma of fill by distance
        ("noise", "<f8", (3, DISTANCES)),
        # ticks whose zone overlaps a level's
        ("near", "<i8", (LEDGER_TICKS,)),
        ("sweep", SWEEP, (SWEEPS,)),
        # signals raised and resolved since the caller last read them; book.alerts of them
        ("alert", ALERT_ROW, (ALERTS,)),
        # ring of the latest holes; counters[holes] in all
        ("hole", HOLE, (HOLES,)),
        # ring of the latest orders
        ("order", ORDER_ROW, (ORDERS,)),
        ("level", LEVEL, (LEVEL_SLOTS,)),
        # slots, nearest level first, and the distance of the level in each slot
        ("ranking", "<i8", (LEVEL_SLOTS,)),
        ("separation", "<f8", (LEVEL_SLOTS,)),
        # weight of the newest value in each smoother, in the order of the A_ constants
        ("share", "<f8", (8,)),
        # natural logarithms of r_vac, r_wall and iceberg_odds
        ("logs", "<f8", (3,)),
        # places in the rows of the published levels, by rising price
        ("by_price", "<i8", (MAX_PUBLISHED,)),
        # the same levels' prices, weights in a confluence and kinds as bits
        ("crowd_price", "<f8", (MAX_PUBLISHED,)),
        ("crowd_weight", "<f8", (MAX_PUBLISHED,)),
        ("crowd_kind", "<i8", (MAX_PUBLISHED,)),
        # the level in hand: probabilities of its states, what each force says, how much each weighs
        ("states", "<f8", (6,)),
        # of the zone in hand: sums over its window, scales of the whole window, spreads of one bucket
        ("window", "<i8", (ZONE_FIELDS,)),
        # one-minute bars in a row that fell, beside those that rose in the rows' shared part
        ("falling_bars", "<i8", (1,)),
        ("scale", "<f8", (5,)),
        ("spread", "<f8", (3,)),
        ("scores", "<f8", (3,)),
        ("weights", "<f8", (3,)),
        *OPTION_FIELDS,
        # trading sessions, oldest first; book.sessions of them
        ("sessions", SESSION, (SESSIONS,)),
        # contracts by bucket, ledger index and field: a price's fields share a cache line, a zone's lie side by side.
        # Last, because a snapshot leaves out the unused buckets
        ("flow", "<i4", (RING_MAX, LEDGER_TICKS, FLOW_FIELDS)),
    ]
)


def ring_length(window_ns: int, interval_ns: int) -> int:
    """Buckets needed for a window: a power of two. Raises ValueError when the ring cannot be that long."""
    buckets = 1 << (window_ns // interval_ns + 2).bit_length()
    if buckets > RING_MAX:
        raise ValueError(
            f"a window of {window_ns / 1e9:g} s needs more than {RING_MAX} buckets of {interval_ns / 1e6:g} ms"
        )
    return buckets


def new_state(ring: int, sessions: Array) -> Array:
    """A state (STATE, shape (1,)) that has seen nothing. ``ring``: buckets in use; ``sessions``: SESSION[k], k > 0.

    Raises ValueError when there are more sessions than the state has room for.
    """
    if len(sessions) > SESSIONS:
        raise ValueError(f"the data span {len(sessions)} trading sessions; at most {SESSIONS} fit one run")
    state = np.zeros(1, STATE)
    s = state[0]
    s["book"]["ring"] = ring
    s["book"]["sessions"] = len(sessions)
    s["depth_start"][:] = -1
    s["touched"][:] = (LEDGER_TICKS, -1)
    s["trade_range"][:] = (2**62, -(2**62))
    s["range_suffix"][:] = (2**62, -(2**62))
    s["long_touched"][:] = (LEDGER_TICKS, -1)
    s["book"]["fresh_low"], s["book"]["fresh_high"] = LEDGER_TICKS, -1
    s["market"]["range_session"] = -1
    s["market"]["atr"] = s["market"]["sma_200"] = s["market"]["sma_400"] = np.nan
    s["ranking"][:] = np.arange(LEVEL_SLOTS)
    s["sessions"][: len(sessions)] = sessions
    return state


def _used_bytes(state: Array) -> int:
    """Bytes up to the last bucket in use; what lies behind them is never written."""
    offset = int(STATE.fields["flow"][1]) if STATE.fields else 0
    return offset + int(state["book"]["ring"][0, 0]) * FLOW_FIELDS * LEDGER_TICKS * 4


def pack_state(state: Array) -> bytes:
    """The state as bytes: a mark with the layout's size, then the memory in use."""
    return _MAGIC + struct.pack("<Q", STATE.itemsize) + state.view(np.uint8)[: _used_bytes(state)].tobytes()


def unpack_state(data: bytes, into: Array) -> None:
    """Fill ``into`` (of the same ring length) from ``pack_state``'s bytes.

    Raises ValueError when the bytes belong to another layout.
    """
    head = len(_MAGIC) + 8
    used = _used_bytes(into)
    if data[: len(_MAGIC)] != _MAGIC or len(data) != head + used:
        raise ValueError("not a snapshot of this engine")
    if struct.unpack_from("<Q", data, len(_MAGIC))[0] != STATE.itemsize:
        raise ValueError("the snapshot is of another engine version")
    into.view(np.uint8)[:used] = np.frombuffer(data, np.uint8, used, head)
