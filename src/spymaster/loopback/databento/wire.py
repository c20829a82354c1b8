"""What a Databento Live gateway writes: lines of its control language, its header, its own records.

Sources: the vendor's raw API documentation, and what its Python client sends and expects (databento 0.87 and 0.88).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from databento_dbn import Metadata, SType

from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind

VERSION: Final = "0.7.2"
"""What the gateway calls itself in its greeting."""

_LENGTH_UNIT: Final = 4
_SYSTEM_RTYPE: Final = 23
_ERROR_RTYPE: Final = 21
_MAPPING_RTYPE: Final = 22
_KEY_TAIL: Final = 5
_RAW_SYMBOL: Final = 1
_STYPES: Final = {"instrument_id": 0, "raw_symbol": 1, "continuous": 3, "parent": 4}


def line(**fields: str | int) -> bytes:
    """A line of the control language: ``key=value|key=value`` and a newline."""
    return ("|".join(f"{name}={value}" for name, value in fields.items()) + "\n").encode()


def parsed(text: bytes) -> dict[str, str]:
    """The fields of a line."""
    pairs = (part.partition("=") for part in text.decode("utf-8", "replace").strip().split("|"))
    return {name: value for name, _, value in pairs}


def answers(challenge: str, key: str, answer: str) -> bool:
    """Whether this is the answer to the challenge of one who knows the key: a hash of both, and the key's tail."""
    told = hashlib.sha256(f"{challenge}|{key}".encode()).hexdigest()
    return answer == f"{told}-{key[-_KEY_TAIL:]}"


def header(dataset: str, start_ns: int, *, ts_out: bool) -> bytes:
    """The header of a session's records: mixed schemas, no symbols, no end."""
    return bytes(
        Metadata(
            dataset=dataset,
            start=start_ns,
            stype_in=None,
            stype_out=SType.from_str("instrument_id"),
            schema=None,
            ts_out=ts_out,
            version=3,
        ).encode()
    )


def system(code: int, text: str, now_ns: int, *, ts_out: bool) -> bytes:
    """A SystemMsg."""
    return _own(Kind.SYSTEM, _SYSTEM_RTYPE, {"msg": text.encode(), "code": code}, now_ns, ts_out=ts_out)


def error(code: int, text: str, now_ns: int, *, ts_out: bool, is_last: bool = True) -> bytes:
    """An ErrorMsg."""
    fields = {"err": text.encode(), "code": code, "is_last": is_last}
    return _own(Kind.ERROR, _ERROR_RTYPE, fields, now_ns, ts_out=ts_out)


def mapping(asked: str, stype_in: str, symbol: str, instrument_id: int, now_ns: int, *, ts_out: bool) -> bytes:
    """A SymbolMappingMsg: what was asked for means this instrument from now on."""
    fields = {
        "instrument_id": instrument_id,
        "stype_in": _STYPES.get(stype_in, _RAW_SYMBOL),
        "stype_in_symbol": asked.encode(),
        "stype_out": _RAW_SYMBOL,
        "stype_out_symbol": symbol.encode(),
        "start_ts": UNDEF_TIMESTAMP,
        "end_ts": UNDEF_TIMESTAMP,
    }
    return _own(Kind.MAPPING, _MAPPING_RTYPE, fields, now_ns, ts_out=ts_out)


def _own(kind: Kind, rtype: int, fields: Mapping[str, Any], now_ns: int, *, ts_out: bool) -> bytes:
    row = np.zeros(1, DTYPES[kind])
    row["rtype"], row["ts_event"] = rtype, now_ns
    row["length"] = (row.itemsize + 8 * ts_out) // _LENGTH_UNIT
    for name, value in fields.items():
        row[name] = value
    return row.tobytes() + (now_ns.to_bytes(8, "little") if ts_out else b"")
