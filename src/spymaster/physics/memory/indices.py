"""Sizes of the engine's memory, and what stands where in its arrays. Side 0 is bid and 1 ask."""

from __future__ import annotations

from typing import Final

from spymaster.market.levels import MAX_USER_LEVELS, LevelKind
from spymaster.market.rows import INPUTS
from spymaster.market.rows import TOTALS as SUMMED

LEDGER_TICKS: Final = 1024
"""Width of the ledger. It follows the touch; prices further than half of it away are unseen."""

RECENTRE_TICKS: Final = 256
"""The ledger moves once the touch is this far from its middle."""

RING_MAX: Final = 1024
"""Buckets the ledger can hold at most."""

BID: Final = 0
ASK: Final = 1

LOW: Final = 0
HIGH: Final = 1
"""Of a pair of extremes."""

BOOK_LEVELS: Final = 10
UNKNOWN: Final = 0
LOADING: Final = 1
VALID: Final = 2
"""What the book is: unknown, being shown, or to be believed."""

ADD: Final = 0
PULL: Final = 1
FILL: Final = 2
HIDDEN: Final = 3
OFF_BOOK: Final = 8
BUY: Final = 9
SELL: Final = 10
LARGE_BUY: Final = 11
LARGE_SELL: Final = 12
FLICKER: Final = 13
FLOW_FIELDS: Final = 16
"""Per bucket and tick: ADD, PULL, FILL, HIDDEN of the bids, the same of the asks, OFF_BOOK, BUY, SELL, LARGE_BUY,
LARGE_SELL, FLICKER of bids and asks, and one unused that makes a price's fields a cache line."""

ASK_FIELDS: Final = 4
"""The asks' ADD, PULL, FILL and HIDDEN stand so many places behind those of the bids."""

Z_IN: Final = 0
Z_OUT: Final = 1
Z_FILL: Final = 2
Z_GROSS: Final = 3
Z_HIDDEN: Final = 4
Z_ADDED: Final = 5
Z_FLICKER: Final = 6
ZONE_FIELDS: Final = 8
"""Of a zone: netted additions and withdrawals, fills, gross flow, hidden fills, gross additions, those withdrawn again
at once; the rest fills the cache line."""

TAPE_BUY: Final = 0
TAPE_SELL: Final = 1
TAPE_LARGE_BUY: Final = 2
TAPE_LARGE_SELL: Final = 3
TAPE_FIELDS: Final = 4
"""Of the band round a price: aggressive buys and sells, and those of large orders."""

TOTALS: Final = len(SUMMED)
TOTAL_ADDED: Final = SUMMED.index("added")
TOTAL_PULLED: Final = SUMMED.index("pulled")
TOTAL_FILLED: Final = SUMMED.index("filled")
TOTAL_HIDDEN: Final = SUMMED.index("hidden")
TOTAL_OFF_BOOK: Final = SUMMED.index("off_book")
TOTAL_TRADED: Final = SUMMED.index("traded")
TOTAL_RESIDUAL: Final = SUMMED.index("residual")
TOTAL_OUTSIDE: Final = SUMMED.index("outside")
"""Totals of a bucket, in the order they are published in."""

QUALITY_RECORDS: Final = 0
QUALITY_REJECTED: Final = 1
"""Of a bucket: its records, and those that were rejected."""

NEWER: Final = 0
OLDER: Final = 1
"""Additions of this quarter of a second, and of the one before."""

USED_UP: Final = 0
LOST: Final = 1
"""How icebergs end: executed to the last contract as far as is known, or lost from sight."""

L_NET: Final = 0
L_FILL: Final = 1
LONG_BUCKETS: Final = 64
LONG_CLOSED: Final = 60
"""The long window is so many coarse buckets and the open one."""

OFI_DISTANCES: Final = 10
OFI_BEST: Final = 10
OFI_FIELDS: Final = 11
"""Net displayed flow by ticks from the own best, bids less asks, and the imbalance at the best prices."""
OFI_WINDOWS_NS: Final = (1_000_000_000, 5_000_000_000, 15_000_000_000, 60_000_000_000)
OFI_WINDOWS: Final = len(OFI_WINDOWS_NS)
OFI_1S: Final = 0
OFI_5S: Final = 1
OFI_15S: Final = 2
OFI_60S: Final = 3

NOISE_NET: Final = 0
NOISE_FILL_USUAL: Final = 1
NOISE_FILL: Final = 2
NOISES: Final = 3
"""By distance: spread of net flow, usual fills, spread of fills."""

