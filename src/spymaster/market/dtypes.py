"""Byte layouts of the vendor's records (DBN version 3): packed, little-endian numpy dtypes, field for field.

MBP10 has its structured dtype here too, but travels as ``int64[n, 46]``; the word indices below are its map.
Source: the Databento Binary Encoding, version 3. Strings keep the width the vendor gives them, reserved bytes included,
so that a record written from these dtypes is the vendor's record bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Records
from spymaster.market.kinds import MBP10_WORDS, Kind

Field = tuple[str, str] | tuple[str, str, tuple[int, ...]]

_HEADER: Final[list[Field]] = [
    ("length", "u1"),
    ("rtype", "u1"),
    ("publisher_id", "<u2"),
    ("instrument_id", "<u4"),
    ("ts_event", "<u8"),
]

_TRADE: Final[list[Field]] = [
    *_HEADER,
    ("price", "<i8"),
    ("size", "<u4"),
    ("action", "S1"),
    ("side", "S1"),
    ("flags", "u1"),
    ("depth", "u1"),
    ("ts_recv", "<u8"),
    ("ts_in_delta", "<i4"),
    ("sequence", "<u4"),
]


def _level(index: int) -> list[Field]:
    """One price level of both sides: prices, sizes in contracts, order counts."""
    names = ("bid_px", "ask_px", "bid_sz", "ask_sz", "bid_ct", "ask_ct")
    return [(f"{name}_{index:02}", kind) for name, kind in zip(names, ("<i8", "<i8", *("<u4",) * 4), strict=True)]


_CONSOLIDATED_LEVEL: Final[list[Field]] = [
    *_level(0)[:4],
    ("bid_pb_00", "<u2"),
    ("_reserved1_00", "S2"),
    ("ask_pb_00", "<u2"),
    ("_reserved2_00", "S2"),
]

_CMBP1: Final[list[Field]] = [
    *_TRADE[:10],
    ("_reserved1", "S1"),
    ("ts_recv", "<u8"),
    ("ts_in_delta", "<i4"),
    ("_reserved2", "S4"),
    *_CONSOLIDATED_LEVEL,
]

_INTERVAL_QUOTE: Final[list[Field]] = [
    *_TRADE[:7],
    ("_reserved1", "u1"),
    ("side", "S1"),
    ("flags", "u1"),
    ("_reserved2", "u1"),
    ("ts_recv", "<u8"),
]

_BAR: Final[list[Field]] = [
    *_HEADER,
    ("open", "<i8"),
    ("high", "<i8"),
    ("low", "<i8"),
    ("close", "<i8"),
    ("volume", "<u8"),
]

_STAT: Final[list[Field]] = [
    *_HEADER,
    ("ts_recv", "<u8"),
    ("ts_ref", "<u8"),
    ("price", "<i8"),
    ("quantity", "<i8"),
    ("sequence", "<u4"),
    ("ts_in_delta", "<i4"),
    ("stat_type", "<u2"),
    ("channel_id", "<u2"),
    ("update_action", "u1"),
    ("stat_flags", "u1"),
    ("_reserved", "S18"),
]

_STATUS: Final[list[Field]] = [
    *_HEADER,
    ("ts_recv", "<u8"),
    ("action", "<u2"),
    ("reason", "<u2"),
    ("trading_event", "<u2"),
    ("is_trading", "S1"),
    ("is_quoting", "S1"),
    ("is_short_sell_restricted", "S1"),
    ("_reserved", "S7"),
]

_DEF: Final[list[Field]] = [
    *_HEADER,
    ("ts_recv", "<u8"),
    ("min_price_increment", "<i8"),
    ("display_factor", "<i8"),
    ("expiration", "<u8"),
    ("activation", "<u8"),
    ("high_limit_price", "<i8"),
    ("low_limit_price", "<i8"),
    ("max_price_variation", "<i8"),
    ("unit_of_measure_qty", "<i8"),
    ("min_price_increment_amount", "<i8"),
    ("price_ratio", "<i8"),
    ("strike_price", "<i8"),
    ("raw_instrument_id", "<u8"),
    ("leg_price", "<i8"),
    ("leg_delta", "<i8"),
    ("inst_attrib_value", "<i4"),
    ("underlying_id", "<u4"),
    ("market_depth_implied", "<i4"),
    ("market_depth", "<i4"),
    ("market_segment_id", "<u4"),
    ("max_trade_vol", "<u4"),
    ("min_lot_size", "<i4"),
    ("min_lot_size_block", "<i4"),
    ("min_lot_size_round_lot", "<i4"),
    ("min_trade_vol", "<u4"),
    ("contract_multiplier", "<i4"),
    ("decay_quantity", "<i4"),
    ("original_contract_size", "<i4"),
    ("leg_instrument_id", "<u4"),
    ("leg_ratio_price_numerator", "<i4"),
    ("leg_ratio_price_denominator", "<i4"),
    ("leg_ratio_qty_numerator", "<i4"),
    ("leg_ratio_qty_denominator", "<i4"),
    ("leg_underlying_id", "<u4"),
    ("appl_id", "<i2"),
    ("maturity_year", "<u2"),
    ("decay_start_date", "<u2"),
    ("channel_id", "<u2"),
    ("leg_count", "<u2"),
    ("leg_index", "<u2"),
    ("currency", "S4"),
    ("settl_currency", "S4"),
    ("secsubtype", "S6"),
    ("raw_symbol", "S71"),
    ("group", "S21"),
    ("exchange", "S5"),
    ("asset", "S11"),
    ("cfi", "S7"),
    ("security_type", "S7"),
    ("unit_of_measure", "S31"),
    ("underlying", "S21"),
    ("strike_price_currency", "S4"),
    ("leg_raw_symbol", "S71"),
    ("instrument_class", "S1"),
    ("match_algorithm", "S1"),
    ("main_fraction", "u1"),
    ("price_display_format", "u1"),
    ("sub_fraction", "u1"),
    ("underlying_product", "u1"),
    ("security_update_action", "S1"),
    ("maturity_month", "u1"),
    ("maturity_day", "u1"),
    ("maturity_week", "u1"),
    ("user_defined_instrument", "S1"),
    ("contract_multiplier_unit", "i1"),
    ("flow_schedule_type", "i1"),
    ("tick_rule", "u1"),
    ("leg_instrument_class", "S1"),
    ("leg_side", "S1"),
    ("_reserved", "S17"),
]

_MAPPING: Final[list[Field]] = [
    *_HEADER,
    ("stype_in", "u1"),
    ("stype_in_symbol", "S71"),
    ("stype_out", "u1"),
    ("stype_out_symbol", "S71"),
    ("start_ts", "<u8"),
    ("end_ts", "<u8"),
]

_XTRADE: Final[list[Field]] = [
    *_HEADER,
    ("price", "<i8"),
    ("size_e9", "<i8"),
    ("ts_recv", "<u8"),
    ("sequence", "<u8"),
    ("exchange", "<u2"),
    ("conditions", "<u2", (6,)),
    ("flags", "<u2"),
]

_XQUOTE: Final[list[Field]] = [
    *_HEADER,
    ("bid_px", "<i8"),
    ("bid_sz_e9", "<i8"),
    ("ts_recv", "<u8"),
    ("sequence", "<u8"),
    ("exchange", "<u2"),
    ("conditions", "<u2", (6,)),
    ("ask_exchange", "<u2"),
    ("ask_px", "<i8"),
    ("ask_sz_e9", "<i8"),
]

RAW_DATA_BYTES: Final = 220
"""Bytes of a vendor's frame that one RAW record holds."""

