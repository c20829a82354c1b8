"""What the second market is asked to do: its activity over time, its pushes, and the mechanisms planted at levels.

A plan fixes levels, times and mechanisms before the first event; how each one ends is left to the dice.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from spymaster.errors import ExitCode, UserError
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.levels import format_price_e9
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.second.climate import Climate

_OPEN_E9: Final = 6_870_250_000_000
OPENING: Final = "opening"
SCATTERED: Final = "scattered"
PLANS: Final = (SCATTERED, OPENING)
"""Plans that can be asked for by name."""

ZONE_TICKS: Final = 2
"""A mechanism works on the prices within this many ticks of its level, on its side only."""
REACH_TICKS: Final = 8
"""A mechanism works while the best price of its side is at most this far in front of its level."""
ARM_TICKS: Final = 16
"""Having worked once, a mechanism works again only after the market was this far in front of its level."""
OUTCOME_TICKS: Final = 8
"""A touched level is broken or has held once the mid is so far beyond it or back; it stays until its time is over."""

MAX_MECHANISMS: Final = 1024
_LEVELS_EACH_WAY: Final = 12
_ROUND_MINUTES: Final = 10
MAX_PUSHES: Final = 64
MAX_POINTS: Final = 64


class MechanismKind(enum.IntEnum):
    """What a planted mechanism does inside the order flow while it works."""

    PLACEBO = 0
    WALL = 1
    VACUUM = 2
    ABSORPTION = 3
    CONSUMED = 4


class Happening(enum.IntEnum):
    """What can happen to a planted mechanism."""

    RESTS = 0
    WORKS = 1
    BEGINS = 2
    """Its time begins; it works when the market comes near."""
    TOUCHED = 3
    """The mid came to its price for the first time."""
    BROKEN = 4
    """Once touched, the mid went ``OUTCOME_TICKS`` beyond it before it went as far back."""
    HELD = 5
    """Once touched, the mid went ``OUTCOME_TICKS`` back before it went as far beyond."""
    ENDS = 6
    """Its time is over, whatever has become of it."""


class Side(enum.IntEnum):
    """The side of the book that defends a level. The value is the side's index in every array."""

    BID = 0
    ASK = 1


class Behaviour(msgspec.Struct, frozen=True):
    """How a mechanism changes the flow at its zone while it works. A placebo changes nothing.

    ``add``, ``cancel``: factors of the rates of orders arriving and leaving. ``shown_contracts``: extra size displayed
    at each price of the zone when the mechanism begins to work. ``refill``: probability that a fill is refilled within
    6 ms, by ``refill_ratio`` times its size; ``reserve_contracts``: how much can be refilled each time it works.
    ``push``: factor of the rate of orders hitting the side. ``refill_ms``: mean time until a fill is refilled, in place
    of those 6 ms. ``stays``: share of the usual orders that no factor drives away. ``reach_ticks``: distance of the
    best price at which it begins to work; ``lasts_s``: how long it then does, 0 for as long as the market is near.
    ``attack_contracts``: with so many filled on the side the push is spent, 0 for never. ``approach``: factor of orders
    hitting the side before it works; ``retreat``: the same, in place of ``push``, once the level was touched.
    """

    add: float
    cancel: float
    shown_contracts: int
    refill: float
    refill_ratio: float
    reserve_contracts: int
    push: float
    refill_ms: float = 0.0
    stays: float = 0.0
    reach_ticks: int = REACH_TICKS
    lasts_s: float = 0.0
    attack_contracts: int = 0
    approach: float = 1.0
    retreat: float = 1.0


