"""The file of a model: a JSON header and blocks of plain arrays (docs/p-break.md 5).

    magic         8 bytes, SPYMODL1
    header bytes  uint64, little-endian
    header        JSON, UTF-8, keys sorted
    blocks        the arrays one after the other, little-endian, each from a multiple of 8 bytes on
    SHA-256       32 bytes, of everything before

Nothing in it is ever executed: an array is a kind of number, a shape and bytes, and no pickle is read or written. The
same model gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.models.errors import ModelError

MAGIC: Final = b"SPYMODL1"
FORMAT: Final = 1
MOST_BYTES: Final = 64 * 1024 * 1024
_DIGEST_BYTES: Final = 32
_LENGTH_BYTES: Final = 8
_ALIGNED: Final = 8
_REMEDY: Final = "make it again with 'spymaster-tui learn'"
_TYPES: Final = frozenset({"<f8", "<f4", "<i8", "<i4", "|u1"})


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model's number rests on, in words and figures.

    ``question``: what is predicted. ``learnt_on``: the data. ``measured``: figures with what they were measured on, in
    plain sentences. ``not_measured``: what nobody knows. ``simulated``: whether it has seen simulated markets alone;
    then it says so wherever it is shown. ``made_by``: the command that makes the file again. ``rows``, ``trials``: rows
    learnt from, and how many models were tried before this one. ``page``: all of it as Markdown, for models that were
    measured on more than a line can say.
    """

    name: str
    question: str
    learnt_on: str
    made_by: str
    simulated: bool
    rows: int
    trials: int = 1
    measured: tuple[str, ...] = ()
    not_measured: tuple[str, ...] = ()
    page: str | msgspec.UnsetType = msgspec.UNSET


class BlockEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An array: ``type`` as numpy writes it, ``offset`` from the first block's beginning."""

    name: str
    type: str
    shape: tuple[int, ...]
    offset: int


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``kind``: which model it is. ``features``: names in the order of the coefficients; ``schema``: hash of what they
    are. ``data_set``: id of what it was learnt from. ``sha256``: of all blocks."""

    format: int
    kind: str
    features: tuple[str, ...]
    schema: str
    data_set: str
    code_version: str
    card: Card
    blocks: tuple[BlockEntry, ...]
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """A model as it is stored. ``arrays``: by name, read-only."""

    header: Header
    arrays: Mapping[str, NDArray[Any]]


def pack_model(
    kind: str,
    arrays: Mapping[str, NDArray[Any]],
    *,
    features: tuple[str, ...],
    schema: str,
    data_set: str,
    code_version: str,
    card: Card,
) -> bytes:
    """The bytes of a model's file. Raises ValueError for an array of another type than plain numbers."""
    blocks = bytearray()
    entries = []
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array)
        if plain.dtype.str not in _TYPES:
            raise ValueError(f"block {name} is of type {plain.dtype.str}, not one of {', '.join(sorted(_TYPES))}")
        blocks += bytes(-len(blocks) % _ALIGNED)
        entries.append(BlockEntry(name, plain.dtype.str, plain.shape, len(blocks)))
        blocks += plain.tobytes()
    header = Header(
        format=FORMAT,
        kind=kind,
        features=features,
        schema=schema,
        data_set=data_set,
        code_version=code_version,
        card=card,
        blocks=tuple(entries),
        sha256=hashlib.sha256(blocks).hexdigest(),
    )
    text = msgspec.json.encode(header, order="sorted")
    text += b" " * (-len(text) % _ALIGNED)
    whole = MAGIC + len(text).to_bytes(_LENGTH_BYTES, "little") + text + blocks
    return whole + hashlib.sha256(whole).digest()


def read_model(path: Path) -> ModelFile:
    """The model in a file. Raises ModelError for one that cannot be read, is none, or is damaged."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ModelError(path, f"cannot be read ({error.strerror})", "name a model's file") from None
    return unpack_model(path, data)


def unpack_model(place: Path | str, data: bytes) -> ModelFile:
    """The model in these bytes; ``place``: what an error names. Raises ModelError."""
    if len(data) > MOST_BYTES:
        raise ModelError(place, f"is larger than {MOST_BYTES:,} bytes, as no model is", _REMEDY)
    if not data.startswith(MAGIC):
        raise ModelError(place, "is not the file of a model", "name a model's file")
    whole, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    begin = len(MAGIC) + _LENGTH_BYTES
    if len(whole) < begin or hashlib.sha256(whole).digest() != digest:
        raise ModelError(place, "is damaged: its SHA-256 is another", _REMEDY)
    end = begin + int.from_bytes(whole[len(MAGIC) : begin], "little")
    try:
        header = msgspec.json.decode(whole[begin:end], type=Header)
        if header.format != FORMAT:
            raise ValueError(f"format {header.format}, and this program reads {FORMAT}")
        arrays = {entry.name: _block(entry, whole[end:]) for entry in header.blocks}
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise ModelError(place, f"cannot be understood ({error})", _REMEDY) from None
    return ModelFile(header, arrays)


def _block(entry: BlockEntry, blocks: bytes) -> NDArray[Any]:
    """One array, read-only. Raises ValueError for one that is not wholly there."""
    if entry.type not in _TYPES:
        raise ValueError(f"block {entry.name} is of type {entry.type}")
    if entry.offset < 0 or min(entry.shape, default=0) < 0:
        raise ValueError(f"block {entry.name} has no place")
    kind = np.dtype(entry.type)
    count = int(np.prod(entry.shape, dtype=object)) if entry.shape else 1
    if entry.offset + count * kind.itemsize > len(blocks):
        raise ValueError(f"block {entry.name} is cut off")
    array: NDArray[Any] = np.frombuffer(blocks, kind, count, entry.offset).reshape(entry.shape)
    return array
