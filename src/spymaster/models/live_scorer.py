"""What a model is asked of the levels of a run, and when: in event time alone, so that a replay asks the same.

``LevelAsker`` follows every published snap in the thread that made it and keeps, of each level with an attempt on, the
columns it was asked with last: what is not asked anew at each snap enters a Session's checkpoints. What a model answers
is a function of these columns alone, and may be worked out at any later time.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.ledger.rules import LEAST_POINTS, MOST_POINTS
from spymaster.market.kinds import NS_PER_MS, NS_PER_S
from spymaster.market.rows import LEVEL_ROW

Array = NDArray[Any]
Floats = NDArray[np.float64]

ASKED: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("kind", "<i8"),
        ("user_index", "<i8"),
        ("tick", "<i8"),
        ("direction", "<i8"),
        ("stage", "<i8"),
        ("phase", "<i8"),
        ("number", "<i8"),
        ("contact_ns", "<i8"),
        ("is_decision", "<i8"),
        ("price", "<f8"),
        ("future_price", "<f8"),
        ("beyond", "<f8"),
        ("sigma_1m", "<f8"),
        ("distance", "<f8"),
    ]
)
"""A question. ``t_ns``: of the snap it rests on; ``tick``: of a level that does not move, 0 of one that does, and of
one of the user's; ``stage``, ``phase``, ``number``, ``contact_ns``: where its attempt stood then; ``is_decision``: the
first question of this stage. ``price`` in the profile's unit, ``future_price`` and ``beyond`` (how far price was past
it) in points, ``sigma_1m`` points per square root of a minute; ``distance``: how far price has to go, points."""

SAID_BY_S: Final = HORIZONS_S
"""By when curves say what has come."""
_KEY: Final = ("kind", "user_index", "tick")
_NEAR_SIGMAS, _FAR_SIGMAS = 1.5, 3.0
_EVERY_NS: Final = (250 * NS_PER_MS, 2 * NS_PER_S, 10 * NS_PER_S)
_TWO_MINUTES: Final = 2.0
_LEAST_DEVIATION: Final = 0.5
_MINUTE_S: Final = 60.0
_LENGTHS: Final = struct.Struct("<QQQ")


class Follower(Protocol):
    """Says what is known of levels (``features.follower.FeatureFollower``)."""

    def on_block(self, block: Any) -> None:
        """Take consecutive snaps in."""
        ...

    def decisions(self) -> Array:
        """The moments of the last block at which attempts are judged: ``features.phases.DECISION``."""
        ...

    def decision_rows(self) -> Floats:
        """What was known of each."""
        ...

    def rows(self, places: NDArray[np.int64]) -> Floats:
        """What is known of levels of the last snap."""
        ...

    def standings(self) -> Array:
        """Where every level of the last snap stands: ``features.phases.STANDING``."""
        ...

    def forget(self, from_ns: int = 0) -> None:
        """Another contract begins."""
        ...

    def snapshot(self) -> bytes:
        """Everything, for ``restore``."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Go on from there. Raises ValueError for what is no snapshot."""
        ...


class Heads(Protocol):
    """A model with several heads (``models.head_model.HeadModel``)."""

    def predict(self, rows: Floats, stage: NDArray[np.integer]) -> Array:
        """PREDICTION[n] of rows, each asked at its ``Stage``; NaN throughout where nothing is known."""
        ...


def level_follower(tick_points: float) -> Follower:
    """A follower of the levels of a run. ``tick_points``: the future's tick."""
    from spymaster.features.follower import FeatureFollower

    return FeatureFollower(tick_points)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """As of one snap. ``levels`` LEVEL_ROW[L] and ``standings`` STANDING[L]: all of its levels; ``asked`` ASKED[m] and
    ``rows`` float64[m, f]: the last question of each with an attempt on; ``new``: how many of them are of this snap.
    ``decided``, ``decided_rows``: decisions of this snap that are not among them."""

    t_ns: int
    session_date: int
    levels: Array
    standings: Array
    asked: Array
    rows: Floats
    new: int
    decided: Array
    decided_rows: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Latest:
    """The latest snap. ``asked``: a question for each of its levels; ``near``: of those that are asked at every snap;
    ``new``: how many others are asked anew."""

    t_ns: int
    session_date: int
    levels: Array
    standings: Array
    asked: Array
    near: NDArray[np.bool_]
    new: int
    decided: Array
    decided_rows: Floats


