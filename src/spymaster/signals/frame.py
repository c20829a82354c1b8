"""What a screen is given: one immutable picture of a moment, and the seam it is pulled through.

The Session publishes the latest frame; a screen reads it at its own rate and may skip. Arrays are read-only copies that
no kernel ever sees. Prices in arrays are ticks of the futures contract unless a name says otherwise.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.option_rows import OPTION_SUMMARY, STRIKE_ROW
from spymaster.practice.standing import PracticeStanding
from spymaster.signals.chart.bars import Chart
from spymaster.signals.header_parts import DayPrices, GreeksCheck, SessionHealth
from spymaster.signals.said.model_chances import ModelChances
from spymaster.signals.said.viewport import LevelsViewport

LADDER_ROW: Final = np.dtype(
    [
        ("tick", "<i8"),
        ("bid", "<i8"),
        ("ask", "<i8"),
        ("bid_seen", "<i8"),
        ("ask_seen", "<i8"),
        ("bid_age_ns", "<i8"),
        ("ask_age_ns", "<i8"),
        ("bid_change", "<i8"),
        ("ask_change", "<i8"),
        ("buys", "<i8"),
        ("sells", "<i8"),
    ]
)
"""One price. ``bid``, ``ask``: displayed contracts, or the last seen ones where ``*_seen`` is 0 (then ``*_age_ns``
says how long ago; -1 never seen). ``*_change``: added - pulled over the barrier window. ``buys``, ``sells``: contracts
traded there by aggressor since the session began or the recording was joined."""

HEAT_TICKS: Final = 512
"""Width of a heat column in ticks."""

UNSEEN: Final = -1

TRADE_DOT: Final = np.dtype([("column", "<i8"), ("tick", "<i8"), ("buys", "<i8"), ("sells", "<i8")])
"""Contracts traded at a price during one heat column, by aggressor."""

LEVEL_MARK: Final = np.dtype([("column", "<i8"), ("tick", "<i8"), ("state", "<i8"), ("confidence", "<f8")])
"""Barrier state of a published level at the end of one heat column. ``state``: ``market.rows.BarrierState``."""


OPTION_FLOW: Final = np.dtype([("t_ns", "<i8"), ("calls", "<f8"), ("puts", "<f8")])
"""Delta that customers took over in calls and in puts during ``OPTION_FLOW_NS`` from ``t_ns`` on, in ES contracts."""

OPTION_FLOW_NS: Final = 5 * NS_PER_S
OPTION_FLOW_ROWS: Final = 240
"""Twenty minutes."""


LEVEL_SECOND: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("score", "<f8"),
        ("signal", "<i8"),
        ("state", "<i8"),
        ("confidence", "<f8"),
        ("x", "<f8"),
        ("depth", "<f8"),
        ("added", "<f8"),
        ("pulled", "<f8"),
        ("filled", "<f8"),
    ]
)
"""One level at the end of one second. ``x``: signed way still to go in the profile's unit; ``state``:
``market.rows.BarrierState``, ``confidence`` of it; ``depth``: contracts in the zone; flows: contracts there during the
second. NaN where the level was not judged."""


class TouchView(msgspec.Struct, frozen=True):
    """One test of a level. ``until_ns`` None while it lasts; ``excursion``: furthest beyond the level (negative: it was
    not reached) in the profile's unit; ``signal``: BREAK, REJECT or empty, with the score it was raised at (NaN);
    ``traded``: contracts filled in the zone while it lasted, what it cost to try; NaN where none of it was in sight."""

    t_ns: int
    until_ns: int | None
    direction: int
    excursion: float
    signal: str
    score: float
    traded: float = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class LevelHistory:
    """What is remembered of one level. ``seconds``: LEVEL_SECOND[n], oldest first; ``touches``: oldest first."""

    level_id: str
    seconds: NDArray[Any]
    touches: tuple[TouchView, ...]


class Mode(enum.StrEnum):
    """Where the records come from."""

    LIVE = "LIVE"
    REPLAY = "REPLAY"
    SIMULATED = "SIMULATED"


class Phase(enum.StrEnum):
    """What the Session is doing."""

    COMPILING = "compiling"
    LOADING = "loading"
    PLAYING = "playing"
    PAUSED = "paused"
    SEEKING = "seeking"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, eq=False)
class HeatColumns:
    """Consecutive one-second columns of the heatmap, the newest of them possibly still being filled.

    ``first``: number of the first column (they are numbered from 0 at the start of the Session); ``t_ns[n]``: end of
    each column's second; ``base[n]``: tick of index 0; ``depth`` int32[n, HEAT_TICKS]: contracts displayed at its
    end, ``UNSEEN`` where out of sight; ``last[n]``: last traded tick, ``bid[n]``, ``ask[n]``: best prices, each
    ``market.kinds.NO_TICK`` where there is none; ``gap_ns[n]``: known hole in the data inside the column.
    """

    revision: int
    first: int
    t_ns: NDArray[np.int64]
    base: NDArray[np.int64]
    depth: NDArray[np.int32]
    last: NDArray[np.int64]
    bid: NDArray[np.int64]
    ask: NDArray[np.int64]
    gap_ns: NDArray[np.int64]
    trades: NDArray[Any]
    marks: NDArray[Any]

    def __len__(self) -> int:
        return len(self.t_ns)


class InputTrust(msgspec.Struct, frozen=True):
    """One input's light. ``state``: GREEN, DEGRADED, BLIND or ABSENT; ``age_ns`` since its last record or None."""

    name: str
    state: str
    reason: str
    age_ns: int | None


