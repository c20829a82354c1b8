"""Every format holds the same table: what was written is what is read back."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.errors import ExitCode, UserError
from spymaster.lake.export.export import ExportFormat, TableSink, format_of
from spymaster.lake.export.table import Column
from spymaster.signals.columns import Words, signals_columns
from tests.support.blocks import T0_NS, block, level, unseen

FLOATS = [0.1 + 0.2, 1 / 3, -0.0, 5e-324, 1.7976931348623157e308, 4805.25, 1e21, 123456789.123456789]
ROWS: list[dict[str, Any]] = [
    {"n": T0_NS, "x": 4805.25, "level": "ROUND_4805", "on": True, "day": "2024-01-05"},
    {"n": -1, "x": None, "level": None, "on": False, "day": "2024-01-08"},
]


def columns() -> dict[str, Column]:
    """``ROWS`` as columns of every type there is."""
    return {
        "n": np.array([T0_NS, -1]),
        "x": np.array([4805.25, math.nan]),
        "level": Words(("ROUND_4810", "ROUND_4805"), np.array([1, -1], np.int32)),
        "on": np.array([True, False]),
        "day": np.array(["2024-01-05", "2024-01-08"], "datetime64[D]"),
    }


def read_csv(path: Path) -> list[dict[str, Any]]:
    kinds: dict[str, Callable[[str], Any]] = {"n": int, "x": float, "on": lambda text: text == "true"}
    with path.open(newline="") as file:
        return [
            {name: kinds.get(name, str)(text) if text else None for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_arrow(path: Path) -> list[dict[str, Any]]:
    return plain(pa.ipc.open_file(path).read_all().to_pylist())


def read_parquet(path: Path) -> list[dict[str, Any]]:
    return plain(pq.read_table(path).to_pylist())


def read_duckdb(path: Path) -> list[dict[str, Any]]:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(path), read_only=True) as database:
        (table,) = [name for (name,) in database.execute("SHOW TABLES").fetchall()]
        names = [name for name, *_ in database.execute(f'DESCRIBE "{table}"').fetchall()]
        return plain([dict(zip(names, row, strict=True)) for row in database.execute(f'FROM "{table}"').fetchall()])


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Dates as text, as the text formats have them."""
    return [{**row, "day": row["day"].isoformat()} if "day" in row else row for row in rows]


READERS: dict[ExportFormat, Callable[[Path], list[dict[str, Any]]]] = {
    ExportFormat.CSV: read_csv,
    ExportFormat.JSONL: read_jsonl,
    ExportFormat.PARQUET: read_parquet,
    ExportFormat.ARROW: read_arrow,
    ExportFormat.DUCKDB: read_duckdb,
}


@pytest.fixture(params=list(ExportFormat))
def name(request: pytest.FixtureRequest) -> ExportFormat:
    """Each format; DuckDB where it is installed."""
    if request.param is ExportFormat.DUCKDB:
        pytest.importorskip("duckdb")
    made: ExportFormat = request.param
    return made


