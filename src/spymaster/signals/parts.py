"""The parts of one level's message, each made of the level's row and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from spymaster.market.levels import level_id
from spymaster.market.rows import BarrierAlarm, BarrierState
from spymaster.signals.structs import (
    Approach,
    Barrier,
    Change,
    Confluence,
    DefendingQuote,
    Flows,
    Fuel,
    Iceberg,
    Obstacle,
    Ofi,
    Probabilities,
    Runway,
    Sweep,
    Tape,
)
from spymaster.signals.words import EFFECT_WORDS, STATE_WORDS, SWEEP_WORDS, TAG_WORDS, wall_word

Row = Mapping[str, float]
"""A LEVEL_ROW by column name."""

_TAGS: Final = [
    tuple(word for bit, word in enumerate(TAG_WORDS) if bits >> bit & 1) for bits in range(1 << len(TAG_WORDS))
]
_CHANGES: Final[Mapping[BarrierAlarm, Literal["STACKING", "PULLING", "FILLING"]]] = {
    BarrierAlarm.STACKING: "STACKING",
    BarrierAlarm.PULLING: "PULLING",
    BarrierAlarm.FILLING: "FILLING",
}


def optional(value: float) -> float | None:
    """The number, or None where it is absent."""
    return None if math.isnan(value) else value


def whole(value: float) -> int | None:
    """The number as an integer, or None where it is absent."""
    return None if math.isnan(value) else int(value)


def row_id(row: Row, user_ids: Sequence[str]) -> str:
    """The stable id of the row's level."""
    return level_id(int(row["kind"]), row["price"], int(row["ordinal"]), user_ids)


def company(prices: NDArray[np.float64], ids: Sequence[str], place: int, count: int) -> tuple[str, ...]:
    """The ``count`` other levels nearest the one at ``place``, nearest first. ``prices``: float64[n] of all levels."""
    if count == 0:
        return ()
    away = np.abs(prices - prices[place])
    away[place] = math.inf
    return tuple(ids[other] for other in np.argsort(away, kind="stable")[:count].tolist())


def approach_of(row: Row) -> Approach:
    """How price came to the level."""
    return Approach(
        velocity=row["approach_velocity"],
        bars=int(row["approach_bars"]),
        distance=row["approach_distance"],
        prior_touches=int(row["prior_touches"]),
        attempt=int(row["attempt"]),
        arrival_s=optional(row["arrival_s"]),
        delta_liq_trend=optional(row["attempt_delta_trend"]),
        replenishment_trend=optional(row["attempt_replenishment_trend"]),
        velocity_trend=optional(row["attempt_velocity_trend"]),
        imbalance_trend=optional(row["attempt_imbalance_trend"]),
    )


def barrier_of(row: Row) -> Barrier:
    """The resting liquidity."""
    state = int(row["barrier_state"])
    seen = state != BarrierState.MISSING
    defended = not math.isnan(row["defending_price"])
    return Barrier(
        state=STATE_WORDS[state],
        probabilities=Probabilities(*(row[f"p_{name}"] for name in Probabilities.__struct_fields__)) if seen else None,
        delta_liq=optional(row["delta_liq"]),
        replenishment_ratio=optional(row["replenishment"]),
        added=whole(row["added"]),
        pulled=whole(row["pulled"]),
        filled=whole(row["filled"]),
        churn=optional(row["churn"]),
        depth_in_zone=whole(row["depth_in_zone"]),
        hidden_share=optional(row["hidden_share"]),
        defending_quote=DefendingQuote(row["defending_price"], int(row["defending_size"])) if defended else None,
        visible_fraction=row["visible_fraction"],
        confidence=row["barrier_confidence"],
        window_s=row["window_s"],
        seen_s=row["seen_s"],
        time_to_clear_s=optional(row["time_to_clear_s"]),
        fleeting_share=optional(row["fleeting_share"]),
        refill_half_life_s=optional(row["refill_half_life_s"]),
        iceberg=_iceberg(row),
        change=_change(row),
        context=Flows(row["context_s"], whole(row["context_delta"]), whole(row["context_filled"])),
        tags=_TAGS[int(row["tags"])],
    )


