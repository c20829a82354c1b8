"""The journal frames: the only things an engine is ever given, and so the only things a replay needs.

A frame says what arrived; it never says what to do. Their binary form belongs to ``spymaster.journal``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from spymaster.market.batches import Batch
from spymaster.market.instruments import Instrument

DEPTH_FEED: Final = "depth"
"""Name of the feed that depth and tape come from, in FEED_STATUS and GAP frames."""
TAPE_FEED: Final = "tape"
"""Name of a feed of trades alone."""
OPTIONS_FEED: Final = "options"
"""Name of the feed of the options of the day."""
EQUITY_FEED: Final = "equity"
"""Name of the feed of the share whose quotes convert prices."""

INPUTS_OF_FEED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        DEPTH_FEED: ("depth", "tape"),
        TAPE_FEED: ("tape",),
        OPTIONS_FEED: ("options",),
        EQUITY_FEED: ("equity",),
    }
)
"""Feed -> the inputs (``market.rows.INPUTS``) that what it says is about. What any other feed says is for people."""

NO_FEED_ID: Final = 0xFFFF_FFFF
"""Instrument id of a share of which there are minute bars but no feed."""


class FeedState(enum.StrEnum):
    """What a feed last said about itself."""

    UP = "up"
    DOWN = "down"
    RECONNECTED = "reconnected"
    SKIPPED_RECORDS = "skipped records"
    DAY_DEGRADED = "day degraded"
    """The vendor calls the data of this day degraded; holds until UP, as the next does."""
    DAY_MISSING = "day missing"
    """The vendor calls the data of this day missing: what there is of it cannot be whole."""


class TapeFrom(enum.StrEnum):
    """Which records are the tape. Trades come once: with MBP-10 its own T records are the tape."""

    DEPTH = "depth"
    TRADES = "trades"


class UserLevel(msgspec.Struct, frozen=True):
    """A level the trader asked for: an id of its own and a price in the profile's unit, 1e-9 fixed point."""

    id: str
    price_e9: int


class RecordsFrame(msgspec.Struct, frozen=True, tag="RECORDS"):
    """Records in the order they arrived."""

    batch: Batch


class WatermarkFrame(msgspec.Struct, frozen=True, tag="WATERMARK"):
    """Nothing earlier than ``clock_ns`` is expected any more; moves the clock of a quiet market."""

    clock_ns: int


class FeedStatusFrame(msgspec.Struct, frozen=True, tag="FEED_STATUS"):
    """A feed's own word about its health at ``at_ns``. ``detail`` is for people."""

    feed: str
    state: FeedState
    at_ns: int
    detail: str = ""


class MappingFrame(msgspec.Struct, frozen=True, tag="MAPPING"):
    """A symbol now belongs to this (publisher, instrument) pair."""

    publisher_id: int
    instrument_id: int
    symbol: str


class ConfigFrame(msgspec.Struct, frozen=True, tag="CONFIG"):
    """Everything that decides how records become signals.

    ``params``: one packed ``market.params.PARAMS`` record. ``sessions``: packed ``market.sessions.SESSION`` records
    covering the span of the data, minute bars of earlier days included, oldest first. ``equity``: the share whose
    quotes and trades convert prices (profile ``spy``), None without an equity feed. ``chain``: packed
    ``market.option_chain.CHAIN`` records of the options that expire on the session's day, empty without options.
    ``hours``: packed ``market.hours.HOURS`` records, one for each session: when share and options owe quotes; empty in
    recordings of versions that knew no such hours, whose quotes are owed at any time.
    """

    profile: str
    params: bytes
    instrument: Instrument
    tape_from: TapeFrom
    user_levels: tuple[UserLevel, ...]
    sessions: bytes
    equity: Instrument | None = None
    chain: bytes = b""
    hours: bytes = b""


class GapFrame(msgspec.Struct, frozen=True, tag="GAP"):
    """Records between the two times are known to be missing."""

    feed: str
    from_ns: int
    to_ns: int
    reason: str


Frame = RecordsFrame | WatermarkFrame | FeedStatusFrame | MappingFrame | ConfigFrame | GapFrame
