"""The kinds of price level and how a level is named."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from spymaster.market.kinds import PRICE_SCALE


class Family(enum.Enum):
    """What kinds of level look alike on a screen. The value is the colour role of a theme."""

    USER = "level_user"
    GRID = "level_strike"
    AVERAGE = "level_average"
    RANGE = "level_range"
    WALL = "level_wall"


class MadeOf(enum.Enum):
    """What a kind of level rests on, and so what is missing where none is published."""

    WISH = enum.auto()
    """A level of one's own."""
    PRICE = enum.auto()
    """The price alone."""
    OPTIONS = enum.auto()
    CHART = enum.auto()
    """Closed two-minute bars, ``bars`` of them."""
    PRIOR_SESSION = enum.auto()
    SESSION = enum.auto()
    OVERNIGHT = enum.auto()
    PREMARKET = enum.auto()
    OPENING = enum.auto()
    REGULAR = enum.auto()


class Hold(enum.Enum):
    """Until when a level that moves stands still, so that it can be broken: while price is that near."""

    FIXED = enum.auto()
    """It does not move."""
    TOUCH = enum.auto()
    """Inside the touch band."""
    ARM = enum.auto()
    """Nearer than x_arm: an extreme, which price itself moves on."""


class Traits(NamedTuple):
    """What is to be known of a kind of level.

    ``label``: name in tables, at most ten cells; ``short``: in the rail, at most seven. ``weights``: in a confluence, 0
    to 1, and of the kind's special case: a strong round number, a wall at which dealers are short gamma. ``strong``: an
    obstacle by its kind alone. ``hold``: until when it stands still. ``side``: which way it faces at the price itself:
    +1 a high, -1 a low, 0 either. ``profiles``: those that watch it by default, none where it is off unless
    asked for. ``bars``: it needs.
    """

    label: str
    short: str
    family: Family
    weights: tuple[float, float]
    strong: bool
    hold: Hold
    side: int
    made_of: MadeOf
    profiles: str = "es spy"
    bars: int = 0


