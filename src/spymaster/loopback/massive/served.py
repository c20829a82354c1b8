"""What the WebSocket and the REST interface of a loopback Massive server know of the server they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from spymaster.loopback.massive.chain import LoopbackChain
from spymaster.loopback.massive.reel import MassiveReel
from spymaster.loopback.massive.troubles import MassiveTrouble
from spymaster.loopback.pace import Pace


class Holder(Protocol):
    """A connection that holds the place of its cluster."""

    @property
    def cluster(self) -> str:
        """The cluster it is of."""
        ...

    async def evict(self) -> None:
        """Another has taken its place."""
        ...


class Served(Protocol):
    """The server, to those who answer for it (``server.MassiveServer``)."""

    @property
    def reel(self) -> MassiveReel:
        """What is played."""
        ...

    @property
    def keys(self) -> frozenset[str]:
        """Whom it lets in."""
        ...

    @property
    def pace(self) -> Pace:
        """When what is played."""
        ...

    @property
    def chain(self) -> LoopbackChain:
        """Its chain snapshots."""
        ...

    @property
    def conditions(self) -> Mapping[str, int]:
        """Letter -> code of a trade's condition."""
        ...

    @property
    def most_quotes(self) -> int:
        """Subscriptions to quotes that a connection may have."""
        ...

    @property
    def keeps_frames(self) -> bool:
        """Whether what is sent is remembered, for those who look on."""
        ...

    @property
    def rest_host(self) -> str:
        """Host and port of the REST interface."""
        ...

    def script_of(self, cluster: str, number: int) -> list[MassiveTrouble]:
        """What goes wrong on one connection."""
        ...

    def acted(self, trouble: MassiveTrouble) -> None:
        """Something goes wrong now."""
        ...

    async def take_place(self, connection: Holder) -> None:
        """A connection was let in: whoever held the place of its cluster is closed."""
        ...

    def refuse(self, seconds: float) -> None:
        """Take no connections for so long. To be called in the server's thread."""
        ...
