"""What models and the market's own futures say at the first touches of planted levels, of random worlds.

The futures are those of the simulator (``sim.truth.oracle``): the best that could be known at that moment. The question
is theirs for everybody: two points beyond the level before two points back. A model with several heads is asked for its
own distance, which is another one where volatility is, and answers this question by it.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.worlds.figure_text import figure_table
from spymaster.evaluate.worlds.pool import Figure, Pool
from spymaster.evaluate.worlds.world_recording import FIRST, write_world
from spymaster.features.follower import FeatureFollower
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.rows import LEVEL_ROW
from spymaster.models.break_model import BreakScorer
from spymaster.models.head_model import HeadModel
from spymaster.models.logistic_head import brownian_chances
from spymaster.models.prediction import Stage
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.headless import drive
from spymaster.session.sources.recorded import RecordedSource
from spymaster.sim.truth.files import read_truth

Floats = NDArray[np.float64]

POINTS: Final = 2.0
"""How far beyond or back the simulator decides a level of a world."""
HEADS, P_BREAK, BROWNIAN, ORACLE = "model with several heads", "P(break)", "Brownian", "the market's own futures"
TELLERS: Final = (HEADS, P_BREAK, BROWNIAN, ORACLE)
_PLAIN, _BEST = 2, 3

_NAMES: Final = LEVEL_ROW.names or ()
_PRICE, _RATIO, _DIRECTION, _MICROPRICE, _SIGMA = (
    _NAMES.index(name) for name in ("price", "ratio", "direction", "microprice", "sigma_1m")
)
_NEAR_POINTS: Final = 0.125
"""A published level nearer than half a tick to the planted price is that level."""
_LATE_NS: Final = 1_000_000_000
_EVEN: Final = 0.5
_TINY: Final = 1e-12


class Touch(NamedTuple):
    """A planted level touched first at ``ts_ns``. ``p_break``: of the decided futures; ``broke``: what came."""

    ts_ns: int
    price: float
    p_break: float
    broke: bool


class ToldTouch(msgspec.Struct, frozen=True):
    """Chances of a break by ``TELLERS``, and whether it came."""

    told: tuple[float, ...]
    broke: bool


class WorldTouches(msgspec.Struct, frozen=True):
    """Of a world: touches of which everybody said something, and how many were at no published level or unknown."""

    seed: int
    touches: tuple[ToldTouch, ...]
    left_out: int


class TouchReport(msgspec.Struct, frozen=True, kw_only=True):
    """Figures over worlds, with intervals by world."""

    worlds: int
    touches: int
    left_out: int
    broke: int
    seeds_from: str
    figures: tuple[Figure, ...]


def first_touches(folder: Path) -> tuple[Touch, ...]:
    """Those whose futures were run and which were decided, in time."""
    levels = {row["level"]: row for row in read_truth(folder, "levels").to_pylist()}
    found = []
    for row in read_truth(folder, "oracle").to_pylist():
        level, decided = levels[row["level"]], row["p_break"] + row["p_bounce"]
        if level["outcome"] in ("BREAK", "BOUNCE"):
            p_break = row["p_break"] / decided if decided > 0.0 else _EVEN
            found.append(Touch(row["ts_ns"], level["price_e9"] / PRICE_SCALE, p_break, level["outcome"] == "BREAK"))
    return tuple(sorted(found))


class TouchSink:
    """Asks the models at the first snap after each touch, of the published level at that price."""

    def __init__(self, touches: tuple[Touch, ...], tick_points: float, heads: HeadModel, scorer: BreakScorer) -> None:
        self.told: list[ToldTouch] = []
        self.left_out = 0
        self._waiting = list(touches)
        self._follower = FeatureFollower(tick_points)
        self._heads = heads
        self._scorer = scorer

    def on_block(self, block: SnapBlock) -> None:
        """Take one snap in."""
        self._follower.on_block(block)
        for k, snap in enumerate(block.snaps):
            t_ns = int(snap["t_ns"])
            self._scorer.remember(t_ns, float(snap["microprice"]))
            while self._waiting and self._waiting[0].ts_ns <= t_ns:
                touch = self._waiting.pop(0)
                told = self._ask(touch, t_ns, block.numbers[k, : snap["levels"]])
                self.told += [] if told is None else [told]
                self.left_out += told is None

    def _ask(self, touch: Touch, t_ns: int, numbers: Any) -> ToldTouch | None:
        there = np.abs(numbers[:, _PRICE] * numbers[:, _RATIO] - touch.price) < _NEAR_POINTS
        if t_ns - touch.ts_ns > _LATE_NS or not there.any():
            return None
        place = np.flatnonzero(there)[:1]
        row = numbers[place[0]]
        away = row[_DIRECTION] * (row[_MICROPRICE] - row[_PRICE] * row[_RATIO])
        said = self._heads.predict(self._follower.rows(place), np.array([Stage.CONTACT]))[0]
        walk = brownian_chances(np.array([away]), row[_SIGMA : _SIGMA + 1], np.array([POINTS]))[0]
        told = (
            float(said["p_break"] / max(said["p_break"] + said["p_bounce"], _TINY)),
            float(self._scorer.chances(numbers)[place[0]]),
            float(walk[0] / max(walk.sum(), _TINY)),
            touch.p_break,
        )
        return ToldTouch(told, touch.broke) if np.isfinite(told).all() else None


class WorldTask(NamedTuple):
    """A world to be simulated: its seed, its length and how many touches' futures are run."""

    seed: int
    minutes: float
    moments: int