class LevelKind(enum.IntEnum):
    """What a level is: the table of all kinds, from which all else that depends on the kind follows.

    The value is the code in published rows and the bit of ``params.level_kinds``; a kind's name and code never change.
    To add a kind: a line here, the kernel that places it (``physics.levels``), and the kinds in ``config.toml``.
    """

    label: str
    short: str
    family: Family
    weight: float
    special: float
    strong: bool
    hold: Hold
    side: int
    made_of: MadeOf
    profiles: frozenset[str]
    bars: int

    def __new__(cls, code: int, traits: Traits | None = None) -> LevelKind:
        """A kind of these traits; none are given where a kind is looked up by its code."""
        if traits is None:
            raise TypeError(f"the kind of level {code} has no traits")
        kind = int.__new__(cls, code)
        kind._value_ = code
        kind.label, kind.short, kind.family, kind.strong = traits.label, traits.short, traits.family, traits.strong
        kind.weight, kind.special = traits.weights
        kind.hold, kind.side, kind.made_of, kind.bars = traits.hold, traits.side, traits.made_of, traits.bars
        kind.profiles = frozenset(traits.profiles.split())
        return kind

    USER = 0, Traits("USER", "USER", Family.USER, (0.3, 0.3), False, Hold.FIXED, 0, MadeOf.WISH)
    ROUND = 1, Traits("ROUND", "ROUND", Family.GRID, (0.2, 0.4), False, Hold.FIXED, 0, MadeOf.PRICE)
    STRIKE = 2, Traits("STRIKE", "STRIKE", Family.GRID, (0.4, 0.4), False, Hold.FIXED, 0, MadeOf.OPTIONS, "spy")
    VWAP = 3, Traits("VWAP", "VWAP", Family.AVERAGE, (0.7, 0.7), True, Hold.TOUCH, 0, MadeOf.REGULAR)
    SESSION_HIGH = 4, Traits("SESS_HIGH", "SES_HI", Family.RANGE, (0.6, 0.6), True, Hold.ARM, 1, MadeOf.SESSION)
    SESSION_LOW = 5, Traits("SESS_LOW", "SES_LO", Family.RANGE, (0.6, 0.6), True, Hold.ARM, -1, MadeOf.SESSION)
    PM_HIGH = 6, Traits("PM_HIGH", "PM_HIGH", Family.RANGE, (1.0, 1.0), True, Hold.FIXED, 1, MadeOf.PREMARKET)
    PM_LOW = 7, Traits("PM_LOW", "PM_LOW", Family.RANGE, (1.0, 1.0), True, Hold.FIXED, -1, MadeOf.PREMARKET)
    OR_HIGH = 8, Traits("OR_HIGH", "OR_HIGH", Family.RANGE, (0.9, 0.9), True, Hold.FIXED, 1, MadeOf.OPENING)
    OR_LOW = 9, Traits("OR_LOW", "OR_LOW", Family.RANGE, (0.9, 0.9), True, Hold.FIXED, -1, MadeOf.OPENING)
    ON_HIGH = 10, Traits("ON_HIGH", "ON_HIGH", Family.RANGE, (1.0, 1.0), True, Hold.FIXED, 1, MadeOf.OVERNIGHT, "es")
    ON_LOW = 11, Traits("ON_LOW", "ON_LOW", Family.RANGE, (1.0, 1.0), True, Hold.FIXED, -1, MadeOf.OVERNIGHT, "es")
    PD_HIGH = 12, Traits("PD_HIGH", "PD_HIGH", Family.RANGE, (1.0, 1.0), True, Hold.FIXED, 1, MadeOf.PRIOR_SESSION)
    PD_LOW = 13, Traits("PD_LOW", "PD_LOW", Family.RANGE, (1.0, 1.0), True, Hold.FIXED, -1, MadeOf.PRIOR_SESSION)
    PD_CLOSE = 14, Traits("PD_CLOSE", "PD_CLS", Family.RANGE, (1.0, 1.0), True, Hold.FIXED, 0, MadeOf.PRIOR_SESSION)
    SMA_200 = (
        15,
        Traits("SMA_200", "SMA_200", Family.AVERAGE, (0.8, 0.8), False, Hold.TOUCH, 0, MadeOf.CHART, "es spy", 200),
    )
    SMA_400 = (
        16,
        Traits("SMA_400", "SMA_400", Family.AVERAGE, (0.8, 0.8), False, Hold.TOUCH, 0, MadeOf.CHART, "es spy", 400),
    )
    CALL_WALL = 17, Traits("CALL_WALL", "C_WALL", Family.WALL, (1.0, 0.4), True, Hold.TOUCH, 0, MadeOf.OPTIONS)
    PUT_WALL = 18, Traits("PUT_WALL", "P_WALL", Family.WALL, (1.0, 0.4), True, Hold.TOUCH, 0, MadeOf.OPTIONS)
    GAMMA_FLIP = 19, Traits("GAMMA_FLIP", "FLIP", Family.WALL, (0.85, 0.85), True, Hold.TOUCH, 0, MadeOf.OPTIONS)
    POC = 20, Traits("POC", "POC", Family.AVERAGE, (0.6, 0.6), False, Hold.TOUCH, 0, MadeOf.SESSION, "")
    VAH = 21, Traits("VAH", "VAH", Family.AVERAGE, (0.6, 0.6), False, Hold.TOUCH, 1, MadeOf.SESSION, "")
    VAL = 22, Traits("VAL", "VAL", Family.AVERAGE, (0.6, 0.6), False, Hold.TOUCH, -1, MadeOf.SESSION, "")

    @property
    def role(self) -> str:
        """Its colour role in a theme."""
        return self.family.value

    @property
    def dynamic(self) -> bool:
        """Whether its price moves with the market."""
        return self.hold is not Hold.FIXED

    @property
    def priced(self) -> bool:
        """Whether there are many of it and each is named by its price."""
        return self.family is Family.GRID

    @property
    def opposite(self) -> LevelKind:
        """What it is in a market turned upside down: a high is a low, a call is a put."""
        for one, other in (("_HIGH", "_LOW"), ("_LOW", "_HIGH")):
            if self.name.endswith(one):
                return LevelKind[self.name.removesuffix(one) + other]
        for one, other in (("CALL_", "PUT_"), ("PUT_", "CALL_")):
            if self.name.startswith(one):
                return LevelKind[other + self.name.removeprefix(one)]
        return LevelKind[{"VAH": "VAL", "VAL": "VAH"}.get(self.name, self.name)]


class ProfilePart(enum.IntEnum):
    """What a price is in a volume profile (docs/physics.md 6.10)."""

    REST = 0
    VALUE_AREA = 1
    POINT_OF_CONTROL = 2


def watched_by(profile: str) -> tuple[str, ...]:
    """The kinds of level a profile watches unless it is told otherwise, by name."""
    return tuple(kind.name for kind in LevelKind if profile in kind.profiles)


def kind_bits(kinds: Iterable[LevelKind]) -> int:
    """Kinds of level as a number: one bit each, by code."""
    return sum(1 << kind for kind in set(kinds))


MAX_USER_LEVELS: Final = 128
"""At most this many levels of one's own fit an engine."""

MAX_PUBLISHED: Final = 64
"""At most this many levels are published at one snap, the nearest first."""


def format_price_e9(price_e9: int) -> str:
    """A fixed-point price without trailing zeros: 687500000000 -> ``687.5``, -37500000000 -> ``-37.5``."""
    whole, rest = divmod(abs(price_e9), PRICE_SCALE)
    sign = "-" if price_e9 < 0 else ""
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".")


def level_id(kind: int, price: float, user_index: int, user_ids: Sequence[str] = ()) -> str:
    """The stable id of a level: ``ROUND_4805``, ``SESSION_HIGH``, or the user's own name by ``user_index``."""
    level_kind = LevelKind(kind)
    if level_kind is LevelKind.USER:
        return user_ids[user_index]
    if level_kind.priced:
        return f"{level_kind.name}_{format_price_e9(round(price * PRICE_SCALE))}"
    return level_kind.name
