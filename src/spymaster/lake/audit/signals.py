"""What the differences between two accounts did to signals: both are played, and every published row is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.audit.accounts import LivedAccount, Piece, VendorAccount
from spymaster.lake.audit.merging import Lane, merged
from spymaster.lake.audit.report import AlertLine, SignalsChange
from spymaster.lake.bronze.reader import read_controls
from spymaster.lake.catalog import BRONZE
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.schema import CONTROL
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, Frame, MappingFrame, RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.market.levels import level_id
from spymaster.market.params import PARAMS
from spymaster.market.sessions import et_stamp
from spymaster.physics.engine import Engine
from spymaster.signals.blocks import LEVEL_NAMES
from spymaster.signals.columns import alert_columns

_KIND, _INDEX, _PRICE, _DYNAMIC = (LEVEL_NAMES.index(name) for name in ("kind", "user_index", "price", "dynamic"))
_RAISED: Final = "raised"
_MOST_NAMED: Final = 3
"""Columns that are named of the first difference."""

Level = tuple[float, float, float]
"""Kind, place in the user's list, price; of a level that moves with the market no price."""
Replaced = Callable[[Piece], NDArray[np.bool_]]
"""Which records of a piece one account has from the run and the other from the vendor."""


def signals_change(
    storage: Storage, lived: LivedAccount, vendor: VendorAccount, scope: Mapping[Kind, Replaced]
) -> SignalsChange:
    """Play the run's own records, and the same with the vendor's in place of those in ``scope``, under its CONFIG.

    Both in order of receipt and without what the session said of its connection, so that records alone can make a
    difference. Raises LakeError, SourceError.
    """
    controls = [file for file in lived.run.files(BRONZE) if file.kind == CONTROL]
    frames = [frame for file in controls for _, frame in read_controls(storage, file.path)]
    configs = [frame for frame in frames if isinstance(frame, ConfigFrame)]
    if len(configs) != 1:
        return SignalsChange(reason=f"the run was configured {len(configs)} times, and one configuration is played")
    if len(configs[0].params) != PARAMS.itemsize:
        return SignalsChange(reason="the run was configured by another version of the program")
    head: list[Frame] = [configs[0], *(frame for frame in frames if isinstance(frame, MappingFrame))]

    def stays(piece: Piece) -> NDArray[np.bool_]:
        return ~piece.late & ~scope[piece.kind](piece) if piece.kind in scope else ~piece.late

    as_lived = [Lane(pieces, lambda piece: ~piece.late) for pieces in lived.lanes(lived.counts)]
    as_sent = [Lane(pieces, stays) for pieces in lived.lanes(lived.counts)]
    as_sent += [Lane(pieces, lambda piece: scope[piece.kind](piece)) for pieces in vendor.lanes(scope)]
    ids = [level.id for level in configs[0].user_levels]
    both = (_snaps(head, merged(lanes)) for lanes in (as_lived, as_sent))
    return _Change(ids).of(*both)


class _Snap:
    """One snap: its time, its levels (float64[n, fields]) and its alerts."""

    def __init__(self, t_ns: int, rows: NDArray[np.float64], alerts: NDArray[Any]) -> None:
        self.t_ns, self.rows, self.alerts = t_ns, rows, alerts

    def levels(self) -> dict[Level, NDArray[np.float64]]:
        """The rows by level."""
        return {(r[_KIND], r[_INDEX], 0.0 if r[_DYNAMIC] else r[_PRICE]): r for r in self.rows}


def _snaps(head: Iterable[Frame], batches: Iterator[Batch]) -> Iterator[_Snap]:
    engine = Engine()

    def frames() -> Iterator[Frame]:
        yield from head
        for batch in batches:
            yield RecordsFrame(batch)

    for frame in frames():
        for block in engine.feed(frame):
            yield from _of_block(block)
    for block in engine.finish():
        yield from _of_block(block)


def _of_block(block: Any) -> Iterator[_Snap]:
    rows = block.numbers
    for place, snap in enumerate(block.snaps):
        alerts = block.alerts[block.alerts["t_ns"] == snap["t_ns"]].copy()
        yield _Snap(int(snap["t_ns"]), rows[place, : int(snap["levels"])].copy(), alerts)


class _Change:
    """Gathers how two accounts differ, snap by snap. ``ids``: the names of the user's levels."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = tuple(ids)
        self._snaps = self._rows = self._differing = 0
        self._first = ""
        self._raised: tuple[Counter[AlertLine], Counter[AlertLine]] = (Counter(), Counter())

    def of(self, lived: Iterator[_Snap], sent: Iterator[_Snap]) -> SignalsChange:
        """The change between two accounts, both read to their ends."""
        one, other = next(lived, None), next(sent, None)
        while one is not None or other is not None:
            first = min(snap.t_ns for snap in (one, other) if snap is not None)
            ours = one if one is not None and one.t_ns == first else None
            theirs = other if other is not None and other.t_ns == first else None
            self._take(first, ours, theirs)
            one = next(lived, None) if ours is not None else one
            other = next(sent, None) if theirs is not None else other
        lost, added = self._raised[0] - self._raised[1], self._raised[1] - self._raised[0]
        return SignalsChange(
            snaps=self._snaps,
            rows=self._rows,
            differing=self._differing,
            first=self._first,
            lost=tuple(sorted(lost.elements(), key=_by_time)),
            added=tuple(sorted(added.elements(), key=_by_time)),
        )

    def _take(self, t_ns: int, ours: _Snap | None, theirs: _Snap | None) -> None:
        self._snaps += 1
        for snap, raised in zip((ours, theirs), self._raised, strict=True):
            if snap is not None and len(snap.alerts):
                raised.update(self._alerts(snap.alerts))
        if ours is not None and theirs is not None and ours.rows.tobytes() == theirs.rows.tobytes():
            self._rows += len(ours.rows)
            return
        lived, sent = (snap.levels() if snap is not None else {} for snap in (ours, theirs))
        for level in sorted({**lived, **sent}):
            self._rows += 1
            one, other = lived.get(level), sent.get(level)
            if one is not None and other is not None and one.tobytes() == other.tobytes():
                continue
            self._differing += 1
            if not self._first:
                self._first = f"{et_stamp(t_ns)}, {self._name(one if one is not None else other)}: {_words(one, other)}"

    def _alerts(self, rows: NDArray[Any]) -> Iterator[AlertLine]:
        columns = alert_columns(rows, self._ids)
        names = ("event", "level_id", "signal", "raised_ts_event_ns")
        for event, level, signal, raised_ns in zip(*(columns[name].tolist() for name in names), strict=True):
            if event == _RAISED:
                yield AlertLine(str(level), str(signal), int(raised_ns))

    def _name(self, row: Any) -> str:
        return level_id(int(row[_KIND]), float(row[_PRICE]), int(row[_INDEX]), self._ids)


def _words(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> str:
    """How a row differs: ``score 61.2, not 60.4``, the lived number first."""
    if one is None or other is None:
        return "published by the run alone" if other is None else "published from the vendor's account alone"
    where = np.flatnonzero(one.view(np.uint64) != other.view(np.uint64))
    named = [f"{LEVEL_NAMES[k]} {one[k]:g}, not {other[k]:g}" for k in where[:_MOST_NAMED]]
    more = f" and {len(where) - _MOST_NAMED} more columns" if len(where) > _MOST_NAMED else ""
    return f"{'; '.join(named)}{more}"


def _by_time(line: AlertLine) -> tuple[int, str, str]:
    return line.raised_ns, line.level_id, line.signal
