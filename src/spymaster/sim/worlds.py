"""Random worlds: everything about a simulated market that a seed decides before its first event, for both markets.

A world says how deep, busy, volatile and quick a market is, how it trends, when news breaks, and what is planted in it.
Each value is drawn by its own name, so a value that is added changes no other, and each rests on integers, + - x / and
the house's own exponential, so a seed means the same world on every machine.

Kind, mechanism and outcome of an episode are independent draws: a vacuum may hold and a wall may break. The outcome is
what aggressors set out to do, and how the market ends is still left to its order flow.

Seeds for tuning lie below ``REPORT_SEEDS`` and seeds for reporting above, so that no world can be both.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from spymaster.errors import ExitCode, UserError
from spymaster.physics.maths.elementary import exp_, log_
from spymaster.sim.level_kinds import LevelKind

REPORT_SEEDS: Final = 2**40
"""The first seed of a world to report on. Those below are for tuning."""
_SEED_LIMIT: Final = 2**41
_GROUPS: Final = 40
"""Eight groups (options or none, profile) times five paces; the group is the seed's remainder."""
_OVER_GROUPS: Final = 7
"""Groups are gone through in steps of seven, so that few worlds are spread over them too."""
_RANDOM_BITS: Final = 53
_HOUR_S: Final = 3600
_FIRST_EPISODE_S: Final = 20
_LAST_EPISODE_S: Final = 30
"""No episode begins so near the end."""
_TICKS_PER_POINT: Final = 4
LEVELS_DRAWN: Final = 10


class Range(msgspec.Struct, frozen=True):
    """Where a value is drawn: uniform between its ends, or uniform in its logarithm."""

    low: float
    high: float
    meaning: str
    in_log: bool = False

    def at(self, u: float) -> float:
        """The value at ``u``, 0 to 1."""
        if self.in_log:
            value = self.low * exp_(u * log_(self.high / self.low))
        else:
            value = self.low + u * (self.high - self.low)
        return min(max(float(value), self.low), self.high)


WORLD_RANGES: Final[Mapping[str, Range]] = MappingProxyType(
    {
        "best_size": Range(8.0, 300.0, "usual contracts at the best price", in_log=True),
        "records_per_s": Range(50.0, 1500.0, "records per second, at the session's mean activity", in_log=True),
        "sigma_points": Range(
            0.3, 4.0, "volatility, points per root minute, of the market left to itself", in_log=True
        ),
        "hump_level": Range(1.0, 6.0, "level of the deepest queue, counted from the best, 1"),
        "hump_ratio": Range(1.0, 3.0, "its depth against the best level's"),
        "tail_ratio": Range(0.4, 1.0, "depth of the tenth level against the deepest's"),
        "sizes_per_order": Range(1.0, 12.0, "mean contracts of a resting order", in_log=True),
        "follow": Range(0.62, 0.90, "share of gaps closed in the direction of the move that opened them"),
        "lean": Range(0.15, 0.60, "log-tilt of aggressors towards their metaorder's side"),
        "meet": Range(0.2, 1.0, "how strongly resting orders come to meet lasting pressure: reversion"),
        "memory_s": Range(3.0, 40.0, "how long pressure is remembered", in_log=True),
        "machine_ms": Range(2.0, 100.0, "mean time quoting machines take to react", in_log=True),
        "flicker": Range(0.15, 0.55, "share of arriving orders that machines withdraw again at once"),
        "clustering": Range(0.3, 1.0, "log-deviation of slow swings of activity"),
        "news_per_hour": Range(0.2, 4.0, "pieces of news", in_log=True),
        "news_points": Range(0.5, 2.5, "jump of the price on news, times sigma_points"),
        "start_minute": Range(570.0, 840.0, "minute of the New York day at which the session starts"),
    }
)
"""Values of a world. The volatile ones tend to be busy and thin; each alone is spread over its whole range."""

_FAST_S: Final = Range(2.0, 5.0, "in worlds of fast pace")
_SLOW_S: Final = Range(5.0, 40.0, "in the others", in_log=True)
_FAST_PACES: Final = 2
"""Two paces of five are fast: price is to go through a vacuum within 2 to 5 s there."""