BEHAVIOURS: Final[Mapping[MechanismKind, Behaviour]] = MappingProxyType(
    {
        MechanismKind.PLACEBO: Behaviour(1.0, 1.0, 0, 0.0, 0.0, 0, 1.0),
        MechanismKind.WALL: Behaviour(1.8, 0.7, 40, 0.97, 1.8, 700, 1.4),
        MechanismKind.VACUUM: Behaviour(0.12, 5.0, 0, 0.0, 0.0, 0, 1.0),
        MechanismKind.ABSORPTION: Behaviour(1.0, 0.8, 40, 0.95, 1.0, 800, 1.7),
        MechanismKind.CONSUMED: Behaviour(0.2, 0.4, 50, 0.0, 0.0, 0, 2.8),
    }
)


class Mechanism(msgspec.Struct, frozen=True):
    """A mechanism planted at a level: ``side`` defends ``price_e9`` from ``start_s`` to ``end_s`` of the session.

    ``distance_ticks``: where it is not 0, the price is so far from the side's best when the time comes, or a little
    further where another mechanism is; ``price_e9`` says nothing then. ``behaviour``: its own in place of its kind's.
    """

    id: str
    kind: MechanismKind
    side: Side
    price_e9: int
    start_s: int
    end_s: int
    distance_ticks: int = 0
    behaviour: Behaviour | None = None

    @property
    def acts(self) -> Behaviour:
        """What it does while it works."""
        return self.behaviour or BEHAVIOURS[self.kind]

    @property
    def tick(self) -> int:
        """The level in ticks."""
        return self.price_e9 // TICK_E9


class Push(msgspec.Struct, frozen=True):
    """Aggressors lean one way for a while: in ``direction`` (+1 buy, -1 sell) they come ``strength`` times as often."""

    direction: int
    strength: float
    start_s: int
    end_s: int


class Point(msgspec.Struct, frozen=True):
    """The market's activity at a moment, as a factor of its usual rates; linear between points."""

    at_s: int
    factor: float


