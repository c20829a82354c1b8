"""One message: a msgpack head, then the arrays it names as they lie in memory, each at a multiple of eight bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

Head = TypeVar("Head")
Arrays = Mapping[str, NDArray[Any]]

MOST_BYTES: Final = 64 << 20
"""No message is larger: an hour of the heatmap takes an eighth of it."""
_ALIGN: Final = 8
_LENGTH_BYTES: Final = 8
_MOST_DIMENSIONS: Final = 3


class WireError(Exception):
    """Bytes that are no message of this protocol; the text says why, and nothing of what was in them."""


class _Envelope(msgspec.Struct, frozen=True):
    """``head``: encoded by itself; ``shapes``: of the arrays, in their order."""

    head: msgspec.Raw
    shapes: dict[str, tuple[int, ...]]


_envelopes: Final = msgspec.msgpack.Decoder(_Envelope)
_encoder: Final = msgspec.msgpack.Encoder()


def pack(head: msgspec.Struct, arrays: Arrays) -> bytes:
    """A head and its arrays as one message."""
    shapes = {name: array.shape for name, array in arrays.items()}
    front = _encoder.encode(_Envelope(msgspec.Raw(_encoder.encode(head)), shapes))
    parts = [len(front).to_bytes(_LENGTH_BYTES, "little"), front, _padding(len(front))]
    for array in arrays.values():
        raw = np.ascontiguousarray(array).tobytes()
        parts += [raw, _padding(len(raw))]
    return b"".join(parts)


def unpack(
    message: bytes, heads: msgspec.msgpack.Decoder[Head], dtypes: Mapping[str, np.dtype[Any]]
) -> tuple[Head, dict[str, NDArray[Any]]]:
    """What ``pack`` was given. ``dtypes``: of every array there may be. The arrays are read-only. Raises WireError."""
    end = _LENGTH_BYTES + int.from_bytes(message[:_LENGTH_BYTES], "little")
    if not _LENGTH_BYTES < end <= len(message):
        raise WireError("a message that ends before its head does")
    try:
        envelope = _envelopes.decode(message[_LENGTH_BYTES:end])
        head = heads.decode(envelope.head)
    except msgspec.MsgspecError:
        raise WireError("a message whose head cannot be read") from None
    arrays = {}
    at = end + len(_padding(end - _LENGTH_BYTES))
    for name, shape in envelope.shapes.items():
        dtype = dtypes.get(name)
        if dtype is None or len(shape) > _MOST_DIMENSIONS or any(side < 0 for side in shape):
            raise WireError("a message with an array nobody knows")
        count = math.prod(shape)
        size = count * dtype.itemsize
        if at + size > len(message):
            raise WireError("a message that ends before its arrays do")
        arrays[name] = np.frombuffer(message, dtype, count, at).reshape(shape)
        at += size + len(_padding(size))
    return head, arrays


def _padding(size: int) -> bytes:
    return b"\0" * (-size % _ALIGN)