EPISODE_RANGES: Final[Mapping[str, Range]] = MappingProxyType(
    {
        "distance_sigmas": Range(0.5, 1.5, "distance from the touch when planted, in moves of a minute"),
        "trigger_ticks": Range(2.0, 9.0, "distance of the own best at which the mechanism begins"),
        "push_tilt": Range(0.1, 0.6, "log-tilt of aggressors towards the level; away from it once it is to hold"),
        "attack_ratio": Range(15.0, 150.0, "contracts an attack has to spend, times best_size", in_log=True),
        "shown_ratio": Range(0.5, 3.0, "size displayed by the mechanism at a price, times best_size", in_log=True),
        "reserve_ratio": Range(5.0, 150.0, "contracts it can put back, times best_size", in_log=True),
        "refill_probability": Range(0.5, 0.98, "chance that a fill is put back"),
        "refill_ms": Range(20.0, 3000.0, "mean time until it is", in_log=True),
        "left_share": Range(0.05, 0.6, "share of the usual depth that a vacuum leaves"),
        "absence_s": Range(1.0, 30.0, "how long makers stay away", in_log=True),
        "arrivals_share": Range(0.05, 0.5, "share of usual arrivals at a level being consumed"),
        "turn_ticks": Range(2.0, 6.0, "how far through a fakeout goes before it turns"),
    }
)
"""Mechanism of an episode, whatever its kind: a kind uses those that concern it."""

EPISODES_PER_HOUR: Final[Mapping[LevelKind, int]] = MappingProxyType(
    {
        LevelKind.PLACEBO: 28,
        LevelKind.WALL: 5,
        LevelKind.VACUUM: 5,
        LevelKind.ABSORPTION: 5,
        LevelKind.CONSUMED: 5,
        LevelKind.SPOOF: 4,
        LevelKind.FAKEOUT: 4,
    }
)
"""Episodes planted in an hour, in drawn order; half of them do nothing."""
_BREAKS: Final = 0.5


class Outcome(enum.IntEnum):
    """What aggressors set out to do at a level once they are there. A lean and an attack, not a fate."""

    HOLD = 0
    """They turn round."""
    BREAK = 1
    """They go on."""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """A level to plant. ``side``: the defenders', 0 bid and 1 ask; sizes as multiples of the world's best size.

    ``start_s``: of the session; ``distance_ticks``: from the defenders' best when planted. ``travel_s``: what price is
    to take from the mechanism's beginning to two points through the level where nothing stops it. The other fields are
    in ``EPISODE_RANGES``.
    """

    number: int
    kind: LevelKind
    start_s: int
    side: int
    distance_ticks: int
    trigger_ticks: int
    push_tilt: float
    attack_ratio: float
    travel_s: float
    shown_ratio: float
    reserve_ratio: float
    refill_probability: float
    refill_ms: float
    left_share: float
    absence_s: float
    arrivals_share: float
    turn_ticks: int
    outcome: Outcome


class World(msgspec.Struct, frozen=True, kw_only=True):
    """A market as drawn from ``seed``. Fields without a word here are in ``WORLD_RANGES``.

    ``profile``: es or spy; ``has_options``: whether options of the day trade and are hedged. ``depth_profile``: usual
    size at each of ten levels, the best first, times ``best_size``. ``is_fast``: pace of vacuums.
    """

    seed: int
    profile: str
    has_options: bool
    is_fast: bool
    best_size: float
    records_per_s: float
    sigma_points: float
    depth_profile: tuple[float, ...]
    sizes_per_order: float
    follow: float
    lean: float
    meet: float
    memory_s: float
    machine_ms: float
    flicker: float
    clustering: float
    news_per_hour: float
    news_points: float
    start_minute: int
    episodes: tuple[Episode, ...]


def draw_world(seed: int, minutes: float = 60.0) -> World:
    """The world of a seed, with the episodes of so many minutes; a longer session begins like a shorter one.

    Raises UserError for a seed outside 0 to 2**41 - 1.
    """
    if not 0 <= seed < _SEED_LIMIT:
        remedy = f"give 0 to {REPORT_SEEDS - 1} for tuning, up to {_SEED_LIMIT - 1} for reports"
        raise UserError(f"--world {seed}", "no world has this seed", remedy, code=ExitCode.USAGE)
    drawn = {name: range_.at(_uniform(seed, name)) for name, range_ in WORLD_RANGES.items()}
    busy = _uniform(seed, "records_per_s")
    volatile = _near(busy, 0.35, _uniform(seed, "sigma_points"))
    deep = _near(1.0 - volatile, 0.5, _uniform(seed, "best_size"))
    drawn["sigma_points"] = WORLD_RANGES["sigma_points"].at(volatile)
    drawn["best_size"] = WORLD_RANGES["best_size"].at(deep)
    group = seed % _GROUPS
    is_fast = group // 8 < _FAST_PACES
    hump, ratio, tail = (drawn.pop(name) for name in ("hump_level", "hump_ratio", "tail_ratio"))
    start_minute = int(drawn.pop("start_minute"))
    return World(
        seed=seed,
        profile="spy" if group % 8 in (2, 3) else "es",
        has_options=group % 2 == 1,
        is_fast=is_fast,
        depth_profile=_depth_profile(hump, ratio, tail),
        start_minute=start_minute,
        episodes=_episodes(seed, minutes, drawn["sigma_points"], _FAST_S if is_fast else _SLOW_S),
        **drawn,
    )


