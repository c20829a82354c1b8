"""``export tests`` of a lake over days: the tests that were written down, without an engine."""

from __future__ import annotations

import os
import sys
from typing import Any

from spymaster.cli.moments import span_ns
from spymaster.cli.request import Request, prepare
from spymaster.cli.tables.export import kinds_named
from spymaster.errors import UserError
from spymaster.lake.catalog import Lake
from spymaster.lake.export.export import TableSink, format_of
from spymaster.lake.level_tests import has_level_tests, level_tests
from spymaster.lake.storage.opening import open_storage
from spymaster.session.sources.forms import Form, form_of, open_runs


def run_lake_tests(request: Request, out: str, file_format: str | None, since: str | None, until: str | None) -> int:
    """Write the tests of all runs of a lake; returns the exit code. Raises UserError.

    To be called where ``is_written_down`` says so.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    chosen = format_of(out, file_format if file_format or out != "-" else "csv")
    prepared = prepare(request)
    lake = _lake(request)
    _, first_run = next(iter(open_runs(prepared.plan)))
    try:
        from_ns, until_ns = span_ns(since, until, first_run)
    finally:
        first_run.close()
    table: Any = level_tests(lake, from_ns=from_ns, until_ns=until_ns)
    if request.kind:
        table = table.filter(pc.is_in(table["kind"], pa.array(sorted(kinds_named(request.kind)))))
    with TableSink(out, chosen, table="tests") as sink:
        sink.write_table(table)
    for run in lake.runs:
        if not has_level_tests(run):
            print(f"warning: {run.run.id}: no tests were written down; lake rebuild-gold makes them", file=sys.stderr)
    mark = "SIMULATED " if prepared.simulated else ""
    print(f"{len(table):,} {mark}rows of tests{'' if out == '-' else f' in {out}'}", file=sys.stderr)
    return os.EX_OK


def is_written_down(request: Request) -> bool:
    """Whether the source is a lake, as it was recorded, that holds tests of levels: then no engine is needed."""
    if len(request.sources) != 1 or request.date is not None or form_of(request.sources) is not Form.LAKE:
        return False
    if request.profile or request.config or request.level or request.levels or request.symbol:
        return False
    return any(map(has_level_tests, _lake(request).runs))


def _lake(request: Request) -> Lake:
    [root] = request.sources
    lake = Lake(open_storage(root))
    if not lake.runs:
        raise UserError(root, "holds no run", "name the root of a lake")
    return lake
