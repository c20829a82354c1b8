"""Small DBN files and records made on the spot, without the program's own writer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from databento_dbn import Metadata, Schema, SType
from databento_dbn.metadata import MappingInterval
from numpy.typing import NDArray

from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES, MBP10_DTYPE, RTYPE_KINDS
from spymaster.market.kinds import ACTION_ADD, ACTION_TRADE, MBP10_WORDS, UNDEF_PRICE, Kind

START_NS = 1_703_545_200_000_000_000
"""2023-12-25 23:00 UTC."""

MS = 1_000_000

FIRST_RTYPES: dict[Kind, int] = {kind: rtype for rtype, kind in sorted(RTYPE_KINDS.items(), reverse=True)}
"""A record type byte for each kind."""


@dataclass
class _Interval:
    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass
class _Mapping:
    raw_symbol: str
    intervals: Sequence[MappingInterval]


def header(
    schema: str | None,
    *,
    dataset: str = "GLBX.MDP3",
    symbol_map: Mapping[int, str] | None = None,
    start_ns: int = START_NS,
    end_ns: int | None = None,
    ts_out: bool = False,
    version: int = 3,
    dated: Mapping[str, Sequence[tuple[str, str, int]]] | None = None,
) -> bytes:
    """A DBN header; ``symbol_map``: instrument id -> symbol, over the year 2023 and the next; or ``dated``: symbol ->
    what id it is from one day up to another."""
    symbols = {17077: "ESH4"} if symbol_map is None else symbol_map
    span = ("2023-01-01", "2025-01-01")
    mapped = {symbol: [(*span, number)] for number, symbol in symbols.items()} if dated is None else dated
    return Metadata(
        dataset=dataset,
        start=start_ns,
        end=end_ns,
        stype_in=SType.from_str("raw_symbol"),
        stype_out=SType.from_str("instrument_id"),
        schema=None if schema is None else Schema.from_str(schema),
        symbols=list(symbols.values()) if dated is None else list(dated),
        mappings=[_Mapping(symbol, [_interval(*one) for one in spans]) for symbol, spans in mapped.items()],
        ts_out=ts_out,
        version=version,
    ).encode()


def _interval(start: str, end: str, number: int) -> _Interval:
    return _Interval(dt.date.fromisoformat(start), dt.date.fromisoformat(end), str(number))


def naming(instrument_id: int, symbol: str, *, asked: str = "ES.FUT", **columns: Any) -> NDArray[Any]:
    """One mapping message, as a live capture has them."""
    names: dict[str, Any] = {"stype_in_symbol": asked.encode(), "stype_out_symbol": symbol.encode()}
    return records(Kind.MAPPING, 1, instrument_id=instrument_id, **{**columns, **names})


def records(
    kind: Kind,
    count: int,
    *,
    recv_ns: int | NDArray[np.uint64] = START_NS,
    step_ns: int = MS,
    instrument_id: int = 17077,
    publisher_id: int = 1,
    rtype: int | NDArray[Any] | None = None,
    **columns: Any,
) -> NDArray[Any]:
    """Structured records of a kind with a true header, a time each, and distinct sequence numbers; the rest by name.

    ``recv_ns``: of the first record, then ``step_ns`` apart; or of every record.
    """
    rows = np.zeros(count, dtype=DTYPES[kind])
    names = rows.dtype.names or ()
    times = recv_ns + np.arange(count, dtype=np.uint64) * np.uint64(step_ns) if isinstance(recv_ns, int) else recv_ns
    rows["length"] = rows.dtype.itemsize // 4
    rows["rtype"] = FIRST_RTYPES.get(kind, 0) if rtype is None else rtype
    rows["publisher_id"] = publisher_id
    rows["instrument_id"] = instrument_id
    rows["ts_event"] = times
    if "ts_recv" in names:
        rows["ts_recv"] = times
    if "sequence" in names:
        rows["sequence"] = np.arange(1, count + 1)
    for name, value in columns.items():
        rows[name] = value
    return rows


def depth(count: int, *, every_nth_a_trade: int = 0, **columns: Any) -> NDArray[np.int64]:
    """MBP-10 records as ``int64[n, 46]``: a book around 4,800 with a quarter tick, sizes that tell records apart."""
    rows = records(Kind.MBP10, count, **columns)
    index = np.arange(count)
    rows["action"] = bytes([ACTION_ADD])
    rows["side"] = b"B"
    rows["size"] = index % 50 + 1
    rows["price"] = 4_800_000_000_000 - 250_000_000 * (index % 10)
    for level in range(10):
        rows[f"bid_px_{level:02}"] = 4_800_000_000_000 - 250_000_000 * level
        rows[f"ask_px_{level:02}"] = 4_800_250_000_000 + 250_000_000 * level
        rows[f"bid_sz_{level:02}"] = index % 97 + level + 1
        rows[f"ask_sz_{level:02}"] = index % 89 + level + 1
    if every_nth_a_trade:
        rows["action"][::every_nth_a_trade] = bytes([ACTION_TRADE])
    for name, value in columns.items():
        if name in (rows.dtype.names or ()):
            rows[name] = value
    return rows.view(np.int64).reshape(count, MBP10_WORDS)


def trades_of(words: NDArray[np.int64]) -> NDArray[Any]:
    """The trades file that goes with a depth stream: its T records, cut to the trade layout."""
    rows = words.view(MBP10_DTYPE)[:, 0]
    rows = rows[rows["action"] == bytes([ACTION_TRADE])]
    trades = np.zeros(len(rows), dtype=DTYPES[Kind.TRADE])
    for name in trades.dtype.names or ():
        trades[name] = rows[name]
    trades["length"] = trades.dtype.itemsize // 4
    trades["rtype"] = FIRST_RTYPES[Kind.TRADE]
    return trades


def definition(symbol: str, instrument_id: int, **columns: Any) -> NDArray[Any]:
    """One instrument definition, everything not given undefined."""
    fields = {
        "min_price_increment": UNDEF_PRICE,
        "expiration": 2**64 - 1,
        "contract_multiplier": 2**31 - 1,
        "unit_of_measure_qty": UNDEF_PRICE,
        "instrument_class": b"F",
        "raw_symbol": symbol.encode(),
    }
    return records(Kind.DEF, 1, instrument_id=instrument_id, **{**fields, **columns})


def body(rows: Records) -> bytes:
    """The bytes of records."""
    return np.ascontiguousarray(rows).tobytes()


def with_ts_out(rows: Records, ts_out_ns: int = START_NS) -> bytes:
    """The bytes of records each followed by a sending time, as a live stream has them."""
    raw = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), -1).copy()
    raw[:, 0] += 2
    stamps = (np.uint64(ts_out_ns) + np.arange(len(rows), dtype=np.uint64)).view(np.uint8).reshape(len(rows), 8)
    return np.concatenate((raw, stamps), axis=1).tobytes()


def zstd(*frames: bytes, level: int = 3, checksum: bool = False) -> bytes:
    """The pieces as one zstd frame each."""
    compressor = zstandard.ZstdCompressor(level=level, write_checksum=checksum)
    return b"".join(compressor.compress(frame) for frame in frames)


def stored_frame_start(size: int) -> bytes:
    """The front of a zstd frame over ``size`` bytes."""
    return b"\x28\xb5\x2f\xfd\xe0" + size.to_bytes(8, "little")


def stored_blocks(data: bytes, block_bytes: int) -> list[bytes]:
    """The blocks of a zstd frame, each with its header, that hold the data uncompressed."""
    pieces = [data[at : at + block_bytes] for at in range(0, len(data), block_bytes)]
    headers = [len(piece) << 3 | (index == len(pieces) - 1) for index, piece in enumerate(pieces)]
    return [number.to_bytes(3, "little") + piece for number, piece in zip(headers, pieces, strict=True)]


def put(path: Path, content: bytes) -> Path:
    """Write a file, folders included, and give back its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def dbn_file(path: Path, schema: str | None, *rows: Records, **about: Any) -> Path:
    """A DBN file of these records, compressed (the header in a frame of its own) where the name ends in ``.zst``."""
    head, content = header(schema, **about), b"".join(map(body, rows))
    return put(path, zstd(head, content) if path.name.endswith(".zst") else head + content)
