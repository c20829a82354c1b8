"""What ``bench`` measures of the lake: writing Parquet, against pyarrow writing the same table; and its size."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from numpy.typing import NDArray

from spymaster.bench.engine import InMemory
from spymaster.lake.bronze.writer import BronzeWriter
from spymaster.lake.export.table import arrow_table
from spymaster.lake.gold.writer import GoldWriter
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.arrow_records import column_array, raw_rows
from spymaster.lake.tables.lanes import GROUP_ROWS
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.tables.routing import TableRouter, hour_of
from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.market.rows import LEVEL_FIELDS
from spymaster.signals.columns import level_columns

_FRAME_RECORDS: Final = 2048
_LEVEL: Final = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """One round. ``ratio``: seconds of pyarrow's own writing / of ours; ``pace``: million rows a second of ours;
    ``size``: bytes of ours / bytes of what it is compared with."""

    ratio: float
    pace: float
    size: float


def bronze_figures(memory: InMemory) -> Figures:
    """Depth to Bronze, from the records as they arrive; size against the records themselves, compressed as DBN is."""
    words = memory.records
    raw = raw_rows(Kind.MBP10, words)
    names = raw.dtype.names or ()
    seqs = pa.array(np.arange(len(raw), dtype=np.uint64))
    columns = [column_array(np.ascontiguousarray(raw[name])) for name in names]
    table = pa.table([seqs, *columns], names=["seq", *names])

    def write(folder: Path) -> int:
        writer = BronzeWriter(PartMaker(LocalStorage(folder), "bench"), TableRouter(memory.config.instrument.symbol))
        hour = hour_of(int(words[0, 1]))
        for at in range(0, len(words), _FRAME_RECORDS):
            writer.records(Batch.of(Kind.MBP10, words[at : at + _FRAME_RECORDS], at), hour)
        return sum(file.bytes for file in writer.close_hour())

    size = len(zstandard.ZstdCompressor(level=_LEVEL).compress(words.tobytes()))
    return _against_plain(table, write, size)


def gold_figures(memory: InMemory) -> Figures:
    """Published levels to Gold, all of them near the price; size against pyarrow's."""
    snaps, levels = published(memory)
    numbers = levels.view(np.float64).reshape(-1, len(LEVEL_FIELDS))
    counts = snaps["levels"]
    ids = [level.id for level in memory.config.user_levels]
    times, dates = (np.repeat(snaps[name], counts) for name in ("t_ns", "session_date"))
    table = arrow_table(level_columns(numbers, times, dates, ids))

    def write(folder: Path) -> int:
        writer = GoldWriter(PartMaker(LocalStorage(folder), "bench"), "ES", float("inf"), ids)
        ends = np.cumsum(counts)
        for at in range(0, len(snaps), 16):
            some = snaps[at : at + 16]
            until = int(ends[at + len(some) - 1])
            writer.signals(some, levels[until - int(some["levels"].sum()) : until], hour_of(int(snaps["t_ns"][0])))
        return sum(file.bytes for file in writer.close_hour())

    return _against_plain(table, write, None)


def _against_plain(table: Any, write: Callable[[Path], int], size: int | None) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.parquet"
        started = time.perf_counter()
        pq.write_table(table, plain, compression="zstd", compression_level=_LEVEL, row_group_size=GROUP_ROWS)
        floor = time.perf_counter() - started
        started = time.perf_counter()
        written = write(Path(folder) / "lake")
        ours = time.perf_counter() - started
        return Figures(floor / ours, len(table) / ours / 1e6, written / (size or plain.stat().st_size))


def published(memory: InMemory) -> tuple[NDArray[Any], NDArray[Any]]:
    """The snaps of the records in memory, and their levels."""
    engine = memory.engine(keeps_rows=True)
    snaps, levels = [], []
    for at in range(0, len(memory.records), 4096):
        for block in engine.feed(RecordsFrame(Batch.of(Kind.MBP10, memory.records[at : at + 4096]))):
            used = np.arange(block.rows.shape[1]) < block.snaps["levels"][:, np.newaxis]
            snaps.append(block.snaps.copy())
            levels.append(block.rows[used])
    return np.concatenate(snaps), np.concatenate(levels)
