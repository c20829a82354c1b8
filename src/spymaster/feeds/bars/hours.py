"""Whether bars lie where their market trades: what tells that times without a zone were not New York's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.hours import hours_of

_MANY: Final = 0.02
"""Bars of a market that was read rightly may lie outside its hours, but no more than this share of them."""
_MOSTLY: Final = 0.9
_FEW: Final = 0.7
"""A file of regular hours alone has nearly all of its bars in them; read wrongly it has fewer than this."""


def zone_hint(
    path: Path, start_ns: NDArray[np.int64], as_utc_ns: NDArray[np.int64], sessions: NDArray[np.void], on_future: bool
) -> str | None:
    """A line where bars whose times bear no zone lie outside trading hours as New York's, and inside them as UTC.

    ``start_ns``: as they were read; ``as_utc_ns``: as they would be. ``sessions``: SESSION records of the future.
    """
    known = (start_ns >= sessions["open_ns"][0]) & (start_ns < sessions["close_ns"][-1]) if len(sessions) else None
    if known is None or not known.any():
        return None
    read, utc = start_ns[known], as_utc_ns[known]
    wide = _hours(sessions, "open_ns", "close_ns") if on_future else _equity_hours(sessions)
    outside, otherwise = (int(np.count_nonzero(~_inside(times, *wide))) for times in (read, utc))
    strange = outside > _MANY * len(read) and otherwise * 4 < outside
    if not strange and not on_future:
        regular = _hours(sessions, "rth_open_ns", "rth_close_ns")
        in_read, in_utc = (int(np.count_nonzero(_inside(times, *regular))) for times in (read, utc))
        strange = in_utc >= _MOSTLY * len(read) and in_read < _FEW * len(read)
        outside, otherwise = len(read) - in_read, len(read) - in_utc
    if not strange:
        return None
    return (
        f"{path}: its times bear no zone and were read as New York's: {outside} of {len(read)} bars lie outside "
        f"trading hours, as UTC it would be {otherwise}; if they are UTC, write them as 2024-01-05T14:30:00Z"
    )


Hours = tuple[NDArray[Any], NDArray[Any]]


def _hours(sessions: NDArray[np.void], begin: str, end: str) -> Hours:
    some = sessions[sessions[begin] > 0]
    return some[begin], some[end]


def _equity_hours(sessions: NDArray[np.void]) -> Hours:
    hours = hours_of(sessions, "")
    some = hours[hours["share_open_ns"] > 0]
    return some["share_open_ns"], some["share_close_ns"]


def _inside(times: NDArray[np.int64], begins: NDArray[Any], ends: NDArray[Any]) -> NDArray[np.bool_]:
    if not len(begins):
        return np.zeros(len(times), dtype=np.bool_)
    index = np.searchsorted(begins, times, side="right") - 1
    return (index >= 0) & (times < ends[np.maximum(index, 0)])
