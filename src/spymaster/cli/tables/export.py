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
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.published_tables import TIME_COLUMN, maker_of
from spymaster.session.sources.forms import open_source
from spymaster.signals.columns import Columns, Words, select
from spymaster.signals.schema import alerts_schema, flow_schema, signals_schema, viewport_schema

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
        self.write(self._columns(block))

    def write(self, columns: Columns) -> None:
        """Write those of the time asked for; no columns are no rows."""
        if not columns:
            return
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
    first, last = span_ns(since, until, source)
    maker = maker_of(what, source.config_frame())
    of_kinds = _of_kinds(request.kind)
    engine = Engine(snaps_per_block=_SNAPS_PER_BLOCK, with_flows=what == "flows")
    progress = Progress(sys.stderr, f"export {what}")
    span = max(source.last_ns - source.first_ns, 1)
    try:
        with TableSink(out, chosen, table=what.replace("-", "_")) as table:
            sink = ColumnSink(table, lambda block: of_kinds(maker.columns(block)), TIME_COLUMN[what], first, last)
            drive(
                source,
                engine,
                [sink],
                after_frame=lambda _: progress.show((sink.last_snap_ns - source.first_ns) / span, f"{sink.rows} rows"),
                at_change=maker.at_change,
            )
            sink.write(of_kinds(maker.rest()))
    finally:
        progress.close()
    for line in source.problems:
        print(f"warning: {line}", file=sys.stderr)
    mark = "SIMULATED " if prepared.simulated else ""
    print(f"{sink.rows:,} {mark}rows of {what}{'' if out == '-' else f' in {out}'}", file=sys.stderr)
    return ExitCode.DATA if source.is_torn else os.EX_OK


def _of_kinds(kinds: tuple[str, ...]) -> Callable[[Columns], Columns]:
    """Columns with rows of levels of these kinds only; of all where none is named. Raises UserError."""
    names = kinds_named(kinds)

    def chosen(whole: Columns) -> Columns:
        if not names or not whole:
            return whole
        kind = whole["kind"]
        assert isinstance(kind, Words)
        wanted = [index for index, word in enumerate(kind.words) if word in names]
        return select(whole, np.isin(kind.codes, wanted))

    return chosen


def kinds_named(kinds: tuple[str, ...]) -> set[str]:
    """Kinds of level by their names, in any case. Raises UserError for what is none."""
    names = {kind.upper() for kind in kinds}
    unknown = sorted(names - set(LevelKind.__members__))
    if unknown:
        remedy = f"use one of {', '.join(LevelKind.__members__)}"
        raise UserError(f"--kind {unknown[0]}", "there is no such kind of level", remedy, code=ExitCode.USAGE)
    return names


def print_schema() -> None:
    """The JSON Schema of the published messages."""
    all_of_them = {
        "levels.signals": signals_schema(),
        "levels.alerts": alerts_schema(),
        "market.flow": flow_schema(),
        "levels.viewport": viewport_schema(),
    }
    print(msgspec.json.format(msgspec.json.encode(all_of_them), indent=2).decode())
