"""``export``: run the engine over a source and write what it publishes as a table."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from spymaster.cli.moments import span_ns
from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.lake.export.export import TableSink, format_of
from spymaster.market.levels import LevelKind
from spymaster.models.break_model import shipped_model
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.chance_columns import ChanceColumns
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_source
from spymaster.signals.columns import Columns, Words, alerts_columns, flows_columns, select, signals_columns
from spymaster.signals.flow.encode import FlowColumns
from spymaster.signals.schema import alerts_schema, flow_schema, signals_schema

TIME_COLUMN: Final = {
    "signals": "ts_event_ns", "alerts": "ts_event_ns", "flows": "ts_bucket_ns", "option-flow": "ts_event_ns",
    "p-break": "ts_event_ns",
}  # fmt: skip
_SNAPS_PER_BLOCK: Final = 64


class ColumnSink:
    """Turns blocks into columns of the time asked for and writes them."""

    def __init__(self, table: TableSink, columns: Callable[[SnapBlock], Columns], time: str, since: int, until: int):
        self._table = table
        self._columns = columns
        self._time = time
        self._since = since
        self._until = until
        self.rows = 0
        self.last_snap_ns = 0

    def on_block(self, block: SnapBlock) -> None:
        """Write the rows of a block."""
        if not len(block.snaps):
            return
        self.last_snap_ns = int(block.snaps["t_ns"][-1])
        columns = self._columns(block)
        times = np.asarray(columns[self._time])
        wanted = (times >= self._since) & (times < self._until)
        if not wanted.all():
            columns = select(columns, wanted)
        self.rows += int(wanted.sum())
        self._table.write(columns)


def run_export(
    what: str, request: Request, out: str, file_format: str | None, since: str | None, until: str | None
) -> int:
    """Write one table of a source; returns the exit code. Raises UserError."""
    chosen = format_of(out, file_format if file_format or out != "-" else "csv")
    prepared = prepare(request)
    source = open_source(prepared.plan)
    frame = source.config_frame()
    first, last = span_ns(since, until, source)
    ids = tuple(level.id for level in frame.user_levels)
    chances = ChanceColumns(shipped_model(), ids) if what == "p-break" else None
    makers: dict[str, Callable[[SnapBlock], Columns]] = {
        "signals": lambda block: signals_columns(block, ids),
        "alerts": lambda block: alerts_columns(block, ids),
        "flows": lambda block: flows_columns(block, frame.instrument.tick_e9),
        "option-flow": FlowColumns().columns,
    }
    if chances is not None:
        makers[what] = chances.columns
    engine = Engine(snaps_per_block=_SNAPS_PER_BLOCK, with_flows=what == "flows")
    makers[what] = _of_kinds(makers[what], request.kind)
    progress = Progress(sys.stderr, f"export {what}")
    span = max(source.last_ns - source.first_ns, 1)
    try:
        with TableSink(out, chosen, table=what.replace("-", "_")) as table:
            sink = ColumnSink(table, makers[what], TIME_COLUMN[what], first, last)
            drive(
                source,
                engine,
                [sink],
                after_frame=lambda _: progress.show((sink.last_snap_ns - source.first_ns) / span, f"{sink.rows} rows"),
                at_change=chances.at_change if chances is not None else lambda _: None,
            )
    finally:
        progress.close()
    for line in source.problems:
        print(f"warning: {line}", file=sys.stderr)
    mark = "SIMULATED " if prepared.simulated else ""
    print(f"{sink.rows:,} {mark}rows of {what}{'' if out == '-' else f' in {out}'}", file=sys.stderr)
    return ExitCode.DATA if source.is_torn else os.EX_OK


def _of_kinds(columns: Callable[[SnapBlock], Columns], kinds: tuple[str, ...]) -> Callable[[SnapBlock], Columns]:
    """The same columns with rows of levels of these kinds only; of all where none is named. Raises UserError."""
    names = {kind.upper() for kind in kinds}
    unknown = sorted(names - set(LevelKind.__members__))
    if unknown:
        remedy = f"use one of {', '.join(LevelKind.__members__)}"
        raise UserError(f"--kind {unknown[0]}", "there is no such kind of level", remedy, code=ExitCode.USAGE)
    if not names:
        return columns

    def chosen(block: SnapBlock) -> Columns:
        whole = columns(block)
        kind = whole["kind"]
        assert isinstance(kind, Words)
        wanted = [index for index, word in enumerate(kind.words) if word in names]
        return select(whole, np.isin(kind.codes, wanted))

    return chosen


def print_schema() -> None:
    """The JSON Schema of the published messages."""
    all_of_them = {
        "levels.signals": signals_schema(),
        "levels.alerts": alerts_schema(),
        "market.flow": flow_schema(),
    }
    print(msgspec.json.format(msgspec.json.encode(all_of_them), indent=2).decode())
