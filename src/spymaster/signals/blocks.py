"""What this room needs of consecutive snaps, and the check that their numbers may be published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.market.columns.fields import Absent, absent_when
from spymaster.market.levels import level_id
from spymaster.market.rows import (
    ALERT_FIELDS,
    ALERT_ROW,
    LEVEL_FIELDS,
    LEVEL_ROW,
    BarrierState,
    Confidence,
    ResolveReason,
)

Array = NDArray[Any]

LEVEL_NAMES: Final = LEVEL_ROW.names or ()
"""The columns of a level, in the order of the engine's memory."""
_PLACES: Final = {name: place for place, name in enumerate(LEVEL_NAMES)}

JUDGED: Final = absent_when(LEVEL_FIELDS, Absent.JUDGED)
"""Columns that a barrier which can be judged always has, and one out of view never."""
FUELLED: Final = absent_when(LEVEL_FIELDS, Absent.FUELLED)
"""Columns that a level with a known exposure of dealers always has."""
SWEPT: Final = absent_when(LEVEL_FIELDS, Absent.SWEPT)
"""Columns that a level whose band was swept always has."""
OPTIONAL: Final = frozenset(LEVEL_NAMES) - absent_when(LEVEL_FIELDS, Absent.NEVER)
"""Columns of a level row that may be absent; all others are numbers at every level of every snap."""

_REQUIRED: Final = np.array([place for name, place in _PLACES.items() if name not in OPTIONAL])
_JUDGED: Final = np.array([place for name, place in _PLACES.items() if name in JUDGED])
_SWEPT: Final = np.array([place for name, place in _PLACES.items() if name in SWEPT])
_FUELLED: Final = np.array([place for name, place in _PLACES.items() if name in FUELLED])
_SNAP_NUMBERS: Final = ("spot", "bid", "ask", "minutes_since_open")
_ALERT_MEASURES: Final = tuple(field.name for field in ALERT_FIELDS if field.absent is Absent.OPTIONAL)
_ALERT_NUMBERS: Final = tuple(
    field.name for field in ALERT_FIELDS if field.dtype == "<f8" and field.absent is Absent.NEVER
)


class Block(Protocol):
    """Consecutive snaps as the engine gives them: ``physics.engine.SnapBlock`` or anything of its shape.

    ``rows[k, : snaps[k].levels]`` are the levels of snap k and ``numbers`` the same memory as float64; ``flows`` and
    ``alerts`` hold the snaps' rows one after the other.
    """

    @property
    def snaps(self) -> Array:
        """SNAP[K]"""
        ...

    @property
    def rows(self) -> Array:
        """LEVEL_ROW[K, L]"""
        ...

    @property
    def numbers(self) -> Array:
        """float64[K, L, fields], C-contiguous"""
        ...

    @property
    def flows(self) -> Array:
        """FLOW_ROW[n]"""
        ...

    @property
    def alerts(self) -> Array:
        """ALERT_ROW[n]"""
        ...

    @property
    def strikes(self) -> Array:
        """STRIKE_ROW[K, S]; ``snaps[k].options.strikes`` of them belong to snap k, by rising price."""
        ...


class UnpublishableValueError(ValueError):
    """A number that has no place in a message: NaN where a value is required, or an infinity.

    ``field``: its column. ``level``: the level's id, None for a field of the whole snap. ``t_ns``: the snap.
    """

    def __init__(self, field: str, value: float, level: str | None, t_ns: int) -> None:
        self.field = field
        self.level = level
        self.t_ns = t_ns
        place = "the snap" if level is None else level
        super().__init__(f"{field} of {place} at T = {t_ns} ns is {value}, which cannot be published")


class Published(NamedTuple):
    """The published levels of a block, packed: ``numbers`` float64[n, fields], a copy, and the snap of each row."""

    numbers: Array
    snap: NDArray[np.int64]


