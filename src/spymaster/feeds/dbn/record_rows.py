"""Rows out of bytes: records of any kinds whose places are known, in the layout of DBN version 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.header import UNUSED_RTYPES
from spymaster.feeds.dbn.vendor_decoder import DecoderError, upgrade
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import DTYPES, RTYPE_KINDS
from spymaster.market.kinds import MBP10_WORDS, Kind

OLD_LAYOUTS: Final[Mapping[int, Mapping[Kind, int]]] = MappingProxyType(
    {
        1: {Kind.DEF: 360, Kind.MAPPING: 80, Kind.SYSTEM: 80, Kind.ERROR: 80, Kind.STAT: 64},
        2: {Kind.DEF: 400, Kind.STAT: 64},
        3: {},
    }
)
"""Version -> the kinds it lays out otherwise than version 3, with their record size in bytes."""

LENGTH_UNIT: Final = 4
"""The first byte of a record is its length in these units."""
SMALLEST_RECORD: Final = 16
NOT_A_RECORD: Final = "what follows is not a record"

_WORD: Final = 8
_NO_KIND: Final = 255
_LONGEST_REASON: Final = 120


class RecordRows:
    """Copies records out of the bytes they stand in, each kind into an array of its own.

    ``version``: of the bytes; older layouts are brought to version 3. ``ts_out``: every record is followed by a sending
    time, which is cut off. ``rejected``: counts those left out, by reason.
    """

    def __init__(self, version: int, rejected: Counter[str], *, ts_out: bool) -> None:
        self._old = OLD_LAYOUTS[version]
        self._version = version
        self._rejected = rejected
        self._kinds, self._lengths = _expected(self._old, _WORD if ts_out else 0)

    def gather(self, data: NDArray[np.uint8], starts: NDArray[np.int64]) -> tuple[Batch, int]:
        """The records that begin at ``starts``, in that order, without those rejected (so perhaps none), and how many
        of ``starts`` are records: fewer than all where one has not the length of its kind."""
        lengths, rtypes = data[starts], data[starts + 1]
        alone = self._of_one_kind(data, starts, lengths, rtypes)
        if alone is not None:
            return alone, len(starts)
        wrong = (self._lengths[rtypes] != 0) & (self._lengths[rtypes] != lengths)
        if wrong.any():
            starts = starts[: int(wrong.argmax())]
            rtypes = rtypes[: len(starts)]
        kinds = self._kinds[rtypes]
        present = np.bincount(kinds, minlength=_NO_KIND + 1)
        if present[_NO_KIND]:
            self._reject(rtypes[kinds == _NO_KIND])
        codes = [int(code) for code in np.flatnonzero(present[:_NO_KIND])]
        arrays = {}
        for code in codes:
            mine = np.flatnonzero(kinds == code)
            rows, refused = self._take(Kind(code), data, starts[mine])
            kinds[mine[refused]] = _NO_KIND
            if len(rows):
                arrays[Kind(code)] = rows
        return Batch(arrays, kinds[kinds != _NO_KIND]), len(starts)

    def _of_one_kind(
        self,
        data: NDArray[np.uint8],
        starts: NDArray[np.int64],
        lengths: NDArray[np.uint8],
        rtypes: NDArray[np.uint8],
    ) -> Batch | None:
        """The usual case of few records: all of one known type and of its length."""
        if not len(starts):
            return None
        rtype = rtypes[0]
        code = self._kinds[rtype]
        if code == _NO_KIND or (rtypes != rtype).any() or (lengths != self._lengths[rtype]).any():
            return None
        kind = Kind(int(code))
        rows, _refused = self._take(kind, data, starts)
        return Batch({kind: rows} if len(rows) else {}, np.full(len(rows), code, np.uint8))

    def _reject(self, rtypes: NDArray[np.uint8]) -> None:
        for rtype, count in zip(*np.unique(rtypes, return_counts=True), strict=True):
            name = UNUSED_RTYPES.get(int(rtype))
            reason = f"{name} records are not used" if name else f"record type {rtype} is unknown"
            self._rejected[reason] += int(count)

    def _take(
        self, kind: Kind, data: NDArray[np.uint8], starts: NDArray[np.int64]
    ) -> tuple[Records, NDArray[np.bool_]]:
        """Copy the records out, all of one kind, ``ts_out`` cut off, in the layout of version 3; and which were not."""
        old_bytes = self._old.get(kind)
        dtype = DTYPES[kind]
        size = old_bytes or dtype.itemsize
        windows = np.ndarray((len(data) - size + 1,), dtype=f"V{size}", buffer=data, strides=(1,))
        raw: NDArray[np.uint8] = windows[starts].view(np.uint8).reshape(-1, size)
        raw[:, 0] = size // LENGTH_UNIT
        refused = np.zeros(len(raw), dtype=np.bool_)
        if old_bytes:
            raw = self._upgraded(raw, dtype.itemsize, refused)
        if kind is Kind.MBP10:
            return raw.view(np.int64).reshape(-1, MBP10_WORDS), refused
        return raw.view(dtype)[:, 0], refused

    def _upgraded(self, raw: NDArray[np.uint8], size: int, refused: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """The records in the layout of version 3; of many one may be too bad for it, and is left out alone."""
        try:
            return upgrade(raw, self._version, size)
        except DecoderError:
            found = [np.zeros((0, size), dtype=np.uint8)]
        for place in range(len(raw)):
            try:
                found.append(upgrade(raw[place : place + 1], self._version, size))
            except DecoderError as error:
                refused[place] = True
                self._rejected[f"the vendor's decoder cannot read it ({str(error)[:_LONGEST_REASON]})"] += 1
        return np.concatenate(found)


def _expected(old: Mapping[Kind, int], ts_out_bytes: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """By record type byte: the kind (255 for none) and the length byte that goes with it (0 for not known)."""
    kinds = np.full(256, _NO_KIND, dtype=np.uint8)
    lengths = np.zeros(256, dtype=np.uint8)
    for rtype, kind in RTYPE_KINDS.items():
        kinds[rtype] = int(kind)
        lengths[rtype] = (old.get(kind, DTYPES[kind].itemsize) + ts_out_bytes) // LENGTH_UNIT
    return kinds, lengths
