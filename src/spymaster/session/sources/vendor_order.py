"""A session's own recording in the vendor's order: as if its connection had never broken.

What was fetched later stands where it belongs, and what the session said of its connection is left out: watermarks,
states, and the gaps that were filled. A gap that stayed is told where it begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from typing import Final, Protocol

import msgspec

from spymaster.lake.vendor_order import VendorLane
from spymaster.market.batches import Batch
from spymaster.market.frames import (
    ConfigFrame,
    FeedStatusFrame,
    Frame,
    GapFrame,
    RecordsFrame,
    WatermarkFrame,
)
from spymaster.market.kinds import NS_PER_S

_TOLERANCE_NS: Final = NS_PER_S
"""A gap whose end is this near to the last record fetched for it is full."""
_END_NS: Final = 2**63 - 1


class Store(Protocol):
    """Where a session's frames stand, in the order in which it lived them."""

    config: ConfigFrame
    first_ns: int
    last_ns: int

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with it, a line each."""
        ...

    def frames(self, position: bytes | None) -> Generator[Frame, None, None]:
        """The frames from a position on, or from the beginning."""
        ...

    def position(self) -> bytes:
        """Where the frame after the latest one begins."""
        ...

    def identity(self) -> bytes:
        """What tells it from all others."""
        ...


class _Position(msgspec.Struct, frozen=True):
    """How far both were read: ``lived`` begins the frame of which ``skip`` records were taken."""

    lived: bytes | None
    skip: int
    lived_keys_ns: tuple[int, int]
    filled: int
    filled_keys_ns: tuple[int, int]
    emitted: int


_BEGINNING: Final = _Position(None, 0, (0, 0), 0, (0, 0), 0)


class VendorOrderStore:
    """A ``Store`` of the same session in the vendor's order. ``fetched``: what filled its holes, as it came."""

    def __init__(self, store: Store, fetched: Callable[[], Iterator[Batch]]) -> None:
        self._store = store
        self._fetched = fetched
        self.config = store.config
        self.first_ns, self.last_ns = store.first_ns, store.last_ns
        self._place = _BEGINNING

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the recording, a line each."""
        return self._store.problems

    def position(self) -> bytes:
        """Where the frame after the latest one begins."""
        return msgspec.msgpack.encode(self._place)

    def identity(self) -> bytes:
        """The recording's own, in this order."""
        return hashlib.sha256(b"vendor" + self._store.identity()).digest()

    def frames(self, position: bytes | None) -> Generator[Frame, None, None]:
        """The frames from a position on, or from the beginning. Raises ValueError for another source's position."""
        try:
            self._place = _BEGINNING if position is None else msgspec.msgpack.decode(position, type=_Position)
        except msgspec.DecodeError as error:
            raise ValueError(f"not a position in this source: {error}") from error
        place = self._place
        filled = VendorLane(self._fetched(), place.filled, place.filled_keys_ns)
        lived = VendorLane(iter(()), keys_ns=place.lived_keys_ns)
        before, skip, was_gap = place.lived, place.skip, False
        for frame in self._store.frames(place.lived):
            if isinstance(frame, RecordsFrame):
                lived.give(frame.batch, skip)
                if was_gap and (own_ns := lived.next_ns(filled.vendor)) is not None:
                    # what has the very time of the first record behind a gap was before it
                    yield from self._until(own_ns + 1, before, skip, lived, filled)
                yield from self._merged(before, skip, lived, filled)
                skip, was_gap = 0, False
            elif isinstance(frame, GapFrame):
                yield from self._until(frame.to_ns, before, skip, lived, filled)
                yield from _left_of(frame, max(filled.keys_ns))
                was_gap = True
            elif not isinstance(frame, WatermarkFrame | FeedStatusFrame):
                yield frame
            before = self._store.position()
        yield from self._until(_END_NS, before, 0, lived, filled)

    def _merged(self, before: bytes | None, skip: int, lived: VendorLane, filled: VendorLane) -> Iterator[Frame]:
        """A frame's records, and what was fetched from before each of them."""
        taken = lived.taken - skip
        while (own_ns := lived.next_ns(vendor := filled.vendor)) is not None:
            if (fetched := filled.until(own_ns, vendor, inclusive=False)) is not None:
                yield self._numbered(fetched, before, lived.taken - taken, lived, filled)
                continue
            filled_ns = filled.next_ns(vendor)
            piece = lived.until(_END_NS if filled_ns is None else filled_ns, vendor, inclusive=True)
            assert piece is not None
            yield self._numbered(piece, before, lived.taken - taken, lived, filled)

    def _until(
        self, ns: int, before: bytes | None, skip: int, lived: VendorLane, filled: VendorLane
    ) -> Iterator[Frame]:
        """What was fetched from before a time."""
        while (piece := filled.until(ns, filled.vendor, inclusive=False)) is not None:
            yield self._numbered(piece, before, skip, lived, filled)

    def _numbered(
        self, piece: Batch, before: bytes | None, skip: int, lived: VendorLane, filled: VendorLane
    ) -> RecordsFrame:
        seq = self._place.emitted
        self._place = _Position(before, skip, lived.keys_ns, filled.taken, filled.keys_ns, seq + len(piece))
        return RecordsFrame(Batch(piece.arrays, piece.order, seq))


def _left_of(gap: GapFrame, fetched_until_ns: int) -> Iterator[Frame]:
    """What is still missing of a gap."""
    if fetched_until_ns <= gap.from_ns:
        yield gap
    elif gap.to_ns - fetched_until_ns > _TOLERANCE_NS:
        yield GapFrame(gap.feed, fetched_until_ns, gap.to_ns, gap.reason)
