"""Minute bars made on the spot, and instruments and spans to take them for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.bars.bars import BarCollector, Bars, BarSpan
from spymaster.feeds.bars.table import BarColumns
from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR, Instrument, TickSource
from spymaster.market.kinds import Kind
from spymaster.market.sessions import sessions_between
from tests.support.dbn import dbn_file, records

MINUTE = 60_000_000_000
POINT = 1_000_000_000
ES = Instrument(1, 17077, "ESH4", 250_000_000, 50, TickSource.PRODUCT_TABLE, FUTURES_CALENDAR)
SPY = Instrument(0, 0xFFFF_FFFF, "SPY", 10_000_000, 1, TickSource.INFERRED, EQUITY_CALENDAR)


def at(text: str) -> int:
    """A moment in ISO 8601 with a zone, in ns UTC."""
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000_000


NINE = at("2024-01-04T09:00:00-05:00")
"""A Thursday morning in New York."""
WEEK = BarSpan(at("2024-01-01T18:00:00-05:00"), at("2024-01-05T17:00:00-05:00"))
Row = tuple[float, float, float, float, float]
FLAT: Row = (4800.0, 4801.0, 4799.0, 4800.5, 100.0)


def columns(
    rows: Sequence[Row], *, start_ns: int = NINE, step_ns: int = MINUTE, contract: Sequence[str] | None = None
) -> BarColumns:
    """Bars a minute apart: open, high, low, close in points and a volume each."""
    numbers = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return BarColumns(
        start_ns=start_ns + np.arange(len(numbers), dtype=np.int64) * step_ns,
        prices_e9=np.rint(numbers[:, :4] * POINT).astype(np.int64),
        volume=numbers[:, 4].astype(np.int64),
        contract=None if contract is None else np.array(contract, dtype=object),
    )


def collector(instrument: Instrument = ES, span: BarSpan = WEEK, **options: Any) -> BarCollector:
    """A collector for a week's bars."""
    sessions = sessions_between(FUTURES_CALENDAR, span.from_ns, span.until_ns)
    return BarCollector(instrument, span, sessions, **{"on_ticks": instrument is not SPY, **options})


def collected(pieces: Iterable[BarColumns], **options: Any) -> Bars:
    """The records made of these bars."""
    taker = collector(**options)
    taker.add(Path("bars.csv"), pieces)
    return taker.records()


def bar_records(rows: Sequence[Row], *, start_ns: int = NINE, step_ns: int = MINUTE, **about: Any) -> NDArray[Any]:
    """The same bars as the vendor's ohlcv-1m records."""
    made = records(Kind.BAR, len(rows), recv_ns=start_ns, step_ns=step_ns, **about)
    numbers = np.array(rows, dtype=np.float64).reshape(-1, 5)
    for place, name in enumerate(("open", "high", "low", "close")):
        made[name] = np.rint(numbers[:, place] * POINT)
    made["volume"] = numbers[:, 4]
    return made


def bar_file(path: Path, rows: Sequence[Row], *, symbol_map: dict[int, str] | None = None, **about: Any) -> Path:
    """An ohlcv-1m file."""
    start_ns = about.get("start_ns", NINE)
    dataset = about.pop("dataset", "GLBX.MDP3")
    return dbn_file(
        path, "ohlcv-1m", bar_records(rows, **about), symbol_map=symbol_map, start_ns=start_ns, dataset=dataset
    )


def walk(count: int, *, seed: int = 1, price: float = 4800.0) -> list[Row]:
    """Bars that follow on from each other, on a quarter-point grid."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for _ in range(count):
        steps = price + 0.25 * np.cumsum(rng.integers(-3, 4, 6))
        rows.append(
            (float(steps[0]), float(steps.max()), float(steps.min()), float(steps[-1]), float(rng.integers(1, 500)))
        )
        price = float(steps[-1])
    return rows


def csv_text(rows: Sequence[Row], *, start_ns: int = NINE, header: str = "time,open,high,low,close,volume") -> str:
    """Bars as CSV with times in UTC."""
    lines = [header]
    for place, row in enumerate(rows):
        moment = dt.datetime.fromtimestamp((start_ns + place * MINUTE) / 1e9, dt.UTC)
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%SZ}," + ",".join(f"{number:g}" for number in row))
    return "\n".join(lines) + "\n"
