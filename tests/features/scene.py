"""A market of many levels made by chance, as blocks of snaps, and the same one cut, poisoned or upside down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.features.follower import FeatureFollower
from spymaster.market.columns.fields import Field, Turn
from spymaster.market.kinds import NS_PER_MS, NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.option_rows import OPTION_FIELDS
from spymaster.market.rows import LEVEL_FIELDS, LEVEL_ROW, SNAP, BarrierAlarm, BarrierState, Trust

BEGIN_NS = 1_773_754_200 * NS_PER_S
SNAP_NS = 250 * NS_PER_MS
MIDDLE = 5000.0
KINDS = (
    LevelKind.ROUND, LevelKind.ROUND, LevelKind.ROUND, LevelKind.PM_HIGH, LevelKind.PM_LOW, LevelKind.OR_HIGH,
    LevelKind.VWAP, LevelKind.SMA_200, LevelKind.SMA_400, LevelKind.SESSION_LOW, LevelKind.USER,
)  # fmt: skip
AWAY = (0.0, 5.0, -5.0, 2.5, -2.25, 7.0, 0.75, -1.5, 3.0, -6.0, -0.5)


@dataclass(frozen=True, slots=True)
class Block:
    """What a follower needs of a block."""

    snaps: NDArray[Any]
    numbers: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scene:
    """snaps SNAP[n], rows LEVEL_ROW[n, L]."""

    snaps: NDArray[Any]
    rows: NDArray[Any]

    def blocks(self, sizes: int | Sequence[int] = 64) -> Iterator[Block]:
        """The snaps, so many at a time; of several sizes in turn."""
        turns = [sizes] if isinstance(sizes, int) else list(sizes)
        numbers = self.rows.view("<f8").reshape(*self.rows.shape, -1)
        first = number = 0
        while first < len(self.snaps):
            until = first + turns[number % len(turns)]
            yield Block(self.snaps[first:until], numbers[first:until])
            first, number = until, number + 1

    def part(self, first: int, until: int) -> Scene:
        """Some of its snaps."""
        return Scene(self.snaps[first:until].copy(), self.rows[first:until].copy())


def by_chance(seed: int, count: int = 4000) -> Scene:
    """Price walks on quarters of a quarter and is drawn back; every column of a level is some number or absent."""
    chance = np.random.default_rng(seed)
    price, path = 0.0, np.zeros(count)
    for k in range(count):
        price += 0.0625 * chance.integers(-3, 4) - 0.002 * price
        price = round(price * 16) / 16
        path[k] = price
    snaps = np.zeros(count, SNAP)
    snaps["t_ns"] = BEGIN_NS + SNAP_NS * np.arange(count)
    snaps["session_date"] = 20260317
    snaps["levels"] = len(KINDS)
    snaps["microprice"] = MIDDLE + path
    snaps["sigma_1m"] = np.round(0.8 + 0.2 * np.sin(np.arange(count) / 500), 4)
    snaps["cvd"] = np.cumsum(chance.integers(-20, 21, count))
    for name in ("call_delta_flow", "put_delta_flow", "hedge", "iv", "charm_flow"):
        snaps["options"][name] = np.round(chance.normal(size=count), 3)
    return Scene(snaps, _rows(chance, snaps))


def _rows(chance: np.random.Generator, snaps: NDArray[Any]) -> NDArray[Any]:
    shape = (len(snaps), len(KINDS))
    rows = np.zeros(shape, LEVEL_ROW)
    for field in LEVEL_FIELDS:
        rows[field.name] = np.round(np.abs(chance.normal(size=shape)), 3)
        if field.name.startswith(("ofi", "velocity", "acceleration", "jerk", "tape_imb", "queue", "attempt_", "hedge")):
            rows[field.name] *= chance.choice([-1.0, 1.0], shape)
    for name in ("refill_half_life_s", "sweep_age_s", "arrival_s", "attempt_delta_trend", "gamma_flip", "call_wall"):
        rows[name][chance.random(shape) < 0.3] = np.nan
    for name in ("bucket_added", "bucket_pulled", "bucket_filled", "depth_in_zone"):
        rows[name] = chance.integers(0, 50, shape)
    unseen = chance.random(shape) < 0.02
    for name in ("bucket_added", "bucket_pulled", "bucket_filled", "depth_in_zone", "p_vacuum"):
        rows[name][unseen] = np.nan
    rows["barrier_state"] = np.where(unseen, BarrierState.MISSING, BarrierState.NEUTRAL)
    rows["alarm"] = chance.choice(list(BarrierAlarm), shape)
    rows["fuel_effect"] = chance.integers(0, 3, shape)
    rows["confluence_alignment"] = chance.integers(-1, 2, shape)
    rows["sweep_direction"] = chance.integers(-1, 2, shape)
    for name in ("ofi_1s", "ofi_5s"):
        rows[name] = rows[name][:, :1]
    rows["kind"] = KINDS
    rows["user_index"] = [0 if kind is LevelKind.USER else -1 for kind in KINDS]
    rows["dynamic"] = [kind.dynamic for kind in KINDS]
    rows["strong"] = [kind.strong for kind in KINDS]
    moving = np.where(rows["dynamic"] != 0.0, np.round(np.arange(len(snaps)) / 400)[:, None] / 16, 0.0)
    rows["price"] = MIDDLE + np.array(AWAY) + moving
    rows["tick"] = np.rint(rows["price"] * 4)
    rows["ratio"] = 1.0
    for name in ("call_wall", "put_wall", "gamma_flip", "bid", "ask", "spot"):
        rows[name] += MIDDLE
    rows["valid_from_s"] = BEGIN_NS / NS_PER_S - 60.0
    rows["in_band"] = np.abs(rows["price"] - snaps["microprice"][:, None]) < 2.0
    rows["direction"] = np.where(rows["price"] > snaps["microprice"][:, None] + 0.01, 1.0, -1.0)
    for name in ("microprice", "sigma_1m"):
        rows[name] = snaps[name][:, None]
    return rows


def broken(scene: Scene) -> Scene:
    """The same with a gap, blind depth, a level that vanishes for a while and a new session."""
    scene = scene.part(0, len(scene.snaps))
    quarter = len(scene.snaps) // 5
    scene.snaps["t_ns"][quarter:] += 7 * NS_PER_S
    scene.snaps["trust"][2 * quarter : 2 * quarter + 9, 0] = Trust.BLIND
    scene.snaps["levels"][3 * quarter : 3 * quarter + 40] -= 2
    scene.snaps["session_date"][4 * quarter :] += 1
    return scene


def poisoned(scene: Scene, after: int) -> Scene:
    """The same up to snap ``after``, and another market from there on."""
    other = by_chance(999, len(scene.snaps))
    mixed = scene.part(0, len(scene.snaps))
    mixed.rows[after:] = other.rows[after:]
    mixed.rows["price"][after:] += 1.75
    for name in ("microprice", "cvd", "sigma_1m", "options"):
        mixed.snaps[name][after:] = other.snaps[name][after:]
    mixed.snaps["microprice"][after:] += 40.0
    return mixed


def upside_down(scene: Scene) -> Scene:
    """Every price negated, bids asks and highs lows."""
    snaps, rows = scene.snaps.copy(), scene.rows.copy()
    _turn(scene.rows, rows, LEVEL_FIELDS)
    _turn(scene.snaps["options"], snaps["options"], OPTION_FIELDS)
    snaps["microprice"] *= -1.0
    snaps["cvd"] *= -1
    return Scene(snaps, rows)


def _turn(before: NDArray[Any], after: NDArray[Any], fields: Sequence[Field]) -> None:
    opposite = np.array([kind.opposite for kind in LevelKind], np.float64)
    for field in fields:
        values = before[field.mirror.column or field.name]
        if field.mirror.turn is Turn.NEGATED:
            after[field.name] = -values
        elif field.mirror.turn is Turn.OPPOSITE_KIND and field.name == "kind":
            after[field.name] = opposite[values.astype(np.int64)]
        else:
            after[field.name] = values


def lived(scene: Scene, sizes: int | Sequence[int] = 64, follower: FeatureFollower | None = None) -> Lived:
    """A follower that saw a scene, and what it decided on the way."""
    follower = follower or FeatureFollower(0.25)
    decisions, rows, snap = [], [], 0
    for block in scene.blocks(sizes):
        follower.on_block(block)
        told = follower.decisions().copy()
        told["snap"] += snap
        snap += len(block.snaps)
        decisions.append(told)
        rows.append(follower.decision_rows())
    return Lived(follower, np.concatenate(decisions), np.concatenate(rows))


@dataclass(frozen=True, slots=True)
class Lived:
    """``decisions`` with the snap counted from the scene's first; ``rows``: of each."""

    follower: FeatureFollower
    decisions: NDArray[Any]
    rows: NDArray[np.float64]

    def last_rows(self) -> NDArray[np.float64]:
        """Of every level of the last snap."""
        return self.follower.rows(np.arange(len(self.follower.standings())))
