"""The parts of one level's message, each made of the level's row and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from spymaster.market.levels import level_id
from spymaster.market.rows import BarrierAlarm, BarrierState
from spymaster.signals.blocks import LEVEL_NAMES
from spymaster.signals.from_row import FieldsOf, Row
from spymaster.signals.notes import level_note
from spymaster.signals.structs import (
    Alarm,
    Approach,
    Attribution,
    Barrier,
    Confluence,
    DefendingQuote,
    Flows,
    Forces,
    Fuel,
    Iceberg,
    LevelSignal,
    Obstacle,
    Ofi,
    Probabilities,
    Runway,
    Sweep,
    Tape,
)
from spymaster.signals.words import TAG_WORDS


def _columns_of(message: type[Struct], made: str = "") -> FieldsOf:
    return FieldsOf(message, LEVEL_NAMES, frozenset(made.split()))


_TAGS: Final = [
    tuple(word for bit, word in enumerate(TAG_WORDS) if bits >> bit & 1) for bits in range(1 << len(TAG_WORDS))
]
_ALARMS: Final[Mapping[BarrierAlarm, Literal["STACKING", "PULLING", "FILLING"]]] = {
    BarrierAlarm.STACKING: "STACKING",
    BarrierAlarm.PULLING: "PULLING",
    BarrierAlarm.FILLING: "FILLING",
}


_approach: Final = _columns_of(Approach)
_forces: Final = _columns_of(Forces)
_attribution: Final = _columns_of(Attribution)
_probabilities: Final = _columns_of(Probabilities)
_quote: Final = _columns_of(DefendingQuote)
_iceberg: Final = _columns_of(Iceberg)
_flows: Final = _columns_of(Flows)
_barrier: Final = _columns_of(Barrier, "probabilities defending_quote iceberg alarm long_window tags")
_sweep: Final = _columns_of(Sweep, "detected")
_tape: Final = _columns_of(Tape, "sweep")
_fuel: Final = _columns_of(Fuel, "band")
_ofi: Final = _columns_of(Ofi)
_runway: Final = _columns_of(Runway, "direction next_obstacle quality")
_confluence: Final = _columns_of(Confluence, "ids")
_level: Final = _columns_of(
    LevelSignal, "id valid_from attribution approach barrier tape fuel ofi runway confluence note forces"
)


def row_id(row: Row, user_ids: Sequence[str]) -> str:
    """The stable id of the row's level."""
    return level_id(int(row["kind"]), row["price"], int(row["user_index"]), user_ids)


def neighbours(prices: NDArray[np.float64], ids: Sequence[str], place: int, count: int) -> tuple[str, ...]:
    """The ``count`` other levels nearest the one at ``place``, nearest first. ``prices``: float64[n] of all levels."""
    if count == 0:
        return ()
    away = np.abs(prices - prices[place])
    away[place] = math.inf
    return tuple(ids[other] for other in np.argsort(away, kind="stable")[:count].tolist())


def level_of(row: Row, user_ids: Sequence[str], nearby: tuple[str, ...]) -> LevelSignal:
    """One level; ``nearby``: ids of the others it stands with."""
    return LevelSignal(
        **_level(row),
        id=row_id(row, user_ids),
        valid_from=round(row["valid_from_s"] * 1000.0),
        attribution=Attribution(**_attribution(row)),
        approach=Approach(**_approach(row)),
        barrier=barrier_of(row),
        tape=tape_of(row),
        fuel=fuel_of(row),
        ofi=Ofi(**_ofi(row)),
        runway=runway_of(row, user_ids),
        confluence=Confluence(**_confluence(row), ids=nearby),
        note=level_note(row),
        forces=Forces(**_forces(row)),
    )


def barrier_of(row: Row) -> Barrier:
    """The resting liquidity."""
    alarm = BarrierAlarm(int(row["alarm"]))
    seen = row["barrier_state"] != BarrierState.MISSING
    return Barrier(
        **_barrier(row),
        probabilities=Probabilities(**_probabilities(row)) if seen else None,
        defending_quote=None if math.isnan(row["defending_price"]) else DefendingQuote(**_quote(row)),
        iceberg=None if math.isnan(row["iceberg_executed"]) else Iceberg(**_iceberg(row)),
        alarm=None if alarm is BarrierAlarm.NONE else Alarm(_ALARMS[alarm], row["alarm_age_s"]),
        long_window=Flows(**_flows(row)),
        tags=_TAGS[int(row["tags"])],
    )


def tape_of(row: Row) -> Tape:
    """Aggressive trading and motion."""
    return Tape(**_tape(row), sweep=Sweep(**_sweep(row), detected=row["sweep_direction"] != 0.0))


def fuel_of(row: Row) -> Fuel | None:
    """What dealers' hedging would do at the level; None without options."""
    if math.isnan(row["hedge"]):
        return None
    return Fuel(**_fuel(row), band=(row["hedge_low"], row["hedge_high"]))


def runway_of(row: Row, user_ids: Sequence[str]) -> Runway:
    """The distance from the level to the next obstacle."""
    obstacle = None
    if not math.isnan(row["runway_distance"]):
        name = level_id(int(row["runway_kind"]), row["runway_price"], int(row["runway_user_index"]), user_ids)
        obstacle = Obstacle(name, row["runway_price"])
    return Runway(
        **_runway(row),
        direction="UP" if row["runway_direction"] > 0.0 else "DOWN",
        next_obstacle=obstacle,
        quality="OBSTRUCTED" if row["runway_obstructed"] else "CLEAR",
    )
