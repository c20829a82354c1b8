"""Subjects, streams and headers of the bus (docs/nats.md 2)."""

from __future__ import annotations

import enum
from typing import Final

MARKET_STREAM: Final = "SPYMASTER_MARKET"
LEVELS_STREAM: Final = "SPYMASTER_LEVELS"

MARKET_SUBJECTS: Final = (
    *("market.futures.>", "market.options.>", "market.stocks.>", "market.definitions", "market.statistics"),
    *("market.status", "market.mappings", "market.system", "market.errors", "market.bars", "market.raw"),
    "market.control",
)
"""What arrived."""
LEVELS_SUBJECTS: Final = ("levels.>", "market.flow")
"""What was made of it."""

CONTROL: Final = "market.control"
SIGNALS: Final = "levels.signals"
ALERTS: Final = "levels.alerts"
FLOW: Final = "market.flow"
FRAMES: Final = "spymaster.frames"
"""Who serves frames answers here; each on a subject of its own below."""

_SHORTER: Final = {"options/greeks_snapshots": "options/greeks"}

MSG_ID: Final = "Nats-Msg-Id"


class Header(enum.StrEnum):
    """What every message says of itself beside its content.

    SESSION: id of the run. KIND: a record kind, a frame kind. FIRST_SEQ and COUNT: the numbers of its records. The
    others are of frames that an engine is given: FRAME is the frame's number in the run, counted from 0 over all such
    frames; PIECE is "1/3" for the first of three messages of one frame; FLAGS and CLOCK are the frame's own; STORED is
    a number of a frame: the stream had acknowledged every frame before it when the message was sent. MODE: LIVE, or
    where it is no market REPLAY or SIMULATED. PROFILE: spy or es.
    """

    SESSION = "Spymaster-Session"
    MODE = "Spymaster-Mode"
    PROFILE = "Spymaster-Profile"
    KIND = "Spymaster-Kind"
    FIRST_SEQ = "Spymaster-First-Seq"
    COUNT = "Spymaster-Count"
    FRAME = "Spymaster-Frame"
    PIECE = "Spymaster-Piece"
    FLAGS = "Spymaster-Flags"
    CLOCK = "Spymaster-Clock"
    STORED = "Spymaster-Stored"


def subject_of(table: str) -> str:
    """The subject of a table of Bronze: ``market.futures.mbp10``."""
    return "market." + _SHORTER.get(table, table).replace("/", ".")


def stream_of(subject: str) -> str:
    """The stream that stores a subject."""
    return LEVELS_STREAM if subject.startswith("levels.") or subject == FLOW else MARKET_STREAM