def published(block: Block) -> Published:
    """The levels of all snaps one after the other, without the unused places."""
    counts = block.snaps["levels"]
    used = np.arange(block.numbers.shape[1]) < counts[:, np.newaxis]
    return Published(block.numbers[used], np.repeat(np.arange(len(counts)), counts))


def check_levels(block: Block, levels: Published, user_ids: Sequence[str]) -> None:
    """Raise UnpublishableValueError for the first level whose row has NaN where none may be, or an infinity."""
    numbers = levels.numbers
    wrong = np.isinf(numbers)
    wrong[:, _REQUIRED] |= np.isnan(numbers[:, _REQUIRED])
    judged = numbers[:, _PLACES["barrier_state"], np.newaxis] != BarrierState.MISSING
    wrong[:, _JUDGED] |= np.isnan(numbers[:, _JUDGED]) & judged
    swept = numbers[:, _PLACES["sweep_direction"], np.newaxis] != 0.0
    wrong[:, _SWEPT] |= np.isnan(numbers[:, _SWEPT]) & swept
    fuelled = ~np.isnan(numbers[:, _PLACES["hedge"], np.newaxis])
    wrong[:, _FUELLED] |= np.isnan(numbers[:, _FUELLED]) & fuelled
    if wrong.any():
        i, place = (int(n) for n in np.argwhere(wrong)[0])
        row = dict(zip(LEVEL_NAMES, numbers[i].tolist(), strict=True))
        t_ns = int(block.snaps["t_ns"][levels.snap[i]])
        raise UnpublishableValueError(LEVEL_NAMES[place], row[LEVEL_NAMES[place]], _name(row, user_ids), t_ns)


def check_snaps(block: Block) -> None:
    """Raise UnpublishableValueError for the first snap with an infinity; all its numbers may be absent."""
    for name in _SNAP_NUMBERS:
        for k in np.flatnonzero(np.isinf(block.snaps[name])):
            raise UnpublishableValueError(name, float(block.snaps[name][k]), None, int(block.snaps["t_ns"][k]))


def own_alerts(alerts: Array) -> Array:
    """The alerts of a block (ALERT_ROW[n]), a copy, each with numbers of its own level only.

    A level that is not published any more has no row, so the engine lends its last alert another level's: that is taken
    out again.
    """
    alerts = alerts.copy()
    gone = alerts["reason"] == ResolveReason.LEVEL_GONE
    for name in _ALERT_MEASURES:
        alerts[name][gone] = np.nan
    alerts["barrier_state"][gone] = BarrierState.MISSING
    alerts["confidence_label"][gone] = Confidence.LOW
    return alerts


def check_alerts(alerts: Array, user_ids: Sequence[str]) -> None:
    """Raise UnpublishableValueError for the first alert with an infinity, or without a price or the scores it keeps."""
    for name in (*_ALERT_NUMBERS, *_ALERT_MEASURES):
        wrong = np.isinf(alerts[name]) if name in _ALERT_MEASURES else ~np.isfinite(alerts[name])
        for i in np.flatnonzero(wrong):
            row = dict(zip(ALERT_ROW.names or (), alerts[i].item(), strict=True))
            raise UnpublishableValueError(name, row[name], _name(row, user_ids), row["t_ns"])


def level_rows(block: Block, k: int) -> Iterator[dict[str, float]]:
    """The levels of snap k, nearest first, each as column name -> number."""
    for numbers in block.rows[k, : block.snaps["levels"][k]].tolist():
        yield dict(zip(LEVEL_NAMES, numbers, strict=True))


def _name(row: dict[str, Any], user_ids: Sequence[str]) -> str:
    """The level's id, or its kind and price as they stand where these numbers are what is wrong."""
    try:
        return level_id(int(row["kind"]), row["price"], int(row["user_index"]), user_ids)
    except (ValueError, OverflowError, IndexError):
        return f"level of kind {row['kind']} at {row['price']}"
