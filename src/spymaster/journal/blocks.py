"""Named blocks of rows in one payload: how arrays stand in a frame, so that reading them is a view.

A payload is {number of blocks}, a table of {name, bytes of a row, rows}, then each block's rows from a multiple of 8
bytes on. A reader passes over names that it does not know: a later version may add blocks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.format import ALIGNMENT, FormatError

_COUNT: Final = struct.Struct("<Q")
_ENTRY: Final = struct.Struct("<12sIQ")
_MAX_BLOCKS: Final = 64

Block = tuple[int, NDArray[np.uint8]]
"""Bytes of a row, and the rows as bytes."""


def pack_blocks(blocks: Iterable[tuple[str, NDArray[Any]]]) -> tuple[NDArray[np.uint8], ...]:
    """The parts of a payload. An array of rows is C-contiguous or is copied to be so."""
    table, rows = [], []
    for name, array in blocks:
        count = len(array)
        row_bytes = array.nbytes // count if count else 0
        table.append(_ENTRY.pack(name.encode("ascii"), row_bytes, count))
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        rows.append(data)
        if len(data) % ALIGNMENT:
            rows.append(np.zeros(-len(data) % ALIGNMENT, np.uint8))
    head = _COUNT.pack(len(table)) + b"".join(table)
    head += bytes(-len(head) % ALIGNMENT)
    return (np.frombuffer(head, np.uint8), *rows)


def unpack_blocks(payload: memoryview) -> Mapping[str, Block]:
    """The blocks of a payload by name, views of its memory. Raises FormatError when they do not fit into it."""
    if len(payload) < _COUNT.size:
        raise FormatError("the payload is too short for a table of blocks")
    (number,) = _COUNT.unpack_from(payload)
    at = _COUNT.size + number * _ENTRY.size
    if number > _MAX_BLOCKS or at > len(payload):
        raise FormatError(f"the payload cannot hold {number} blocks")
    at += -at % ALIGNMENT
    data = np.frombuffer(payload, np.uint8)
    blocks: dict[str, Block] = {}
    for entry in range(number):
        name, row_bytes, count = _ENTRY.unpack_from(payload, _COUNT.size + entry * _ENTRY.size)
        length = row_bytes * count
        if length > len(data) - at:
            raise FormatError("a block is longer than the payload")
        blocks[name.rstrip(b"\x00").decode("ascii", "replace")] = (row_bytes, data[at : at + length])
        at += length + -length % ALIGNMENT
    return blocks


def rows_of(blocks: Mapping[str, Block], name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The rows of a block with their fields. Raises FormatError when there is no such block or its rows differ."""
    if name not in blocks:
        raise FormatError(f"there is no block {name}")
    row_bytes, data = blocks[name]
    if len(data) and row_bytes != dtype.itemsize:
        raise FormatError(f"rows of {name} have {row_bytes} bytes, not {dtype.itemsize}")
    return data.view(dtype)