_RAW: Final[list[Field]] = [
    *_HEADER,
    ("ts_recv", "<u8"),
    ("frame", "<u4"),
    ("piece", "<u2"),
    ("pieces", "<u2"),
    ("bytes", "<u4"),
    ("data", f"V{RAW_DATA_BYTES}"),
]

_GREEKS: Final[list[Field]] = [
    *_HEADER,
    ("ts_recv", "<u8"),
    ("underlying_px", "<i8"),
    ("bid_px", "<i8"),
    ("ask_px", "<i8"),
    ("open_interest", "<i8"),
    ("volume", "<i8"),
    ("implied_vol", "<f8"),
    ("delta", "<f8"),
    ("gamma", "<f8"),
    ("theta", "<f8"),
    ("vega", "<f8"),
]

MBP10_DTYPE: Final = np.dtype([*_TRADE, *(field for index in range(10) for field in _level(index))])
"""The fields of one MBP-10 record; ``words.view(MBP10_DTYPE)[:, 0]`` reads ``int64[n, 46]`` by name."""

DTYPES: Final[Mapping[Kind, np.dtype[Any]]] = MappingProxyType(
    {
        Kind.DEF: np.dtype(_DEF),
        Kind.MAPPING: np.dtype(_MAPPING),
        Kind.STATUS: np.dtype(_STATUS),
        Kind.STAT: np.dtype(_STAT),
        Kind.MBP10: MBP10_DTYPE,
        Kind.TRADE: np.dtype(_TRADE),
        Kind.MBP1: np.dtype([*_TRADE, *_level(0)]),
        Kind.CMBP1: np.dtype(_CMBP1),
        Kind.BBO: np.dtype([*_INTERVAL_QUOTE, ("_reserved3", "S4"), ("sequence", "<u4"), *_level(0)]),
        Kind.CBBO: np.dtype([*_INTERVAL_QUOTE, ("_reserved3", "S8"), *_CONSOLIDATED_LEVEL]),
        Kind.SYSTEM: np.dtype([*_HEADER, ("msg", "S303"), ("code", "u1")]),
        Kind.BAR: np.dtype(_BAR),
        Kind.ERROR: np.dtype([*_HEADER, ("err", "S302"), ("code", "u1"), ("is_last", "u1")]),
        Kind.XTRADE: np.dtype(_XTRADE),
        Kind.XQUOTE: np.dtype(_XQUOTE),
        Kind.RAW: np.dtype(_RAW),
        Kind.GREEKS: np.dtype(_GREEKS),
    }
)
"""Kind -> the layout of one record. All are the vendor's but XTRADE, XQUOTE, RAW and GREEKS, which are this program's
own for a vendor that sends JSON: the same header, and of the first two the same places of times, so that kernels read
them as 64-bit words too.

Sizes of XTRADE and XQUOTE are 1e-9 units, since shares come in fractions; ``exchange`` is the bid's in a quote;
``conditions`` are filled up with ``option_chain.NO_CONDITION``; ``sequence`` is the vendor's own, per instrument.

A RAW record is a piece of a frame as it arrived: piece ``piece`` of ``pieces`` of frame number ``frame`` of its
connection, whole frames of ``bytes`` bytes, ``data`` filled up with zeros behind the last; ``instrument_id`` is the
number of the connection.

A GREEKS record is a vendor's view of one option: ``ts_event`` the time of what it rests on, prices 1e-9
(``UNDEF_PRICE`` where there is none), ``implied_vol`` a year's as a fraction, greeks per unit of the underlying, theta
per day, vega per point of volatility; NaN where the vendor gives none, and -1 for an open interest or volume it does
not give."""