def worlds_of(commit_hash: str, count: int) -> tuple[int, ...]:
    """Seeds of worlds to report on, from the hash of the commit that last changed a rule; none is for tuning.

    Of any forty in a row a quarter is of profile spy, half have options and two fifths are fast.
    """
    blocks = (_SEED_LIMIT - REPORT_SEEDS) // _GROUPS
    first = -(-REPORT_SEEDS // _GROUPS)
    seeds: list[int] = []
    salt = 0
    while len(seeds) < count:
        index = len(seeds)
        block = first + _number(commit_hash, index, salt) % (blocks - 1)
        seed = block * _GROUPS + index * _OVER_GROUPS % _GROUPS
        if seed in seeds:
            salt += 1
            continue
        seeds.append(seed)
    return tuple(seeds)


def tuning_worlds(count: int) -> tuple[int, ...]:
    """Seeds of worlds that rules may be tuned on, spread over the groups like those of a report."""
    return tuple((1 + index // _GROUPS) * _GROUPS + index * _OVER_GROUPS % _GROUPS for index in range(count))


def is_for_tuning(seed: int) -> bool:
    """Whether rules may be tuned on a seed's world."""
    return seed < REPORT_SEEDS


def _number(*names: object) -> int:
    """A whole number of 53 bits that belongs to these names."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _RANDOM_BITS)


def _uniform(*names: object) -> float:
    """Uniform from 0 to 1, 1 excluded, for these names."""
    return float(_number(*names)) / 2.0**_RANDOM_BITS


def _near(middle: float, spread: float, u: float) -> float:
    """A uniform value near another one: turned back at 0 and 1, it is as evenly spread as that one."""
    value = abs(middle + spread * (2.0 * u - 1.0))
    return 2.0 - value if value > 1.0 else value


def _depth_profile(hump: float, ratio: float, tail: float) -> tuple[float, ...]:
    """Size by level against the best: straight up to the hump, straight down behind it."""
    values = []
    for level in range(1, LEVELS_DRAWN + 1):
        if level <= hump:
            value = 1.0 + (ratio - 1.0) * (level - 1) / max(hump - 1.0, 1.0)
        else:
            value = ratio * (1.0 - (1.0 - tail) * (level - hump) / (LEVELS_DRAWN - hump))
        values.append(1.0 if level == 1 else value)
    return tuple(values)


def _episodes(seed: int, minutes: float, sigma_points: float, travel_s: Range) -> tuple[Episode, ...]:
    """The episodes of a session, evenly over each hour and in drawn order."""
    last_s = minutes * 60.0 - _LAST_EPISODE_S
    found: list[Episode] = []
    hour = 0
    while hour * _HOUR_S < last_s:
        for start_s, kind in _hour(seed, hour):
            if start_s <= last_s:
                found.append(_episode(seed, len(found), start_s, kind, sigma_points, travel_s))
        hour += 1
    return tuple(found)


def _hour(seed: int, hour: int) -> list[tuple[int, LevelKind]]:
    """When what is planted in an hour: all kinds as often as asked, in an order of their own."""
    cards = [(kind, copy) for kind, count in EPISODES_PER_HOUR.items() for copy in range(count)]
    cards.sort(key=lambda card: _number(seed, "order", hour, int(card[0]), card[1]))
    spacing = (_HOUR_S - _FIRST_EPISODE_S) / len(cards)
    begins = hour * _HOUR_S + _FIRST_EPISODE_S
    return [
        (begins + int(spacing * (k + 0.5 * _uniform(seed, "start", hour, k))), kind)
        for k, (kind, _) in enumerate(cards)
    ]


def _episode(seed: int, number: int, start_s: int, kind: LevelKind, sigma_points: float, travel_s: Range) -> Episode:
    """An episode: no draw knows its kind."""
    drawn = {name: range_.at(_uniform(seed, "episode", number, name)) for name, range_ in EPISODE_RANGES.items()}
    distance = drawn.pop("distance_sigmas") * sigma_points * _TICKS_PER_POINT
    trigger = round(drawn.pop("trigger_ticks"))
    turn = round(drawn.pop("turn_ticks"))
    return Episode(
        number=number,
        kind=kind,
        start_s=start_s,
        side=int(2.0 * _uniform(seed, "episode", number, "side")),
        distance_ticks=max(round(distance), 2),
        trigger_ticks=trigger,
        turn_ticks=turn,
        travel_s=travel_s.at(_uniform(seed, "episode", number, "travel_s")),
        outcome=Outcome.BREAK if _uniform(seed, "episode", number, "outcome") < _BREAKS else Outcome.HOLD,
        **drawn,
    )
