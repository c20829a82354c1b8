"""What is remembered of a market and of its levels to say how they came where they are: bounded, plain arrays."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.features.phases import DECISION, STANDING
from spymaster.ledger.rows import SLOT
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW

Array = NDArray[Any]

LEVELS: Final = 2048
"""Slots of levels: a power of two, for a key is looked for from its hash on."""
RINGS: Final = 128
"""Levels whose liquidity is remembered, twice as many as are published at once; the one unseen longest gives way."""
RING: Final = 64
BUCKET_S: Final = 5
"""A level's liquidity is remembered every five seconds, for 320 of them."""
BINS: Final = 2048
"""Seconds of the market's price and flows that have a place; a power of two, and more than the longest window."""
WINDOWS_S: Final = (60, 180, 300, 600, 1200)
"""Windows of motion."""
MOVES_S: Final = (5, 15, 30)
"""Shorter ones, in which a move is all that can be told."""
RANGES_S: Final = (300, 1200)
FLOWS_S: Final = (30, 120, 300)
"""Windows of order-flow imbalance beside those that are published."""
TRADED_S: Final = (15, 60, 300)
OPTIONS_S: Final = (60, 300)
EVOLUTION_S: Final = (15, 60, 180, 300)
"""Windows of what became of the liquidity at a level."""
STACKED_POINTS: Final = (2.0, 5.0, 10.0)
EXPOSED_POINTS: Final = (5.0, 10.0, 15.0)
"""How far around a level other levels, and dealers' exposure at them, are looked at: points of the future."""
KINDS: Final = max(LevelKind) + 1
DECISIONS: Final = 512
"""Decisions that a call has room for before it hands over."""
MOST_A_SNAP: Final = 192
"""No more come of one snap: three at each of 64 levels."""
MICRO: Final = 1_000_000
"""Sums of flows are whole millionths, so that a window's sum does not depend on when summing began."""

FED: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("session_date", "<i8"),
        ("levels", "<i8"),
        ("trust_depth", "<i8"),
        ("cvd", "<i8"),
        ("microprice", "<f8"),
        ("sigma_1m", "<f8"),
        ("call_delta_flow", "<f8"),
        ("put_delta_flow", "<f8"),
        ("hedge", "<f8"),
        ("iv", "<f8"),
        ("charm_flow", "<f8"),
    ]
)
"""What is taken of a snap (``market.rows.SNAP``)."""

CLOCK: Final = np.dtype(
    [
        ("last_ns", "<i8"),
        ("session_date", "<i8"),
        ("is_lost", "<i8"),
        ("dropped", "<i8"),
        ("open", "<i8"),
        ("done", "<i8"),
        ("ofi", "<i8"),
        ("ofi_ms", "<i8"),
        ("option_flow", "<i8"),
        ("option_ms", "<i8"),
    ]
)
"""``is_lost``: nobody knows where price is; ``dropped``: times that a level found no room; ``open``: attempts that are
on; ``done``: decisions written by the last call. ``ofi``: order-flow imbalance since the beginning, upwards, millionths
of usual queues; ``option_flow``: delta that customers took over, millionths of futures; each with the milliseconds in
which it was known."""

BIN: Final = np.dtype(
    [
        ("second", "<i8"),
        ("t_ns", "<i8"),
        ("ofi", "<i8"),
        ("ofi_ms", "<i8"),
        ("option_flow", "<i8"),
        ("option_ms", "<i8"),
        ("cvd", "<i8"),
        ("price", "<f8"),
        ("sigma_1m", "<f8"),
    ]
)
"""The last snap of a second."""

POINT: Final = np.dtype(
    [
        ("bucket", "<i8"),
        ("t_ns", "<i8"),
        ("seen_ms", "<i8"),
        ("added", "<f8"),
        ("pulled", "<f8"),
        ("filled", "<f8"),
        ("depth", "<f8"),
        ("hedge", "<f8"),
    ]
)
"""The first snap of five seconds at a level: contracts since the beginning, contracts now, exposure now."""

