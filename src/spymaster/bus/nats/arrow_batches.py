"""Records as Arrow IPC in the schema of Bronze, a message for each table, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.lake.tables.arrow_records import column_array, raw_rows, records_of
from spymaster.lake.tables.routing import TableRouter
from spymaster.lake.tables.schema import BACKFILL, SEQ, bronze_schema, raw_dtype
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import Kind

MAX_BYTES: Final = 256 * 1024
"""No market message is longer."""
_COLUMN_BYTES: Final = 192
"""What a column costs in the head of a record batch, and at most is lost to alignment."""


class TablePart(NamedTuple):
    """Records of one kind and table: ``data`` is an Arrow IPC stream of ``rows`` rows, the first numbered
    ``first_seq``."""

    table: str
    kind: Kind
    first_seq: int
    rows: int
    data: bytes


def parts_of(batch: Batch, router: TableRouter, *, backfill: bool = False) -> Iterator[TablePart]:
    """A batch table by table, none longer than ``MAX_BYTES``. Definitions are learned before they are parted."""
    seqs = np.arange(batch.first_seq, batch.first_seq + len(batch), dtype=np.uint64)
    for kind, records in batch.arrays.items():
        if not len(records) or kind not in DTYPES:
            continue
        if kind is Kind.DEF:
            router.define(records)
        own = seqs[batch.order == kind]
        rows = raw_rows(kind, records)
        most = _rows_of(kind)
        for table, mask in router.split(kind, records):
            some, numbers = (rows, own) if mask is None else (rows[mask], own[mask])
            for start in range(0, len(some), most):
                piece = slice(start, start + most)
                data = _encoded(kind, some[piece], numbers[piece], backfill=backfill)
                yield TablePart(table.table, kind, int(numbers[start]), len(numbers[piece]), data)


def batch_of(parts: Sequence[tuple[Kind, bytes]], first_seq: int) -> Batch:
    """The batch that its parts were made of, in the order of its records. Raises ValueError for bytes that are none."""
    found: dict[Kind, list[tuple[NDArray[np.uint64], Records]]] = {}
    for kind, data in parts:
        try:
            table = pa.ipc.open_stream(data).read_all()
            found.setdefault(kind, []).append((table.column(SEQ).to_numpy(), records_of(kind, table)))
        except (pa.ArrowInvalid, KeyError) as error:
            raise ValueError(f"a batch of {kind.name} cannot be read ({error})") from None
    arrays: dict[Kind, Records] = {}
    seqs = []
    for kind, pieces in found.items():
        numbers = np.concatenate([piece[0] for piece in pieces])
        turn = np.argsort(numbers, kind="stable")
        arrays[kind] = np.concatenate([piece[1] for piece in pieces])[turn]
        seqs.append((kind, numbers[turn]))
    order = np.repeat(np.array([kind for kind, _ in seqs], np.uint8), [len(numbers) for _, numbers in seqs])
    turn = np.argsort(np.concatenate([numbers for _, numbers in seqs]), kind="stable")
    return Batch(arrays, order[turn], first_seq)


def _encoded(kind: Kind, rows: NDArray[Any], seqs: NDArray[np.uint64], *, backfill: bool) -> bytes:
    schema = bronze_schema(kind).arrow
    columns = {SEQ: seqs, BACKFILL: np.full(len(rows), backfill)}
    arrays = [column_array(np.ascontiguousarray(columns.get(name, _of(rows, name)))) for name in schema.names]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return bytes(sink.getvalue())


def _of(rows: NDArray[Any], name: str) -> NDArray[Any] | None:
    return rows[name] if name in (rows.dtype.names or ()) else None


@cache
def _rows_of(kind: Kind) -> int:
    """Rows that surely fit into one message."""
    schema = bronze_schema(kind).arrow
    head = len(schema.serialize()) + _COLUMN_BYTES * len(schema.names) + 1024
    row = raw_dtype(kind).itemsize + np.dtype(np.uint64).itemsize + 1
    return int(max(1, (MAX_BYTES - head) // row))
