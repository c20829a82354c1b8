"""What every simulated recording has in common: its definition, its files and how they are named."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import DTYPES, SCHEMA_RTYPES
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE, UNDEF_PRICE, UNDEF_TIMESTAMP, Kind
from spymaster.market.manifest import (
    RecordingFile,
)
from spymaster.sim.instrument import PUBLISHER_ID, TICK_E9

SYMBOL: Final = "ESM6"
DATASET: Final = "GLBX.MDP3"
_EXPIRATION_NS: Final = 1_781_789_400 * NS_PER_S
_ACTIVATION_NS: Final = 1_616_160_600 * NS_PER_S
_MULTIPLIER: Final = 50
_HASH_BYTES: Final = 1024 * 1024

_UNDEFINED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "<i8": UNDEF_PRICE,
        "<u8": UNDEF_TIMESTAMP,
        "<i2": 2**15 - 1,
        "<i4": 2**31 - 1,
        "<u4": 2**32 - 1,
        "<u2": 2**16 - 1,
        "|u1": 255,
        "|i1": 127,
    }
)
"""What the vendor writes into a definition's field that has no value, by its type."""


def es_definition(symbol: str, instrument_id: int, ts_ns: int) -> NDArray[Any]:
    """The definition record of an ES future (one row of the vendor's layout): tick 0.25, 50 dollars a point."""
    rows = blank_definition(1)
    stated = {
        "publisher_id": PUBLISHER_ID,
        "instrument_id": instrument_id,
        "raw_instrument_id": instrument_id,
        "ts_event": ts_ns,
        "ts_recv": ts_ns,
        "min_price_increment": TICK_E9,
        "display_factor": PRICE_SCALE // 100,
        "expiration": _EXPIRATION_NS,
        "activation": _ACTIVATION_NS,
        "unit_of_measure_qty": _MULTIPLIER * PRICE_SCALE,
        "min_price_increment_amount": _MULTIPLIER * TICK_E9 // 100,
        "market_depth": 10,
        "min_trade_vol": 1,
        "underlying_id": 0,
        "channel_id": 0,
        "maturity_year": 2026,
        "maturity_month": 6,
        "currency": b"USD",
        "raw_symbol": symbol.encode(),
        "group": b"ES",
        "exchange": b"XCME",
        "asset": b"ES",
        "cfi": b"FFIXSX",
        "security_type": b"FUT",
        "unit_of_measure": b"IPNT",
        "instrument_class": b"F",
        "match_algorithm": b"F",
        "security_update_action": b"A",
        "user_defined_instrument": b"N",
    }
    for name, value in stated.items():
        rows[name] = value
    return rows


def blank_definition(count: int) -> NDArray[Any]:
    """Definition records in which the vendor would have stated nothing."""
    dtype = DTYPES[Kind.DEF]
    rows = np.zeros(count, dtype)
    for name, (kind, *_) in (dtype.fields or {}).items():
        has_no_undefined = name.startswith("leg_") and kind.str not in ("<i8",)
        if kind.str in _UNDEFINED and not has_no_undefined:
            rows[name] = _UNDEFINED[kind.str]
    rows["length"], rows["rtype"] = dtype.itemsize // 4, SCHEMA_RTYPES["definition"]
    rows["leg_side"] = b"N"
    return rows


def moment_of(ns: int) -> dt.datetime:
    """A moment (ns UTC) to the microsecond."""
    return dt.datetime.fromtimestamp(ns // NS_PER_S, tz=dt.UTC) + dt.timedelta(microseconds=ns % NS_PER_S // 1000)


def file_entry(path: Path, records: int) -> RecordingFile:
    """A written file as its manifest names it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASH_BYTES):
            digest.update(piece)
    return RecordingFile(path.name, digest.hexdigest(), records)