MEMO: Final = np.dtype(
    [
        ("key", "<i8"),
        ("ring", "<i8"),
        ("seen_ns", "<i8"),
        ("seen_ms", "<i8"),
        ("added", "<f8"),
        ("pulled", "<f8"),
        ("filled", "<f8"),
        ("armed_ns", "<i8"),
        ("stage", "<i8"),
        ("arm_price", "<f8"),
        ("contact_depth", "<f8"),
        ("held", "<i8"),
        ("broke", "<i8"),
        ("last_outcome", "<i8"),
        ("last_contact_ns", "<i8"),
        ("last_filled", "<f8"),
        ("end_ns", "<i8"),
    ]
)
"""What is remembered of a level beside its test (``ledger.rows.SLOT``). ``ring``: -1 without; ``added`` to ``filled``:
contracts in its zone while that was in sight, ``seen_ms``; ``armed_ns``: the approach that was told last; ``stage``:
that which was told last of the attempt that is on; ``last_*``, ``end_ns``: of the attempt decided
last, +1 broke, -1 held, 0 neither."""

LOOKED: Final = np.dtype(
    [
        ("direction", "<f8"),
        ("level", "<f8"),
        ("microprice", "<f8"),
        ("phase", "<f8"),
        ("arm_s", "<f8"),
        ("contact_s", "<f8"),
        ("arm_price", "<f8"),
        ("beyond", "<f8"),
        ("back", "<f8"),
        ("taken", "<f8", (3,)),
        ("contact_depth", "<f8"),
        ("number", "<f8"),
        ("held", "<f8"),
        ("broke", "<f8"),
        ("last_outcome", "<f8"),
        ("last_contact_s", "<f8"),
        ("last_filled", "<f8"),
        ("age_s", "<f8"),
        ("depth", "<f8", (len(EVOLUTION_S),)),
        ("rates", "<f8", (3, len(EVOLUTION_S))),
        ("hedge", "<f8", (len(EVOLUTION_S),)),
        ("kinds", "<f8", (KINDS,)),
        ("stacked", "<f8", (len(STACKED_POINTS),)),
        ("stacked_side", "<f8", (2,)),
        ("obstacle", "<f8", (2,)),
        ("exposed", "<f8", (2, len(EXPOSED_POINTS))),
        ("typical_depth", "<f8"),
        ("moves", "<f8", (len(MOVES_S),)),
        ("slopes", "<f8", (len(WINDOWS_S),)),
        ("bends", "<f8", (len(WINDOWS_S),)),
        ("trends", "<f8", (len(WINDOWS_S),)),
        ("ranges", "<f8", (len(RANGES_S),)),
        ("activity", "<f8"),
        ("sigma_then", "<f8"),
        ("flows", "<f8", (len(FLOWS_S),)),
        ("traded", "<f8", (len(TRADED_S),)),
        ("optioned", "<f8", (len(OPTIONS_S),)),
        ("hedge_spot", "<f8"),
        ("iv", "<f8"),
        ("charm_flow", "<f8"),
    ]
)
"""What was looked up for one level at one snap: points of the future, seconds, contracts; NaN where not known.

Not turned: motion and flows are + upwards, ``moves`` over what is usual by chance but for the volatility, sums as of
the length of their windows; of pairs the first is below the level and the second above. ``taken``:
filled, added, pulled since contact; ``rates``: added, pulled, filled a second; ``kinds``: where the level of each
LevelKind is, from this one; ``exposed``: mean exposure of dealers at levels that near."""


class Memory(NamedTuple):
    """Everything that is remembered."""

    slots: Array
    """SLOT[LEVELS]"""
    memos: Array
    """MEMO[LEVELS]"""
    rings: Array
    """POINT[RINGS, RING]"""
    owners: Array
    """int64[RINGS]: whose a ring is, as place of a slot and 1; 0 for nobody's."""
    bins: Array
    """BIN[BINS]"""
    clock: Array
    """CLOCK[1]"""


class Told(NamedTuple):
    """What a call tells: decisions, what was looked up for each, and its level's row as it was published."""

    decisions: Array
    """DECISION[DECISIONS]"""
    looked: Array
    """LOOKED[DECISIONS]"""
    rows: Array
    """float64[DECISIONS, fields of LEVEL_ROW]"""


def new_memory() -> Memory:
    """Nothing was seen."""
    memory = Memory(
        np.zeros(LEVELS, SLOT),
        np.zeros(LEVELS, MEMO),
        np.zeros((RINGS, RING), POINT),
        np.zeros(RINGS, np.int64),
        np.zeros(BINS, BIN),
        np.zeros(1, CLOCK),
    )
    memory.clock["is_lost"] = 1
    return memory


def new_told(count: int = DECISIONS) -> Told:
    """Room for so many."""
    return Told(np.zeros(count, DECISION), np.zeros(count, LOOKED), np.zeros((count, len(LEVEL_ROW.names or ()))))


def new_standings(count: int) -> Array:
    """STANDING[count]"""
    return np.zeros(count, STANDING)
