"""Messages on a stream: each with its length before it."""

from __future__ import annotations

import asyncio
from typing import Final

from spymaster.bus.wire.packing import MOST_BYTES, WireError

LENGTH_BYTES: Final = 4


def framed(message: bytes) -> bytes:
    """A message as it goes over a stream."""
    return len(message).to_bytes(LENGTH_BYTES, "little") + message


def length_of(prefix: bytes, most: int = MOST_BYTES) -> int:
    """The length that is announced. Raises WireError for one that no message has."""
    length = int.from_bytes(prefix, "little")
    if length > most:
        raise WireError(f"a message of more than {most} bytes")
    return length


async def read_message(reader: asyncio.StreamReader, most: int) -> bytes:
    """The next message. Raises WireError, and IncompleteReadError where the stream ends."""
    return await reader.readexactly(length_of(await reader.readexactly(LENGTH_BYTES), most))
