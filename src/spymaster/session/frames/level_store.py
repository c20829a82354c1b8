"""What is remembered of every published level: its last quarter of an hour, second by second, and its touches.

The writer pays for one copy a snap; seconds are put together once a second, and a level's own history is looked up when
somebody asks for it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.rows import LEVEL_ROW, Signal
from spymaster.signals.frame import LEVEL_SECOND, LevelHistory, TouchView

SECONDS: Final = 900
"""Seconds remembered."""

TOUCHES: Final = 64
"""Touches remembered of one level."""

LEVELS: Final = 512
"""Levels whose touches are remembered; the one not heard of for longest goes first."""

SAME_TOUCH_NS: Final = 5 * NS_PER_S
"""Where the row does not count its touches: a return within this time goes on with the last one."""

SIGNAL_AFTER_NS: Final = 60 * NS_PER_S
"""A signal raised this long after a touch still belongs to it."""

_MOST_SNAPS: Final = 16
"""Snaps of one second that are held apart before their flows are summed."""

_KEPT: Final = (
    *("kind", "user_index", "price", "signal", "touching", "score", "barrier_state", "barrier_confidence", "x"),
    *("depth_in_zone", "bucket_added", "bucket_pulled", "bucket_filled", "direction", "prior_touches"),
)
_FIELDS: Final = {name: at for at, name in enumerate(LEVEL_ROW.names or ())}
_FROM: Final = np.array([_FIELDS[name] for name in _KEPT])
_AT: Final = {name: at for at, name in enumerate(_KEPT)}
_FLOWS: Final = slice(_AT["bucket_added"], _AT["bucket_filled"] + 1)
_KIND: Final = _AT["kind"]
_PRICED: Final = tuple(float(kind) for kind in LevelKind if kind.priced)
_ORDINAL: Final = _AT["user_index"]
_PRICE: Final = _AT["price"]
_TOUCHING: Final = _AT["touching"]
_SIGNAL: Final = _AT["signal"]
_HOT: Final = slice(_SIGNAL, _TOUCHING + 1)
_SECOND_FROM: Final = (
    *(("score", "score"), ("signal", "signal"), ("state", "barrier_state"), ("confidence", "barrier_confidence")),
    *(("x", "x"), ("depth", "depth_in_zone"), ("added", "bucket_added"), ("pulled", "bucket_pulled")),
    ("filled", "bucket_filled"),
)
_CODES: Final = {"signal": int(Signal.NEUTRAL), "state": 6}
_KIND_STEP: Final = 1e10
_PRICE_STEP: Final = 1e3
_NO_KIND: Final = -1.0
_NO_KEY: Final = _NO_KIND * _KIND_STEP
_SIGNALS: Final = {float(Signal.BREAK): Signal.BREAK.name, float(Signal.REJECT): Signal.REJECT.name}


@dataclass(slots=True)
class _Touch:
    t_ns: int
    direction: int
    excursion: float
    prior: float
    until_ns: int | None = None
    signal: str = ""
    score: float = math.nan
    traded: float = math.nan

    def view(self) -> TouchView:
        return TouchView(self.t_ns, self.until_ns, self.direction, self.excursion, self.signal, self.score, self.traded)

    def spend(self, filled: float) -> None:
        """Contracts filled in the zone during one snap of it; NaN where it was not in sight."""
        if not math.isnan(filled):
            self.traded = filled + (0.0 if math.isnan(self.traded) else self.traded)


class LevelState(msgspec.Struct, frozen=True):
    """Everything a LevelStore remembers. ``touched``: (key of the level, its touches) by when it was last heard of."""

    count: int
    second: int
    taken: int
    last_ns: int
    t_ns: bytes
    keys: bytes
    values: bytes
    snaps: bytes
    touched: tuple[tuple[float, tuple[_Touch, ...]], ...]
    open: tuple[float, ...]


class LevelStore:
    """Written by the Session after each snap, read by screens from other threads."""

    def __init__(self, user_ids: Sequence[str] = ()) -> None:
        self._user_ids = tuple(user_ids)
        self._lock = threading.Lock()
        shape = (SECONDS, MAX_PUBLISHED)
        self._count = 0
        self._t_ns = np.zeros(SECONDS, np.int64)
        self._keys = np.full(shape, _NO_KEY)
        self._values = np.full((*shape, len(_KEPT)), np.nan)
        self._second = -1
        self._snaps = np.zeros((_MOST_SNAPS, MAX_PUBLISHED, len(_KEPT)))
        self._taken = 0
        self._last_ns = 0
        self._touched: dict[float, list[_Touch]] = {}
        self._open: set[float] = set()
        self.begun: tuple[float, ...] = ()
        """Keys (see ``key_of``) of the levels whose touch began at the latest snap."""

    def snapshot(self) -> LevelState:
        """Everything, for ``restore``."""
        with self._lock:
            held = min(self._count, SECONDS)
            seconds_at = np.arange(self._count - held, self._count) % SECONDS
            touched = tuple((key, tuple(replace(touch) for touch in known)) for key, known in self._touched.items())
            return LevelState(
                count=self._count,
                second=self._second,
                taken=self._taken,
                last_ns=self._last_ns,
                t_ns=self._t_ns[seconds_at].tobytes(),
                keys=self._keys[seconds_at].tobytes(),
                values=self._values[seconds_at].tobytes(),
                snaps=self._snaps[: self._taken].tobytes(),
                touched=touched,
                open=tuple(self._open),
            )

    def restore(self, snapshot: LevelState) -> None:
        """Go on from what another store remembered. Raises ValueError for what no store can have remembered."""
        held = min(snapshot.count, SECONDS)
        seconds_at = np.arange(snapshot.count - held, snapshot.count) % SECONDS
        with self._lock:
            self._count, self._second, self._taken = snapshot.count, snapshot.second, snapshot.taken
            self._last_ns = snapshot.last_ns
            self._t_ns[seconds_at] = np.frombuffer(snapshot.t_ns, np.int64)
            self._keys[seconds_at] = np.frombuffer(snapshot.keys).reshape(held, MAX_PUBLISHED)
            self._values[seconds_at] = np.frombuffer(snapshot.values).reshape(held, MAX_PUBLISHED, len(_KEPT))
            self._snaps[: self._taken] = np.frombuffer(snapshot.snaps).reshape(self._taken, MAX_PUBLISHED, len(_KEPT))
            self._touched = {key: [replace(touch) for touch in known] for key, known in snapshot.touched}
            self._open = set(snapshot.open)

    def add_snap(self, t_ns: int, levels: NDArray[Any]) -> None:
        """Let in the rows (LEVEL_ROW) of the snap at ``t_ns``."""
        n = len(levels)
        rows = levels.view(np.float64).reshape(n, len(_FIELDS))
        second = (t_ns - 1) // NS_PER_S
        with self._lock:
            if second != self._second:
                self._close_second()
                self._second = second
            snap_rows = self._next_snap_row()
            np.take(rows, _FROM, axis=1, out=snap_rows[:n], mode="clip")
            snap_rows[n:, _KIND] = _NO_KIND
            self._last_ns = t_ns
            hot = snap_rows[:n, _HOT]
            self.begun = ()
            if self._open or hot.any():
                self._follow_touches(t_ns, snap_rows[:n][(hot > 0.0).any(axis=1)])

    def history(self, level_id: str, seconds: int) -> LevelHistory:
        """Copies of up to ``seconds`` newest seconds of a level and its touches; empty for one never published."""
        key = self.key_of(level_id)
        with self._lock:
            held = min(self._count, SECONDS, seconds)
            seconds_at = np.arange(self._count - held, self._count) % SECONDS
            found = self._keys[seconds_at] == key
            there = found.any(axis=1)
            seconds_at, slots = seconds_at[there], found[there].argmax(axis=1)
            t_ns, values = self._t_ns[seconds_at], self._values[seconds_at, slots]
            if self._taken and seconds > 0:
                keys, now = self._summed()
                at = np.flatnonzero(keys == key)
                if len(at):
                    t_ns = np.append(t_ns, self._last_ns)
                    values = np.concatenate([values, now[at[:1]]])
            touches = tuple(touch.view() for touch in self._touched.get(key, ()))
        return LevelHistory(level_id, _seconds_of(t_ns[-seconds:], values[-seconds:]), touches)

    def _next_snap_row(self) -> NDArray[np.float64]:
        """Where the next snap of the second goes; where the room is used up, those before become one."""
        if self._taken == _MOST_SNAPS:
            _, self._snaps[0] = self._summed()
            self._taken = 1
        self._taken += 1
        snap_rows: NDArray[np.float64] = self._snaps[self._taken - 1]
        return snap_rows

    def _close_second(self) -> None:
        if not self._taken:
            return
        at = self._count % SECONDS
        self._keys[at], self._values[at] = self._summed()
        self._t_ns[at] = self._last_ns
        self._count += 1
        self._taken = 0

    def _summed(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Keys and values of the second: as of its last snap, flows summed over all of them."""
        snaps = self._snaps[: self._taken]
        keys = _keys_of(snaps)
        values = snaps[-1].copy()
        if (keys == keys[-1]).all():
            values[:, _FLOWS] = snaps[:, :, _FLOWS].sum(axis=0)
            return keys[-1], values
        for slot, key in enumerate(keys[-1].tolist()):
            if key >= 0.0:
                values[slot, _FLOWS] = snaps[keys == key][:, _FLOWS].sum(axis=0)
        return keys[-1], values

    def _follow_touches(self, t_ns: int, rows: NDArray[np.float64]) -> None:
        """``rows``: the levels that are touched or signal."""
        still: set[float] = set()
        for row in rows.tolist():
            key = _key_of_row(row)
            if row[_TOUCHING] > 0.0:
                still.add(key)
                self._touch(key, t_ns, row)
            signal = _SIGNALS.get(row[_SIGNAL])
            if signal is not None:
                self._signal(key, t_ns, signal, row[_AT["score"]])
        for key in self._open - still:
            self._touched[key][-1].until_ns = t_ns
        self._open = still

    def _touch(self, key: float, t_ns: int, row: list[float]) -> None:
        beyond, filled = -row[_AT["x"]], row[_AT["bucket_filled"]]
        if key in self._open:
            touch = self._touched[key][-1]
            touch.excursion = max(touch.excursion, beyond)
            touch.spend(filled)
            return
        known = self._touched[key] = self._touched.pop(key, [])
        prior = row[_AT["prior_touches"]]
        last = known[-1] if known else None
        if last is not None and _goes_on(last, prior, t_ns):
            last.until_ns = None
            last.excursion = max(last.excursion, beyond)
            last.spend(filled)
            return
        self.begun += (key,)
        known.append(_Touch(t_ns, _code(row[_AT["direction"]]), beyond, prior))
        known[-1].spend(filled)
        del known[:-TOUCHES]
        if len(self._touched) > LEVELS:
            del self._touched[next(each for each in self._touched if each not in self._open)]

    def _signal(self, key: float, t_ns: int, signal: str, score: float) -> None:
        """The signal a touch led to: the last one raised while it lasted or soon after."""
        known = self._touched.get(key)
        if not known:
            return
        touch = known[-1]
        late = touch.until_ns is not None and t_ns - touch.until_ns > SIGNAL_AFTER_NS
        if touch.signal != signal and not late:
            touch.signal, touch.score = signal, score

    def key_of(self, level_id: str) -> float:
        """The number that stands for a level; one that no row has where the name means nothing."""
        if level_id in self._user_ids:
            return float(self._user_ids.index(level_id))
        kind = LevelKind.__members__.get(level_id)
        if kind is not None:
            return kind * _KIND_STEP - 1.0
        name, _, price = level_id.rpartition("_")
        kind = LevelKind.__members__.get(name)
        try:
            return math.nan if kind is None else kind * _KIND_STEP + round(float(price) * _PRICE_STEP)
        except ValueError:
            return math.nan


