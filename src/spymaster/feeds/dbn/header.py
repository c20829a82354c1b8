"""The header of a DBN file: what it holds, for which symbols, over which time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec
from databento_dbn import Metadata

from spymaster.feeds.dbn.vendor_decoder import NEWEST_VERSION, DecoderError, decode_metadata
from spymaster.feeds.errors import SourceError
from spymaster.feeds.streams.byte_stream import ByteStream
from spymaster.market.dtypes import RTYPE_KINDS, SCHEMA_KINDS
from spymaster.market.kinds import Kind

MAX_HEADER_BYTES: Final = 256 * 1024 * 1024
"""A full option universe has a header of about 100 MB; a length beyond this is damage."""
_PIECE_BYTES: Final = 1024 * 1024
_PREFIX_BYTES: Final = 8

UNUSED_RTYPES: Final[Mapping[int, str]] = MappingProxyType(
    {
        17: "ohlcv",
        20: "imbalance",
        32: "ohlcv-1s",
        34: "ohlcv-1h",
        35: "ohlcv-1d",
        36: "ohlcv-eod",
        160: "mbo",
    }
)
"""Record types of the vendor that this program has no use for -> their schema name."""

_NAME_DBN: Final = "name a .dbn or .dbn.zst file"
_WANTED: Final = "give it mbp-10 and trades (futures), tcbbo and cbbo-1s (options), or minute bars as ohlcv-1m"


class SymbolSpan(msgspec.Struct, frozen=True):
    """``symbol`` means ``instrument_id`` from ``start_date`` up to, not including, ``end_date`` (UTC dates)."""

    symbol: str
    instrument_id: int
    start_date: dt.date
    end_date: dt.date


@dataclass(frozen=True, slots=True)
class DbnHeader:
    """What a DBN file says about itself.

    ``version``: of the file as it stands on disk. ``schema`` and ``kind``: None where records of several kinds are
    mixed. ``start_ns``, ``end_ns``: the time asked for, end exclusive, or None where the file leaves it open.
    ``symbols``: as asked for. ``ts_out``: every record is followed by a sending time.
    """

    version: int
    dataset: str
    schema: str | None
    kind: Kind | None
    start_ns: int
    end_ns: int | None
    symbols: tuple[str, ...]
    ts_out: bool
    metadata: Metadata

    def spans(self) -> tuple[SymbolSpan, ...]:
        """Which symbol was which instrument id, by date and id; empty where none is mapped. Slow on large headers."""
        ids_out = str(self.metadata.stype_out) == "instrument_id"
        ids_in = str(self.metadata.stype_in) == "instrument_id"
        if ids_out == ids_in:
            return ()
        spans = []
        for name, intervals in self.metadata.mappings.items():
            for interval in intervals:
                symbol, number = (name, interval["symbol"]) if ids_out else (interval["symbol"], name)
                if number.isdecimal():
                    spans.append(SymbolSpan(symbol, int(number), interval["start_date"], interval["end_date"]))
        # The vendor hands the mappings over in a random order.
        return tuple(sorted(spans, key=lambda span: (span.start_date, span.instrument_id, span.symbol)))


def read_header(stream: ByteStream) -> DbnHeader:
    """Read the header off the front of a stream, leaving it at the first record.

    Raises :class:`SourceError` for a file that is no DBN, whose header is damaged, or whose records are of no use here.
    """
    version, head = _encoded(stream)
    try:
        metadata = decode_metadata(head)
    except DecoderError as error:
        raise _corrupt(stream, str(error)) from None
    return _header(stream, version, metadata)


def skip_header(stream: ByteStream) -> None:
    """Leave a stream at its first record without decoding the header. Raises as :func:`read_header` does."""
    _encoded(stream)


def _encoded(stream: ByteStream) -> tuple[int, bytes]:
    """The version and the bytes of the header."""
    prefix = _read(stream, _PREFIX_BYTES)
    if prefix[:3] != b"DBN" or len(prefix) < _PREFIX_BYTES:
        raise _not_dbn(stream, prefix)
    version, size = prefix[3], int.from_bytes(prefix[4:8], "little")
    if version > NEWEST_VERSION:
        known = f"this program knows versions 1 to {NEWEST_VERSION}"
        raise SourceError(stream.path, f"is of DBN version {version}; {known}", "update this program")
    if version < 1 or size > MAX_HEADER_BYTES:
        raise _corrupt(stream, "its first bytes make no sense")
    body = _read(stream, size)
    if len(body) < size:
        raise _corrupt(stream, stream.damage or "the file ends inside it")
    return version, prefix + body


def _header(stream: ByteStream, version: int, metadata: Metadata) -> DbnHeader:
    schema = None if metadata.schema is None else str(metadata.schema)
    if schema is not None and schema not in SCHEMA_KINDS:
        raise SourceError(stream.path, f"holds {schema} records, which this program has no use for", _WANTED)
    return DbnHeader(
        version=version,
        dataset=metadata.dataset,
        schema=schema,
        kind=None if schema is None else SCHEMA_KINDS[schema],
        start_ns=metadata.start,
        end_ns=metadata.end,
        symbols=tuple(metadata.symbols),
        ts_out=bool(metadata.ts_out),
        metadata=metadata,
    )


def _read(stream: ByteStream, count: int) -> bytes:
    """Up to ``count`` bytes, growing with what is there rather than with what is claimed."""
    data = bytearray()
    piece = bytearray(min(count, _PIECE_BYTES))
    while len(data) < count:
        want = min(count - len(data), _PIECE_BYTES)
        got = stream.read_into(memoryview(piece)[:want])
        data += piece[:got]
        if got < want:
            break
    return bytes(data)


def _corrupt(stream: ByteStream, why: str) -> SourceError:
    return SourceError(stream.path, f"its DBN header is corrupt ({why})", "fetch or record the file again")


def _not_dbn(stream: ByteStream, prefix: bytes) -> SourceError:
    if stream.start[8:11] == b"DBZ":
        return SourceError(stream.path, "this is DBZ, the vendor's format before DBN", "fetch it again as DBN")
    if stream.damage:
        return SourceError(stream.path, f"not readable: {stream.damage}", "fetch or record the file again")
    if all(byte in b"\t\n\r" or 0x20 <= byte < 0x7F for byte in prefix):
        return SourceError(stream.path, "this is text, not DBN", _NAME_DBN)
    if len(prefix) == _PREFIX_BYTES and prefix[0] >= 4 and prefix[1] in RTYPE_KINDS.keys() | UNUSED_RTYPES.keys():
        return SourceError(
            stream.path, "records without a DBN header (a fragment)", "name the whole file the fragment was cut from"
        )
    return SourceError(stream.path, "this is not a DBN file", _NAME_DBN)
