"""What stands in a file of predictions, line by line, and in a file of outcomes (docs/predictions.md 1, 3)."""

from __future__ import annotations

import enum
from typing import Final, Literal

import msgspec

FORMAT: Final = 1
Role = Literal["champion", "challenger"]


class ModelSaid(msgspec.Struct, frozen=True):
    """A model that speaks in a run. ``sha256``: of its file; ``data_set``: what it was learnt on; ``simulated``: it has
    seen simulated markets alone."""

    role: Role
    name: str
    data_set: str
    sha256: str
    simulated: bool


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What one model said of one level.

    ``model``: its place in the list of models in force; ``shown``: on a screen, otherwise in shadow. ``price`` in the
    profile's unit and ``future_price`` in points are the level's; ``direction``: +1 where a break is up; ``beyond``:
    how far price was past the level, points. ``stage``: of the attempt (ARM, CONTACT ...); ``phase``: where the level
    stood (TOUCH ...); ``is_decision``: the first word at this stage of the attempt, by which the model is measured.
    ``distance``: points price has to go from the level; ``p_break``, ``p_bounce``, ``p_tradeable``: that it goes so far
    beyond first, back first, either, within the longest of the run's horizons. ``strength``: tenth, half and nine
    tenths of the excursion, in distances, None unknown. ``break_by``, ``bounce_by``: cumulative incidences by each
    horizon.
    """

    model: int
    shown: bool
    level: str
    kind: str
    price: float
    future_price: float
    direction: int
    beyond: float
    stage: str
    phase: str
    is_decision: bool
    distance: float
    p_break: float
    p_bounce: float
    p_tradeable: float
    strength: tuple[float, float, float] | None
    break_by: tuple[float, ...]
    bounce_by: tuple[float, ...]


class RunBegins(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """The first line of a file, and the first after a pause. ``dropped_bytes``: of a line that a crash had left
    unfinished. ``simulated``: the market."""

    format: int = FORMAT
    run: str
    profile: str
    symbol: str
    simulated: bool
    code_version: str
    horizons_s: tuple[int, ...]
    models: tuple[ModelSaid, ...]
    dropped_bytes: int = 0


class Round(msgspec.Struct, frozen=True, tag="said"):
    """All that was said at one snap. ``date``: its trade date, yyyymmdd."""

    t_ns: int
    date: int
    said: tuple[Said, ...]


class RunEnds(msgspec.Struct, frozen=True, tag="end"):
    """The last line of a run that ended as it should: how many lines stand before it, and how much was said."""

    lines: int
    said: int


Entry = RunBegins | Round | RunEnds


class Outcome(enum.StrEnum):
    """How the race that a prediction was about ended; the words of the labels (docs/p-break.md 4)."""

    BREAK = "BREAK"
    BOUNCE = "BOUNCE"
    CHOP = "CHOP"
    CENSORED = "CENSORED"
    NO_RACE = "NO_RACE"


class Settled(msgspec.Struct, frozen=True, array_like=True):
    """What came of one decision. ``line``: of the file of predictions, from 1 on, and ``place`` in it; ``after_s``: how
    long after it the race ended, or was last seen."""

    line: int
    place: int
    t_ns: int
    date: int
    said: Said
    outcome: Outcome
    after_s: float


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """The outcomes of a run. ``root``: of the predictions that were settled; ``rule``: by what."""

    format: int = FORMAT
    run: str
    simulated: bool
    root: str
    lines: int
    rule: str
    horizons_s: tuple[int, ...]
    models: tuple[ModelSaid, ...]
    settled: tuple[Settled, ...]
