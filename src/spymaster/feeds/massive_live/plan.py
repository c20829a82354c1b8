"""What is asked of one Massive connection, and where it is."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from spymaster.feeds.live.supervision import Hours
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch

if TYPE_CHECKING:
    from spymaster.feeds.massive_live.frame_records import FrameRecords

SOCKET_HOST: Final = "socket.massive.com"
REST_HOST: Final = "api.massive.com"
MOST_QUOTES: Final = 1000
"""Option contracts whose quotes one connection may be sent."""


class Cluster(enum.StrEnum):
    """The vendor's clusters that are used. A key may have one connection to each."""

    STOCKS = "stocks"
    OPTIONS = "options"


class MassiveAddress(msgspec.Struct, frozen=True):
    """Where the vendor is. ``is_secure`` False: plain ws and http, for a server on this machine. ``key`` is never shown
    or written."""

    key: str
    socket_host: str = SOCKET_HOST
    rest_host: str = REST_HOST
    is_secure: bool = True

    def __repr__(self) -> str:
        return f"MassiveAddress(socket_host={self.socket_host!r}, rest_host={self.rest_host!r})"

    def without_key(self, text: str) -> str:
        """A text in which the key does not stand."""
        return text.replace(self.key, "***") if self.key else text

    @property
    def rest_url(self) -> str:
        """The beginning of every REST address."""
        return f"http{'s' if self.is_secure else ''}://{self.rest_host}"


class ClusterPlan(msgspec.Struct, frozen=True):
    """One cluster on one connection.

    ``feeds``: the names under which its health is told (``equity``, ``options``). ``topics``: what to subscribe now
    (``T.SPY``, ``Q.SPY``); it is asked again at every poll and only differences are sent. An empty answer means that it
    is not known yet: no connection is made until it is, ``waits_for`` says in words for what, and ``is_hopeless`` that
    it never will be. ``hours``: what its
    market is doing; ``trade_hours``: the same for its trades, where silence of trades is judged differently.
    ``observe``: is shown every batch of records.
    """

    cluster: Cluster
    feeds: tuple[str, ...]
    topics: Callable[[], Sequence[str]]
    hours: Callable[[int], Hours]
    trade_hours: Callable[[int], Hours]
    observe: Callable[[Batch], None] = lambda _batch: None
    waits_for: Callable[[], str] = lambda: "nothing to subscribe yet"
    is_hopeless: Callable[[], bool] = lambda: False


class HoleFiller(Protocol):
    """Fetches the trades that a connection missed (``massive_rest.trades_fetched.TradesFetched``)."""

    @property
    def is_busy(self) -> bool:
        """Whether a hole is being filled or waits to be."""
        ...

    def fill(self, symbols: Sequence[str], from_ns: int, to_ns: int, ring: Callable[[], None]) -> None:
        """Fetch the trades of some symbols in [from, to]; ``ring`` when something was fetched."""
        ...

    def poll(self, records: FrameRecords) -> Iterator[Arrival | str]:
        """What was fetched, but for trades that came by the connection, and at each hole's end a sentence about it."""
        ...

    def close(self) -> None:
        """Stop. Safe to call twice."""
        ...


def trades_in_regular_hours(hours: Callable[[int], Hours], allowed: Hours = Hours.REGULAR) -> Callable[[int], Hours]:
    """Hours for trades: in regular hours silence is judged as in ``allowed``, and not at all otherwise."""
    return lambda ns: allowed if hours(ns) is Hours.REGULAR else Hours.CLOSED
