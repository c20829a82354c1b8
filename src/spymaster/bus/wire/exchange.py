"""What a screen and a Session say to each other: a greeting, then question and answer, one at a time.

The screen asks for what is newer than what it has; the answer waits until there is something, at most for a moment. So
a screen that does not read asks nothing and costs nothing, and a slow one gets the newest when it comes back.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final

import msgspec
import numpy as np
from msgspec import Meta

from spymaster.market.option_rows import OPTION_SUMMARY, STRIKE_ROW
from spymaster.market.rows import LEVEL_ROW, ORDER_ROW
from spymaster.signals.chart.bars import BLIND_TIME, CHART_BAR, PROFILE_ROW
from spymaster.signals.chart.flow import FLOW_SPAN
from spymaster.signals.frame import (
    LADDER_ROW,
    LEVEL_MARK,
    LEVEL_SECOND,
    OPTION_FLOW,
    TRADE_DOT,
    AlertView,
    Header,
    InputTrust,
    LevelView,
    ReplayStatus,
    TouchView,
)
from spymaster.signals.said.viewport import LevelsViewport

PROTOCOL: Final = 1
MOST_ASK_BYTES: Final = 4096
"""No question is larger."""
HEAT_SECONDS: Final = 3600
"""All columns of the heatmap that a Session remembers."""

_INT = np.dtype("<i8")
HEAT_FIELDS: Final[dict[str, np.dtype[Any]]] = {
    "t_ns": _INT,
    "base": _INT,
    "depth": np.dtype("<i4"),
    "last": _INT,
    "bid": _INT,
    "ask": _INT,
    "gap_ns": _INT,
    "trades": TRADE_DOT,
    "marks": LEVEL_MARK,
}
FRAME_FIELDS: Final[dict[str, np.dtype[Any]]] = {
    "book": _INT,
    "ladder": LADDER_ROW,
    "levels": LEVEL_ROW,
    "orders": ORDER_ROW,
    "options": OPTION_SUMMARY,
    "strikes": STRIKE_ROW,
    "option_flow": OPTION_FLOW,
}
CHART_FIELDS: Final[dict[str, np.dtype[Any]]] = {
    "bars": CHART_BAR,
    "profile": PROFILE_ROW,
    "flow": FLOW_SPAN,
    "blind": BLIND_TIME,
}
DTYPES: Final[dict[str, np.dtype[Any]]] = {
    **FRAME_FIELDS,
    **{f"heat.{name}": dtype for name, dtype in HEAT_FIELDS.items()},
    "p_break": np.dtype("<f8"),
    **{f"chart.{name}": dtype for name, dtype in CHART_FIELDS.items()},
    "history": LEVEL_SECOND,
}
"""Every array of an answer."""


class Hello(msgspec.Struct, frozen=True):
    """The greeting of a Session. ``layout``: what its arrays look like; ``program``: its version; ``pid``: its process;
    ``out``: where it records, empty where that is nobody's affair."""

    protocol: int
    layout: str
    program: str
    pid: int
    out: str = ""


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question. ``after``: number of the frame that is there, -1 for none; ``heat_after``: the newest column of the
    heatmap that is there, -1 for none; ``chart``: whether one is wanted; ``history``: of which level, empty for none,
    and ``seconds`` of it."""

    after: int = -1
    heat_after: int = -1
    chart: bool = False
    history: Annotated[str, Meta(max_length=200)] = ""
    seconds: Annotated[int, Meta(ge=0, le=HEAT_SECONDS)] = 0


class ChancesHead(msgspec.Struct, frozen=True):
    """``ModelChances`` without its array."""

    horizon_s: float
    points: float
    simulated: bool
    model: str


class FrameHead(msgspec.Struct, frozen=True):
    """A frame without its arrays."""

    number: int
    t_ns: int
    header: Header
    level_views: tuple[LevelView, ...]
    trust: tuple[InputTrust, ...]
    alerts: tuple[AlertView, ...]
    replay: ReplayStatus | None
    chances: ChancesHead | None
    viewport: LevelsViewport | None = None


class HeatHead(msgspec.Struct, frozen=True):
    """Columns of the heatmap without their arrays."""

    revision: int
    first: int


class Answer(msgspec.Struct, frozen=True):
    """An answer without its arrays. ``frame``: None where there is nothing newer; ``history``: the level's id, with its
    ``touches``."""

    frame: FrameHead | None = None
    heat: HeatHead | None = None
    history: str = ""
    touches: tuple[TouchView, ...] = ()


def _layout() -> str:
    described = [(name, dtype.descr) for name, dtype in DTYPES.items()]
    heads = [
        (kind.__name__, kind.__struct_fields__)
        for kind in (FrameHead, Header, AlertView, ReplayStatus, LevelsViewport, Answer, Ask)
    ]
    return hashlib.sha256(repr((described, heads)).encode()).hexdigest()[:16]


LAYOUT: Final = _layout()
"""Stands for everything that both sides must agree on beside the protocol."""