class LevelView(msgspec.Struct, frozen=True):
    """A level's name beside its row of ``Frame.levels`` (same place)."""

    id: str
    kind: str
    label: str


class AlertView(msgspec.Struct, frozen=True):
    """An alert as the screen lists it. ``resolved_ns`` is None while it is on; price in the profile's unit; ``score``:
    the one it was raised with; ``peak_score``: the furthest since, the highest and of a REJECT the lowest; ``outcome``:
    what became of it, in words, once that is known. ``went``: which way price first went far from the level (+1 up, -1
    down, 0 neither yet), ``went_s`` after it was raised; ``above``: points price was above the level ``above_s`` after,
    None while that is not known; ``settled``: nothing more will be said of it."""

    id: str
    t_ns: int
    resolved_ns: int | None
    level_id: str
    price: float
    signal: str
    direction: int
    score: float
    peak_score: float
    confidence: str
    reason: str
    in_window: bool
    outcome: str = ""
    went: int = 0
    went_s: float = 0.0
    above: float | None = None
    above_s: int = 0
    settled: bool = False

    @property
    def way(self) -> int:
        """Where the signal expected price to go: +1 up, -1 down, 0 for one that expects nothing."""
        return {"BREAK": self.direction, "REJECT": -self.direction}.get(self.signal, 0)


class RecordingLight(msgspec.Struct, frozen=True):
    """How the recording of a run stands. ``fault``: why nothing is being written down, in words; ``written_bytes``: of
    the journal; ``lost_records``: never written. ``lake_lag_s``: how far the lake is behind, 0 when it is not worth a
    word; ``lake_fault``: what is wrong with it. ``bus``: how the mirror stands in words, empty where nothing is
    mirrored; ``bus_fault``: what is wrong with it."""

    is_on: bool = False
    fault: str = ""
    written_bytes: int = 0
    lost_records: int = 0
    lake_lag_s: float = 0.0
    lake_fault: str = ""
    bus: str = ""
    bus_fault: str = ""


class Header(msgspec.Struct, frozen=True):
    """Everything of the top lines. Prices in the profile's unit unless the name says ``es``; NaN where unknown.

    ``speed`` is infinite for as fast as possible; ``progress`` of the phase, 0 to 1, NaN where it has no measure.
    """

    profile: str
    symbol: str
    mode: Mode
    phase: Phase
    simulated: bool
    speed: float
    t_ns: int
    as_of_ns: int
    first_ns: int
    last_ns: int
    session_date: int
    minutes_since_open: float
    in_window: bool
    spot: float
    es_mid: float
    es_last: float
    es_bid_tick: int
    es_ask_tick: int
    es_last_tick: int
    es_change: float
    ratio: float
    velocity: float
    sigma_1m: float
    tick_size: float
    records: int
    records_per_s: float
    snap_us: float
    residual_share: float
    hidden_share: float
    atr: float
    cvd: int
    message: str
    progress: float
    recording: RecordingLight = RecordingLight()
    greeks: GreeksCheck | None = None
    day: DayPrices = DayPrices()
    health: SessionHealth = SessionHealth()


class AlertMark(msgspec.Struct, frozen=True):
    """When and where an alert was raised; ``signal`` as in ``AlertView``."""

    t_ns: int
    id: str
    level_id: str
    signal: str


