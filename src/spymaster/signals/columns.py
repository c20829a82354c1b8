"""Published rows as columns: what Gold stores and what exports contain.

A column is an array or ``Words``. All are copies: they stay as they are when the engine goes on.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.columns.fields import Absent, Field, Type, by_name
from spymaster.market.kinds import PRICE_SCALE, SIDE_ASK, SIDE_BID, SIDE_NONE
from spymaster.market.levels import level_id
from spymaster.market.rows import ALERT_FIELDS, ALERT_ROW, FLOW_ROW, LEVEL_FIELDS, AlertEvent
from spymaster.signals.blocks import (
    LEVEL_NAMES,
    Array,
    Block,
    check_alerts,
    check_levels,
    own_alerts,
    published,
)
from spymaster.signals.notes import alert_reason
from spymaster.signals.words import DIRECTION_WORDS, alert_id, iso_date

_ALERT_FACTS: Final = tuple(
    field
    for field in ALERT_FIELDS
    if field.name not in ("t_ns", "raised_ns", "session_date", "event", "user_index", "reason")
)
"""Columns of an alert that stand in tables as they are; the others are put in words first."""
_LEVEL_FIELD: Final = by_name(LEVEL_FIELDS)
_SIDES: Final = {SIDE_BID: "B", SIDE_ASK: "A", SIDE_NONE: "N"}


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of text: ``words[codes[i]]`` is the text of row i, none where the code is -1. ``codes``: int32[n]."""

    words: tuple[str, ...]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.codes)

    @staticmethod
    def of(texts: Sequence[str]) -> Words:
        """A column of these texts."""
        places: dict[str, int] = {}
        codes = [places.setdefault(text, len(places)) for text in texts]
        return Words(tuple(places), np.array(codes, np.int32))

    def tolist(self) -> list[str | None]:
        """The texts."""
        return [None if code < 0 else self.words[code] for code in self.codes.tolist()]


Column = NDArray[Any] | Words
Columns = dict[str, Column]


def select(columns: Columns, wanted: NDArray[np.bool_]) -> Columns:
    """The rows where ``wanted`` (bool[n]) is true."""
    return {
        name: Words(column.words, column.codes[wanted]) if isinstance(column, Words) else column[wanted]
        for name, column in columns.items()
    }


def signals_columns(block: Block, user_ids: Sequence[str] = ()) -> Columns:
    """The columns of Gold: one row per published level and snap.

    ``ts_event_ns``, ``session_date`` (a date), ``level_id``, then those of ``LEVEL_FIELDS`` by name: codes
    and directions as words, flags as booleans, whole numbers as int64, the rest float64 with NaN where absent.
    Raises UnpublishableValueError.
    """
    levels = published(block)
    check_levels(block, levels, user_ids)
    return level_columns(
        levels.numbers, block.snaps["t_ns"][levels.snap], block.snaps["session_date"][levels.snap], user_ids
    )


def level_columns(rows: Array, t_ns: Array, session_date: Array, user_ids: Sequence[str] = ()) -> Columns:
    """The same columns of level rows (float64[n, fields]) with the snap time and the session date of each."""
    numbers = dict(zip(LEVEL_NAMES, np.ascontiguousarray(rows.T), strict=True))
    columns: Columns = {
        "ts_event_ns": t_ns,
        "session_date": dates(session_date),
        "level_id": _level_ids(numbers, user_ids),
    }
    for name in LEVEL_NAMES:
        columns[name] = _typed(numbers[name], _LEVEL_FIELD[name])
    return columns


def flows_columns(block: Block, tick_e9: int) -> Columns:
    """The flow ledger: one row per bucket, side and price with any flow. ``tick_e9``: the tick in 1e-9 points.

    ``price`` in points; ``side`` B, A, or N for off-book volume; contracts; depth -1 where unseen.
    """
    flows = block.flows
    columns: Columns = {name: flows[name].copy() for name in FLOW_ROW.names or ()}
    columns["side"] = Words(tuple(_SIDES.values()), _places(flows["side"], tuple(_SIDES)))
    price = flows["tick"] * tick_e9 / PRICE_SCALE
    return {("price" if name == "tick" else name): price if name == "tick" else columns[name] for name in columns}


