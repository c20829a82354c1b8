"""Everything the engine remembers: one preallocated record of the modules' own records, and nothing else.

A snapshot of an engine is the bytes of this record without its scratch. It is one record so that kernels pass it on as
a single pointer: as separate arrays it cost minutes to compile.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.physics.memory.book_records import (
    BOOK,
    CONTEXT,
    EQUITY,
    FLICKER_RECORD,
    ICEBERGS,
    INSTRUMENT,
    LEDGER,
    MARKET,
    OFI,
    ORDERS_RECORD,
    SCALES,
    WINDOWS,
)
from spymaster.physics.memory.counters import COUNTERS
from spymaster.physics.memory.indices import FLOW_FIELDS, LEDGER_TICKS, LEVEL_SLOTS, RING_MAX, SESSIONS
from spymaster.physics.memory.level_records import ALERTS_RECORD, ALPHA, LEVELS, LOGS, TRUST, WATCHES
from spymaster.physics.memory.option_records import CHAIN, FUEL_RECORD, OPTION_FLOW, WALLS
from spymaster.physics.memory.scratch import SCRATCH
from spymaster.physics.memory.time_records import (
    BARS,
    CALENDAR,
    CLOCK,
    MOTION,
    RANGES_RECORD,
    VOLATILITY,
    VOLUME_PROFILE,
)

_MAGIC: Final = b"SPYSTATE"
Array = NDArray[Any]
State = Any
"""One element of a ``STATE`` array inside a kernel: a record of records, passed by reference."""

STATE: Final = np.dtype(
    [
        # first, because a snapshot leaves it out
        ("scratch", SCRATCH),
        ("counters", "<i8", (len(COUNTERS),)),
        # what follows from the configuration
        ("alpha", ALPHA),
        ("logs", LOGS),
        ("instrument", INSTRUMENT),
        ("calendar", CALENDAR),
        # time
        ("clock", CLOCK),
        ("ranges", RANGES_RECORD),
        ("bars", BARS),
        ("volume_profile", VOLUME_PROFILE),
        ("motion", MOTION),
        ("volatility", VOLATILITY),
        # the book
        ("book", BOOK),
        ("ledger", LEDGER),
        ("windows", WINDOWS),
        ("context", CONTEXT),
        ("flicker", FLICKER_RECORD),
        ("icebergs", ICEBERGS),
        ("ofi", OFI),
        ("scales", SCALES),
        ("orders", ORDERS_RECORD),
        ("equity", EQUITY),
        ("market", MARKET),
        # options
        ("chain", CHAIN),
        ("option_flow", OPTION_FLOW),
        ("fuel", FUEL_RECORD),
        ("walls", WALLS),
        # levels and what is said of them
        ("levels", LEVELS),
        ("trust", TRUST),
        ("alerts", ALERTS_RECORD),
        ("watches", WATCHES),
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


def new_state(ring: int, sessions: Array, hours: Array) -> Array:
    """A state (STATE, shape (1,)) that has seen nothing. ``ring``: buckets in use; ``sessions``: SESSION[k], k > 0;
    ``hours``: HOURS[k], or none where they are not known.

    Raises ValueError when there are more sessions than the state has room for, or not as many hours as sessions.
    """
    if len(sessions) > SESSIONS:
        raise ValueError(f"the data span {len(sessions)} trading sessions; at most {SESSIONS} fit one run")
    if len(hours) not in (0, len(sessions)):
        raise ValueError(f"hours of {len(hours)} trading sessions were given, which are {len(sessions)}")
    state = np.zeros(1, STATE)
    ledger, bars, levels, calendar = (state[name][0] for name in ("ledger", "bars", "levels", "calendar"))
    ledger["ring"] = ring
    ledger["depth_start"] = -1
    ledger["touched"] = (LEDGER_TICKS, -1)
    ledger["trade_range"] = (2**62, -(2**62))
    state["windows"]["range_suffix"] = (2**62, -(2**62))
    state["context"]["touched"] = (LEDGER_TICKS, -1)
    state["flicker"]["low"], state["flicker"]["high"] = LEDGER_TICKS, -1
    state["ranges"]["session"] = -1
    bars["atr"] = bars["sma_200"] = bars["sma_400"] = np.nan
    levels["ranking"] = np.arange(LEVEL_SLOTS)
    levels["standing"] = np.inf
    calendar["held"] = len(sessions)
    calendar["sessions"][: len(sessions)] = sessions
    calendar["has_hours"] = int(len(hours) > 0)
    calendar["hours"][: len(hours)] = hours
    return state


def _remembered(state: Array) -> slice:
    """Bytes from behind the scratch up to the last bucket in use; what lies behind them is never written."""
    offset = int(STATE.fields["flow"][1]) if STATE.fields else 0
    return slice(SCRATCH.itemsize, offset + int(state["ledger"]["ring"][0]) * FLOW_FIELDS * LEDGER_TICKS * 4)


def pack_state(state: Array) -> bytes:
    """The state as bytes: a mark with the layout's size, then what is remembered."""
    return _MAGIC + struct.pack("<Q", STATE.itemsize) + state.view(np.uint8)[_remembered(state)].tobytes()


def unpack_state(data: bytes, into: Array) -> None:
    """Fill ``into`` (of the same ring length) from ``pack_state``'s bytes; its scratch is left as it is.

    Raises ValueError when the bytes belong to another layout.
    """
    head = len(_MAGIC) + 8
    used = _remembered(into)
    size = used.stop - used.start
    if data[: len(_MAGIC)] != _MAGIC or len(data) != head + size:
        raise ValueError("not a snapshot of this engine")
    if struct.unpack_from("<Q", data, len(_MAGIC))[0] != STATE.itemsize:
        raise ValueError("the snapshot is of another engine version")
    into.view(np.uint8)[used] = np.frombuffer(data, np.uint8, size, head)
