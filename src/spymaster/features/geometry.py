"""Features of where price and levels are, and how they came there (docs/features.md 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.memory import MOVES_S, RANGES_S, STACKED_POINTS, WINDOWS_S
from spymaster.features.schema import Feature, Group
from spymaster.features.seen import Floats, Made, Seen
from spymaster.market.levels import Family, LevelKind

_MINUTE_S: Final = 60.0
_NEAR: Final = ("microprice", "price", "ratio", "direction")
_KINDS: Final = tuple(LevelKind)


def _made(
    name: str, unit: str, look_back_s: float, source: tuple[str, ...], doc: str, make: Callable[[Seen], Any]
) -> Made:
    return Made(Feature(name, unit, look_back_s, source, doc, Group.GEOMETRY), make)


def _table(values: dict[LevelKind, float]) -> Callable[[Seen], Floats]:
    """A number by the level's kind."""
    by_kind = np.array([values.get(kind, 0.0) for kind in _KINDS])
    return lambda seen: by_kind[seen.same("kind").astype(np.int64)]


def _of_window(field: str, at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked[field][:, at] * seen.direction / seen.sigma


def _trend(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked["trends"][:, at] * seen.direction


def _range(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked["ranges"][:, at] * seen.direction


def _stacked(at: int) -> Callable[[Seen], NDArray[Any]]:
    return lambda seen: seen.looked["stacked"][:, at]


def _minutes(window_s: int) -> str:
    return f"{window_s // 60}min"


_PLACE: Final = (
    _made("distance", "points", 0, _NEAR, "price beyond the level, negative in front of it; from contact on "
          "beyond where the level was then",
          lambda s: (s.looked["microprice"] - s.looked["level"]) * s.direction),
    _made("distance_sigma", "sigma", 0, (*_NEAR, "sigma_1m"), "the same in volatilities of a minute",
          lambda s: (s.looked["microprice"] - s.looked["level"]) * s.direction / s.sigma),
)  # fmt: skip

_MOTION: Final = (
    *(_made(f"move_{window}s", "sd", window, ("microprice", "sigma_1m"),
            f"way of price in {window} s over what it does in them by chance", _of_window("moves", at))
      for at, window in enumerate(MOVES_S)),
    *(_made(f"velocity_{_minutes(window)}", "sigma/min", window, ("microprice", "sigma_1m"),
            f"slope of the line through the seconds of {_minutes(window)}", _of_window("slopes", at))
      for at, window in enumerate(WINDOWS_S)),
    *(_made(f"acceleration_{_minutes(window)}", "sigma/min^2", window, ("microprice", "sigma_1m"),
            f"how much steeper the later half of {_minutes(window)} is than the earlier", _of_window("bends", at))
      for at, window in enumerate(WINDOWS_S)),
    *(_made(f"trend_{_minutes(window)}", "-1..1", window, ("microprice",),
            f"way in {_minutes(window)} over the sum of its steps from second to second", _trend(at))
      for at, window in enumerate(WINDOWS_S)),
    *(_made(f"range_{_minutes(window)}", "-1..1", window, ("microprice",),
            f"1 where price is at the end towards the break of its range of {_minutes(window)}, -1 at the other",
            _range(at)) for at, window in enumerate(RANGES_S)),
    _made("velocity_z", "sd", 0, ("velocity_z",), "published velocity", lambda s: s.up("velocity_z")),
    _made("acceleration_z", "sd", 0, ("acceleration_z",), "published acceleration", lambda s: s.up("acceleration_z")),
    _made("jerk_z", "sd", 0, ("jerk_z",), "published jerk", lambda s: s.up("jerk_z")),
    _made("activity_5min", "ratio", 300, ("microprice", "sigma_1m"),
          "what price moved in 5 min second by second, over the published volatility",
          lambda s: s.looked["activity"] / s.sigma),
    _made("sigma_1m", "points/sqrt(min)", 0, ("sigma_1m",), "volatility", lambda s: s.same("sigma_1m")),
    _made("sigma_change_5min", "ratio", 300, ("sigma_1m",), "volatility over what it was 5 min before, less one",
          lambda s: s.sigma / np.maximum(s.looked["sigma_then"], 0.05) - 1.0),
    _made("atr", "points", 0, ("atr", "ratio"), "average true range of 14 one-minute bars",
          lambda s: s.same("atr") * s.ratio),
)  # fmt: skip

_APPROACH: Final = (
    _made("approach_velocity", "sigma/min", 0, ("approach_velocity", "ratio", "sigma_1m", "direction"),
          "of the last one-minute closes towards the break",
          lambda s: s.turned("approach_velocity") * s.ratio / s.sigma),
    _made("approach_bars", "count", 0, ("approach_bars",), "latest one-minute bars in a row towards the level",
          lambda s: s.same("approach_bars")),
    _made("approach_distance", "sigma", 0, ("approach_distance", "ratio", "sigma_1m"), "way of those closes",
          lambda s: s.same("approach_distance") * s.ratio / s.sigma),
    _made("arrival_s", "s", 0, ("arrival_s",), "until the level is reached at this motion",
          lambda s: s.same("arrival_s")),
    _made("prior_touches", "count", 0, ("prior_touches",), "touches before the one in progress",
          lambda s: s.same("prior_touches")),
    _made("minutes_since_open", "min", 0, ("minutes_since_open",), "since 09:30 ET, negative before",
          lambda s: s.same("minutes_since_open")),
    _made("level_age_min", "min", 0, ("valid_from_s",), "since the level exists at all",
          lambda s: s.looked["age_s"] / _MINUTE_S),
)  # fmt: skip

_SESSION_S: Final = 23 * 3600.0
_RULE: Final = ("microprice", "sigma_1m", "price", "ratio")

_ATTEMPT: Final = (
    _made("phase", "code", 60, (*_RULE, "in_band", "arrival_s"), "Phase: 0 far to 5 decided",
          lambda s: s.looked["phase"]),
    _made("arm_s", "s", _SESSION_S, _RULE, "since price came within the arming distance", lambda s: s.looked["arm_s"]),
    _made("contact_s", "s", _SESSION_S, _RULE, "since it was at the level, while that is undecided",
          lambda s: s.looked["contact_s"]),
    _made("way_since_arm", "sigma", _SESSION_S, _RULE, "way of price towards the break since the arming",
          lambda s: (s.looked["microprice"] - s.looked["arm_price"]) * s.direction / s.sigma),
    _made("beyond_since_contact", "barriers", _SESSION_S, _RULE, "furthest beyond the level since contact",
          lambda s: s.looked["beyond"]),
    _made("back_since_contact", "barriers", _SESSION_S, _RULE, "furthest back from it since contact",
          lambda s: s.looked["back"]),
    _made("attempt_number", "count", _SESSION_S, _RULE, "which attempt of the session it is, or would be",
          lambda s: s.looked["number"]),
    _made("held_before", "count", _SESSION_S, _RULE, "earlier attempts of the session that it withstood",
          lambda s: s.looked["held"]),
    _made("broke_before", "count", _SESSION_S, _RULE, "earlier attempts of the session that broke it",
          lambda s: s.looked["broke"]),
    _made("last_outcome", "+1/0/-1", _SESSION_S, _RULE, "how the last one ended: +1 broke, -1 held, 0 neither in time",
          lambda s: s.looked["last_outcome"]),
    _made("last_contact_s", "s", _SESSION_S, _RULE, "since the contact of the last one decided",
          lambda s: s.looked["last_contact_s"]),
)  # fmt: skip

_SIDE: Final[Callable[[Seen], Floats]] = _table({kind: float(kind.side) for kind in _KINDS})

_KIND: Final = (
    *(_made(f"is_{family.name.lower()}", "0/1", 0, ("kind",), doc,
            _table({kind: float(kind.family is family) for kind in _KINDS}))
      for family, doc in ((Family.GRID, "a round number or a strike"), (Family.AVERAGE, "an average of price"),
                          (Family.RANGE, "an extreme or a close"), (Family.WALL, "a level of the options"))),
    _made("kind_weight", "0-1", 0, ("kind",), "weight of the kind in a confluence",
          _table({kind: kind.weight for kind in _KINDS})),
    _made("faces_price", "+1/0/-1", 0, ("kind", "direction"),
          "+1 a high from below or a low from above, -1 from the other side",
          lambda s: _SIDE(s) * s.direction),
    _made("strong", "0/1", 0, ("strong",), "an obstacle by its kind", lambda s: s.same("strong")),
)  # fmt: skip
_PAIRS: Final = (
    ("session", LevelKind.SESSION_HIGH, LevelKind.SESSION_LOW, "the session's extreme"),
    ("pm", LevelKind.PM_HIGH, LevelKind.PM_LOW, "the premarket's extreme"),
    ("or", LevelKind.OR_HIGH, LevelKind.OR_LOW, "the opening range's end"),
    ("on", LevelKind.ON_HIGH, LevelKind.ON_LOW, "the overnight extreme"),
    ("pd", LevelKind.PD_HIGH, LevelKind.PD_LOW, "the prior day's extreme"),
)
_SINGLES: Final = (
    ("vwap", LevelKind.VWAP, "VWAP"),
    ("sma_200", LevelKind.SMA_200, "the average of 200 bars"),
    ("sma_400", LevelKind.SMA_400, "the average of 400 bars"),
    ("pd_close", LevelKind.PD_CLOSE, "the prior day's close"),
)
_IN_POINTS: Final = ("pm", "or", "vwap", "sma_200", "sma_400")
_OTHERS: Final = ("kind", "price", "ratio", "direction")


def _landmark(name: str, up: LevelKind, down: LevelKind, doc: str) -> tuple[Made, ...]:
    """How far beyond the level another one is, in points where such are usual, and in volatilities."""
    sigma = _made(f"{name}_sigma", "sigma", 0, (*_OTHERS, "sigma_1m"), f"{doc}, in volatilities of a minute",
                  lambda s: s.kind(up, down) / s.sigma)  # fmt: skip
    if not name.startswith(_IN_POINTS):
        return (sigma,)
    return (_made(name, "points", 0, _OTHERS, doc, lambda s: s.kind(up, down)), sigma)


_LANDMARKS: Final = (
    *(made for name, high, low, doc in _PAIRS for made in (
        *_landmark(f"{name}_ahead", high, low, f"how far beyond the level {doc} on that side is"),
        *_landmark(f"{name}_behind", low, high, f"the same of {doc} on the other side"))),
    *(made for name, kind, doc in _SINGLES
      for made in _landmark(name, kind, kind, f"how far beyond the level {doc} is")),
    _made("sma_spread", "sigma", 0, (*_OTHERS, "sigma_1m"), "average of 200 bars less that of 400 towards the break",
          lambda s: (s.kind(LevelKind.SMA_200) - s.kind(LevelKind.SMA_400)) / s.sigma),
)  # fmt: skip

_AROUND: Final = (
    *(_made(f"stacking_{points:.0f}pt", "count", 0, ("price", "ratio"),
            f"other levels within {points:.0f} points, those at its price left out", _stacked(at))
      for at, points in enumerate(STACKED_POINTS)),
    _made("stacking_ahead_5pt", "count", 0, ("price", "ratio", "direction"), "those within 5 points beyond it",
          lambda s: s.ahead(s.looked["stacked_side"])),
    _made("obstacle_sigma", "sigma", 0, ("price", "ratio", "strong", "sigma_1m", "direction"),
          "to the next strong level beyond", lambda s: s.ahead(s.looked["obstacle"]) / s.sigma),
    _made("confluence_count", "count", 0, ("confluence_count",), "other levels within the confluence band",
          lambda s: s.same("confluence_count")),
    _made("confluence_pressure", "0-1", 0, ("confluence_pressure",), "weight of their kinds",
          lambda s: s.same("confluence_pressure")),
    _made("confluence_alignment", "+1/0/-1", 0, ("confluence_alignment",),
          "-1 backed by the trend of the averages, +1 against it: + speaks for a break",
          lambda s: -s.turned("confluence_alignment")),
)  # fmt: skip

GEOMETRY: Final[tuple[Made, ...]] = (*_PLACE, *_MOTION, *_APPROACH, *_ATTEMPT, *_KIND, *_LANDMARKS, *_AROUND)
