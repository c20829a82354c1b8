"""What is asked of one Databento connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from spymaster.feeds.databento_live.universe import Universe
from spymaster.feeds.live.supervision import Hours
from spymaster.market.dtypes import SCHEMA_KINDS
from spymaster.market.kinds import Kind

ALWAYS_OPEN: Final[Callable[[int], Hours]] = lambda _ns: Hours.OPEN  # noqa: E731
"""For markets whose hours are not known: silence is judged as outside regular hours."""

STEADY_SCHEMAS: Final = frozenset({"mbp-10", "bbo-1s", "cbbo-1s", "mbp-1", "cmbp-1"})
"""Schemas that send all the time while their market is open. Of the others silence means nothing by itself."""


STATUS: Final = "status"
"""The schema that tells of halts."""
WITHOUT_STATUS: Final = frozenset({"EQUS.MINI"})
"""Datasets that do not have it, as the vendor documents them. Another that refuses it is asked for the rest alone."""

BREATH_S: Final = 0.001
"""After a read of the socket the next one waits so long, and twice as long where reads bring little: the system gathers
what comes meanwhile. A packet holds few records, and waking for each costs more than everything done with them."""


class Subscription(msgspec.Struct, frozen=True):
    """One schema of some symbols. ``stype``: how they are written: raw_symbol, parent, continuous.

    ``is_optional``: symbols of it that the vendor does not know are no fault worth a line each (families of option
    roots, of which each day has only some).
    """

    schema: str
    symbols: tuple[str, ...]
    stype: str = "raw_symbol"
    is_optional: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of its records."""
        return SCHEMA_KINDS[self.schema]


class LinePlan(msgspec.Struct, frozen=True):
    """One dataset on one connection.

    ``feeds``: the names under which its health is told (``depth``, ``options``, ``equity``). ``subscriptions``: asked
    for at once. ``reference``: definitions and statistics, replayed from the earliest the vendor has; once they are
    there ``choose`` says what else to subscribe. It is asked again when definitions arrive later, and only what it adds
    is subscribed. ``hours``: what its market is doing at a time; ``hours_of``: by schema,
    where that of one is another. ``reference_s``: how long the reference may take.
    """

    dataset: str
    feeds: tuple[str, ...]
    subscriptions: tuple[Subscription, ...] = ()
    reference: tuple[Subscription, ...] = ()
    choose: Callable[[Universe], Sequence[Subscription]] | None = None
    hours: Callable[[int], Hours] = ALWAYS_OPEN
    hours_of: Mapping[str, Callable[[int], Hours]] = {}
    reference_s: float = 30.0

    @property
    def optional_symbols(self) -> tuple[str, ...]:
        """Symbols that the vendor need not know."""
        asked = (*self.subscriptions, *self.reference)
        return tuple(symbol for one in asked if one.is_optional for symbol in one.symbols)


class Address(msgspec.Struct, frozen=True):
    """Where the gateway is. ``host`` None: the vendor's own for the dataset. ``key`` is never shown or written."""

    key: str
    host: str | None = None
    port: int = 13_000

    def __repr__(self) -> str:
        return f"Address(host={self.host!r}, port={self.port})"

    def host_of(self, dataset: str) -> str:
        """The gateway's name for a dataset."""
        return self.host or f"{dataset.lower().replace('.', '-')}.lsg.databento.com"
