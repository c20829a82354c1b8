"""The words for the codes of published rows, and the names of what is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from spymaster.market.levels import LevelKind
from spymaster.market.rows import ResolveReason, TrustReason

if TYPE_CHECKING:
    KindWord = str
else:
    KindWord = Literal[tuple(LevelKind.__members__)]
StateWord = Literal["VACUUM", "CONSUMED", "WEAK", "NEUTRAL", "ABSORPTION", "WALL", "MISSING"]
SignalWord = Literal["NEUTRAL", "BREAK", "REJECT", "CONTESTED"]
ConfidenceWord = Literal["LOW", "MEDIUM", "HIGH"]
TrustWord = Literal["GREEN", "DEGRADED", "BLIND", "ABSENT"]
TagWord = Literal["DEFENDED", "ICEBERG", "FLICKER", "ABSORBING"]
DirectionWord = Literal["SUPPORT", "RESISTANCE"]
SweepWord = Literal["UP", "DOWN", "NONE"]
EffectWord = Literal["NEUTRAL", "AMPLIFY", "DAMPEN"]
WallWord = Literal["PIN", "SLIP"]
FirstWord = Literal["BEYOND", "BACK"]

KIND_WORDS: Final[tuple[KindWord, ...]] = tuple(LevelKind.__members__)
STATE_WORDS: Final[tuple[StateWord, ...]] = get_args(StateWord)
SIGNAL_WORDS: Final[tuple[SignalWord, ...]] = get_args(SignalWord)
CONFIDENCE_WORDS: Final[tuple[ConfidenceWord, ...]] = get_args(ConfidenceWord)
TRUST_WORDS: Final[tuple[TrustWord, ...]] = get_args(TrustWord)
TAG_WORDS: Final[tuple[TagWord, ...]] = get_args(TagWord)
EFFECT_WORDS: Final[tuple[EffectWord, ...]] = get_args(EffectWord)
"""The word of each code (of each bit for tags): the names of the enumerations of ``market``, in their order."""

DIRECTION_WORDS: Final[Mapping[int, DirectionWord]] = MappingProxyType({-1: "SUPPORT", 1: "RESISTANCE"})
FIRST_WORDS: Final[Mapping[int, FirstWord]] = MappingProxyType({1: "BEYOND", -1: "BACK"})
SWEEP_WORDS: Final[Mapping[int, SweepWord]] = MappingProxyType({-1: "DOWN", 0: "NONE", 1: "UP"})

_TRUST_REASONS: Final[Mapping[TrustReason, str]] = MappingProxyType(
    {
        TrustReason.NONE: "",
        TrustReason.NOT_CONFIGURED: "not configured",
        TrustReason.NO_BOOK: "no book yet",
        TrustReason.MAYBE_BAD_BOOK: "the feed calls its own book doubtful",
        TrustReason.SKIPPED_RECORDS: "the feed skipped records",
        TrustReason.FEED_DOWN: "the feed is down",
        TrustReason.RECONNECTED: "reconnected, window not yet full",
        TrustReason.CROSSED: "book crossed for longer than allowed",
        TrustReason.ONE_SIDED: "book one-sided for longer than allowed",
        TrustReason.SILENT: "silent for longer than the hour explains",
        TrustReason.TRADES_OUTSIDE: "trades outside the quotes",
        TrustReason.RESIDUAL: "book, changes and trades do not add up",
        TrustReason.HIDDEN_SHARE: "large share of fills hidden",
        TrustReason.REJECTED: "too many records rejected",
        TrustReason.TICK_INFERRED: "tick size inferred, not defined",
        TrustReason.GAP: "records missing, window not yet full",
        TrustReason.INCOMPLETE_BOOK: "fewer price levels than a whole book has",
        TrustReason.DEFAULT_RATIO: "no quote, price converted at a fixed ratio",
        TrustReason.STALE_QUOTE: "the equity's quote is old, the last ratio is used",
        TrustReason.UNSIGNED_TRADES: "too few option trades have a known side",
        TrustReason.NO_SMILE: "too few option quotes for a smile",
        TrustReason.EXPIRED: "the options of the day have expired",
        TrustReason.PARITY_PRICE: "no quote of the equity, its price is put-call parity's",
        TrustReason.DAY_DEGRADED: "the vendor calls the data of this day degraded",
        TrustReason.DAY_MISSING: "the vendor calls the data of this day missing",
        TrustReason.CLOSED: "its market is closed at this hour",
        TrustReason.HALTED: "the venue has halted or closed its trading",
        TrustReason.SETTLING: "still traded, but the price they settle on is fixed",
    }
)

_RESOLVE_REASONS: Final[Mapping[ResolveReason, str]] = MappingProxyType(
    {
        ResolveReason.NONE: "",
        ResolveReason.SCORE_EXIT: "the score went back past its exit",
        ResolveReason.LEFT_BAND: "price left the level's band",
        ResolveReason.BLIND: "depth or tape went blind",
        ResolveReason.CONDITION_ENDED: "the level is no longer being contested",
        ResolveReason.REPLACED: "another signal took its place",
        ResolveReason.LEVEL_GONE: "the level is not published any more",
        ResolveReason.TURNED: "price went through, so the level faces the other way",
    }
)


def wall_word(sign: float) -> WallWord | None:
    """PIN where dealers are long gamma, SLIP where they are short, none without a wall. ``sign``: a WallSign or NaN."""
    return "PIN" if sign > 0.0 else "SLIP" if sign < 0.0 else None


def trust_reason_words(reason: int) -> str:
    """Why an input is not GREEN, in words for people; empty when it is."""
    return _TRUST_REASONS[TrustReason(reason)]


def resolve_reason_words(reason: int) -> str:
    """Why a signal ended, in words for people."""
    return _RESOLVE_REASONS[ResolveReason(reason)]


def alert_id(session_date: int, level: str, signal: int, raised_ns: int) -> str:
    """The id an alert keeps from raised to resolved: ``2024-01-05:ROUND_4805:BREAK:1704465000250000000``.

    ``session_date``: yyyymmdd. ``level``: the level's id. ``signal``: code of ``Signal``. ``raised_ns``: the snap it
    was raised at.
    """
    return f"{iso_date(session_date)}:{level}:{SIGNAL_WORDS[signal]}:{raised_ns}"


def iso_date(yyyymmdd: int) -> str:
    """20240105 as ``2024-01-05``."""
    return dt.date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100).isoformat()
