"""The option market in the vendor's layouts: definitions, open interest, trades with the quote before them, quotes.

On the future as GLBX.MDP3 gives it, with the aggressor's side; on the share as OPRA.PILLAR gives it, without; the share
itself as a consolidated feed gives it (EQUS.MINI), without sides too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import DTYPES, SCHEMA_RTYPES
from spymaster.market.kinds import (
    ACTION_TRADE,
    F_LAST,
    F_TOB,
    NS_PER_S,
    SIDE_NONE,
    UNDEF_PRICE,
    UNDEF_TIMESTAMP,
    Kind,
)
from spymaster.sim.options import state as rows_of
from spymaster.sim.options.state import PUT
from spymaster.sim.recording.files import blank_definition

_OPEN_INTEREST: Final = 9
_NEW: Final = 1
_UNDEF_U8: Final = 255
_DAY_NS: Final = 86_400 * NS_PER_S
_FLAGS: Final = F_LAST | 2
_FLAGS_OF_TRADE: Final = F_LAST | 1
_DELAY_NS: Final = 14_000
_CONTRACTS_PER_ORDER: Final = 15
_FIRST_VENUE: Final = 20
_VENUES: Final = 18
"""Publisher ids of the exchanges whose quote is the best, OPRA's."""

Words = NDArray[np.int64]
Rows = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """Where options trade: the vendor's names, and how it calls trades and quotes."""

    dataset: str
    publisher_id: int
    first_id: int
    prefix: str
    trades: str
    quotes: str


VENUES: Final[Mapping[int, Venue]] = MappingProxyType(
    {
        rows_of.ON_FUTURE: Venue(
            dataset="GLBX.MDP3",
            publisher_id=1,
            first_id=42_450_000,
            prefix="ES-options",
            trades="tbbo",
            quotes="bbo-1s",
        ),
        rows_of.ON_EQUITY: Venue(
            dataset="OPRA.PILLAR",
            publisher_id=30,
            first_id=637_534_300,
            prefix="SPY-options",
            trades="tcbbo",
            quotes="cbbo-1s",
        ),
    }
)
EQUITY_SYMBOL: Final = "SPY"
EQUITY_DATASET: Final = "EQUS.MINI"
EQUITY_ID: Final = 15_144
_EQUITY_PUBLISHER: Final = 95


def contract_ids(o: Any) -> Words:
    """The instrument id of each contract of an option market (``OPTIONS``)."""
    return VENUES[int(o["kind"])].first_id + np.arange(2 * int(o["strikes"]), dtype=np.int64)


