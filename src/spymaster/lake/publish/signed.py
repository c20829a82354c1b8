"""Silver and Bronze as Iceberg can hold them: whole numbers with a sign, null where the feed left a number undefined.

Iceberg knows no numbers without a sign. Registered as they are, such columns make some readers fail and give others
numbers that the column's type cannot hold. So their files are copied, a row group at a time.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.parquet_file import opened, reading

_LETTERS: Final = frozenset({"action", "side", "instrument_class"})
_ALWAYS_NUMBERS: Final = frozenset({"seq", "sequence", "ts_in_delta", "flags", "depth"})
"""Columns in which the largest number of their type is a number like any other; so it is in those of ids."""
_LEFT_OUT: Final = re.compile(r"^_reserved|^length$|^rtype$")
"""Columns that say how the vendor's record was laid out."""
_LARGEST: Final = 2**63 - 1
_CHARACTERS: Final = pa.array([None, *map(chr, range(1, 256))], pa.string())


def signed_schema(stored: Any) -> Any:
    """The schema of the copy of a file with this one."""
    return pa.schema([pa.field(field.name, _target(field)) for field in stored if not _LEFT_OUT.match(field.name)])


def copy_signed(storage: Storage, name: str, target: Any) -> int:
    """Write a file's copy to a stream; how many rows it has. Raises LakeError where the file cannot be read."""
    with opened(storage, name) as parquet, reading(storage.url(name)):
        stored = parquet.schema_arrow
        schema = signed_schema(stored)
        with pq.ParquetWriter(target, schema, compression="zstd", compression_level=3, store_schema=False) as writer:
            for group in range(parquet.metadata.num_row_groups):
                table = parquet.read_row_group(group, columns=schema.names)
                writer.write_table(signed(table), row_group_size=max(len(table), 1))
        return int(parquet.metadata.num_rows)


def signed(table: Any) -> Any:
    """Rows of a file as rows of its copy."""
    schema = signed_schema(table.schema)
    columns = [_converted(table[field.name], table.schema.field(field.name), field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _target(field: Any) -> Any:
    kind = field.type
    if field.name in _LETTERS and pa.types.is_uint8(kind):
        return pa.string()
    if not pa.types.is_integer(kind):
        return kind
    fits = kind.bit_width < 32 or (kind.bit_width == 32 and pa.types.is_signed_integer(kind))
    return pa.int32() if fits else pa.int64()


def _converted(column: Any, field: Any, target: Any) -> Any:
    kind = field.type
    if pa.types.is_string(target) and pa.types.is_uint8(kind):
        return pc.take(_CHARACTERS, column)
    if not pa.types.is_integer(kind):
        return column
    is_unsigned = pa.types.is_unsigned_integer(kind)
    if is_unsigned and kind.bit_width == 64:
        # such a number is no time and no count, the undefined one among them
        fits = pc.less_equal(column, pa.scalar(_LARGEST, kind))
        return pc.if_else(fits, column, pa.scalar(None, kind)).cast(target)
    if field.name in _ALWAYS_NUMBERS or field.name.endswith("_id"):
        return column.cast(target)
    undefined = pa.scalar(2 ** (kind.bit_width - (not is_unsigned)) - 1, kind)
    return pc.if_else(pc.equal(column, undefined), pa.scalar(None, kind), column).cast(target)
