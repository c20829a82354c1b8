"""The kinds of price level and how a level is named."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

from spymaster.market.kinds import PRICE_SCALE


class LevelKind(enum.IntEnum):
    """What a level is. The value is its code in published rows and the bit of ``params.level_kinds``."""

    USER = 0
    ROUND = 1
    STRIKE = 2
    VWAP = 3
    SESSION_HIGH = 4
    SESSION_LOW = 5
    PM_HIGH = 6
    PM_LOW = 7
    OR_HIGH = 8
    OR_LOW = 9
    ON_HIGH = 10
    ON_LOW = 11
    PD_HIGH = 12
    PD_LOW = 13
    PD_CLOSE = 14
    SMA_200 = 15
    SMA_400 = 16
    CALL_WALL = 17
    PUT_WALL = 18
    GAMMA_FLIP = 19


MAX_USER_LEVELS: Final = 128
"""At most this many levels of one's own fit an engine."""

MAX_PUBLISHED: Final = 64
"""At most this many levels are published at one snap, the nearest first."""

_PRICED: Final = frozenset({LevelKind.ROUND, LevelKind.STRIKE})


def format_price_e9(price_e9: int) -> str:
    """A fixed-point price without trailing zeros: 687500000000 -> ``687.5``, -37500000000 -> ``-37.5``."""
    whole, rest = divmod(abs(price_e9), PRICE_SCALE)
    sign = "-" if price_e9 < 0 else ""
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".")


def level_id(kind: int, price: float, ordinal: int, user_ids: Sequence[str] = ()) -> str:
    """The stable id of a level: ``ROUND_4805``, ``SESSION_HIGH``, or the user's own name by ``ordinal``."""
    level_kind = LevelKind(kind)
    if level_kind is LevelKind.USER:
        return user_ids[ordinal]
    if level_kind in _PRICED:
        return f"{level_kind.name}_{format_price_e9(round(price * PRICE_SCALE))}"
    return level_kind.name