def symbols(o: Any) -> list[str]:
    """The venue's own symbol of each contract: ``E3BH6 C6870``, or OCC's ``SPY   260317C00687000``."""
    day = dt.datetime.fromtimestamp(int(o["expiry_ns"]) // NS_PER_S, tz=dt.UTC)
    found = []
    for k in range(int(o["strikes"])):
        strike = int(o["strike_e9"][k])
        for letter in "CP":
            if int(o["kind"]) == rows_of.ON_FUTURE:
                found.append(f"{_weekly_root(day)}{_month_letter(day)}{day.year % 10} {letter}{strike // NS_PER_S}")
            else:
                found.append(f"{EQUITY_SYMBOL:<6}{day:%y%m%d}{letter}{strike // 1_000_000:08}")
    return found


def _weekly_root(day: dt.datetime) -> str:
    """The exchange's product of a day's options on ES: E3B is the third Tuesday's; Fridays are EW1 to EW4."""
    week = (day.day - 1) // 7 + 1
    return f"EW{week}" if day.weekday() == 4 else f"E{week}{'ABCD'[day.weekday()]}"


def _month_letter(day: dt.datetime) -> str:
    return "FGHJKMNQUVXZ"[day.month - 1]


def definitions(o: Any, ts_ns: int, future_symbol: str, future_id: int) -> Rows:
    """A definition of each contract, as the venue gives it."""
    venue = VENUES[int(o["kind"])]
    rows = blank_definition(2 * int(o["strikes"]))
    names = symbols(o)
    day = dt.datetime.fromtimestamp(int(o["expiry_ns"]) // NS_PER_S, tz=dt.UTC)
    rows["publisher_id"], rows["instrument_id"] = venue.publisher_id, contract_ids(o)
    rows["ts_event"] = rows["ts_recv"] = ts_ns
    rows["raw_symbol"] = [name.encode() for name in names]
    rows["strike_price"] = np.repeat(o["strike_e9"][: int(o["strikes"])], 2)
    rows["instrument_class"] = [b"P" if k & 1 == PUT else b"C" for k in range(len(rows))]
    stated = _future_options(o, day, names, future_symbol, future_id) if venue.publisher_id == 1 else _equity_options(o)
    for name, value in {**stated, "currency": b"USD", "strike_price_currency": b"USD"}.items():
        rows[name] = value
    rows["security_update_action"], rows["user_defined_instrument"] = b"A", b"N"
    return rows


def _future_options(
    o: Any, day: dt.datetime, names: list[str], future_symbol: str, future_id: int
) -> dict[str, object]:
    return {
        "raw_instrument_id": contract_ids(o),
        "min_price_increment": int(o["fine_e9"]),
        "display_factor": NS_PER_S // 100,
        "expiration": int(o["expiry_ns"]),
        "activation": int(o["expiry_ns"]) - 28 * _DAY_NS,
        "unit_of_measure_qty": 50 * NS_PER_S,
        "min_price_increment_amount": int(o["fine_e9"]) * 50,
        "price_ratio": 0,
        "inst_attrib_value": 270_339,
        "underlying_id": future_id,
        "market_depth_implied": 0,
        "market_depth": 3,
        "market_segment_id": 54,
        "max_trade_vol": 3_000,
        "min_trade_vol": 1,
        "channel_id": 311,
        "maturity_year": day.year,
        "maturity_month": day.month,
        "maturity_day": day.day,
        "group": names[0][:3].encode(),
        "exchange": b"XCME",
        "asset": names[0][:3].encode(),
        "cfi": [b"OPEFPS" if k & 1 == PUT else b"OCEFPS" for k in range(len(names))],
        "security_type": b"OOF",
        "unit_of_measure": b"IPNT",
        "underlying": future_symbol.encode(),
        "match_algorithm": b"F",
        "underlying_product": 5,
        "tick_rule": 4,
    }


def _equity_options(o: Any) -> dict[str, object]:
    return {
        # the vendor states the day alone
        "expiration": int(o["expiry_ns"]) // _DAY_NS * _DAY_NS,
        "underlying_id": EQUITY_ID,
        "contract_multiplier": 100,
        "raw_instrument_id": 0,
        "channel_id": 38,
        "group": b"popra-38",
        "exchange": b"OPRA",
        "security_type": b"OPT",
        "unit_of_measure": b"USD",
        "underlying": EQUITY_SYMBOL.encode(),
        "match_algorithm": b" ",
    }


def open_interest(o: Any, ts_ns: int) -> Rows:
    """Statistics of the session's start: each contract's open interest of the day before."""
    venue = VENUES[int(o["kind"])]
    rows = _blank("statistics", 2 * int(o["strikes"]), venue.publisher_id)
    rows["instrument_id"] = contract_ids(o)
    rows["ts_event"] = rows["ts_recv"] = ts_ns
    rows["ts_ref"] = int(o["expiry_ns"]) // _DAY_NS * _DAY_NS - _DAY_NS
    rows["price"] = UNDEF_PRICE
    rows["quantity"] = o["open_interest"][: len(rows)]
    rows["sequence"] = np.arange(1, len(rows) + 1)
    rows["stat_type"], rows["update_action"] = _OPEN_INTEREST, _NEW
    return rows


def option_trades(o: Any, rows: Words) -> Rows:
    """The trades among the tape's rows, each with the best quote before it."""
    venue = VENUES[int(o["kind"])]
    taken = rows[rows[:, rows_of.R_WHAT] == rows_of.WHAT_TRADE]
    found = _blank(venue.trades, len(taken), venue.publisher_id)
    _fill_trade(found, taken)
    found["instrument_id"] = venue.first_id + taken[:, rows_of.R_CONTRACT]
    if venue.trades == "tbbo":
        found["side"] = _letters(taken[:, rows_of.R_SIDE])
        found["flags"] = _FLAGS_OF_TRADE
        found["sequence"] = taken[:, rows_of.R_SEQUENCE]
        _count_orders(found)
    else:
        found["side"] = bytes([SIDE_NONE])
        found["flags"] = _FLAGS
        _name_venues(found, taken)
    return found


def option_quotes(o: Any, rows: Words) -> Rows:
    """The best quotes at the end of each second in which they or the last trade changed."""
    venue = VENUES[int(o["kind"])]
    taken = rows[rows[:, rows_of.R_WHAT] == rows_of.WHAT_QUOTE]
    found = _blank(venue.quotes, len(taken), venue.publisher_id)
    found["instrument_id"] = venue.first_id + taken[:, rows_of.R_CONTRACT]
    never = taken[:, rows_of.R_EVENT] < 0
    found["ts_event"] = np.where(never, np.uint64(UNDEF_TIMESTAMP), taken[:, rows_of.R_EVENT].astype(np.uint64))
    found["ts_recv"] = taken[:, rows_of.R_RECV]
    found["price"], found["size"] = taken[:, rows_of.R_PRICE], taken[:, rows_of.R_SIZE]
    found["flags"] = _FLAGS
    _fill_best(found, taken)
    if venue.quotes == "bbo-1s":
        found["side"] = _letters(taken[:, rows_of.R_SIDE])
        found["sequence"] = taken[:, rows_of.R_SEQUENCE]
        _count_orders(found)
    else:
        found["side"] = bytes([SIDE_NONE])
        _name_venues(found, taken)
    return found


def equity_records(rows: Words) -> Rows:
    """The share's quotes and trades among the tape's rows, as one-level records (mbp-1)."""
    what = rows[:, rows_of.R_WHAT]
    taken = rows[(what == rows_of.WHAT_EQUITY_QUOTE) | (what == rows_of.WHAT_EQUITY_TRADE)]
    found = _blank("mbp-1", len(taken), _EQUITY_PUBLISHER)
    _fill_trade(found, taken)
    is_trade = taken[:, rows_of.R_WHAT] == rows_of.WHAT_EQUITY_TRADE
    found["instrument_id"] = EQUITY_ID
    found["action"] = np.where(is_trade, b"T", b"M")
    found["side"] = bytes([SIDE_NONE])
    found["flags"] = np.where(is_trade, F_LAST, F_LAST | F_TOB)
    found["sequence"] = taken[:, rows_of.R_SEQUENCE]
    found["price"] = np.where(is_trade, taken[:, rows_of.R_PRICE], taken[:, rows_of.R_BID])
    found["size"] = np.where(is_trade, taken[:, rows_of.R_SIZE], taken[:, rows_of.R_BID_SIZE])
    _count_orders(found)
    return found


def _blank(schema: str, count: int, publisher_id: int) -> Rows:
    kind = {"statistics": Kind.STAT, "mbp-1": Kind.MBP1, "tbbo": Kind.MBP1}.get(schema)
    kind = kind or {"tcbbo": Kind.CMBP1, "bbo-1s": Kind.BBO, "cbbo-1s": Kind.CBBO}[schema]
    rows: Rows = np.zeros(count, DTYPES[kind])
    rows["length"], rows["rtype"] = rows.dtype.itemsize // 4, SCHEMA_RTYPES[schema]
    rows["publisher_id"] = publisher_id
    if kind is Kind.STAT:
        rows["stat_flags"] = _UNDEF_U8
    return rows


def _fill_trade(found: Rows, taken: Words) -> None:
    found["ts_event"], found["ts_recv"] = taken[:, rows_of.R_EVENT], taken[:, rows_of.R_RECV]
    found["price"], found["size"] = taken[:, rows_of.R_PRICE], taken[:, rows_of.R_SIZE]
    found["action"] = bytes([ACTION_TRADE])
    found["ts_in_delta"] = _DELAY_NS + taken[:, rows_of.R_SEQUENCE] % 4_000
    _fill_best(found, taken)


def _fill_best(found: Rows, taken: Words) -> None:
    columns = (rows_of.R_BID, rows_of.R_ASK, rows_of.R_BID_SIZE, rows_of.R_ASK_SIZE)
    for name, column in zip(("bid_px_00", "ask_px_00", "bid_sz_00", "ask_sz_00"), columns, strict=True):
        found[name] = taken[:, column]


def _count_orders(found: Rows) -> None:
    """Order counts that fit the sizes."""
    for side in ("bid", "ask"):
        size = found[f"{side}_sz_00"]
        found[f"{side}_ct_00"] = np.where(size > 0, 1 + size // _CONTRACTS_PER_ORDER, 0)


def _name_venues(found: Rows, taken: Words) -> None:
    """An exchange for each best price; which one, nothing rests on."""
    for side, column in (("bid", rows_of.R_BID), ("ask", rows_of.R_ASK)):
        chosen = _FIRST_VENUE + (taken[:, column] // 10_000_000 + taken[:, rows_of.R_CONTRACT]) % _VENUES
        found[f"{side}_pb_00"] = np.where(found[f"{side}_sz_00"] > 0, chosen, 0)


def _letters(codes: Words) -> NDArray[np.bytes_]:
    return codes.astype(np.uint8).view("S1")
