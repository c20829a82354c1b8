"""Records in few bytes each: what tells them apart, kept in scratch files by kind and ten minutes of receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.tables.arrow_records import raw_rows
from spymaster.market.batches import Records
from spymaster.market.dtypes import recv_ns
from spymaster.market.kinds import NS_PER_S, UNDEF_TIMESTAMP, Kind

SUMMARY: Final = np.dtype(
    [
        ("content", "<u8"),
        ("received_ns", "<i8"),
        ("event_ns", "<i8"),
        ("sequence", "<i8"),
        ("instrument", "<i8"),
        ("place", "<i8"),
        ("late", "?"),
    ]
)
"""One record. ``content``: fingerprint of all its bytes; ``instrument``: its id and publisher as one number; ``place``:
where it is found again in its account; ``late``: fetched later."""

_BUCKET_NS: Final = 600 * NS_PER_S
_MULTIPLIER: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_SHIFT: Final = np.uint64(29)


def summaries(kind: Kind, records: Records, places: NDArray[Any], late: NDArray[np.bool_] | bool) -> NDArray[Any]:
    """Records (in their vendor's layout) as SUMMARY."""
    rows = raw_rows(kind, records)
    names = rows.dtype.names or ()
    found = np.empty(len(rows), SUMMARY)
    found["content"] = fingerprints(rows)
    received, event = recv_ns(kind, records), rows["ts_event"]
    known = np.where(received == UNDEF_TIMESTAMP, event, received)
    found["received_ns"] = np.where(known == UNDEF_TIMESTAMP, 0, known).astype(np.int64)
    found["event_ns"] = np.where(event == UNDEF_TIMESTAMP, 0, event).astype(np.int64)
    found["sequence"] = rows["sequence"] if "sequence" in names else 0
    found["instrument"] = rows["instrument_id"].astype(np.int64) << 16 | rows["publisher_id"]
    found["place"], found["late"] = places, late
    return found


def fingerprints(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """64 bits of every byte of each row: other rows have others, but for one chance in 10**19."""
    size = rows.dtype.itemsize
    padded = np.zeros((len(rows), -(-size // 8) * 8), np.uint8)
    padded[:, :size] = rows.view(np.uint8).reshape(len(rows), size)
    words = padded.view(np.uint64)
    mixed = np.full(len(rows), size, np.uint64)
    for column in range(words.shape[1]):
        mixed = (mixed ^ words[:, column]) * _MULTIPLIER
        mixed ^= mixed >> _SHIFT
    return mixed


class Spill:
    """Summaries of one account in a scratch folder. Raises OSError where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        self.instruments: dict[Kind, NDArray[np.int64]] = {}
        """The instruments that each kind has records of."""
        self.last_ns = 0
        """When the last record was received, ns."""

    def add(self, kind: Kind, found: NDArray[Any]) -> None:
        """Take summaries of one kind."""
        before = self.instruments.get(kind, np.zeros(0, np.int64))
        self.instruments[kind] = np.union1d(before, found["instrument"])
        self.last_ns = max(self.last_ns, int(found["received_ns"].max(initial=0)))
        buckets = found["received_ns"] // _BUCKET_NS
        for bucket in np.unique(buckets).tolist():
            with self._path(kind, bucket).open("ab") as file:
                file.write(found[buckets == bucket].tobytes())

    def buckets(self, kind: Kind) -> set[int]:
        """The buckets that hold something of a kind."""
        return {int(path.name.partition("-")[2]) for path in self._folder.glob(f"{kind.name}-*")}

    def read(self, kind: Kind, bucket: int) -> NDArray[Any]:
        """The summaries of one bucket, in the order in which they came."""
        path = self._path(kind, bucket)
        return np.fromfile(path, SUMMARY) if path.exists() else np.zeros(0, SUMMARY)

    def _path(self, kind: Kind, bucket: int) -> Path:
        return self._folder / f"{kind.name}-{bucket}"


def both(lived: Spill, vendor: Spill, kind: Kind) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """The summaries of a kind in both accounts, ten minutes after the other."""
    for bucket in sorted(lived.buckets(kind) | vendor.buckets(kind)):
        yield lived.read(kind, bucket), vendor.read(kind, bucket)
