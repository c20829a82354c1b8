"""The order book market: ES-like MBP-10 records from a seed, and beside them what every order really did.

Same seed and settings: same bytes on any machine and in any chunking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import INSTRUMENT_SHIFT, PUBLISHER_SHIFT
from spymaster.market.kinds import MBP10_WORDS, NS_PER_S
from spymaster.sim.instrument import INSTRUMENT_ID, PUBLISHER_ID, TICK_E9
from spymaster.sim.levels.places import USUAL_BOOK
from spymaster.sim.levels.scenarios import SQUEEZE, WEAK_GAMMA, kind_weights, plants_levels
from spymaster.sim.market.day_shape import MINUTES, shape_of_day
from spymaster.sim.market.intensities import INTENSITIES, Intensity
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.queues import HUMP
from spymaster.sim.market.state import NEVER, NONE, STATE, Array, new_tape
from spymaster.sim.market.steps import COMPLETE, PAUSED, open_market, run
from spymaster.sim.market.worlds import hump_of, intensity_of, plan_of
from spymaster.sim.options.opening import begin_options, set_options
from spymaster.sim.worlds import World

OPEN_PRICE_E9: Final = 6_870_250_000_000
DEFAULT_CHUNK: Final = 65_536
_MINUTE_NS: Final = 60 * NS_PER_S
_DAY_NS: Final = MINUTES * _MINUTE_NS
_LEVELS_AT_ONCE: Final = 3
_GAMMA: Final = (50.0, 250.0)
_GAMMA_OF_OPTIONS: Final = (100.0, 200.0)
_GAMMA_OF: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {WEAK_GAMMA: (20.0, 20.0), SQUEEZE: (200.0, 100.0)}
)
"""Gamma of planted levels, least and span, contracts per point: of the stand-in (for a book of usual depth), of
options, and by scenario as it is really met and as it is seldom met."""

FLOW: Final = np.dtype(
    [
        ("ts_bucket_ns", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("added", "<i8"),
        ("pulled", "<i8"),
        ("filled", "<i8"),
        ("hidden", "<i8"),
        ("depth_end", "<i8"),
    ]
)
"""What the orders at one side (0 bid, 1 ask) and price did in the bucket that ends at ``ts_bucket_ns``, contracts.

``depth_end`` minus the depth before is added - pulled - filled, exactly. ``hidden``: came out of hiding within the
event that filled what was displayed; it is in ``added`` too.
"""
TOUCH: Final = np.dtype(
    [
        ("ts_bucket_ns", "<i8"),
        ("bid", "<i8"),
        ("ask", "<i8"),
        ("bid_size", "<i8"),
        ("ask_size", "<i8"),
        ("regime", "<i8"),
        ("activity_milli", "<i8"),
        ("news_milli", "<i8"),
        ("next_order", "<i8"),
    ]
)
"""The touch (ticks, contracts) at the end of a bucket, and what drives the market then. ``next_order``: the id that the
next order gets."""
LEAVING: Final = np.dtype(
    [
        ("ts_ns", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("what", "<i8"),
        ("size", "<i8"),
        ("order", "<i8"),
        ("left", "<i8"),
    ]
)
"""Displayed contracts of one order left a price, PULL or FILL (``sim.market.state``); ``left``: what waits there then.

