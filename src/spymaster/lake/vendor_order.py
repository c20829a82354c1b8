"""What was fetched later put where it belongs: a run's own records and those of its holes, merged by receipt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.clock import piece_of
from spymaster.market.batches import Batch
from spymaster.market.dtypes import recv_ns
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind

_NONE: Final = np.zeros((2, 0), np.int64)
_END_NS: Final = UNDEF_TIMESTAMP >> 1
_SECOND: Final = (Kind.XTRADE, Kind.XQUOTE, Kind.RAW, Kind.GREEKS)
"""What comes from the vendor that sends JSON; all else is the first's."""


class VendorLane:
    """Batches one after the other, entered anywhere, by the running maximum of when records reached their vendor.

    Each vendor has a maximum of its own: its feed may be seconds ahead of the other, whose records do not tell where a
    hole was. ``skip``: records at the front that were taken before; ``keys_ns``: the maxima of those.
    """

    def __init__(self, batches: Iterator[Batch], skip: int = 0, keys_ns: tuple[int, int] = (0, 0)) -> None:
        self._batches = batches
        self._skip = skip
        self.keys_ns = keys_ns
        """Running maxima of the records taken, by vendor."""
        self.taken = skip
        """Records taken, those skipped included."""
        self._batch: Batch | None = None
        self._keys: NDArray[np.int64] = _NONE
        self._at = 0

    @property
    def vendor(self) -> int:
        """Whose the next record is: an index of ``keys_ns``; the first at the end."""
        self._fill()
        return int(self._batch.order[self._at] in _SECOND) if self._batch is not None else 0

    def next_ns(self, vendor: int) -> int | None:
        """The key of the next record by a vendor's clock, None at the end."""
        self._fill()
        return int(self._keys[vendor, self._at]) if self._batch is not None else None

    def until(self, ns: int, vendor: int, *, inclusive: bool) -> Batch | None:
        """Records of the batch at hand with keys before ``ns`` (up to it, if inclusive) by a vendor's clock; None where
        there are none."""
        self._fill()
        if self._batch is None:
            return None
        end = int(np.searchsorted(self._keys[vendor], ns, "right" if inclusive else "left"))
        if end <= self._at:
            return None
        piece = piece_of(self._batch, self._at, end)
        self.taken += end - self._at
        self.keys_ns = (int(self._keys[0, end - 1]), int(self._keys[1, end - 1]))
        self._at = end
        return piece

    def give(self, batch: Batch, skip: int = 0) -> None:
        """One more batch, for a lane without batches of its own; what was given before must have been taken."""
        self._set(batch, skip)

    def _fill(self) -> None:
        while self._batch is None or self._at >= self._keys.shape[1]:
            batch = next(self._batches, None)
            if batch is None:
                self._batch, self._keys, self._at = None, _NONE, 0
                return
            skipped = min(self._skip, len(batch))
            self._skip -= skipped
            self._set(batch, skipped)

    def _set(self, batch: Batch, skip: int) -> None:
        times = received_ns(batch)
        times[:skip] = 0
        second = np.isin(batch.order, _SECOND)
        each = np.stack([np.where(second, 0, times), np.where(second, times, 0)])
        self._batch, self._at = batch, skip
        self._keys = np.maximum(np.maximum.accumulate(each, axis=1), np.array(self.keys_ns)[:, None])


def received_ns(batch: Batch) -> NDArray[np.int64]:
    """When each record reached the vendor, in their order, ns; 0 where that is not told."""
    times = np.zeros(len(batch), np.int64)
    for kind, rows in batch.arrays.items():
        received = recv_ns(kind, rows)
        times[batch.order == kind] = np.where(received == UNDEF_TIMESTAMP, 0, received).view(np.int64)
    return times


def in_vendor_order(lived: Iterator[Batch], fetched: Iterator[Batch]) -> Iterator[Batch]:
    """Both, merged. Order within either is never changed; of equals what was lived goes first. Numbered from 0."""
    own, filled = VendorLane(lived), VendorLane(fetched)
    seq = 0
    while True:
        vendor = filled.vendor
        own_ns, filled_ns = own.next_ns(vendor), filled.next_ns(vendor)
        if own_ns is None and filled_ns is None:
            return
        if filled_ns is None or (own_ns is not None and own_ns <= filled_ns):
            piece = own.until(filled_ns if filled_ns is not None else _END_NS, vendor, inclusive=True)
        else:
            piece = filled.until(own_ns if own_ns is not None else _END_NS, vendor, inclusive=own_ns is None)
        assert piece is not None
        yield Batch(piece.arrays, piece.order, seq)
        seq += len(piece)
