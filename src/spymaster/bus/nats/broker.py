"""What the bus needs of a connection, without any client's words: so that everything above is tested without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from spymaster.bus.nats.messages import Message


@dataclass(frozen=True, slots=True)
class Stored:
    """A stream's acknowledgement. ``duplicate``: it had the message already."""

    seq: int
    duplicate: bool


class NotStoredError(Exception):
    """Nothing is known to be stored, and trying again may help: why, in a few words."""


class RefusedError(Exception):
    """No server of these settings will ever take this message: why, in a few words."""


class MismatchError(Exception):
    """The server has a stream or a consumer otherwise than asked, and keeps it so: one line that says what to do."""


class Wire(Protocol):
    """A connection to publish on."""

    async def prepare(self) -> None:
        """Be connected, with the streams there as they are wanted. Raises NotStoredError, MismatchError."""
        ...

    async def elsewhere(self) -> None:
        """Let go of a server that acknowledges nothing; the next one of a cluster is tried then."""
        ...

    async def publish(self, message: Message, headers: Mapping[str, str]) -> Stored:
        """Send, and wait for the acknowledgement. Raises NotStoredError, RefusedError."""
        ...

    async def close(self) -> None:
        """Let go. Safe to call twice."""
        ...