def touches_of_world(task: WorldTask, source_of: Any, heads: HeadModel, scorer: BreakScorer) -> WorldTouches:
    """Simulate a world of the first market, run its touches' futures, live through it. ``source_of``: opens it.

    Raises UserError, and OSError where the disk refuses.
    """
    with tempfile.TemporaryDirectory(prefix="spymaster-world-") as place:
        folder = Path(place) / f"world-{task.seed}"
        write_world(folder, FIRST, task.seed, task.minutes, oracle_moments=task.moments)
        source: RecordedSource = source_of(folder)
        tick = source.config_frame().instrument.tick_e9 / PRICE_SCALE
        sink = TouchSink(first_touches(folder), tick, heads, scorer)
        drive(source, Engine(snaps_per_block=1), [sink])
    return WorldTouches(task.seed, tuple(sink.told), sink.left_out)


def touch_report(worlds: list[WorldTouches], seeds_from: str) -> TouchReport:
    """Brier skill over the walk without drift of each teller, and what share of the futures' skill each has."""
    pool = Pool(worlds)
    errors = np.zeros((len(worlds), len(TELLERS)))
    for k, world in enumerate(worlds):
        for one in world.touches:
            errors[k] += (np.array(one.told) - one.broke) ** 2
    count = sum(len(world.touches) for world in worlds)
    figures = [
        pool.of_sums(f"{TELLERS[k]}: Brier skill over Brownian", errors, partial(_skill, k), count)
        for k in (0, 1, _BEST)
    ]
    figures += [
        pool.of_sums(f"{TELLERS[k]}: share of the futures' skill", errors, partial(_share, k), count) for k in (0, 1)
    ]
    return TouchReport(
        worlds=len(worlds),
        touches=count,
        left_out=sum(world.left_out for world in worlds),
        broke=sum(one.broke for world in worlds for one in world.touches),
        seeds_from=seeds_from,
        figures=tuple(figures),
    )


def touch_text(report: TouchReport) -> str:
    """As people read it."""
    origin = f"seeds from {report.seeds_from}" if report.seeds_from else "worlds for tuning"
    lines = [
        f"SIMULATED: {report.touches:,} first touches of planted levels in {report.worlds} worlds, {origin}; "
        f"{report.broke:,} broke, {report.left_out:,} left out (no published level there, or nothing said)",
        *figure_table(["", "value [90 % by world]"], [list(report.figures)]),
    ]
    return "\n".join(lines)


def _skill(teller: int, errors: Floats) -> float:
    plain = errors[_PLAIN]
    return float(1.0 - errors[teller] / plain) if plain > 0.0 else float("nan")


def _share(teller: int, errors: Floats) -> float:
    gained = errors[_PLAIN] - errors[_BEST]
    return float((errors[_PLAIN] - errors[teller]) / gained) if gained > 0.0 else float("nan")