SCALE_NET: Final = 0
SCALE_FILL_USUAL: Final = 1
SCALE_FILL: Final = 2
SCALE_NET_LIMIT: Final = 3
SCALE_FILL_LIMIT: Final = 4
ZONE_SCALES: Final = 5
"""Of the zone in hand, contracts: spread of net flow, usual fills, spread of fills, thresholds of both flows."""
BUCKET_SCALES: Final = 3
"""The first three of them again, for one bucket."""

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
MINUTE_BARS: Final = 2048
"""Closed bars of two minutes and of one that are remembered: as much time of either."""
PROFILE_ROWS: Final = 16_384
"""Prices of the session's volume profile, half of them to each side of its first one; a session that trades beyond
them has no profile."""

BARRIER: Final = 0
FUEL: Final = 1
TAPE: Final = 2
COMPONENTS: Final = 3
"""The components of a score, in the order of weights and attributions."""

NEAR_COUNT: Final = 0
NEAR_PRESSURE: Final = 1
NEAR_STRENGTH: Final = 2
NEAR_CENTRE: Final = 3
NEAR_FIELDS: Final = 4
"""Of a level's neighbours: how many, pressure, strength, and their centre less the level's price."""

FIT_WEIGHT: Final = 0
FIT_T: Final = 1
FIT_Y: Final = 2
FIT_TT: Final = 3
FIT_TY: Final = 4
FIT_SUMS: Final = 5
"""Sums of a straight line's least squares: weights, times, values, and their products."""

LEVELS_MOVED: Final = 1
LEVELS_NEW: Final = 2
"""What changed since the neighbours were last looked at: only where levels are, or which of them there are."""
MOVES: Final = 16
"""So many places where a level was or is are remembered till then."""

MIDS: Final = 256
"""Mids remembered, one a snap: those of the longest ``w_response`` at the shortest interval, and more."""

WATCHED: Final = 64
"""Alerts whose outcome is awaited at most."""

RESTING_PRICES: Final = 17
"""Prices of the widest zone: ``barrier_zone_ticks`` of 8 to each side."""
RECENT_DEPTHS: Final = 10
"""Depths of a zone remembered, one a snap: those of a second at the shortest interval."""

PARITY_STRIKES: Final = 12
"""So many strikes near the money at most say what the forward is."""

TRUST_DEPTH: Final = INPUTS.index("depth")
TRUST_TAPE: Final = INPUTS.index("tape")
TRUST_OPTIONS: Final = INPUTS.index("options")
TRUST_EQUITY: Final = INPUTS.index("equity")
"""The inputs that are trusted or not, in the order they are published in."""

PENDING: Final = 128
DISTANCES: Final = 10
DEPTH_DISTANCES: Final = 32
QUANTILE_BINS: Final = 160
SWEEPS: Final = 16
ORDERS: Final = 1024
ALERTS: Final = 1024
SESSIONS: Final = 512
HOLES: Final = 32
"""The latest holes are remembered, to be told; all are counted."""

USER_SLOTS: Final = MAX_USER_LEVELS
STRUCTURAL_SLOTS: Final = len(LevelKind)
"""A slot of its own for every kind, by its code; those of kinds with many levels stay empty."""
ROUND_SLOTS: Final = 64
STRIKE_SLOTS: Final = 64
LEVEL_SLOTS: Final = USER_SLOTS + STRUCTURAL_SLOTS + ROUND_SLOTS + STRIKE_SLOTS

W_HEADER: Final = 0
W_EVENT: Final = 1
W_PRICE: Final = 2
W_DETAILS: Final = 3
W_RECEIVED: Final = 4
W_BID: Final = 6
W_ASK: Final = 7
W_SIZES: Final = 8
"""Words of a record seen as int64: header, ts_event, price, details (size, action, side and flags), ts_recv, and of a
record with quotes the best bid and ask and both their sizes."""

KEY_BITS: Final = 16
"""The header shifted right by so many bits is publisher and instrument."""
ID_BITS: Final = 32
ACTION_BITS: Final = 32
SIDE_BITS: Final = 40
FLAGS_BITS: Final = 48
BYTE: Final = 0xFF
"""Where action, side and flags stand in the details, each one byte, and the instrument's id in the header."""
ASK_SIZE_BITS: Final = 32
"""Where the ask's size stands among a quote's sizes; the bid's is below it."""