Ids ascend as orders come to rest; what reloads out of hiding has a new one."""
WORK: Final = np.dtype(
    [("ts_ns", "<i8"), ("level", "<i8"), ("event", "<i8"), ("left", "<i8"), ("bid", "<i8"), ("ask", "<i8")]
)
"""Something happened (``LevelEvent``) to a planted level; ``left``: contracts still hidden or unspent."""
PLANTED: Final = np.dtype(
    [
        ("level", "<i8"),
        ("kind", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("planted_ns", "<i8"),
        ("trigger", "<i8"),
        ("shown", "<i8"),
        ("reserve", "<i8"),
        ("add", "<f8"),
        ("cancel", "<f8"),
        ("refill", "<f8"),
        ("push", "<f8"),
        ("gamma", "<f8"),
    ]
)
"""What was drawn for a level when it was planted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that makes a session. ``minute``: of the New York day at the start.

    ``options``: none, or those of a profile: es on the future, spy on a share beside it.
    """

    seed: int
    start_ns: int
    minute: int
    scenario: str = "mix"
    intensity: str = "midday"
    open_price_e9: int = OPEN_PRICE_E9
    instrument_id: int = INSTRUMENT_ID
    levels_at_once: int = _LEVELS_AT_ONCE
    with_auction: bool = False
    options: str = ""
    world: World | None = None

    @property
    def parameters(self) -> Intensity:
        """The intensity by its name, or that of the world."""
        return INTENSITIES[self.intensity] if self.world is None else intensity_of(self.world)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A stretch of the market: records int64[n, 46] and the truth beside them; the arrays belong to the receiver.

    ``rows``, ``seconds``: of the option market, as ``sim.options.state`` says; empty without one.
    """

    records: NDArray[np.int64]
    flows: NDArray[Any]
    touches: NDArray[Any]
    works: NDArray[Any]
    leavings: NDArray[Any]
    planted: NDArray[Any]
    rows: NDArray[np.int64]
    seconds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A saved state of the market, at a planted level's first touch."""

    level: int
    ts_ns: int
    state: Array


