"""Depth of a market whose mid is a walk of coin tosses: no price in it is better than another."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import MBP10_DTYPE
from spymaster.market.kinds import F_LAST, MBP10_WORDS
from tests.support.market import MID, MS, START_NS, TICK_E9
from tests.support.small_files import depth_file

WEEK_NS: Final = 7 * 24 * 3600 * 1_000_000_000
_STEP_NS: Final = 240 * MS
_SHOWN: Final = 50
"""Contracts at each of ten prices on either side."""


def walk_words(seed: int, steps: int, start_ns: int) -> NDArray[np.int64]:
    """Each step takes all of the best bid or ask, by the toss of a coin, and the book is one tick further then."""
    up = np.random.default_rng(seed).integers(0, 2, steps).astype(np.bool_)
    before = MID + np.concatenate([[0], np.cumsum(np.where(up, 1, -1))[:-1]])
    rows = np.zeros((steps, 2), MBP10_DTYPE)
    rows["length"], rows["rtype"], rows["publisher_id"], rows["instrument_id"] = MBP10_DTYPE.itemsize // 4, 10, 1, 17077
    rows["ts_event"] = rows["ts_recv"] = (start_ns + _STEP_NS * np.arange(steps))[:, None]
    rows["sequence"] = np.arange(2 * steps).reshape(steps, 2)
    rows["action"], rows["size"] = [b"T", b"C"], _SHOWN
    taken = np.where(up, before + 1, before)
    rows["price"] = (taken * TICK_E9)[:, None]
    rows["side"][:, 0], rows["side"][:, 1] = np.where(up, b"B", b"A"), np.where(up, b"A", b"B")
    rows["flags"] = [0, F_LAST]
    _show(rows[:, 0], before)
    _show(rows[:, 1], before + np.where(up, 1, -1))
    return rows.reshape(-1).view(np.int64).reshape(-1, MBP10_WORDS)


def _show(rows: NDArray[Any], best_bid: NDArray[np.int64]) -> None:
    for k in range(10):
        rows[f"bid_px_{k:02}"], rows[f"ask_px_{k:02}"] = (best_bid - k) * TICK_E9, (best_bid + 1 + k) * TICK_E9
        for name in ("bid", "ask"):
            rows[f"{name}_sz_{k:02}"], rows[f"{name}_ct_{k:02}"] = _SHOWN, 1


def walked_days(folder: Path, days: int, steps: int) -> list[Path]:
    """Such a market on the same evening of so many weeks, a folder each."""
    found = []
    for day in range(days):
        found.append(folder / f"day{day}")
        found[-1].mkdir(parents=True)
        depth_file(found[-1] / "es.mbp-10.dbn", walk_words(day, steps, START_NS + day * WEEK_NS))
    return found