class Plan(msgspec.Struct, frozen=True):
    """Everything about a session that is decided beforehand."""

    name: str
    open_price_e9: int
    activity: tuple[Point, ...] = (Point(0, 1.0),)
    pushes: tuple[Push, ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    climate: Climate = Climate()


def check_plan(plan: Plan) -> None:
    """Raises UserError when a plan cannot be played as written."""
    if plan.open_price_e9 <= 0 or plan.open_price_e9 % TICK_E9:
        raise _refused(plan, "its opening price is not on a tick", "give a positive multiple of the tick")
    limits = ((plan.mechanisms, MAX_MECHANISMS), (plan.pushes, MAX_PUSHES), (plan.activity, MAX_POINTS))
    if any(len(items) > limit for items, limit in limits) or not plan.activity:
        remedy = f"give at most {MAX_MECHANISMS} mechanisms, {MAX_PUSHES} pushes and 1 to {MAX_POINTS} points"
        raise _refused(plan, "holds more than fits, or no activity", remedy)
    times = [point.at_s for point in plan.activity]
    if times != sorted(set(times)) or any(point.factor <= 0 for point in plan.activity):
        raise _refused(plan, "its activity points do not ascend or are not positive", "order them by time, above 0")
    for index, one in enumerate(plan.mechanisms):
        if one.price_e9 % TICK_E9 or one.start_s >= one.end_s:
            raise _refused(plan, f"{one.id} is off the ticks or ends before it starts", "move it")
        for other in plan.mechanisms[:index]:
            if _overlap(one, other):
                problem = f"{one.id} and {other.id} would work on the same prices at once"
                raise _refused(plan, problem, "move one of them")


def _refused(plan: Plan, problem: str, remedy: str) -> UserError:
    return UserError(f"plan {plan.name}", problem, remedy, code=ExitCode.USAGE)


def _overlap(one: Mechanism, other: Mechanism) -> bool:
    if one.distance_ticks or other.distance_ticks:
        return False
    together = one.start_s < other.end_s and other.start_s < one.end_s
    return together and one.side is other.side and abs(one.tick - other.tick) <= 2 * ZONE_TICKS


def _points(price: float) -> int:
    return round(price * PRICE_SCALE)


def opening_plan() -> Plan:
    """Fourteen minutes around a regular opening, 09:28 to 09:42 in New York, ES near 6870."""
    kinds = MechanismKind
    planted = (
        ("WALL_6873", kinds.WALL, Side.ASK, 6873.00, 120, 330),
        ("VACUUM_6868", kinds.VACUUM, Side.BID, 6868.00, 150, 480),
        ("ABSORPTION_6865", kinds.ABSORPTION, Side.BID, 6865.00, 180, 480),
        ("CONSUMED_6871", kinds.CONSUMED, Side.ASK, 6871.00, 420, 840),
        ("VACUUM_6874.5", kinds.VACUUM, Side.ASK, 6874.50, 480, 840),
        ("PLACEBO_6866.5", kinds.PLACEBO, Side.BID, 6866.50, 0, 840),
        ("PLACEBO_6869.5", kinds.PLACEBO, Side.BID, 6869.50, 0, 840),
        ("PLACEBO_6872.75", kinds.PLACEBO, Side.ASK, 6872.75, 480, 840),
        ("PLACEBO_6876", kinds.PLACEBO, Side.ASK, 6876.00, 0, 840),
        ("PLACEBO_6863", kinds.PLACEBO, Side.BID, 6863.00, 0, 840),
    )
    return Plan(
        name=OPENING,
        open_price_e9=_OPEN_E9,
        activity=(Point(0, 0.4), Point(119, 0.5), Point(121, 2.2), Point(240, 1.3), Point(540, 0.9), Point(840, 0.8)),
        pushes=(
            Push(1, 1.4, 125, 190),
            Push(-1, 1.5, 225, 400),
            Push(1, 1.5, 420, 560),
            Push(1, 1.3, 640, 760),
        ),
        mechanisms=tuple(Mechanism(i, k, s, _points(p), start, end) for i, k, s, p, start, end in planted),
    )


def scattered_plan(seed: int, minutes: float, open_price_e9: int = _OPEN_E9, spacing_ticks: int = 12) -> Plan:
    """Levels every ``spacing_ticks`` around the opening price, half of them placebos, for sessions of any length.

    Kinds are drawn from the seed, and anew every ten minutes or, where that would be too many, more seldom. A level has
    its kind on both sides, so that it works from whichever side it is approached. Raises UserError.
    """
    kinds = _kinds(seed)
    open_tick = open_price_e9 // TICK_E9
    offsets = [k * spacing_ticks for k in range(-_LEVELS_EACH_WAY, _LEVELS_EACH_WAY + 1) if k]
    rounds = max(1, min(math.ceil(minutes / _ROUND_MINUTES), MAX_MECHANISMS // (len(Side) * len(offsets))))
    length_s = math.ceil(minutes * 60 / rounds)
    mechanisms = []
    for start_s in range(0, rounds * length_s, length_s):
        for offset in offsets:
            price_e9 = (open_tick + offset) * TICK_E9
            kind = next(kinds)
            for side in Side:
                name = f"{kind.name}_{format_price_e9(price_e9)}_{side.name}_{start_s}"
                mechanisms.append(Mechanism(name, kind, side, price_e9, start_s, start_s + length_s))
    plan = Plan(name=SCATTERED, open_price_e9=open_price_e9, mechanisms=tuple(mechanisms))
    check_plan(plan)
    return plan


def named_plan(name: str, seed: int, minutes: float) -> Plan:
    """The plan of a name in ``PLANS``. Raises UserError for another name."""
    if name == OPENING:
        return opening_plan()
    if name == SCATTERED:
        return scattered_plan(seed, minutes)
    raise UserError("plan", f"none is named {name!r}", f"there are {', '.join(PLANS)}", code=ExitCode.USAGE)


def _kinds(seed: int) -> Iterator[MechanismKind]:
    """Mechanism kinds from a seed: a placebo in half of the draws, the four others alike."""
    state = seed % 2**64
    while True:
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        yield MechanismKind(max(0, (state >> 61) - 3))
