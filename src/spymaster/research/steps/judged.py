"""What ``evaluate`` found on a day, as Parquet and back: counts and sums, so that days can be taken together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.atomic_output import AtomicOutput
from spymaster.evaluate.record.day_record import HORIZONS_S, DayRecord, Markout, TestCounts
from spymaster.evaluate.signal_outcomes import DISTANCES, VOLATILITIES, AlertRecord, BaseCounts
from spymaster.evaluate.worlds.world_record import ENGINE
from spymaster.market.calendar_table import date_of

PLACEBO: Final = "PLACEBO"
"""The kind of level of tests at prices where no level is."""
_DATE: Final = ("session_date", pa.date32())
_INT, _FLOAT, _FLAG, _TEXT = pa.int64(), pa.float64(), pa.bool_(), pa.string()

SCHEMAS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "days": pa.schema(
            [
                *(_DATE, ("begin_ns", _INT), ("end_ns", _INT), ("hours", _FLOAT), ("left_out_s", _FLOAT)),
                *(("simulated", _FLAG), ("breaks", _INT), ("rejects", _INT)),
            ]
        ),
        "signals": pa.schema(
            [
                *(_DATE, ("signal", _TEXT), ("past_half_ticks", _INT), ("volatility", _INT)),
                *(("right", _FLAG), ("late", _FLAG), ("after_s", _FLOAT)),
            ]
        ),
        "base": pa.schema([_DATE, ("volatility", _INT), ("distance", _INT), ("beyond", _INT), ("ended", _INT)]),
        "tests": pa.schema(
            [
                *(_DATE, ("kind", _TEXT), ("broke", _INT), ("held", _INT), ("neither", _INT), ("unknown", _INT)),
                ("filled", _FLOAT),
            ]
        ),
        "markouts": pa.schema(
            [_DATE, ("event", _TEXT), ("horizon_s", _INT), ("n", _INT), ("points", _FLOAT), ("base", _FLOAT)]
        ),
    }
)
"""The tables of a result, one file each (docs/research.md 3)."""


class JudgedDay(msgspec.Struct, frozen=True):
    """A session date as it was judged, and how many signals were raised in all of it, judged or not."""

    record: DayRecord
    breaks: int
    rejects: int


def write_judged(folder: Path, days: Sequence[JudgedDay]) -> dict[str, int]:
    """Write the tables; the rows of each file. Raises OSError."""
    rows: dict[str, int] = {}
    tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in SCHEMAS}
    for day in days:
        for name, found in _rows_of(day).items():
            tables[name] += found
    for name, found in tables.items():
        columns = list(zip(*found, strict=True)) or [()] * len(SCHEMAS[name].names)
        table = pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, SCHEMAS[name], strict=True)], SCHEMAS[name]
        )
        with AtomicOutput(folder / f"{name}.parquet") as output:
            pq.write_table(table, output.file, compression="zstd")
        rows[f"{name}.parquet"] = len(table)
    return rows


def read_judged(folder: Path) -> list[JudgedDay]:
    """What was written; nothing of a date on which nothing was recorded. Raises OSError."""
    if not (folder / "days.parquet").exists():
        return []
    tables = {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in SCHEMAS}
    return [
        _judged(
            row,
            {
                name: [one for one in found if one["session_date"] == row["session_date"]]
                for name, found in tables.items()
            },
        )
        for row in tables["days"]
    ]


def _rows_of(day: JudgedDay) -> dict[str, list[tuple[Any, ...]]]:
    one = day.record
    date = date_of(one.session_date)
    whole = (one.begin_ns, one.end_ns, one.hours, one.left_out_s, one.simulated, day.breaks, day.rejects)
    tests = {**one.tests, PLACEBO: one.placebo}
    beyond, ended = np.array(one.base.beyond), np.array(one.base.ended)
    return {
        "days": [(date, *whole)],
        "signals": [
            (date, a.signal, a.past, a.volatility, a.right, a.late, a.after_s) for a in one.alerts.get(ENGINE, ())
        ],
        "base": [
            (date, int(v), int(d), int(beyond[v, d]), int(ended[v, d])) for v, d in zip(*np.nonzero(ended), strict=True)
        ],
        "tests": [(date, kind, *msgspec.structs.astuple(tests[kind])) for kind in sorted(tests)],
        "markouts": [
            (date, event, HORIZONS_S[k], *msgspec.structs.astuple(mark))
            for event in sorted(one.markouts)
            for k, mark in enumerate(one.markouts[event])
        ],
    }


def _judged(row: dict[str, Any], own: dict[str, list[dict[str, Any]]]) -> JudgedDay:
    tests = {
        one["kind"]: TestCounts(one["broke"], one["held"], one["neither"], one["unknown"], one["filled"])
        for one in own["tests"]
    }
    beyond, ended = (np.zeros((VOLATILITIES, DISTANCES), np.int64) for _ in range(2))
    for one in own["base"]:
        at = (one["volatility"], one["distance"])
        beyond[at], ended[at] = one["beyond"], one["ended"]
    markouts: dict[str, list[Markout]] = {}
    for one in own["markouts"]:
        markouts.setdefault(one["event"], []).append(Markout(one["n"], one["points"], one["base"]))
    record = DayRecord(
        session_date=_yyyymmdd(row["session_date"]),
        begin_ns=row["begin_ns"],
        end_ns=row["end_ns"],
        hours=row["hours"],
        left_out_s=row["left_out_s"],
        simulated=row["simulated"],
        alerts={
            ENGINE: [
                AlertRecord(
                    one["signal"],
                    "",
                    one["past_half_ticks"],
                    one["volatility"],
                    one["right"],
                    one["late"],
                    one["after_s"],
                )
                for one in own["signals"]
            ]
        },
        base=BaseCounts(beyond.tolist(), ended.tolist()),
        tests={kind: counts for kind, counts in tests.items() if kind != PLACEBO},
        placebo=tests.get(PLACEBO, TestCounts()),
        markouts=markouts,
    )
    return JudgedDay(record, row["breaks"], row["rejects"])


def _yyyymmdd(day: dt.date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
