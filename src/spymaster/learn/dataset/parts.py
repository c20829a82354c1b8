"""The Parquet files of a data set: rows of one source and trade date each, the same rows in the same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from spymaster.atomic_output import AtomicOutput
from spymaster.errors import ExitCode, UserError
from spymaster.learn.dataset.set_manifest import Part, SetManifest

PART_NAME: Final = "part.parquet"
_LEVEL: Final = 9
_READ_BYTES: Final = 1 << 20

Columns = Mapping[str, NDArray[Any]]


def part_path(date: int, source: str) -> str:
    """Where the rows of a source and trade date stand below the set's folder."""
    day = dt.date(date // 10_000, date // 100 % 100, date % 100)
    return f"date={day}/source={source}/{PART_NAME}"


def write_part(folder: Path, date: int, source: str, columns: Columns) -> Part:
    """Write rows in the order they are given; ``date`` and ``source`` stand in the path alone. Raises OSError."""
    path = part_path(date, source)
    table = pa.table({name: _column(values) for name, values in columns.items()})
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with AtomicOutput(place) as output:
        pq.write_table(table, output.file, compression="zstd", compression_level=_LEVEL, use_dictionary=True)
    attempts = len(np.unique(columns["attempt_id"]))
    return Part(path, file_sha256(place), date, source, table.num_rows, attempts)


def read_columns(folder: Path, manifest: SetManifest, names: list[str] | None = None) -> dict[str, NDArray[Any]]:
    """All rows of a set by columns, ``date`` and ``source`` among them. Raises UserError for a part that is missing,
    damaged or changed."""
    found = [read_part(folder, part, names) for part in manifest.parts]
    if not found:
        raise UserError(folder, "holds no rows", "build it from longer recordings", code=ExitCode.DATA)
    return {name: np.concatenate([columns[name] for columns in found]) for name in found[0]}


def read_part(folder: Path, part: Part, names: list[str] | None = None) -> dict[str, NDArray[Any]]:
    """One part. Raises UserError as ``read_columns``."""
    check_part(folder, part)
    try:
        table = pq.read_table(folder / part.path, columns=names, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(folder / part.path, str(error).splitlines()[0]) from None
    columns = {name: _array(table.column(name)) for name in table.column_names}
    columns["date"] = np.full(table.num_rows, part.date, np.int64)
    columns["source"] = np.full(table.num_rows, part.source)
    return columns


def check_part(folder: Path, part: Part) -> None:
    """Raise UserError where a part is not the one its manifest names."""
    place = folder / part.path
    try:
        if file_sha256(place) != part.sha256:
            raise _damaged(place, "its bytes are not those the manifest names")
    except FileNotFoundError:
        raise _damaged(place, "it is missing") from None


def file_sha256(path: Path) -> str:
    """Of a file's content. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _damaged(place: Path, why: str) -> UserError:
    return UserError(place, f"cannot be used: {why}", "build the data set again", code=ExitCode.DATA)


def _column(values: NDArray[Any]) -> Any:
    """Float columns with NaN stay floats with NaN: an absent number is no null."""
    return pa.array(values.tolist(), pa.string()) if values.dtype.kind in "UO" else pa.array(values)


def _array(column: Any) -> NDArray[Any]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array(column.to_pylist(), np.str_)
    values: NDArray[Any] = column.to_numpy()
    return values
