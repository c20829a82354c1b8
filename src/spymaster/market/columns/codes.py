"""The words behind the codes of published rows. A member is added at the end; its number and name never change."""

from __future__ import annotations

import enum


class BarrierState(enum.IntEnum):
    """What the resting liquidity at a level is doing. Order is that of the published probabilities."""

    VACUUM = 0
    CONSUMED = 1
    WEAK = 2
    NEUTRAL = 3
    ABSORPTION = 4
    WALL = 5
    MISSING = 6


class Signal(enum.IntEnum):
    """What the trigger of a level says."""

    NEUTRAL = 0
    BREAK = 1
    REJECT = 2
    CONTESTED = 3


class Confidence(enum.IntEnum):
    """How much weight the evidence carries."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


class Trust(enum.IntEnum):
    """Whether an input may be believed, best first."""

    GREEN = 0
    DEGRADED = 1
    BLIND = 2
    ABSENT = 3


class TrustReason(enum.IntEnum):
    """Why an input is not GREEN."""

    NONE = 0
    NOT_CONFIGURED = 1
    NO_BOOK = 2
    MAYBE_BAD_BOOK = 3
    SKIPPED_RECORDS = 4
    FEED_DOWN = 5
    RECONNECTED = 6
    CROSSED = 7
    ONE_SIDED = 8
    SILENT = 9
    TRADES_OUTSIDE = 10
    RESIDUAL = 11
    HIDDEN_SHARE = 12
    REJECTED = 13
    TICK_INFERRED = 14
    GAP = 15
    INCOMPLETE_BOOK = 16
    DEFAULT_RATIO = 17
    STALE_QUOTE = 18
    UNSIGNED_TRADES = 19
    NO_SMILE = 20
    EXPIRED = 21
    PARITY_PRICE = 22
    DAY_DEGRADED = 23
    DAY_MISSING = 24
    CLOSED = 25
    HALTED = 26
    SETTLING = 27


class BarrierAlarm(enum.IntEnum):
    """Which sudden change of a zone's flows is under way."""

    NONE = 0
    STACKING = 1
    PULLING = 2
    FILLING = 3


class Tag(enum.IntFlag):
    """What else is true of a barrier."""

    DEFENDED = 1
    ICEBERG = 2
    FLICKER = 4
    ABSORBING = 8


class AlertEvent(enum.IntEnum):
    """What happened to a signal."""

    RAISED = 0
    RESOLVED = 1
    UPDATED = 2


class ResolveReason(enum.IntEnum):
    """Why a signal ended."""

    NONE = 0
    SCORE_EXIT = 1
    LEFT_BAND = 2
    BLIND = 3
    CONDITION_ENDED = 4
    REPLACED = 5
    LEVEL_GONE = 6
    TURNED = 7
