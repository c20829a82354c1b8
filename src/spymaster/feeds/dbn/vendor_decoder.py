"""The one place where the vendor's decoder is called, and where its failures become this program's.

A bad record makes the decoder raise its own error or, since it is written in Rust, end in a panic: an exception that is
no ``Exception`` and that prints a trace on its way. So only records of types that it has something to do for are given
to it, and what it cannot do comes out as :class:`DecoderError`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from databento_dbn import DBNDecoder, DBNError, Metadata, VersionUpgradePolicy
from numpy.typing import NDArray

NEWEST_VERSION: Final = 3
"""The newest DBN version whose layouts are known here."""

_UPGRADED_RTYPES: Final = (19, 21, 22, 23, 24)
"""Definition, error, mapping, system message, statistic: the types that versions 1 and 2 laid out otherwise."""


class DecoderError(Exception):
    """The vendor's decoder could not do what was asked; the text says why."""


def decode_metadata(head: bytes) -> Metadata:
    """The header of a DBN file, prefix included. Raises DecoderError."""
    with _boundary():
        return Metadata.decode(head)


def upgrade(raw: NDArray[np.uint8], version: int, size: int) -> NDArray[np.uint8]:
    """Records of an older layout (uint8[n, old size]) in that of version 3 (uint8[n, size]). Raises DecoderError."""
    strange = ~np.isin(raw[:, 1], _UPGRADED_RTYPES)
    if strange.any():
        raise DecoderError(f"record type {int(raw[strange.argmax(), 1])} has no older layout")
    with _boundary():
        decoder = DBNDecoder(
            has_metadata=False, input_version=version, upgrade_policy=VersionUpgradePolicy.from_int(NEWEST_VERSION)
        )
        upgraded = bytearray().join(bytes(record) for record in decoder.write_and_decode(raw.tobytes()))
    if len(upgraded) != len(raw) * size:
        raise DecoderError(f"{len(raw)} records of version {version} became {len(upgraded)} bytes")
    return np.frombuffer(upgraded, dtype=np.uint8).reshape(len(raw), size)


@contextlib.contextmanager
def _boundary() -> Iterator[None]:
    try:
        yield
    except (DBNError, ValueError) as error:
        raise DecoderError(str(error)) from None
    except BaseException as error:
        # the panic's class can be had from no module; whatever else is no Exception (an interrupt) goes through
        if type(error).__name__ != "PanicException":
            raise
        raise DecoderError(str(error).partition("\n")[0]) from None