def alerts_columns(block: Block, user_ids: Sequence[str] = ()) -> Columns:
    """The alerts: one row for each time one was raised, updated or resolved. Raises UnpublishableValueError.

    ``id`` stays the same for one alert; ``reason`` is a plain sentence; numbers are NaN where the level had none.
    """
    return alert_columns(block.alerts, user_ids)


def alert_columns(rows_of_alerts: Array, user_ids: Sequence[str] = ()) -> Columns:
    """The same columns of alert rows (ALERT_ROW[n]). Raises UnpublishableValueError."""
    alerts = own_alerts(rows_of_alerts)
    check_alerts(alerts, user_ids)
    names = ALERT_ROW.names or ()
    rows = [dict(zip(names, row, strict=True)) for row in alerts.tolist()]
    ids = [level_id(row["kind"], row["price"], row["user_index"], user_ids) for row in rows]
    keys = [alert_id(r["session_date"], i, r["signal"], r["raised_ns"]) for r, i in zip(rows, ids, strict=True)]
    return {
        "ts_event_ns": alerts["t_ns"].copy(),
        "session_date": dates(alerts["session_date"]),
        "id": Words.of(keys),
        "event": Words.of([AlertEvent(row["event"]).name.lower() for row in rows]),
        "raised_ts_event_ns": alerts["raised_ns"].copy(),
        "level_id": Words.of(ids),
        **{field.name: _typed(alerts[field.name], field) for field in _ALERT_FACTS},
        "reason": Words.of([alert_reason(row) for row in rows]),
    }


def dates(yyyymmdd: Array) -> NDArray[np.datetime64]:
    """Trade dates as numbers (20240105) to dates; 0 is none."""
    days, places = np.unique(yyyymmdd, return_inverse=True)
    return np.array([iso_date(day) if day else "NaT" for day in days.tolist()], "datetime64[D]")[places]


def _level_ids(numbers: Mapping[str, Array], user_ids: Sequence[str]) -> Words:
    keys = np.stack([numbers[name] for name in ("kind", "price", "user_index")])
    order = np.lexsort(keys[::-1])
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (np.diff(keys[:, order], axis=1) != 0.0).any(axis=0)
    each = keys[:, order[is_new]].T.tolist()
    names = Words.of([level_id(int(kind), price, int(index), user_ids) for kind, price, index in each])
    codes = np.empty(len(order), np.int32)
    codes[order] = names.codes[np.cumsum(is_new) - 1]
    return Words(names.words, codes)


def _typed(column: Array, field: Field) -> Column:
    """Numbers of the engine as what they mean."""
    if field.codes is not None:
        if field.absent is Absent.NEVER:
            return _coded(field.codes, column)
        known = np.where(np.isnan(column), -1.0, column).astype(np.int32)
        return Words(tuple(code.name for code in field.codes), known)
    if field.type is Type.SIDE:
        return _direction(column)
    if field.type is Type.FLAG:
        return np.not_equal(column, 0.0)
    return column.astype(np.int64) if field.type in (Type.WHOLE, Type.TICK) else np.ascontiguousarray(column)


def _coded(codes: type[enum.IntEnum], column: Array) -> Words:
    places: NDArray[np.int32] = column.astype(np.int32)
    if len(places) and (places.min() < 0 or places.max() >= len(codes)):
        raise ValueError(f"{places.min()} to {places.max()} are not codes of {codes.__name__}")
    return Words(tuple(code.name for code in codes), places)


def _direction(column: Array) -> Words:
    return Words(tuple(DIRECTION_WORDS.values()), _places(column, tuple(DIRECTION_WORDS)))


def _places(column: Array, codes: Sequence[int]) -> NDArray[np.int32]:
    """Where each code of a column stands among ``codes``. Raises ValueError for one that is not there."""
    matches = np.equal(column[:, np.newaxis], np.array(codes))
    known = matches.any(axis=1)
    if not known.all():
        raise ValueError(f"{column[~known][0]} is not one of the codes {[int(code) for code in codes]}")
    places: NDArray[np.int32] = matches.argmax(axis=1).astype(np.int32)
    return places