def test_every_format_reads_back_as_it_was_written(name: ExportFormat, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    with TableSink(path) as sink:
        sink.write(columns())
        sink.write(columns())
    assert READERS[name](path) == ROWS * 2
    assert sink.rows == 4


def test_floats_read_back_bit_for_bit(name: ExportFormat, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    with TableSink(path) as sink:
        sink.write({"x": np.array(FLOATS)})
    back = np.array([row["x"] for row in READERS[name](path)])
    assert back.view(np.int64).tolist() == np.array(FLOATS).view(np.int64).tolist()


def test_many_pieces_make_one_table(name: ExportFormat, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    piece = np.arange(6_000)
    with TableSink(path) as sink:
        for k in range(40):
            sink.write({f"n{i}": piece + 6_000 * k for i in range(10)})
    back = [int(row["n9"]) for row in READERS[name](path)]
    assert back == list(range(40 * 6_000))


def test_a_table_without_rows_keeps_its_columns(name: ExportFormat, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    with TableSink(path) as sink:
        sink.write({column: values[:0] for column, values in columns().items() if isinstance(values, np.ndarray)})
    assert READERS[name](path) == []


def test_an_export_of_nothing_at_all_is_a_valid_file(name: ExportFormat, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    with TableSink(path):
        pass
    if name is not ExportFormat.DUCKDB:
        assert READERS[name](path) == []
    assert path.is_file()


def test_text_that_looks_like_structure_is_quoted_in_csv(tmp_path: Path) -> None:
    texts = ["a,b", 'the "wall"', "two\nlines", "plain"]
    path = tmp_path / "out.csv"
    with TableSink(path) as sink:
        sink.write({"level": Words.of(texts), "n": np.arange(4)})
    with path.open(newline="") as file:
        assert [row["level"] for row in csv.DictReader(file)] == texts


def test_ordinary_csv_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with TableSink(path) as sink:
        sink.write(columns())
    assert path.read_text().splitlines() == [
        "n,x,level,on,day",
        f"{T0_NS},4805.25,ROUND_4805,true,2024-01-05",
        "-1,,,false,2024-01-08",
    ]


def test_lists_are_columns_too(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with TableSink(path) as sink:
        sink.write({"a": [1, None], "b": ["x", None]})
    assert read_jsonl(path) == [{"a": 1, "b": "x"}, {"a": None, "b": None}]


def test_signal_columns_survive_parquet_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "signals.parquet"
    with TableSink(path) as sink:
        sink.write(signals_columns(block([level(), unseen()])))
    schema = pq.read_schema(path)
    types = {field.name: str(field.type) for field in schema}
    assert (types["ts_event_ns"], types["session_date"], types["level_id"]) == ("int64", "date32[day]", "string")
    assert (types["signal"], types["touching"], types["tick"], types["score"]) == ("string", "bool", "int64", "double")
    assert pq.read_table(path)["score"].to_pylist() == [84.25, None]


def test_a_duckdb_export_has_its_table_under_the_name_asked_for(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "out.duckdb"
    with TableSink(path, table="signals") as sink:
        sink.write(columns())
    with duckdb.connect(str(path), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM signals").fetchall() == [(2,)]


def test_without_duckdb_the_user_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UserError, match="DuckDB is not installed; pip install duckdb, or choose another --format"):
        TableSink(tmp_path / "out.duckdb")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("csv", ExportFormat.CSV),
        ("CSV", ExportFormat.CSV),
        ("ndjson", ExportFormat.JSONL),
        ("jsonl", ExportFormat.JSONL),
        ("parquet", ExportFormat.PARQUET),
        ("feather", ExportFormat.ARROW),
        ("db", ExportFormat.DUCKDB),
    ],
)
def test_the_ending_of_a_file_says_its_format(ending: str, expected: ExportFormat) -> None:
    assert format_of(f"out.{ending}") is expected


def test_a_format_that_is_asked_for_goes_before_the_ending() -> None:
    assert format_of("out.csv", "jsonl") is ExportFormat.JSONL


@pytest.mark.parametrize(
    ("place", "wanted", "complaint"),
    [
        ("-", None, r"-: no file ending says which format is meant; add --format with one of csv, jsonl"),
        ("out.xls", None, r"out\.xls: \.xls is not the ending of a format; add --format"),
        ("out.csv", "excel", r"--format excel: there is no such format; use one of csv, jsonl, parquet, arrow, duckdb"),
    ],
)
def test_an_unknown_format_is_answered_with_the_known_ones(place: str, wanted: str | None, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint) as refused:
        format_of(place, wanted)
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinity_is_refused_in_every_format(name: ExportFormat, value: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="column x holds an infinity"), TableSink(tmp_path / f"out.{name}") as sink:
        sink.write({"x": np.array([1.0, value])})
    assert list(tmp_path.iterdir()) == []


def test_a_piece_with_other_columns_is_refused(tmp_path: Path) -> None:
    with TableSink(tmp_path / "out.csv") as sink:
        sink.write({"x": np.arange(2)})
        with pytest.raises(ValueError, match="where there were"):
            sink.write({"y": np.arange(2)})


def test_parquet_on_a_stream_is_a_whole_parquet_file() -> None:
    out = io.BytesIO()
    with TableSink("-", "parquet", stdout=out) as sink:
        sink.write(columns())
    assert plain(pq.read_table(io.BytesIO(out.getvalue())).to_pylist()) == ROWS


def test_arrow_on_a_stream_is_the_streaming_format_that_a_pipe_can_read() -> None:
    out = io.BytesIO()
    with TableSink("-", "arrow", stdout=out) as sink:
        sink.write(columns())
    assert plain(pa.ipc.open_stream(out.getvalue()).read_all().to_pylist()) == ROWS