def _goes_on(last: _Touch, prior: float, t_ns: int) -> bool:
    """Whether price coming back is the same touch: the row's own count decides, time where it has none."""
    if not math.isnan(prior) and not math.isnan(last.prior):
        return prior == last.prior
    return last.until_ns is not None and t_ns - last.until_ns < SAME_TOUCH_NS


def _keys_of(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers that stand for levels: by kind, by price where the price names them, by ordinal for one's own; the
    others' is -1."""
    kind = rows[..., _KIND]
    priced = np.isin(kind, _PRICED)
    return kind * _KIND_STEP + np.where(priced, np.rint(rows[..., _PRICE] * _PRICE_STEP), rows[..., _ORDINAL])


def _key_of_row(row: list[float]) -> float:
    """The same for one row."""
    kind = row[_KIND]
    if kind in _PRICED:
        return kind * _KIND_STEP + round(row[_PRICE] * _PRICE_STEP)
    return kind * _KIND_STEP + row[_ORDINAL]


def _seconds_of(t_ns: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[Any]:
    out = np.zeros(len(t_ns), LEVEL_SECOND)
    out["t_ns"] = t_ns
    for name, source in _SECOND_FROM:
        column = values[:, _AT[source]]
        out[name] = np.where(np.isnan(column), _CODES[name], column) if name in _CODES else column
    out.flags.writeable = False
    return out


def _code(value: float) -> int:
    return 0 if math.isnan(value) else int(value)