class ReplayStatus(msgspec.Struct, frozen=True):
    """Where a replay stands in its recording, and where it is going.

    ``seeking_ns``: the moment it is on its way to, None while it is on its way to none; ``seeking``: where to, where
    that is not a moment (``next alert``); ``seek_progress`` 0 to 1; ``checkpoint_ns``: the checkpoint the way began at.
    ``answer``: a sentence about what was last asked for, where there is something to say.
    ``loop_ns``: where the range to repeat begins and, once it is set, ends. ``alerts``: all that are known, those ahead
    too, by time; ``visited_ns``: up to where they are known. ``practice``: paper orders, None where nobody practises.
    """

    seeking_ns: int | None = None
    seeking: str = ""
    seek_progress: float = 0.0
    checkpoint_ns: int | None = None
    answer: str = ""
    loop_ns: tuple[int, int | None] | None = None
    alerts: tuple[AlertMark, ...] = ()
    visited_ns: int = 0
    practice: PracticeStanding | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. ``number`` rises by one with each frame; ``levels``: market.rows.LEVEL_ROW[n], nearest first.

    ``book`` int64[2, 10, 2]: side (0 bid, 1 ask), level, (tick, size), tick NO_TICK where empty. ``orders``:
    market.rows.ORDER_ROW, newest last. ``heat``: the newest columns; who missed some pulls ``FrameSource.heat``.
    ``options``: market.option_rows.OPTION_SUMMARY, one row, none without options; ``strikes``: STRIKE_ROW by rising
    price; ``option_flow``: OPTION_FLOW, newest last, spans without a trade left out. ``chances``: what the model of
    breaks says of the levels, None where it may not be shown; ``viewport``: what a model with several heads says of
    those in view, None where none speaks to a screen.
    """

    number: int
    t_ns: int
    header: Header
    book: NDArray[np.int64]
    ladder: NDArray[Any]
    levels: NDArray[Any]
    level_views: tuple[LevelView, ...]
    trust: tuple[InputTrust, ...]
    alerts: tuple[AlertView, ...]
    orders: NDArray[Any]
    heat: HeatColumns
    options: NDArray[Any] = field(default_factory=lambda: _no_rows(OPTION_SUMMARY))
    strikes: NDArray[Any] = field(default_factory=lambda: _no_rows(STRIKE_ROW))
    option_flow: NDArray[Any] = field(default_factory=lambda: _no_rows(OPTION_FLOW))
    replay: ReplayStatus | None = None
    chances: ModelChances | None = None
    viewport: LevelsViewport | None = None


def _no_rows(dtype: np.dtype[Any]) -> NDArray[Any]:
    rows: NDArray[Any] = np.zeros(0, dtype)
    rows.flags.writeable = False
    return rows


class Command(enum.StrEnum):
    """What a screen may ask of a replay.

    With a moment in ns as the value (an int stays exact): ``SEEK``, and ``SEEK_ALERT``, which stands still there. With
    a level's id as the subject: ``NEXT_TOUCH``, ``PREVIOUS_TOUCH``; with a ``PracticeRequest`` as JSON: ``PRACTICE``.
    ``LOOP_MARK`` sets the beginning of the range to repeat, then its end, then none.
    """

    PLAY = "play"
    PAUSE = "pause"
    STEP_RECORD = "step record"
    STEP_SNAP = "step snap"
    STEP_SECOND = "step second"
    BACK_RECORD = "back a record"
    BACK_SNAP = "back a snap"
    BACK_SECOND = "back a second"
    SEEK = "seek"
    SEEK_ALERT = "seek alert"
    NEXT_ALERT = "next alert"
    PREVIOUS_ALERT = "previous alert"
    NEXT_TOUCH = "next touch"
    PREVIOUS_TOUCH = "previous touch"
    CANCEL = "cancel"
    LOOP_MARK = "loop mark"
    FASTER = "faster"
    SLOWER = "slower"
    RESTART = "restart"
    PRACTICE = "practice"
    STOP = "stop"


class FrameSource(Protocol):
    """What a screen sees of a Session. All calls return at once and may come from any thread."""

    def latest(self) -> Frame | None:
        """The newest frame, or None before the first."""
        ...

    def heat(self, seconds: int) -> HeatColumns:
        """Up to ``seconds`` newest heat columns."""
        ...

    def chart(self) -> Chart:
        """Bars, volume profile, option flow and blind times, as of about a second ago."""
        ...

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """Up to ``seconds`` newest seconds of a level and its touches; empty for a level never published."""
        ...

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Ask for something; a source that cannot do it (a live feed cannot step) ignores it."""
        ...
