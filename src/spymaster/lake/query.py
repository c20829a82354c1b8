"""SQL over a lake with DuckDB: a view for each table, prices as numbers, times as times."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from spymaster.lake.catalog import BRONZE, GOLD, SILVER, Lake, hour_of_file, table_of_file
from spymaster.lake.days.choice import Portion
from spymaster.lake.errors import LakeError
from spymaster.lake.gold.level_tests import LEVEL_TESTS, level_tests_schema
from spymaster.lake.gold.schema import ALERTS, SIGNALS, alerts_schema, signals_schema
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.routing import HOUR_NS
from spymaster.lake.tables.schema import CONTROL, bronze_schema, control_schema
from spymaster.market.kinds import PRICE_SCALE, UNDEF_PRICE, Kind
from spymaster.signals.renamed import LEVEL_COLUMNS

PRICES: Final = re.compile(
    r"^(price|open|high|low|close|strike_price|.+_px_\d\d|(nbbo_)?(bid|ask)_px|.*_price(_increment)?)$"
)
"""Whole-number columns that are prices in 1e-9."""
_TIMES: Final = ("ts_event", "ts_recv")
_CHARACTERS: Final = ("action", "side", "instrument_class")
_ALWAYS_NUMBERS: Final = ("seq", "sequence", "ts_in_delta", "flags", "depth")
"""Whole-number columns in which the largest number of their type is a number like any other."""
_HIDDEN: Final = re.compile(r"^_reserved|^length$|^rtype$")


def connect(lake: Lake, portions: Sequence[Portion] | None = None) -> Any:
    """A DuckDB connection with a view for each table of the lake, or of these portions of it, to the hour. Raises
    LakeError without DuckDB.

    ``futures_mbp10``, ``options_trades``, ``control`` and so on are Bronze; ``signals``, ``alerts`` and ``level_tests``
    Gold; those of Silver begin with ``silver_``. Prices are floating-point; every other whole number but an id is
    signed, so that sizes can be subtracted; what the feed left undefined is null. ``ts_event`` and ``ts_recv`` are
    times in UTC beside ``ts_event_ns`` and ``ts_recv_ns``; actions and sides are letters; ``date`` is a date.
    """
    if importlib.util.find_spec("duckdb") is None:
        raise LakeError("lake query", "DuckDB is not installed", "pip install 'spymaster-tui[duckdb]'")
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for view, (names, schema) in sorted(_tables(lake, portions).items()):
        is_gold = names[0].startswith(f"{GOLD}/")
        stored = _with_old_names(schema) if is_gold else schema
        connection.register(f"raw_{view}", lake.storage.dataset(names, stored))
        columns = ", ".join([*(_quoted(schema) if is_gold else _columns(schema)), *_partitions(names[0])])
        connection.execute(f'CREATE VIEW "{view}" AS SELECT {columns} FROM "raw_{view}"')
    return connection


def run_query(lake: Lake, statement: str, portions: Sequence[Portion] | None = None) -> Any:
    """The rows of a statement over a lake, or these portions of it, as a ``pyarrow.Table``. Raises LakeError for one
    that DuckDB refuses."""
    connection = connect(lake, portions)
    import duckdb

    try:
        return connection.sql(statement).to_arrow_table() if statement.strip() else None
    except duckdb.Error as error:
        views = ", ".join(sorted(_tables(lake, portions)))
        reason = str(error).splitlines()[0]
        raise LakeError("lake query", reason, f"mend the statement; the tables are {views or 'none'}") from error


def views(lake: Lake) -> tuple[str, ...]:
    """The names a statement can use."""
    return tuple(sorted(_tables(lake, None)))


def _tables(lake: Lake, portions: Sequence[Portion] | None) -> Mapping[str, tuple[list[str], Any]]:
    """View -> its files and their schema; a table of several kinds has the columns of all of them."""
    files: dict[str, list[str]] = {}
    schemas: dict[str, dict[str, Any]] = {}
    for run in lake.runs if portions is None else [portion.run for portion in portions]:
        for file in (*run.files(BRONZE), *run.files(GOLD)):
            if not _counts(file.path, None if portions is None else [p for p in portions if p.run is run]):
                continue
            view = _view(file.path)
            files.setdefault(view, []).append(file.path)
            schemas.setdefault(view, {})[file.kind] = _schema_of(file.kind)
    for name in lake.storage.names(SILVER):
        if not _counts(name, portions):
            continue
        view = f"silver_{_view(name)}"
        files.setdefault(view, []).append(name)
        if view not in schemas:
            schemas[view] = {"": _schema_in(lake.storage, name)}
    return {view: (names, _unified(schemas[view].values())) for view, names in files.items()}


def _counts(name: str, portions: Sequence[Portion] | None) -> bool:
    """Whether some of a file's hour lies within portions."""
    hour = hour_of_file(name)
    if portions is None or hour is None:
        return True
    begin_ns, end_ns = hour * HOUR_NS, (hour + 1) * HOUR_NS
    return any(begin_ns < until and first < end_ns for portion in portions for first, until in portion.spans)


