"""One statement over a lake for somebody who may only read: no files, no settings, no end without a limit."""

from __future__ import annotations

import datetime
import math
import threading
from typing import Any, Final

import msgspec

from spymaster.lake.catalog import Lake
from spymaster.lake.days.choice import ALL_TIME, days_of, portions
from spymaster.lake.errors import LakeError
from spymaster.lake.query import connect, views

MOST_ROWS: Final = 1000
PATIENCE_S: Final = 30.0
"""A statement that takes longer is ended."""

Cell = str | int | float | bool | None


class Rows(msgspec.Struct, frozen=True):
    """What a statement gave. ``columns``: names and DuckDB's types; ``more``: there were more rows than were wanted."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: bool


def read_rows(lake: Lake, statement: str, most: int, *, patience_s: float = PATIENCE_S) -> Rows:
    """The first ``most`` rows of one SELECT. Raises LakeError for anything else, and for what takes too long.

    Of several runs of one trade date the one that counts is asked (``days.choice``).

    The statement reaches the lake's tables and nothing else: no file, no network, no extension, no setting.
    """
    connection = connect(lake, portions(days_of(lake.runs, ALL_TIME), ALL_TIME))
    import duckdb

    for setting in ("SET enable_external_access = false", "SET lock_configuration = true"):
        connection.execute(setting)
    try:
        asked = connection.extract_statements(statement)
        if len(asked) != 1 or asked[0].type is not duckdb.StatementType.SELECT:
            raise LakeError("query", "only one SELECT can be asked for", "leave the others out")
        late = threading.Timer(patience_s, connection.interrupt)
        late.start()
        try:
            done = connection.execute(asked[0])
            columns = tuple((str(name), str(kind)) for name, kind, *_ in done.description)
            found = done.fetchmany(most + 1)
        finally:
            late.cancel()
    except duckdb.InterruptException:
        raise LakeError("query", f"it took more than {patience_s:g} s", "ask for less, by date or by level") from None
    except duckdb.Error as error:
        tables = ", ".join(views(lake)) or "none"
        raise LakeError("query", str(error).splitlines()[0], f"mend it; the tables are {tables}") from None
    finally:
        connection.close()
    rows = tuple(tuple(_cell(value) for value in row) for row in found[:most])
    return Rows(columns, rows, len(found) > most)


def tables(lake: Lake) -> dict[str, tuple[tuple[str, str], ...]]:
    """Every table with the names and DuckDB's types of its columns. Raises LakeError."""
    connection = connect(lake)
    try:
        described = {view: connection.execute(f'DESCRIBE "{view}"').fetchall() for view in views(lake)}
    finally:
        connection.close()
    return {view: tuple((str(name), str(kind)) for name, kind, *_ in rows) for view, rows in described.items()}


def _cell(value: Any) -> Cell:
    """A value as JSON has one; what is no number is none."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value)
