"""``export records``: what arrived, as Parquet, a file for each kind with the columns of Bronze."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from spymaster.feeds.choice.discover import discover
from spymaster.feeds.merge import merge
from spymaster.lake.catalog import Lake
from spymaster.lake.export.dbn import lake_batches
from spymaster.lake.export.export import TableSink
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.arrow_records import column_array, raw_rows
from spymaster.lake.tables.schema import SEQ, bronze_schema
from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.research.day import Day, Settings
from spymaster.research.steps.step import Made
from spymaster.session.sources.forms import Form, open_source
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.session.sources.trade_day import day_ns, within


def write_records(day: Day, settings: Settings, folder: Path) -> Made:
    """Write every record of a day; what was fetched later stands where it belongs. Raises UserError."""
    sinks: dict[Kind, TableSink] = {}
    with ExitStack() as open_files:
        for batch in _batches(day, settings):
            for kind, rows in batch.arrays.items():
                if kind not in sinks:
                    sinks[kind] = open_files.enter_context(TableSink(folder / _name(kind), "parquet"))
                sinks[kind].write_table(_table(kind, rows, batch.first_seq + np.flatnonzero(batch.order == kind)))
    return Made({_name(kind): sink.rows for kind, sink in sinks.items()}, {})


def _name(kind: Kind) -> str:
    return f"{kind.name.lower()}.parquet"


def _table(kind: Kind, rows: Any, seq: Any) -> Any:
    """Rows with their numbers in the day, in memory of their own: a batch is valid until the next."""
    raw = raw_rows(kind, rows)
    fields = [field for field in bronze_schema(kind).arrow if field.name in (raw.dtype.names or ())]
    columns = [column_array(np.ascontiguousarray(raw[field.name])) for field in fields]
    schema = pa.schema([pa.field(SEQ, pa.uint64(), nullable=False), *fields])
    return pa.table([pa.array(seq.astype(np.uint64)), *columns], schema)


def _batches(day: Day, settings: Settings) -> Iterator[Batch]:
    if day.form is Form.LAKE:
        lake = Lake(LocalStorage(day.root))
        return lake_batches(lake.storage, lake.run(day.run))
    if day.form is Form.JOURNAL:
        return _of_journal(day, settings)
    files = discover(day.paths).files
    for file in files:
        file.reads_ahead = False
    batches = merge(files)
    return within(batches, *day_ns(day.date)) if day.is_part else batches


def _of_journal(day: Day, settings: Settings) -> Generator[Batch, None, None]:
    plan = ReplayPlan(sources=(day.root,), profile=settings.of_profile, as_recorded=True, in_vendor_order=True)
    for frame in open_source(plan).frames():
        if isinstance(frame, RecordsFrame):
            yield frame.batch