class Market:
    """A market that can be run on, chunk by chunk. ``records_per_chunk`` changes nothing but the cuts."""

    def __init__(self, settings: Settings, *, records_per_chunk: int = DEFAULT_CHUNK, keep_moments: int = 0) -> None:
        self.settings = settings
        self.moments: list[Moment] = []
        self._keep = keep_moments
        self._tape = new_tape(records_per_chunk, plan_of(settings.world, settings.start_ns))
        self._state = new_state(settings)
        self._state["pause_at_touch"] = 1 if keep_moments else 0
        open_market(self._state, self._tape, settings.open_price_e9 // TICK_E9, int(settings.with_auction))
        if settings.options:
            begin_options(self._state)
        self.options = self._state[0]["options"].copy()
        self._opening: Chunk | None = self._cut()

    def run(self, end_ns: int) -> Iterator[Chunk]:
        """The market up to ``end_ns``, a multiple of 250 ms after the start."""
        if self._opening is not None:
            opening, self._opening = self._opening, None
            yield opening
        status = 0
        while status != COMPLETE:
            status = run(self._state, self._tape, end_ns)
            yield self._cut()
            if status == PAUSED:
                self._save()

    def _save(self) -> None:
        s = self._state[0]
        self.moments.append(Moment(int(s["paused_level"]), int(s["now_ns"]), self._state.copy()))
        self._state["pause_at_touch"] = int(len(self.moments) < self._keep)

    def _cut(self) -> Chunk:
        """Copies of what the tape holds."""
        s, tape = self._state[0], self._tape
        return Chunk(
            tape.records[: s["n_records"]].copy(),
            _rows(tape.flows[: s["n_flows"]], FLOW),
            _rows(tape.touches[: s["n_touches"]], TOUCH),
            _rows(tape.works[: s["n_works"]], WORK),
            _rows(tape.leavings[: s["n_leavings"]], LEAVING),
            _planted(tape.plants[: s["n_plants"]]),
            tape.rows[: s["n_rows"]].copy(),
            tape.seconds[: s["n_seconds"]].copy(),
        )


def new_state(settings: Settings) -> Array:
    """An empty market (``STATE``, one element) that ``open_market`` can open. Raises UserError."""
    state = np.zeros(1, STATE)
    s = state[0]
    s["rng"] = settings.seed % 2**64
    s["header"] = header_word(settings.instrument_id)
    start = settings.start_ns
    s["now_ns"] = s["second_ns"] = s["bucket_ns"] = s["regime_end_ns"] = start
    s["midnight_ns"] = (start // _DAY_NS + 1) * _DAY_NS
    s["day_ns"] = start // _MINUTE_NS * _MINUTE_NS - settings.minute * _MINUTE_NS
    s["parameters"] = settings.parameters.pack()[0]
    s["shape"] = shape_of_day(settings.parameters.reference)
    s["hump"] = HUMP if settings.world is None else hump_of(settings.world)
    s["lean"] = 1.0
    s["paused_level"] = s["watched_level"] = s["watched_outcome"] = s["attacked"] = NONE
    s["attack_ns"] = NEVER
    s["kind_weight"] = kind_weights(settings.scenario)
    s["wanted_levels"] = settings.levels_at_once if plants_levels(settings.scenario) else 0
    s["next_plant_ns"] = start + 2 * NS_PER_S
    s["next_squeeze_ns"] = start + 2 * NS_PER_S if settings.scenario == SQUEEZE else NEVER
    least, span = _GAMMA_OF_OPTIONS if settings.options else _GAMMA
    deep = 1.0
    if settings.options or settings.scenario in _GAMMA_OF:
        deep = settings.parameters.usual / USUAL_BOOK
        least, span = _GAMMA_OF.get(settings.scenario, (least, span))
    s["gamma_least"], s["gamma_span"] = least / deep, span / deep
    set_options(s["options"], settings.options, settings.seed, start, settings.minute)
    return state


def header_word(instrument_id: int) -> int:
    """The first word of every record."""
    return (MBP10_WORDS * 8 // 4) | 10 << 8 | PUBLISHER_ID << PUBLISHER_SHIFT | instrument_id << INSTRUMENT_SHIFT


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A whole session in memory; the arrays as in :class:`Chunk`; ``options``: the option market as it opened."""

    settings: Settings
    end_ns: int
    records: NDArray[np.int64]
    flows: NDArray[Any]
    touches: NDArray[Any]
    works: NDArray[Any]
    leavings: NDArray[Any]
    planted: NDArray[Any]
    moments: tuple[Moment, ...]
    rows: NDArray[np.int64]
    seconds: NDArray[np.float64]
    options: Any


def simulate(settings: Settings, minutes: float, *, chunk: int = DEFAULT_CHUNK, keep_moments: int = 0) -> Session:
    """A whole session in memory. ``keep_moments``: save the market at so many first touches. Raises UserError."""
    end_ns = settings.start_ns + round(minutes * _MINUTE_NS) // BUCKET_NS * BUCKET_NS
    market = Market(settings, records_per_chunk=chunk, keep_moments=keep_moments)
    chunks = list(market.run(end_ns))
    return Session(
        settings=settings,
        end_ns=end_ns,
        records=np.concatenate([piece.records for piece in chunks]),
        flows=np.concatenate([piece.flows for piece in chunks]),
        touches=np.concatenate([piece.touches for piece in chunks]),
        works=np.concatenate([piece.works for piece in chunks]),
        leavings=np.concatenate([piece.leavings for piece in chunks]),
        planted=np.concatenate([piece.planted for piece in chunks]),
        moments=tuple(market.moments),
        rows=np.concatenate([piece.rows for piece in chunks]),
        seconds=np.concatenate([piece.seconds for piece in chunks]),
        options=market.options,
    )


def _planted(slots: NDArray[Any]) -> NDArray[Any]:
    """What was drawn for newly planted levels."""
    rows = np.zeros(len(slots), PLANTED)
    for name in PLANTED.names or ():
        rows[name] = slots["number" if name == "level" else name]
    return rows


def _rows(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A copy of int64[n, k] as structured rows."""
    return np.ascontiguousarray(rows).copy().view(dtype)[:, 0]


__all__ = [
    "FLOW",
    "LEAVING",
    "PLANTED",
    "TOUCH",
    "WORK",
    "Chunk",
    "Market",
    "Moment",
    "Session",
    "Settings",
    "simulate",
]
