"""The practice journal: brackets that are over as lines of a file, and as columns of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from spymaster.market.kinds import NS_PER_S, PRICE_SCALE
from spymaster.practice.standing import PracticeTrade

_ABSENT: Final = -1


class JournalLine(msgspec.Struct, frozen=True):
    """A bracket with what it was practised on. ``tick_e9``: of the contract; ``source``: the recording's name."""

    source: str
    symbol: str
    session_date: int
    simulated: bool
    tick_e9: int
    trade: PracticeTrade


def append(path: Path, lines: Iterable[JournalLine]) -> None:
    """Add lines to a journal, each whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:
        for line in lines:
            file.write(msgspec.json.encode(line) + b"\n")


def read(path: Path) -> tuple[list[JournalLine], int]:
    """The lines of a journal, and how many of its lines are none. Raises OSError."""
    lines, unreadable = [], 0
    for text in path.read_bytes().splitlines():
        try:
            lines.append(msgspec.json.decode(text, type=JournalLine))
        except (msgspec.DecodeError, UnicodeDecodeError):
            unreadable += 1
    return lines, unreadable


def columns(lines: Sequence[JournalLine]) -> dict[str, Any]:
    """The journal as a table: prices and ways in points of the future, times in ns; NaN and -1 where there is none."""
    trades = [line.trade for line in lines]
    points = np.array([line.tick_e9 / PRICE_SCALE for line in lines])
    table: dict[str, Any] = {
        "source": [line.source for line in lines],
        "simulated": np.array([line.simulated for line in lines], np.bool_),
        "symbol": [line.symbol for line in lines],
        "session_date": np.array([line.session_date for line in lines], np.int64),
        "number": np.array([trade.number for trade in trades], np.int64),
        "status": [trade.status for trade in trades],
        "counts": np.array([trade.counts for trade in trades], np.bool_),
        "foreseen": np.array([trade.foreseen for trade in trades], np.bool_),
        "why_void": [trade.why_void for trade in trades],
        "side": ["BUY" if trade.side > 0 else "SELL" for trade in trades],
        "kind": [trade.kind for trade in trades],
        "size": np.array([trade.size for trade in trades], np.int64),
        "filled": np.array([trade.filled for trade in trades], np.int64),
        "exit_by": [trade.by for trade in trades],
    }
    for name in ("placed_ns", "entered_ns", "ended_ns"):
        table[name] = np.array([getattr(trade, name) or _ABSENT for trade in trades], np.int64)
    waited = [(t.entered_ns - t.placed_ns) / NS_PER_S if t.entered_ns else math.nan for t in trades]
    table["waited_s"] = np.array(waited)
    ahead = [_ABSENT if trade.joined_ahead is None else trade.joined_ahead for trade in trades]
    table["joined_ahead"] = np.array(ahead, np.int64)
    for name, field in (("order_price", "tick"), ("stop_price", "stop"), ("target_price", "target")):
        table[name] = np.array([getattr(trade, field) or math.nan for trade in trades]) * points
    for name, field in (("entry_price", "entry"), ("exit_price", "exit")):
        table[name] = np.array([getattr(trade, field) or math.nan for trade in trades]) * points
    for name, field in (("result", "result"), ("mae", "adverse"), ("mfe", "favourable")):
        known = [trade.filled and (field != "result" or trade.status == "closed") for trade in trades]
        ticks = np.array(
            [getattr(t, field) if is_known else math.nan for t, is_known in zip(trades, known, strict=True)]
        )
        risk = np.array([trade.risk or math.nan for trade in trades])
        table[f"{name}_points"], table[f"{name}_r"] = ticks * points, ticks / risk
    table["latency_ms"] = np.array([trade.rules.latency_ms for trade in trades])
    table["cancels_ahead"] = np.array([trade.rules.cancels_ahead for trade in trades])
    return table