def period_ns(away_points: Floats, sigma_1m: Floats) -> NDArray[np.int64]:
    """How often a level is asked of, by its distance: at every quarter of a second within 1.5 deviations of two
    minutes, every 2 s within three, else every 10 s; int64[n]."""
    deviation = np.maximum(sigma_1m * np.sqrt(_TWO_MINUTES), _LEAST_DEVIATION)
    away = away_points / np.where(np.isnan(deviation), _LEAST_DEVIATION, deviation)
    periods = np.select([away <= _NEAR_SIGMAS, away <= _FAR_SIGMAS], _EVERY_NS[:2], _EVERY_NS[2])
    return periods.astype(np.int64)


def longest_distance(sigma_1m: Floats, tick_points: float) -> Floats:
    """How far price has to go within the longest horizon: clip(sigma sqrt(H), 1, 12) points on whole ticks; NaN where
    the volatility is not known. The labels' own distance."""
    wide = np.clip(sigma_1m * np.sqrt(max(HORIZONS_S) / _MINUTE_S), LEAST_POINTS, MOST_POINTS)
    points: Floats = np.round(wide / tick_points) * tick_points
    return points


class LevelAsker:
    """Follows published snaps, one a block, and says what is to be asked of levels. ``tick_points``: the future's.

    It reads what was published and writes nothing back: no hash and no score knows of it.
    """

    def __init__(self, follower: Follower, tick_points: float) -> None:
        self._follower, self._tick = follower, tick_points
        self._asked: Array = np.zeros(0, ASKED)
        self._rows: Floats = np.zeros((0, 0))
        self._latest: _Latest | None = None
        self._questions: Questions | None = None

    def on_block(self, block: Any) -> None:
        """Follow a block of at most one snap."""
        self._follower.on_block(block)
        if not len(block.snaps):
            return
        snap = block.snaps[0]
        levels = block.numbers[0, : int(snap["levels"])].copy().view(LEVEL_ROW)[:, 0]
        standings = self._follower.standings()
        asked = _questions(int(snap["t_ns"]), levels, standings, self._tick)
        decided, decided_rows = self._decided(asked)
        is_on = asked["stage"] >= 0
        every_ns = period_ns(np.abs(asked["beyond"]), levels["sigma_1m"])
        near, far = is_on & (every_ns == _EVERY_NS[0]), is_on & (every_ns > _EVERY_NS[0])
        new = self._keep(asked, far, every_ns)
        moment = (int(snap["t_ns"]), int(snap["session_date"]))
        self._latest = _Latest(*moment, levels, standings, asked, near, new, decided, decided_rows)
        self._questions = None

    @property
    def questions(self) -> Questions | None:
        """As of the latest snap, None before the first. To be asked before the next snap is followed.

        What is asked anew at every snap is looked up here: on the way to a moment nobody wants it.
        """
        latest = self._latest
        if latest is not None and self._questions is None:
            places = np.flatnonzero(latest.near)
            fresh = self._follower.rows(places)
            self._questions = Questions(
                t_ns=latest.t_ns,
                session_date=latest.session_date,
                levels=latest.levels,
                standings=latest.standings,
                asked=np.concatenate([latest.asked[places], self._asked]),
                rows=np.concatenate([fresh, self._rows]) if len(self._rows) else fresh,
                new=len(places) + latest.new,
                decided=latest.decided,
                decided_rows=latest.decided_rows,
            )
        return self._questions

    def forget(self) -> None:
        """Another contract begins with the next snap."""
        self._follower.forget()
        self._asked, self._rows = np.zeros(0, ASKED), np.zeros((0, 0))
        self._latest = self._questions = None

    def snapshot(self) -> bytes:
        """Everything, for ``restore``."""
        followed = self._follower.snapshot()
        width = self._rows.shape[1] if len(self._rows) else 0
        head = _LENGTHS.pack(len(followed), len(self._asked), width)
        return head + followed + self._asked.tobytes() + self._rows.tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Go on from there. Raises ValueError for what is no snapshot."""
        try:
            length, count, width = _LENGTHS.unpack_from(snapshot)
            begin = _LENGTHS.size + length
            self._asked = np.frombuffer(snapshot, ASKED, count, begin).copy()
            rows = np.frombuffer(snapshot, np.float64, count * width, begin + self._asked.nbytes)
        except struct.error as error:
            raise ValueError(f"no memory of questions: {error}") from None
        self._rows = rows.reshape(count, width).copy()
        self._follower.restore(snapshot[_LENGTHS.size : begin])
        self._latest = self._questions = None

    def _keep(self, asked: Array, far: NDArray[np.bool_], every_ns: NDArray[np.int64]) -> int:
        """Of levels far away: those that are due by the clock, or whose attempt came further, and what was asked before
        that of the others. How many are new."""
        before = {_key(one): (int(one["stage"]), int(one["number"])) for one in self._asked}
        due = far & (asked["t_ns"] % every_ns == 0)
        for place in np.flatnonzero(far & ~due).tolist():
            one = asked[place]
            due[place] = before.get(_key(one)) != (int(one["stage"]), int(one["number"]))
        still = {_key(one) for one in asked[far & ~due]}
        old = np.array([_key(one) in still for one in self._asked], np.bool_)
        places = np.flatnonzero(due)
        if len(places) or not old.all():
            fresh = self._follower.rows(places)
            self._rows = np.concatenate([fresh, self._rows[old]]) if old.any() else fresh
            self._asked = np.concatenate([asked[places], self._asked[old]])
        return len(places)

    def _decided(self, asked: Array) -> tuple[Array, Floats]:
        """Decisions of this snap: marked among its questions, or, of a stage that is over already, on their own."""
        decisions, rows = self._follower.decisions(), self._follower.decision_rows()
        apart = []
        for number, decision in enumerate(decisions):
            place = int(decision["place"])
            if asked["stage"][place] == decision["stage"]:
                asked["is_decision"][place] = 1
                # of a level that moves it is the price at contact that counts, as for the labels
                asked["future_price"][place] = decision["future_price"]
            else:
                apart.append(number)
        found = asked[decisions["place"][apart]].copy()
        for name in ("stage", "number", "direction", "contact_ns", "future_price"):
            found[name] = decisions[name][apart]
        found["is_decision"] = 1
        return found, rows[apart]


def _questions(t_ns: int, levels: Array, standings: Array, tick_points: float) -> Array:
    """One for each level of a snap, asked or not."""
    asked = np.zeros(len(levels), ASKED)
    asked["t_ns"] = t_ns
    for name in ("kind", "user_index", "price", "sigma_1m"):
        asked[name] = levels[name]
    moves = (levels["dynamic"] != 0.0) | (levels["user_index"] >= 0.0)
    asked["tick"] = np.where(moves, 0, levels["tick"])
    for name in ("direction", "stage", "phase", "number", "contact_ns"):
        asked[name] = standings[name]
    asked["future_price"] = levels["price"] * levels["ratio"]
    asked["distance"] = longest_distance(levels["sigma_1m"], tick_points)
    asked["beyond"] = standings["direction"] * (levels["microprice"] - asked["future_price"])
    return asked


def _key(one: Any) -> tuple[int, ...]:
    return tuple(int(one[name]) for name in _KEY)


def level_places(asked: Array, levels: Array) -> NDArray[np.int64]:
    """Where the levels of questions stand among those of a snap (LEVEL_ROW[L]): int64[m], -1 for none."""
    moves = (levels["dynamic"] != 0.0) | (levels["user_index"] >= 0.0)
    ticks = np.where(moves, 0, levels["tick"])
    known = {
        (int(kind), int(user), int(tick)): place
        for place, (kind, user, tick) in enumerate(zip(levels["kind"], levels["user_index"], ticks, strict=True))
    }
    return np.array([known.get((key[0], key[1], key[2]), -1) for key in map(_key, asked)], np.int64)
