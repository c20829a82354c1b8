"""The columns of a published level: each stands here once, with everything that must be known about it.

The engine's record, the Parquet schema, the sets of columns that may be absent, the checks of a market turned upside
down, the words of the messages and the documented table all follow from ``LEVEL_FIELDS``. To add a column: a line here
and its name at the end of ``HASH_ORDER``, the kernel that writes it, and its place in the message
(``signals.structs``), if it is sent. Columns are added, never renamed; ``SCHEMA_VERSION`` rises.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.columns.codes import BarrierAlarm, BarrierState, Confidence, Signal, Trust
from spymaster.market.columns.fields import (
    NEGATED,
    OPPOSITE_KIND,
    SAME,
    UNRELATED,
    Absent,
    Field,
    Type,
    negated_from,
    trades_places,
)
from spymaster.market.levels import LevelKind
from spymaster.market.option_rows import FUEL_FIELDS

NUMBER: Final = Type.NUMBER
PRICE: Final = Type.PRICE
TICK: Final = Type.TICK
WHOLE: Final = Type.WHOLE
FLAG: Final = Type.FLAG
CODE: Final = Type.CODE
SIDE: Final = Type.SIDE
JUDGED: Final = Absent.JUDGED
SWEPT: Final = Absent.SWEPT
OPTIONAL: Final = Absent.OPTIONAL

SCHEMA_VERSION: Final = 5
"""Version of published rows; raised once for each change of ``LEVEL_FIELDS``, ``ALERT_FIELDS`` or ``HASH_ORDER``."""

LEVEL_FIELDS: Final[tuple[Field, ...]] = (
    Field("kind", CODE, "code", OPPOSITE_KIND, "what the level is", codes=LevelKind),
    Field("user_index", WHOLE, "index", SAME, "place in the list of user levels; -1 for others"),
    Field("price", PRICE, "profile unit", NEGATED, "price of the level"),
    Field("tick", TICK, "ticks", NEGATED, "nearest tick of the futures contract"),
    Field(
        "width_ticks",
        NUMBER,
        "ticks of the future",
        SAME,
        "width the noise of the price ratio gives the level; 0 without",
    ),
    Field("valid_from_s", NUMBER, "s since 1970 UTC", SAME, "since when the level exists at all"),
    Field("dynamic", FLAG, "0/1", SAME, "its price moves with the market"),
    Field("strong", FLAG, "0/1", SAME, "an obstacle by its kind"),
    Field("direction", SIDE, "+1/-1", NEGATED, "+1 resistance (break is up), -1 support (break is down)"),
    Field("distance", NUMBER, "profile unit", SAME, "|level - spot|"),
    Field("x", NUMBER, "profile unit", SAME, "signed distance still to go; negative once price is beyond"),
    Field("in_band", FLAG, "0/1", SAME, "inside the monitor band"),
    Field("held", FLAG, "0/1", SAME, "a moving level held still because price is at it"),
    Field(
        "running_price",
        PRICE,
        "profile unit",
        NEGATED,
        "where the level would be if it were not held; its price otherwise",
    ),
    Field("touching", FLAG, "0/1", SAME, "inside the touch band"),
    Field(
        "score_raw", NUMBER, "0-100", SAME, "score before smoothing; NaN without evidence or beyond the band", OPTIONAL
    ),
    Field("score", NUMBER, "0-100", SAME, "smoothed score", OPTIONAL),
    Field("signal", CODE, "code", SAME, "what the trigger says", codes=Signal),
    Field("confidence", NUMBER, "0-1", SAME, "weight of the evidence", OPTIONAL),
    Field("confidence_label", CODE, "code", SAME, "weight of the evidence in a word", codes=Confidence),
    Field(
        "attribution_barrier", NUMBER, "points", SAME, "share of the barrier in score - 50; NaN when missing", OPTIONAL
    ),
    Field("attribution_fuel", NUMBER, "points", SAME, "share of the fuel in score - 50; NaN when missing", OPTIONAL),
    Field("attribution_tape", NUMBER, "points", SAME, "share of the tape in score - 50; NaN when missing", OPTIONAL),
    Field("barrier_state", CODE, "code", SAME, "what the resting liquidity is doing", codes=BarrierState),
    Field("p_vacuum", NUMBER, "0-1", SAME, "probability of VACUUM", JUDGED),
    Field("p_consumed", NUMBER, "0-1", SAME, "probability of CONSUMED", JUDGED),
    Field("p_weak", NUMBER, "0-1", SAME, "probability of WEAK", JUDGED),
    Field("p_neutral", NUMBER, "0-1", SAME, "probability of NEUTRAL", JUDGED),
    Field("p_absorption", NUMBER, "0-1", SAME, "probability of ABSORPTION", JUDGED),
    Field("p_wall", NUMBER, "0-1", SAME, "probability of WALL", JUDGED),
    Field("barrier_confidence", NUMBER, "0-1", SAME, "probability of the state x visible fraction"),
    Field("delta_liq", NUMBER, "contracts", SAME, "added - pulled - filled over the window, smoothed", JUDGED),
    Field("replenishment", NUMBER, "ratio", SAME, "added / (pulled + filled), shrunk to 1, smoothed", JUDGED),
    Field("added", NUMBER, "contracts", SAME, "bucket-netted additions over the window", JUDGED),
    Field("pulled", NUMBER, "contracts", SAME, "bucket-netted withdrawals over the window", JUDGED),
    Field("filled", NUMBER, "contracts", SAME, "fills over the window, hidden included", JUDGED),
    Field("churn", NUMBER, "0-1", SAME, "share of gross flow that netted out", JUDGED),
    Field("depth_in_zone", NUMBER, "contracts", SAME, "displayed by the defenders in the zone now", JUDGED),
    Field("hidden_share", NUMBER, "0-1", SAME, "hidden fills / fills", JUDGED),
    Field(
        "defending_price",
        PRICE,
        "profile unit",
        NEGATED,
        "defenders' quote nearest the level; NaN without one",
        OPTIONAL,
    ),
    Field("defending_size", NUMBER, "contracts", SAME, "its size", OPTIONAL),
    Field("visible_fraction", NUMBER, "0-1", SAME, "visible ticks of the zone / ticks of the zone"),
    Field("window_s", NUMBER, "s", SAME, "span the flows cover"),
    Field("seen_s", NUMBER, "s", SAME, "how long the judged part of the zone has been in sight"),
    Field("time_to_clear_s", NUMBER, "s", SAME, "depth / net loss rate; NaN when not being cleared", OPTIONAL),
    Field("tags", WHOLE, "bits", SAME, "what else is true of the barrier (Tag)"),
    Field(
        "flicker_share",
        NUMBER,
        "0-1",
        SAME,
        "additions in the zone withdrawn again within half a second / additions",
        JUDGED,
    ),
    Field(
        "refill_half_life_s",
        NUMBER,
        "s",
        SAME,
        "half-life of the recovery from its last shock, 30 is 30 or more; NaN without",
        OPTIONAL,
    ),
    Field(
        "iceberg_executed",
        NUMBER,
        "contracts",
        SAME,
        "filled from an apparent iceberg in the zone; NaN without one",
        OPTIONAL,
    ),
    Field(
        "iceberg_peak",
        NUMBER,
        "contracts",
        SAME,
        "typical size it shows again after being hit; NaN without one",
        OPTIONAL,
    ),
    Field(
        "iceberg_remaining",
        NUMBER,
        "contracts",
        SAME,
        "median left, by the icebergs that ended before; NaN without enough of them",
        OPTIONAL,
    ),
    Field("alarm", CODE, "code", SAME, "sudden change of the flows that is under way", codes=BarrierAlarm),
    Field("alarm_age_s", NUMBER, "s", SAME, "since the change behind the alarm began; NaN without an alarm", OPTIONAL),
    Field("bucket_added", NUMBER, "contracts", SAME, "added in the zone during the last snap interval", JUDGED),
    Field("bucket_pulled", NUMBER, "contracts", SAME, "pulled in the zone during the last snap interval", JUDGED),
    Field("bucket_filled", NUMBER, "contracts", SAME, "filled in the zone during the last snap interval", JUDGED),
    Field("long_window_s", NUMBER, "s", SAME, "span of the long window the level has been in sight"),
    Field("long_window_delta", NUMBER, "contracts", SAME, "added - pulled - filled over the long window", JUDGED),
    Field("long_window_filled", NUMBER, "contracts", SAME, "filled over the long window", JUDGED),
    Field(
        "tape_imbalance",
        NUMBER,
        "-1..1",
        NEGATED,
        "(buys - sells) / (buys + sells + typical best size) in the band; + is buying",
    ),
    Field(
        "buy_volume", NUMBER, "contracts", trades_places("sell_volume"), "aggressive buys in the band over the window"
    ),
    Field(
        "sell_volume", NUMBER, "contracts", trades_places("buy_volume"), "aggressive sells in the band over the window"
    ),
    Field("velocity", NUMBER, "points/s", NEGATED, "of the futures microprice; + is up"),
    Field("acceleration", NUMBER, "points/s^2", NEGATED, "of the futures microprice"),
    Field("jerk", NUMBER, "points/s^3", NEGATED, "of the futures microprice"),
    Field("velocity_z", NUMBER, "sd", NEGATED, "velocity / its spread on a driftless walk of the measured volatility"),
    Field("acceleration_z", NUMBER, "sd", NEGATED, "the same of the acceleration"),
    Field("jerk_z", NUMBER, "sd", NEGATED, "the same of the jerk"),
    Field(
        "arrival_s",
        NUMBER,
        "s",
        SAME,
        "until the level is reached at this motion, at most 120; NaN when it is not being approached",
        OPTIONAL,
    ),
    Field(
        "large_buys",
        NUMBER,
        "contracts",
        trades_places("large_sells"),
        "bought in the band by large orders over the window",
    ),
    Field(
        "large_sells",
        NUMBER,
        "contracts",
        trades_places("large_buys"),
        "sold in the band by large orders over the window",
    ),
    Field("sweep_direction", WHOLE, "+1/0/-1", NEGATED, "latest sweep that touched the band; 0 for none"),
    Field("sweep_volume", NUMBER, "contracts", SAME, "its size", SWEPT),
    Field("sweep_notional", NUMBER, "currency", NEGATED, "its price x size x multiplier", SWEPT),
    Field("sweep_prints", NUMBER, "count", SAME, "its fills", SWEPT),
    Field("sweep_levels", NUMBER, "count", SAME, "prices it took", SWEPT),
    Field("sweep_age_s", NUMBER, "s", SAME, "since it happened; NaN for none", SWEPT),
    Field("sweep_window_ms", NUMBER, "ms", SAME, "first print to last; NaN for none", SWEPT),
    *FUEL_FIELDS,
    Field("ofi_1s", NUMBER, "usual queues", SAME, "integrated order-flow imbalance over 1 s towards the break"),
    Field("ofi_5s", NUMBER, "usual queues", SAME, "the same over 5 s"),
    Field("ofi_15s", NUMBER, "usual queues", SAME, "the same over 15 s"),
    Field("ofi_60s", NUMBER, "usual queues", SAME, "the same over 60 s"),
    Field("ofi_z", NUMBER, "sd", SAME, "ofi_5s / its usual spread", OPTIONAL),
    Field(
        "ofi_best_5s", NUMBER, "contracts", SAME, "order-flow imbalance at the best prices over 5 s towards the break"
    ),
    Field(
        "ofi_depth_5s", NUMBER, "contracts", SAME, "net displayed flow of ten prices a side over 5 s towards the break"
    ),
    Field("queue_imbalance", NUMBER, "-1..1", SAME, "of the best sizes, towards the break"),
    Field(
        "approach_velocity", NUMBER, "profile unit/min", SAME, "of the last one-minute closes, + is towards the level"
    ),
    Field("approach_bars", NUMBER, "count", SAME, "latest one-minute bars in a row that moved towards the level"),
    Field("approach_distance", NUMBER, "profile unit", SAME, "distance covered over those closes"),
    Field("prior_touches", NUMBER, "count", SAME, "touches of the level before the one in progress"),
    Field("attempt", NUMBER, "count", SAME, "which attempt of its cluster the latest touch is; 0 before any"),
    Field(
        "attempt_delta_trend",
        NUMBER,
        "contracts",
        SAME,
        "delta_liq now - at the cluster's first attempt; NaN before a second",
        OPTIONAL,
    ),
    Field("attempt_replenishment_trend", NUMBER, "ratio", SAME, "the same of the replenishment ratio", OPTIONAL),
    Field("attempt_velocity_trend", NUMBER, "points/s", SAME, "the same of the velocity towards the break", OPTIONAL),
    Field(
        "attempt_imbalance_trend", NUMBER, "-1..1", SAME, "the same of the tape imbalance towards the break", OPTIONAL
    ),
    Field("confluence_count", NUMBER, "count", SAME, "other levels within the confluence band"),
    Field(
        "confluence_pressure",
        NUMBER,
        "0-1",
        SAME,
        "weight of their kinds, fading with distance, 1 - prod(1 - w (1 - d / band))",
    ),
    Field(
        "confluence_strength",
        NUMBER,
        "0-1",
        SAME,
        "weight of all kinds within the band, the level's own included, 1 - prod(1 - w)",
    ),
    Field(
        "confluence_alignment", WHOLE, "+1/0/-1", SAME, "+1 backed by the trend of the moving averages, -1 against it"
    ),
    Field(
        "confluence_centre",
        PRICE,
        "profile unit",
        NEGATED,
        "weighted mean price of the level and those within the confluence band",
    ),
    Field("runway_direction", SIDE, "+1/-1", NEGATED, "which way the level's score points: +1 up, -1 down"),
    Field(
        "runway_distance",
        NUMBER,
        "profile unit",
        SAME,
        "from the level to the next obstacle; NaN without one",
        OPTIONAL,
    ),
    Field("runway_kind", CODE, "code", OPPOSITE_KIND, "what the next obstacle is", OPTIONAL, codes=LevelKind),
    Field("runway_user_index", NUMBER, "index", SAME, "its place in the list of user levels, -1 for others", OPTIONAL),
    Field("runway_price", PRICE, "profile unit", NEGATED, "its price; NaN without one", OPTIONAL),
    Field("runway_obstructed", FLAG, "0/1", SAME, "a lesser level lies between"),
    Field("spot", PRICE, "profile unit", NEGATED, "price the distances are measured from"),
    Field("bid", PRICE, "profile unit", negated_from("ask"), "best bid", OPTIONAL),
    Field("ask", PRICE, "profile unit", negated_from("bid"), "best ask", OPTIONAL),
    Field("ratio", NUMBER, "ratio", SAME, "futures price / profile price"),
    Field(
        "microprice",
        PRICE,
        "points",
        NEGATED,
        "size-weighted middle of the future's best prices; NaN without a book",
        OPTIONAL,
    ),
    Field("sigma_1m", NUMBER, "points/sqrt(min)", SAME, "volatility of the future"),
    Field(
        "atr", NUMBER, "profile unit", SAME, "average true range of 14 one-minute bars; NaN before the first", OPTIONAL
    ),
    Field("as_of_age_ns", WHOLE, "ns", SAME, "snap time - time of the last record"),
    Field(
        "minutes_since_open",
        NUMBER,
        "min",
        SAME,
        "since 09:30 ET; negative before; NaN on a day without regular hours",
        OPTIONAL,
    ),
    Field("in_window", FLAG, "0/1", SAME, "inside the signal window"),
    Field("trust_depth", CODE, "code", SAME, "whether the depth feed may be believed", codes=Trust),
    Field("trust_tape", CODE, "code", SAME, "whether the tape may be believed", codes=Trust),
    Field("trust_options", CODE, "code", SAME, "whether the options may be believed", codes=Trust),
    Field("trust_equity", CODE, "code", SAME, "whether the equity may be believed", codes=Trust),
    Field(
        "input_fingerprint_high",
        WHOLE,
        "integer",
        UNRELATED,
        "upper 32 bits of a fingerprint of every record consumed so far",
    ),
    Field(
        "input_fingerprint_low",
        WHOLE,
        "integer",
        UNRELATED,
        "lower 32 bits of the same: equal fingerprints, equal inputs",
    ),
    Field("passed", FLAG, "0/1", SAME, "the mid is past the level, whose zone is judged by what it held"),
    Field("barrier_score", NUMBER, "0-100", SAME, "what the barrier says for the break; NaN when left out", OPTIONAL),
    Field("fuel_score", NUMBER, "0-100", SAME, "what the fuel says for the break; NaN when left out", OPTIONAL),
    Field("tape_score", NUMBER, "0-100", SAME, "what the tape says for the break; NaN when left out", OPTIONAL),
    Field("barrier_weight", NUMBER, "0-1", SAME, "confidence of the barrier; 0 when left out"),
    Field("fuel_weight", NUMBER, "0-1", SAME, "confidence of the fuel; 0 when left out"),
    Field("tape_weight", NUMBER, "0-1", SAME, "confidence of the tape; 0 when left out"),
    Field(
        "effort",
        NUMBER,
        "contracts",
        SAME,
        "filled in the zone over w_response, against the defenders; NaN beyond the band",
        OPTIONAL,
    ),
    Field(
        "progress", NUMBER, "points", SAME, "way of the mid towards the break meanwhile; NaN beyond the band", OPTIONAL
    ),
    Field(
        "absorption",
        NUMBER,
        "contracts/tick",
        SAME,
        "effort for each tick of way made: high where aggression is absorbed; NaN beyond the band",
        OPTIONAL,
    ),
)
"""All columns of a level. Their order here means nothing."""

SHARED_COLUMNS: Final[tuple[str, ...]] = (
    "spot", "bid", "ask", "ratio", "microprice", "sigma_1m", "atr", "as_of_age_ns", "minutes_since_open", "in_window",
    "trust_depth", "trust_tape", "trust_options", "trust_equity", "input_fingerprint_high", "input_fingerprint_low",
    "velocity", "acceleration", "jerk", "velocity_z", "acceleration_z", "jerk_z", "approach_distance", "call_wall",
    "call_wall_sign", "put_wall", "put_wall_sign", "gamma_flip", "ofi_1s", "ofi_5s", "ofi_15s", "ofi_60s", "ofi_z",
    "ofi_best_5s", "ofi_depth_5s", "queue_imbalance", "approach_velocity",
)  # fmt: skip
"""Columns that say the same of every level of a snap, or with the other sign of those faced from above: written once a
snap."""

TURNED_COLUMNS: Final = SHARED_COLUMNS[SHARED_COLUMNS.index("ofi_1s") :]
"""Those of them whose sign a support turns round."""

HASH_ORDER: Final[tuple[str, ...]] = (
    "kind", "user_index", "price", "tick", "width_ticks", "valid_from_s", "dynamic", "strong", "direction",
    "distance", "x", "in_band", "held", "running_price", "touching", "score_raw", "score", "signal",
    "confidence", "confidence_label", "attribution_barrier", "attribution_fuel", "attribution_tape",
    "barrier_state", "p_vacuum", "p_consumed", "p_weak", "p_neutral", "p_absorption", "p_wall",
    "barrier_confidence", "delta_liq", "replenishment", "added", "pulled", "filled", "churn",
    "depth_in_zone", "hidden_share", "defending_price", "defending_size", "visible_fraction", "window_s",
    "seen_s", "time_to_clear_s", "tags", "flicker_share", "refill_half_life_s", "iceberg_executed",
    "iceberg_peak", "iceberg_remaining", "alarm", "alarm_age_s", "bucket_added", "bucket_pulled",
    "bucket_filled", "long_window_s", "long_window_delta", "long_window_filled", "tape_imbalance",
    "buy_volume", "sell_volume", "velocity", "acceleration", "jerk", "velocity_z", "acceleration_z",
    "jerk_z", "arrival_s", "large_buys", "large_sells", "sweep_direction", "sweep_volume", "sweep_notional",
    "sweep_prints", "sweep_levels", "sweep_age_s", "sweep_window_ms", "hedge", "hedge_low", "hedge_high",
    "fuel_effect", "fuel_confidence", "gamma_velocity", "net_dealer_gamma", "convention_dependent",
    "call_wall", "call_wall_sign", "put_wall", "put_wall_sign", "gamma_flip", "ofi_1s", "ofi_5s", "ofi_15s",
    "ofi_60s", "ofi_z", "ofi_best_5s", "ofi_depth_5s", "queue_imbalance", "approach_velocity",
    "approach_bars", "approach_distance", "prior_touches", "attempt", "attempt_delta_trend",
    "attempt_replenishment_trend", "attempt_velocity_trend", "attempt_imbalance_trend", "confluence_count",
    "confluence_pressure", "confluence_strength", "confluence_alignment", "confluence_centre",
    "runway_direction", "runway_distance", "runway_kind", "runway_user_index", "runway_price",
    "runway_obstructed", "spot", "bid", "ask", "ratio", "microprice", "sigma_1m", "atr", "as_of_age_ns",
    "minutes_since_open", "in_window", "trust_depth", "trust_tape", "trust_options", "trust_equity",
    "input_fingerprint_high", "input_fingerprint_low", "passed", "barrier_score", "fuel_score", "tape_score",
    "barrier_weight", "fuel_weight", "tape_weight", "effort", "progress", "absorption",
)  # fmt: skip
"""The order in which a level's numbers stand in memory, in a SIGNAL frame of the journal and in the signal hash.

A new column is appended; what stands here never moves.
"""
