"""The option market's part of the truth: contracts, true trades, dealers' positions, smile, hedges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.sim.options import state as rows_of
from spymaster.sim.recording.option_records import contract_ids, symbols

Columns = Mapping[str, Any]


def contracts_table(o: Any) -> Columns:
    """``options``: every contract and what dealers held of it at the start (``o``: ``OPTIONS`` as it opened)."""
    count = 2 * int(o["strikes"])
    return {
        "instrument_id": contract_ids(o),
        "symbol": symbols(o),
        "strike_e9": np.repeat(o["strike_e9"][: count // 2], 2),
        "right": ["C", "P"] * (count // 2),
        "expiry_ns": np.full(count, int(o["expiry_ns"])),
        "open_interest": o["open_interest"][:count],
        "opening": o["opening"][:count],
        "on_share": np.full(count, int(int(o["kind"]) == rows_of.ON_EQUITY)),
        "dealer_share": np.full(count, float(o["dealer_share"])),
        "usual_ratio": np.full(count, float(o["usual_ratio"])),
    }


def trades_table(o: Any, rows: NDArray[np.int64]) -> Columns:
    """``option_trades``: each trade with its true side, and whether a dealer took it."""
    taken = rows[rows[:, rows_of.R_WHAT] == rows_of.WHAT_TRADE]
    return {
        "ts_ns": taken[:, rows_of.R_EVENT],
        "instrument_id": contract_ids(o)[taken[:, rows_of.R_CONTRACT]],
        "price_e9": taken[:, rows_of.R_PRICE],
        "size": taken[:, rows_of.R_SIZE],
        "side": [chr(side) for side in taken[:, rows_of.R_SIDE]],
        "with_dealer": taken[:, rows_of.R_DEALER],
    }


def inventory_table(o: Any, rows: NDArray[np.int64]) -> Columns:
    """``inventory``: dealers' position after every trade that changed it."""
    taken = rows[(rows[:, rows_of.R_WHAT] == rows_of.WHAT_TRADE) & (rows[:, rows_of.R_DEALER] == 1)]
    return {
        "ts_ns": taken[:, rows_of.R_EVENT],
        "instrument_id": contract_ids(o)[taken[:, rows_of.R_CONTRACT]],
        "contracts": taken[:, rows_of.R_INVENTORY],
    }


def hedges_table(rows: NDArray[np.int64]) -> Columns:
    """``hedges``: dealers' orders in the future."""
    taken = rows[rows[:, rows_of.R_WHAT] == rows_of.WHAT_HEDGE]
    return {
        "ts_ns": taken[:, rows_of.R_EVENT],
        "due_ns": taken[:, rows_of.R_RECV],
        "side": [chr(side) for side in taken[:, rows_of.R_SIDE]],
        "size": taken[:, rows_of.R_SIZE],
    }


def seconds_table(seconds: NDArray[np.float64]) -> Columns:
    """``option_seconds``: what all contracts share, by the second."""
    return {
        "ts_ns": seconds[:, 0].astype(np.int64) * NS_PER_S,
        "future": seconds[:, 1],
        "ratio": seconds[:, 2],
        "years": seconds[:, 3],
    }


def vols_table(o: Any, seconds: NDArray[np.float64]) -> Columns:
    """``vols``: the true volatility of every strike, by the second."""
    strikes = int(o["strikes"])
    return {
        "ts_ns": np.repeat(seconds[:, 0].astype(np.int64) * NS_PER_S, strikes),
        "strike_e9": np.tile(o["strike_e9"][:strikes], len(seconds)),
        "vol": seconds[:, 4 : 4 + strikes].reshape(-1),
    }
