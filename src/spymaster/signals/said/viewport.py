"""``levels.viewport``: what a model says of the levels price is at, beside what its earlier words were worth.

It is never part of ``levels.signals`` and no hash knows of it. A number that nobody knows is absent, never NaN. Where a
number may not be called a probability (a real market on which the model has no record yet) there is none: the target is
there, ``collecting`` says how far the record is, and that is all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from spymaster.signals.structs import ProfileName

VERSION: Final = 1
SHOWN_BY_S: Final = 120
"""The horizon of the number on a screen, and of its record."""
LEARNT_ON_SIMULATED: Final = "LEARNT ON SIMULATED MARKETS"


class ScoringModel(msgspec.Struct, frozen=True, kw_only=True):
    """Whose words they are. ``sha256``: of its file; ``simulated``: it has seen simulated markets alone."""

    name: str
    data_set: str
    sha256: str
    simulated: bool


class SaidBefore(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it whenever the model said about as much at this stage: of ``n`` so called ``share`` came within
    ``horizon_s``, with its 95 % interval; ``base``: the share that came whatever was said; ``in_shadow``: it was said
    to nobody then. ``share`` and the interval are None where it never said so."""

    low: float
    high: float
    n: int
    share: float | None
    interval: tuple[float, float] | None
    base: float
    horizon_s: int
    in_shadow: bool


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt of the past that looked like this one. ``recording``: in which it is, on trade date ``date``
    (yyyymmdd), ``t_ns``: when price came near; ``level``: its kind, at ``price`` points of the future; ``outcome``:
    what came of it, ``after_s`` later; ``distance``: from this one, the smaller the more alike.
    ``is_here``: it is in the recording that is replayed, and can be gone to."""

    recording: str
    date: int
    t_ns: int
    level: str
    price: float
    outcome: str
    after_s: float | None
    distance: float
    is_here: bool = False


class Chances(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one level. ``points``: how far price has to go from it; ``p_tradeable``: that it does so on
    either side within the longest horizon, ``p_break`` and ``p_bounce``: beyond it or back first, ``p_no_trade``:
    neither. ``strength``: tenth, half and nine tenths of the furthest it goes, in those distances, positive beyond it.
    ``break_by``, ``bounce_by``: by so many seconds. ``utility``: p_tradeable times the size of the median strength."""

    points: float
    p_tradeable: float
    p_no_trade: float
    p_break: float
    p_bounce: float
    strength: tuple[float, float, float] | None
    break_by: Mapping[str, float]
    bounce_by: Mapping[str, float]
    utility: float | None
    before: SaidBefore | None = None
    similar: tuple[Similar, ...] = ()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A level in view. ``distance`` and ``distance_signed`` (level less spot) in the profile's unit; ``direction``: of
    a break. ``viewport_state``: where it stands; ``stage``: the last question of its attempt, None where no attempt is
    on; ``attempt``: which of the session; ``touch_ts_ns``: when price came to it. ``asked_ts_ns``: the snap whose
    columns ``chances`` rest on; both None where nothing is said."""

    level_id: str
    level_kind_name: str
    level_price: float
    direction: Literal["UP", "DOWN"]
    distance: float
    distance_signed: float
    viewport_state: str
    stage: str | None = None
    attempt: int | None = None
    touch_ts_ns: int | None = None
    asked_ts_ns: int | None = None
    chances: Chances | None = None


class Collecting(msgspec.Struct, frozen=True):
    """A record that is not long enough yet: ``n`` attempts decided of ``of``."""

    n: int
    of: int


class LevelsViewport(msgspec.Struct, frozen=True, kw_only=True):
    """``levels.viewport`` at T = ``ts_event_ns``: targets by falling utility, then by distance.

    ``simulated``: the market is. ``badge``: what has to stand beside every number, empty for nothing.
    """

    version: Literal[1] = 1
    ts_event_ns: int
    profile: ProfileName
    simulated: bool
    model: ScoringModel
    badge: str
    collecting: Collecting | None
    targets: tuple[Target, ...]

    def of(self, level_id: str) -> Target | None:
        """What is known of a level, None where it is not in view."""
        return next((target for target in self.targets if target.level_id == level_id), None)
