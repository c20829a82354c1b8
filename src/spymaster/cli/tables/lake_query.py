"""What ``lake query`` does: rows of published signals by date, kind and column, or a statement in SQL."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from spymaster.cli.tables.lake import open_lake
from spymaster.errors import ExitCode, UserError
from spymaster.lake.catalog import Lake
from spymaster.lake.days.choice import ALL_TIME, Portion, Span, days_of, portions, whole
from spymaster.lake.days.conditions import condition, known_columns
from spymaster.lake.days.signals import SignalRows, Wanted
from spymaster.lake.days.trade_dates import day_ns
from spymaster.lake.export.export import ExportFormat, TableSink, format_of
from spymaster.lake.gold.schema import signals_schema
from spymaster.lake.query import run_query, views
from spymaster.lake.storage.files import S3_SCHEME
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, as written. ``first``: the argument, a statement or a lake's root."""

    first: str
    root: str | None
    since: str | None
    until: str | None
    kind: tuple[str, ...]
    columns: str | None
    where: tuple[str, ...]
    run: str | None
    all_runs: bool
    out: str
    file_format: str | None

    @property
    def names_root(self) -> bool:
        """Whether the argument is a place and no statement."""
        return self.first.startswith(S3_SCHEME) or (bool(self.first) and Path(self.first).is_dir())


def run_asked(config_path: Path | None, asked: Asked) -> None:
    """Print or write what was asked for. Raises UserError."""
    statement = "" if asked.names_root else asked.first.strip()
    if asked.names_root and asked.root is not None:
        problem = f"{asked.first} was named already"
        raise UserError(f"--lake {asked.root}", problem, "leave one out", code=ExitCode.USAGE)
    about_rows = bool(asked.kind or asked.columns or asked.where)
    if statement and about_rows:
        remedy = "write it in the statement, or leave the statement out"
        raise UserError("--kind, --columns, --where", "choose rows where there is no SQL", remedy, code=ExitCode.USAGE)
    if asked.run is not None and asked.all_runs:
        raise UserError("--all-runs", "one run was named by --run", "leave one of them out", code=ExitCode.USAGE)
    span = span_of(asked.since, asked.until)
    lake = open_lake(config_path, asked.first if asked.names_root else asked.root)
    if statement:
        _print_statement(lake, statement, _portions(lake, asked, span), asked)
    elif about_rows or asked.since or asked.until or asked.run or asked.all_runs:
        _print_rows(lake, _portions(lake, asked, span), asked)
    else:
        print("\n".join(views(lake)))


def span_of(since: str | None, until: str | None) -> Span:
    """What --from and --to mean: whole trade dates, both included, or moments. Raises UserError."""
    first = _bound("--from", since)[0] if since else ALL_TIME[0]
    last = _bound("--to", until)[1] if until else ALL_TIME[1]
    if first >= last:
        raise UserError(f"--from {since}", f"is not before --to {until}", "give an earlier --from", code=ExitCode.USAGE)
    return first, last


def _bound(option: str, text: str) -> Span:
    """The span that a date or a moment stands for."""
    try:
        if _DATE.fullmatch(text):
            return day_ns(int(dt.date.fromisoformat(text).strftime("%Y%m%d")))
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            ns = int(moment.timestamp()) * NS_PER_S + moment.microsecond * 1000
            return ns, ns
    except ValueError:
        pass
    remedy = "give a trade date as YYYY-MM-DD, or a time with its zone such as 2024-01-05T09:30:00-05:00"
    raise UserError(f"{option} {text}", "is neither a date nor a time", remedy, code=ExitCode.USAGE)


def _portions(lake: Lake, asked: Asked, span: Span) -> tuple[Portion, ...]:
    """What counts of which runs; where several hold a date it is said."""
    lake.run(lake.runs[0].run.id if lake.runs else None)
    if asked.all_runs:
        return whole(lake.runs, span)
    if asked.run is not None:
        return whole((lake.run(asked.run),), span)
    days = days_of(lake.runs, span)
    for day in days:
        if day.others:
            print(f"note: {day}; --run names one, --all-runs gives all", file=sys.stderr)
    return portions(days, span)


def _print_rows(lake: Lake, chosen: tuple[Portion, ...], asked: Asked) -> None:
    schema = signals_schema().arrow
    names = known_columns("--columns", asked.columns.split(",") if asked.columns else schema.names, schema)
    wanted = Wanted(names, _kinds(asked.kind), tuple(condition(text, schema) for text in asked.where), asked.all_runs)
    rows = SignalRows(lake.storage, chosen, wanted)
    chosen_format = _format(asked)
    with TableSink(asked.out, chosen_format, table="rows") as sink:
        for table in _with_one(rows):
            sink.write_table(_for_json(table) if chosen_format is ExportFormat.JSONL else table)
        print(f"{sink.rows:,} rows; {rows.cost}", file=sys.stderr)


def _with_one(rows: SignalRows) -> Iterator[Any]:
    """The tables, and one without rows where there are none, so that columns are said."""
    yield rows.schema.empty_table()
    yield from rows.tables()


def _print_statement(lake: Lake, statement: str, chosen: tuple[Portion, ...], asked: Asked) -> None:
    chosen_format = _format(asked)
    table = run_query(lake, statement, chosen)
    with TableSink(asked.out, chosen_format, table="rows") as sink:
        sink.write_table(_for_json(table) if chosen_format is ExportFormat.JSONL else table)
    print(f"{len(table):,} rows", file=sys.stderr)


def _format(asked: Asked) -> ExportFormat:
    out = os.fspath(asked.out)
    return format_of(out, asked.file_format if asked.file_format or out != "-" else "csv")


def _kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(kind.upper() for kind in kinds))
    for name in names:
        if name not in LevelKind.__members__:
            remedy = f"use one of {', '.join(LevelKind.__members__)}"
            raise UserError(f"--kind {name}", "there is no such kind of level", remedy, code=ExitCode.USAGE)
    return names


def _for_json(table: Any) -> Any:
    """Times as text, since a JSON object's are."""
    texts = [pa.field(f.name, pa.string()) if pa.types.is_timestamp(f.type) else f for f in table.schema]
    return table.cast(pa.schema(texts))
