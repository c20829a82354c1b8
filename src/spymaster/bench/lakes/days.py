"""What ``bench`` measures of a lake over days: one kind of level on three dates of many, in turn with others."""

from __future__ import annotations

import datetime as dt
import importlib.util
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
from numpy.typing import NDArray

from spymaster.bench.engine import InMemory
from spymaster.bench.lakes.writing import published
from spymaster.lake.catalog import GOLD, Lake
from spymaster.lake.days.choice import Span, days_of, portions
from spymaster.lake.days.signals import SignalRows, Wanted
from spymaster.lake.days.trade_dates import day_ns
from spymaster.lake.gold.schema import signals_schema
from spymaster.lake.gold.writer import GoldWriter
from spymaster.lake.run_manifest import RunInfo, RunManifest
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.tables.routing import hour_of
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.manifest import RunStatus

DATES: Final = 60
_ASKED_DATES: Final = slice(30, 33)
_SNAPS: Final = 7200
"""Half an hour of them."""
_COLUMNS: Final = ("ts_event_ns", "level_id", "score")
_BAND: Final = 5.0
_FIRST: Final = dt.datetime(2024, 1, 8, 15, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class DaysFigures:
    """Seconds of each round: ``ours``, ``scan`` of all dates, ``duckdb`` on the files picked by hand (empty where it is
    not installed); shares of the asked dates' bytes that three columns and all columns read."""

    kind: str
    ours_s: list[float]
    scan_s: list[float]
    duckdb_s: list[float]
    three_share: float
    all_share: float


def days_figures(memory: InMemory, rounds: int) -> DaysFigures:
    """Three columns of the rarest kind of level on three dates of sixty, half an hour each."""
    with _lake(memory) as (root, kind):
        span = _span()
        files = [file.path for run in Lake(LocalStorage(root)).runs for file in run.files(GOLD)]
        own = [str(root / path) for path in sorted(files)]
        measures: list[Callable[[], int]] = [
            lambda: _ours(root, kind, span, _COLUMNS)[0],
            lambda: _scan(own, kind, span),
        ]
        if importlib.util.find_spec("duckdb") is not None:
            measures.append(_duckdb(own[_ASKED_DATES], kind))
        seconds: list[list[float]] = [[] for _ in measures]
        for _ in range(rounds):
            rows = set()
            for measure, taken in zip(measures, seconds, strict=True):
                started = time.perf_counter()
                rows.add(measure())
                taken.append(time.perf_counter() - started)
            if len(rows) != 1:
                raise AssertionError(f"they give {rows} rows")
        three = _ours(root, kind, span, _COLUMNS)[1]
        whole = _ours(root, kind, span, tuple(signals_schema().arrow.names))[1]
        return DaysFigures(kind, seconds[0], seconds[1], seconds[2] if len(seconds) > 2 else [], three, whole)


def _ours(root: Path, kind: str, span: Span, columns: tuple[str, ...]) -> tuple[int, float]:
    """(rows, share of the bytes read), from the manifests on."""
    lake = Lake(LocalStorage(root))
    rows = SignalRows(lake.storage, portions(days_of(lake.runs, span), span), Wanted(columns, (kind,)))
    return sum(table.num_rows for table in rows.tables()), rows.cost.read / rows.cost.held


def _scan(files: list[str], kind: str, span: Span) -> int:
    """The same rows by somebody who reads these columns of every date and chooses then."""
    rows = 0
    for batch in pads.dataset(files, format="parquet").to_batches(columns=[*_COLUMNS, "kind"]):
        time_ns = pc.field("ts_event_ns")
        wanted = (pc.field("kind") == kind) & (time_ns >= span[0]) & (time_ns < span[1])
        rows += pa.Table.from_batches([batch]).filter(wanted).num_rows
    return rows


def _duckdb(files: list[str], kind: str) -> Callable[[], int]:
    import duckdb

    statement = f"SELECT {', '.join(_COLUMNS)} FROM read_parquet(?) WHERE kind = ?"

    connection = duckdb.connect()

    def measure() -> int:
        table: Any = connection.sql(statement, params=[files, kind]).to_arrow_table()
        return int(table.num_rows)

    return measure


def _span() -> Span:
    dates = [int((_FIRST + dt.timedelta(days=day)).strftime("%Y%m%d")) for day in range(DATES)][_ASKED_DATES]
    return day_ns(dates[0])[0], day_ns(dates[-1])[1]


@contextmanager
def _lake(memory: InMemory) -> Iterator[tuple[Path, str]]:
    """A lake of as many runs as dates, each the same half hour, and its rarest kind of level."""
    snaps, levels = published(memory)
    snaps = snaps[:_SNAPS].copy()
    levels = levels[: int(snaps["levels"].sum())]
    ids = [level.id for level in memory.config.user_levels]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for day in range(DATES):
            moment = _FIRST + dt.timedelta(days=day)
            snaps["t_ns"] += int(moment.timestamp()) * NS_PER_S - int(snaps["t_ns"][0])
            snaps["session_date"] = int(moment.strftime("%Y%m%d"))
            _record(root, f"{moment:%Y%m%dT%H%M%SZ}", snaps, levels, ids)
        yield root, _rarest(levels)


def _record(root: Path, run_id: str, snaps: NDArray[Any], levels: NDArray[Any], ids: list[str]) -> None:
    storage = LocalStorage(root)
    first_ns, last_ns = int(snaps["t_ns"][0]), int(snaps["t_ns"][-1])
    info = RunInfo(
        id=run_id,
        mode="simulated",
        profile="es",
        symbol="ES",
        underlying="ES",
        started_ns=first_ns,
        code_version="bench",
        config={},
        simulated=True,
    )
    manifest = RunManifest(storage, info)
    writer = GoldWriter(PartMaker(storage, run_id), "ES", _BAND, ids)
    writer.signals(snaps, levels, hour_of(first_ns))
    manifest.add(writer.close_hour())
    manifest.write(RunStatus.SEALED, last_ns)


def _rarest(levels: NDArray[Any]) -> str:
    """The kind with the fewest rows near the price."""
    near = levels[levels["distance"] <= 2 * _BAND]
    kinds, counts = np.unique(near["kind"], return_counts=True)
    return LevelKind(int(kinds[int(np.argmin(counts))])).name