RTYPE_KINDS: Final[Mapping[int, Kind]] = MappingProxyType(
    {
        0: Kind.TRADE,
        1: Kind.MBP1,
        10: Kind.MBP10,
        18: Kind.STATUS,
        19: Kind.DEF,
        21: Kind.ERROR,
        22: Kind.MAPPING,
        23: Kind.SYSTEM,
        24: Kind.STAT,
        33: Kind.BAR,
        177: Kind.CMBP1,
        192: Kind.CBBO,
        193: Kind.CBBO,
        194: Kind.CMBP1,
        195: Kind.BBO,
        196: Kind.BBO,
        197: Kind.MBP1,
    }
)
"""The record type byte of the vendor's header -> kind. 197 is what DBN version 4 is announced to give ``tbbo``; up to
version 3 those records bear the byte of ``mbp-1``."""

SCHEMA_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "trades": Kind.TRADE,
        "mbp-1": Kind.MBP1,
        "tbbo": Kind.MBP1,
        "mbp-10": Kind.MBP10,
        "cmbp-1": Kind.CMBP1,
        "tcbbo": Kind.CMBP1,
        "bbo-1s": Kind.BBO,
        "bbo-1m": Kind.BBO,
        "cbbo-1s": Kind.CBBO,
        "cbbo-1m": Kind.CBBO,
        "definition": Kind.DEF,
        "ohlcv-1m": Kind.BAR,
        "statistics": Kind.STAT,
        "status": Kind.STATUS,
    }
)
"""The vendor's schema name -> the kind of its records."""

