"""What the records of a file say themselves, where its header leaves it open or cannot be believed: one whole pass."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import msgspec
import numpy as np

from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import by_name, recv_ns
from spymaster.market.instruments import outright_root
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind

_ABOUT_FEEDS: Final = frozenset({Kind.MAPPING, Kind.SYSTEM, Kind.ERROR})
"""Kinds whose instrument id, if any, is no sign that there are records of the instrument."""
_NUMBER_SHIFT: Final = 32


class Seen(msgspec.Struct, frozen=True):
    """Records of one kind, publisher and instrument id."""

    kind: Kind
    publisher_id: int
    instrument_id: int


class Naming(msgspec.Struct, frozen=True):
    """A mapping message: from ``from_ns`` (arrival) on, ``instrument_id`` is ``symbol``.

    ``asked``: the continuous symbol it answers to, which then means no other id any more; else an empty string.
    """

    from_ns: int
    instrument_id: int
    symbol: str
    asked: str


class Survey(msgspec.Struct, frozen=True):
    """``first_ns``, ``last_ns``: earliest and latest arrival, 0 without any. ``seen``: records of each. ``namings``: in
    the order they came."""

    first_ns: int
    last_ns: int
    seen: dict[Seen, int]
    namings: tuple[Naming, ...]

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of the records."""
        return frozenset(one.kind for one in self.seen)

    def publishers(self, instrument_id: int) -> dict[int, int]:
        """Publisher -> records of an instrument."""
        counts: dict[int, int] = {}
        for one, count in self.seen.items():
            if one.instrument_id == instrument_id:
                counts[one.publisher_id] = counts.get(one.publisher_id, 0) + count
        return counts


def take_survey(chunks: Generator[Batch, None, None]) -> Survey:
    """Read all chunks of a file."""
    first_ns, last_ns = 0, 0
    seen: dict[Seen, int] = {}
    namings: list[Naming] = []
    try:
        for batch in chunks:
            for kind, records in batch.arrays.items():
                times = recv_ns(kind, records)
                times = times[times != UNDEF_TIMESTAMP]
                if len(times):
                    low, high = int(times.min()), int(times.max())
                    first_ns = min(first_ns or low, low)
                    last_ns = max(last_ns, high)
                if kind is Kind.MAPPING:
                    namings += _namings(records, last_ns)
                elif kind not in _ABOUT_FEEDS:
                    _count(kind, records, seen)
    finally:
        chunks.close()
    return Survey(first_ns, last_ns, seen, tuple(namings))


def _count(kind: Kind, records: Records, seen: dict[Seen, int]) -> None:
    rows = by_name(kind, records)
    numbers = rows["publisher_id"].astype(np.int64) << _NUMBER_SHIFT | rows["instrument_id"]
    if (numbers == numbers[0]).all():
        found = [(int(numbers[0]), len(numbers))]
    else:
        values, counts = np.unique(numbers, return_counts=True)
        found = list(zip(values.tolist(), counts.tolist(), strict=True))
    for number, count in found:
        one = Seen(kind, number >> _NUMBER_SHIFT, number & (1 << _NUMBER_SHIFT) - 1)
        seen[one] = seen.get(one, 0) + count


def _namings(records: Records, reached_ns: int) -> list[Naming]:
    found = []
    for row in records:
        asked, symbol = (_text(row[f"stype_{side}_symbol"]) for side in ("in", "out"))
        if symbol.isdecimal() or not symbol:
            symbol = asked
        if symbol.isdecimal() or not symbol:
            continue
        stamp = int(row["ts_event"])
        from_ns = reached_ns if stamp == UNDEF_TIMESTAMP else min(stamp, reached_ns)
        continuous = "." in asked and outright_root(asked) is not None
        found.append(Naming(from_ns, int(row["instrument_id"]), symbol, asked if continuous else ""))
    return found


def _text(value: bytes | Records) -> str:
    return bytes(value).split(b"\0", 1)[0].decode("utf-8", "replace")
