"""Tests of levels over the days of a lake: which of them count, read without an engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from spymaster.lake.catalog import GOLD, Lake, LakeRun, hour_of_file, table_of_file
from spymaster.lake.gold.level_tests import LEVEL_TESTS_TABLE, level_tests_schema
from spymaster.lake.tables.parquet_file import opened, reading
from spymaster.lake.tables.routing import HOUR_NS
from spymaster.market.manifest import RunStatus

_TIME: Final = "ts_event_ns"
_DATE: Final = "session_date"
_BEGIN: Final = "touch_ns"
_DAY_HOURS: Final = 24


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Tests of one session date out of one run. ``first_ns``, ``last_ns``: its first touch and its last decision."""

    run: LakeRun
    first_ns: int
    last_ns: int
    rows: Any


def has_level_tests(run: LakeRun) -> bool:
    """Whether a run's tests were written down, or made later by ``lake rebuild-gold``."""
    return bool(_files(run, ""))


def level_tests(
    lake: Lake,
    *,
    underlying: str = "",
    from_ns: int = 0,
    until_ns: int = 2**62,
    columns: Sequence[str] | None = None,
) -> Any:
    """A ``pyarrow.Table`` of the tests that were decided in [from_ns, until_ns), by time; ``columns``: of these alone.

    Of several runs that saw the same hours of a session date the newest that is complete counts, as a whole; runs of
    other hours of it count beside each other. ``underlying``: of levels of this alone. Raises LakeError, OSError.
    """
    schema = level_tests_schema().arrow
    wanted = tuple(columns) if columns is not None else tuple(schema.names)
    needed = list(dict.fromkeys((*wanted, _TIME, _BEGIN, _DATE)))
    pieces: dict[Any, list[_Piece]] = {}
    for run in sorted(lake.runs, key=lambda one: (one.run.status is RunStatus.SEALED, one.run.id), reverse=True):
        for date, piece in _pieces(lake, run, underlying, from_ns, until_ns, needed):
            kept = pieces.setdefault(date, [])
            if all(piece.first_ns > other.last_ns or piece.last_ns < other.first_ns for other in kept):
                kept.append(piece)
    tables = [piece.rows for date in sorted(pieces) for piece in sorted(pieces[date], key=lambda one: one.first_ns)]
    if not tables:
        return schema.empty_table().select(wanted)
    whole = pa.concat_tables(tables)
    inside = pc.and_(pc.greater_equal(whole[_TIME], from_ns), pc.less(whole[_TIME], until_ns))
    return whole.filter(inside).select(wanted)


def _files(run: LakeRun, underlying: str) -> list[str]:
    names = [file.path for file in run.files(GOLD) if table_of_file(file.path) == LEVEL_TESTS_TABLE]
    return [name for name in names if not underlying or f"/underlying={underlying}/" in name]


def _pieces(
    lake: Lake, run: LakeRun, underlying: str, from_ns: int, until_ns: int, columns: list[str]
) -> Iterable[tuple[Any, _Piece]]:
    """Of a run, its whole session dates as far as these may reach into the span: which run counts follows from all of
    a date's tests."""
    near = [
        name
        for name in _files(run, underlying)
        if (hour := hour_of_file(name)) is None
        or (from_ns - _DAY_HOURS * HOUR_NS < (hour + 1) * HOUR_NS and hour * HOUR_NS < until_ns + _DAY_HOURS * HOUR_NS)
    ]
    tables = [_read(lake, name, columns) for name in sorted(near)]
    if not tables:
        return
    whole = pa.concat_tables(tables)
    for date in pc.unique(whole[_DATE]).to_pylist():
        rows = whole.filter(pc.equal(whole[_DATE], pa.scalar(date, whole[_DATE].type)))
        first, last = pc.min(rows[_BEGIN]).as_py(), pc.max(rows[_TIME]).as_py()
        yield date, _Piece(run, int(first), int(last), rows.sort_by(_TIME))


def _read(lake: Lake, name: str, columns: list[str]) -> Any:
    with opened(lake.storage, name) as parquet, reading(lake.storage.url(name)):
        table = parquet.read(columns=columns)
    known = level_tests_schema().arrow
    # words are stored by their codes, which differ from file to file
    return table.select(columns).cast(pa.schema([known.field(column) for column in columns]))