def _view(name: str) -> str:
    table = table_of_file(name)
    return {"levels/signals": "signals"}.get(table, table.replace("/", "_"))


def _schema_of(kind: str) -> Any:
    known = {
        CONTROL: control_schema,
        SIGNALS: signals_schema,
        ALERTS: alerts_schema,
        LEVEL_TESTS: level_tests_schema,
    }
    return known[kind]().arrow if kind in known else bronze_schema(Kind[kind]).arrow


def _schema_in(storage: Storage, name: str) -> Any:
    from spymaster.lake.tables.parquet_file import opened

    with opened(storage, name) as parquet:
        return parquet.schema_arrow


def _unified(schemas: Iterable[Any]) -> Any:
    nullable = [pa.schema([field.with_nullable(True) for field in schema]) for schema in schemas]
    return pa.unify_schemas(nullable)


def _with_old_names(schema: Any) -> Any:
    """The columns of Gold and, for files of before version 4, the names that some of them had."""
    for old, new in LEVEL_COLUMNS.items():
        if new in schema.names:
            schema = schema.append(pa.field(old, schema.field(new).type))
    return schema


def _quoted(schema: Any) -> Iterable[str]:
    """The columns of Gold, which are what they should be, whatever they were called when they were written."""
    old = {new: former for former, new in LEVEL_COLUMNS.items()}
    return (f'coalesce("{name}", "{old[name]}") AS "{name}"' if name in old else f'"{name}"' for name in schema.names)


def _columns(schema: Any) -> Iterable[str]:
    """The columns of a table that holds records as they arrived."""
    for field in schema:
        name = field.name
        if _HIDDEN.match(name):
            continue
        if name in _TIMES:
            known = _signed(name, field.type)
            yield f'make_timestamp_ns({known}) AS "{name}", {known} AS "{name}_ns"'
        elif PRICES.match(name) and pa.types.is_int64(field.type):
            yield f'nullif("{name}", {UNDEF_PRICE}) / {PRICE_SCALE}.0 AS "{name}"'
        elif name in _CHARACTERS and pa.types.is_uint8(field.type):
            yield f'chr("{name}"::INTEGER) AS "{name}"'
        elif pa.types.is_fixed_size_binary(field.type):
            yield f"""replace("{name}"::VARCHAR, '\\x00', '') AS "{name}\""""
        elif pa.types.is_integer(field.type) and not name.endswith("_id"):
            yield f'{_signed(name, field.type)} AS "{name}"'
        else:
            yield f'"{name}"'


def _signed(name: str, stored: Any) -> str:
    """A whole number as BIGINT; null for the largest of its type, by which the feed says that there is none."""
    # a number of 64 bits without a sign may be too large: that is no time and no count, and must not end the query
    number = f'try_cast("{name}" AS BIGINT)'
    if name in _ALWAYS_NUMBERS or (stored.bit_width == 64 and pa.types.is_unsigned_integer(stored)):
        return number
    return f"nullif({number}, {2 ** (stored.bit_width - pa.types.is_signed_integer(stored)) - 1})"


def _partitions(name: str) -> Iterable[str]:
    """The keys of a file's folders as columns."""
    keys = (part.partition("=")[0] for part in name.split("/") if "=" in part)
    return ('"date"::DATE AS "date"' if key == "date" else f'"{key}"' for key in keys)
