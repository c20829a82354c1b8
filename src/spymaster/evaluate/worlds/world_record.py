"""What one simulated hour showed, as one JSON object: counts and single events, so that worlds can be pooled."""

from __future__ import annotations

import msgspec

from spymaster.evaluate.near_states import StateCounts
from spymaster.evaluate.signal_outcomes import AlertRecord, BaseCounts, EpisodeRecord

ENGINE, NAIVE, DISTANCE, ALWAYS = "engine", "absolute thresholds", "distance alone", "always REJECT"
RULES = (ENGINE, NAIVE, DISTANCE, ALWAYS)


class DelayRecord(msgspec.Struct, frozen=True):
    """How soon the engine said the state of a mechanism; the fields are those of ``agreement.Found``, in seconds."""

    kind: str
    delay_s: float | None
    after_fill_s: float | None
    visible: bool
    true: bool
    already: bool
    hit: bool


class OracleRecord(msgspec.Struct, frozen=True):
    """A planted level's first touch: the chance of a break that its futures gave, and whether it then broke."""

    kind: str
    p_break: float
    broke: bool


class WorldRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated recording and how the engine fared in it.

    ``engine``: hash of the sources that computed it. ``levels``: prices watched. ``raised``: by rule and signal, at the
    watched levels. ``tells_beyond``: whether its truth decides anything beyond levels and on
    their other sides. ``seconds``: what it took to simulate, replay and score, and of a
    processor in all.
    """

    engine: str
    name: str
    market: str
    seed: int
    profile: str
    has_options: bool
    is_fast: bool
    hours: float
    records: int
    levels: int
    planted: dict[str, int]
    states: StateCounts
    naive_states: StateCounts | None
    delays: list[DelayRecord]
    raised: dict[str, dict[str, int]]
    raised_elsewhere: dict[str, int]
    alerts: dict[str, list[AlertRecord]]
    episodes: list[EpisodeRecord]
    base: BaseCounts
    oracle: list[OracleRecord]
    tells_beyond: bool
    seconds: dict[str, float]
