"""What the user chose and what the terminal reported: the second input of every projection, beside the frame."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final, Literal

from spymaster.alerts.standing import AlertStanding
from spymaster.signals.header_parts import Usual


class Quality(enum.IntEnum):
    """How much is drawn, best first. Each step keeps the savings of those before it."""

    FULL = 0
    NO_HALF_BLOCKS = 1
    PALETTE_256 = 2
    SLOW_MARKS = 3
    ROWS = 4
    ONE_HZ = 5


QUALITY_WORDS = ("", "no half", "256", "slow heat", "rows", "1 Hz")
"""What the header says about a step of ``Quality``, by its number."""

QUALITY_SENTENCES: Final = (
    "",
    "slow link: one price a cell",
    "slow link: 256 colours",
    "slow link: heat every 2 s",
    "slow link: rows only, heat every 10 s",
    "slow link: drawn once a second",
)
"""What the footer says about it, where there is room."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Which layers of the heatmap are drawn. ``fate``: what became of resting liquidity."""

    liquidity: bool = True
    states: bool = True
    fate: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of the drawing. Contracts, except ``heat_low`` and ``heat_high``: percentiles of the visible depth.

    ``noise``, ``small``, ``strong``: |pulled or stacked| below the first is a point, below the second muted, from the
    third bold. ``dot``, ``dot_large``: trades in the heatmap, 0 chooses them from what is visible. ``tape``: smallest
    order on the tape.
    """

    noise: int = 10
    small: int = 60
    strong: int = 150
    dot: int = 0
    dot_large: int = 0
    tape: int = 15
    heat_low: float = 5.0
    heat_high: float = 95.0


@dataclass(frozen=True, slots=True)
class Attached:
    """How the screen stands to a Session elsewhere. ``age_s``: of what is shown, None before anything was; ``lost``:
    why there is no connection, empty while there is one."""

    name: str
    age_s: float | None = None
    lost: str = ""


@dataclass(frozen=True, slots=True)
class ScreenStats:
    """What the terminal side knows, and what is beside the frame.

    ``screen_age_ms`` None until measured; ``by_tmux``: a multiplexer answers for the terminal, the way from it to the
    eye is not in that age; ``usual``: today beside the days before, None where none is held; ``attached``: to a Session
    elsewhere, None where the Session is here.
    """

    screen_age_ms: float | None = None
    bytes_per_s: float | None = None
    by_tmux: bool = False
    usual: Usual | None = None
    attached: Attached | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A message over the heatmap. ``tone``: ``error`` (something to remedy), ``blind`` (an input is gone), ``work``
    (something is being done). ``progress`` 0 to 1, None without a bar. ``keys``: (key, word)."""

    tone: Literal["error", "blind", "work"]
    title: str
    lines: tuple[str, ...] = ()
    progress: float | None = None
    keys: tuple[tuple[str, str], ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class PracticeChoice:
    """What the next paper bracket is. ``cursor``: its tick, None for the last price; the others in contracts and
    ticks."""

    cursor: int | None = None
    size: int = 1
    stop_ticks: int = 8
    target_ticks: int = 16


Keys = tuple[tuple[str, str], ...]

ListOrder = Literal["nearest", "strongest", "kind"]
ListWhich = Literal["all", "judged", "signalling"]
ORDERS: Final[tuple[ListOrder, ...]] = ("nearest", "strongest", "kind")
WHICH: Final[tuple[ListWhich, ...]] = ("all", "judged", "signalling")


Without = Literal["", "barrier", "fuel", "tape"]
WITHOUT: Final[tuple[Without, ...]] = ("", "barrier", "fuel", "tape")
"""The force a level's score is also told without; none at first."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """Everything the screen adds to a frame. ``width`` and ``height`` in cells.

    ``picked``: id of the chosen level, None for the nearest. ``heat_top``: contracts at which the heatmap's scale
    ends, 0 for what is visible; ``shades``: its steps are characters, where there are too few colours.
    ``seconds_per_column`` 0: the size's own. ``pinned_tick``: tick held in the middle, None follows the price.
    ``recentre``: raise it to centre at once. ``keys``: the footer's pairs, empty for the usual ones. ``note``:
    instead of the sentence about the level. ``list_order``: of the level table, the nearest, the furthest from 50 or
    the user's own first; ``list_which``: all levels, those with a score, or those with a signal. ``own``: alerts of
    one's own rules, and what is silenced; ``rings``: whether a replay rings too. ``without``: the force without which
    the score of the level in focus is told too. ``practice``: the next paper bracket.
    """

    width: int
    height: int
    picked: str | None = None
    heat_top: int = 0
    shades: bool = False
    list_order: ListOrder = "nearest"
    list_which: ListWhich = "all"
    panel: str = ""
    zoom: Literal[1, 2, 4] = 1
    seconds_per_column: Literal[0, 1, 2, 4] = 0
    pinned_tick: int | None = None
    recentre: int = 0
    layers: Layers = Layers()
    limits: Limits = Limits()
    quality: Quality = Quality.FULL
    glyphs: Literal["unicode", "ascii"] = "unicode"
    acked: frozenset[str] = frozenset()
    picked_alert: str | None = None
    side: Literal["auto", "strikes", "focus"] = "auto"
    without: Without = ""
    stats: ScreenStats = field(default_factory=ScreenStats)
    card: Card | None = None
    keys: Keys = ()
    note: str = ""
    own: AlertStanding = field(default_factory=AlertStanding)
    rings: bool = False
    practice: PracticeChoice = PracticeChoice()