def _iceberg(row: Row) -> Iceberg | None:
    if math.isnan(row["iceberg_executed"]):
        return None
    return Iceberg(int(row["iceberg_executed"]), row["iceberg_peak"], optional(row["iceberg_remaining"]))


def _change(row: Row) -> Change | None:
    alarm = BarrierAlarm(int(row["alarm"]))
    return None if alarm is BarrierAlarm.NONE else Change(_CHANGES[alarm], row["alarm_age_s"])


def tape_of(row: Row) -> Tape:
    """Aggressive trading and motion."""
    direction = int(row["sweep_direction"])
    return Tape(
        imbalance=row["tape_imbalance"],
        buy_vol=int(row["buy_volume"]),
        sell_vol=int(row["sell_volume"]),
        large_buy_vol=int(row["large_buys"]),
        large_sell_vol=int(row["large_sells"]),
        velocity=row["velocity"],
        acceleration=row["acceleration"],
        jerk=row["jerk"],
        velocity_z=row["velocity_z"],
        acceleration_z=row["acceleration_z"],
        jerk_z=row["jerk_z"],
        sweep=Sweep(
            detected=direction != 0,
            direction=SWEEP_WORDS[direction],
            notional=optional(row["sweep_notional"]),
            prints=whole(row["sweep_prints"]),
            window_ms=whole(row["sweep_window_ms"]),
            volume=whole(row["sweep_volume"]),
            levels=whole(row["sweep_levels"]),
            age_s=optional(row["sweep_age_s"]),
        ),
    )


def fuel_of(row: Row) -> Fuel | None:
    """What dealers' hedging would do at the level; None without options."""
    if math.isnan(row["hedge"]):
        return None
    return Fuel(
        effect=EFFECT_WORDS[int(row["fuel_effect"])],
        hedge_contracts_per_point=row["hedge"],
        band=(row["hedge_low"], row["hedge_high"]),
        confidence=row["fuel_confidence"],
        gamma_velocity=optional(row["gamma_velocity"]),
        net_dealer_gamma=optional(row["net_dealer_gamma"]),
        call_wall=optional(row["call_wall"]),
        call_wall_sign=wall_word(row["call_wall_sign"]),
        put_wall=optional(row["put_wall"]),
        put_wall_sign=wall_word(row["put_wall_sign"]),
        gamma_flip=optional(row["gamma_flip"]),
        convention_dependent=row["convention_dependent"] != 0.0,
    )


def ofi_of(row: Row) -> Ofi:
    """Order-flow imbalance towards the break."""
    return Ofi(
        integrated_1s=row["ofi_1s"],
        integrated_5s=row["ofi_5s"],
        integrated_15s=row["ofi_15s"],
        integrated_60s=row["ofi_60s"],
        z=optional(row["ofi_z"]),
        best_5s=int(row["ofi_best_5s"]),
        depth_5s=int(row["ofi_depth_5s"]),
        queue_imbalance=row["queue_imbalance"],
    )


def runway_of(row: Row, user_ids: Sequence[str]) -> Runway:
    """The way from the level to the next obstacle."""
    clear = row["runway_distance"] != row["runway_distance"]
    obstacle = None
    if not clear:
        name = level_id(int(row["runway_kind"]), row["runway_price"], int(row["runway_ordinal"]), user_ids)
        obstacle = Obstacle(name, row["runway_price"])
    return Runway(
        direction="UP" if row["runway_direction"] > 0.0 else "DOWN",
        distance=optional(row["runway_distance"]),
        next_obstacle=obstacle,
        quality="OBSTRUCTED" if row["runway_obstructed"] else "CLEAR",
    )


def confluence_of(row: Row, ids: tuple[str, ...]) -> Confluence:
    """The other levels near by."""
    return Confluence(
        count=int(row["confluence_count"]),
        pressure=row["confluence_pressure"],
        strength=row["confluence_strength"],
        alignment=int(row["confluence_alignment"]),
        centre=row["confluence_group"],
        ids=ids,
    )