SCHEMA_RTYPES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "trades": 0,
        "mbp-1": 1,
        "tbbo": 1,
        "mbp-10": 10,
        "cmbp-1": 177,
        "tcbbo": 194,
        "bbo-1s": 195,
        "bbo-1m": 196,
        "cbbo-1s": 192,
        "cbbo-1m": 193,
        "definition": 19,
        "ohlcv-1m": 33,
        "statistics": 24,
        "status": 18,
    }
)
"""The vendor's schema name -> the record type byte of its records."""

# MBP10 as int64[n, 46]: what each word holds. TRADE, read as int64[n, 6], shares the first six.
W_HEADER: Final = 0
"""length (bits 0-7, in 4-byte units), rtype (8-15), publisher_id (16-31), instrument_id (32-63)."""
W_TS_EVENT: Final = 1
W_PRICE: Final = 2
W_SIZE: Final = 3
"""size (bits 0-31), then one byte each: action, side, flags, depth."""
W_TS_RECV: Final = 4
W_SEQUENCE: Final = 5
"""ts_in_delta (bits 0-31, signed), sequence (32-63)."""
W_LEVELS: Final = 6
"""First word of level 0."""
WORDS_PER_LEVEL: Final = 4
"""bid price, ask price, sizes (bid 0-31, ask 32-63), order counts (bid 0-31, ask 32-63)."""
LEVELS: Final = 10

ACTION_SHIFT: Final = 32
SIDE_SHIFT: Final = 40
FLAGS_SHIFT: Final = 48
DEPTH_SHIFT: Final = 56
"""Bit positions inside word ``W_SIZE``."""
SEQUENCE_SHIFT: Final = 32
"""Bit position of the sequence inside word ``W_SEQUENCE``."""
PUBLISHER_SHIFT: Final = 16
INSTRUMENT_SHIFT: Final = 32
"""Bit positions inside word ``W_HEADER``."""


def empty(kind: Kind, count: int = 0) -> Records:
    """Zeroed records of a kind in the form it travels in: ``int64[count, 46]`` for MBP10, structured otherwise."""
    if kind is Kind.MBP10:
        return np.zeros((count, MBP10_WORDS), dtype=np.int64)
    return np.zeros(count, dtype=DTYPES[kind])


def by_name(kind: Kind, records: Records) -> Records:
    """The same records with fields by name: a view, no copy. MBP10 must be C-contiguous."""
    if kind is Kind.MBP10 and records.dtype.names is None:
        return records.view(MBP10_DTYPE)[:, 0]
    return records


def recv_ns(kind: Kind, records: Records) -> NDArray[np.uint64]:
    """When each record reached the vendor, uint64 ns: ``ts_recv``, or ``ts_event`` where there is none. A view."""
    if kind is Kind.MBP10 and records.dtype.names is None:
        return records[:, W_TS_RECV].view(np.uint64)
    names = records.dtype.names or ()
    column: NDArray[np.uint64] = records["ts_recv" if "ts_recv" in names else "ts_event"]
    return column
