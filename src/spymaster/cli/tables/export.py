"""``export``: run the engine over a source and write what it publishes as a table."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
import numpy as np

from spymaster.cli.moments import span_ns
from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.lake.export.export import TableSink, format_of
from spymaster.ledger.columns import TestColumns
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import PRICE_SCALE
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
    "p-break": "ts_event_ns", "tests": "ts_event_ns",
}  # fmt: skip
_SNAPS_PER_BLOCK: Final = 64


class Maker(NamedTuple):
    """What makes a table. ``columns``: of a block; ``at_change``: before the engine begins anew with another contract;
    ``rest``: what is left when the run is over."""

    columns: Callable[[SnapBlock], Columns]
    at_change: Callable[[Engine], None] = lambda engine: None
    rest: Callable[[], Columns] = dict


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
    maker = _maker(what, source.config_frame())
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


def _maker(what: str, frame: ConfigFrame) -> Maker:
    """What makes a table of a source that begins with this CONFIG."""
    ids = tuple(level.id for level in frame.user_levels)
    tick_e9 = frame.instrument.tick_e9
    if what == "p-break":
        chances = ChanceColumns(shipped_model(), ids)
        return Maker(chances.columns, chances.at_change)
    if what == "tests":
        tests = TestColumns(tick_e9 / PRICE_SCALE, ids)
        return Maker(
            tests.columns, lambda engine: tests.at_change(int(engine.state["clock"][0]["next_snap_ns"])), tests.rest
        )
    plain: dict[str, Callable[[SnapBlock], Columns]] = {
        "signals": lambda block: signals_columns(block, ids),
        "alerts": lambda block: alerts_columns(block, ids),
        "flows": lambda block: flows_columns(block, tick_e9),
        "option-flow": FlowColumns().columns,
    }
    return Maker(plain[what])


def _of_kinds(kinds: tuple[str, ...]) -> Callable[[Columns], Columns]:
    """Columns with rows of levels of these kinds only; of all where none is named. Raises UserError."""
    names = {kind.upper() for kind in kinds}
    unknown = sorted(names - set(LevelKind.__members__))
    if unknown:
        remedy = f"use one of {', '.join(LevelKind.__members__)}"
        raise UserError(f"--kind {unknown[0]}", "there is no such kind of level", remedy, code=ExitCode.USAGE)

    def chosen(whole: Columns) -> Columns:
        if not names or not whole:
            return whole
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
