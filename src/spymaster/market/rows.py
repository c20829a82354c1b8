"""The published row of one level at one snap, and of the snap itself: what Gold stores, exports and the hash covers.

Every field of a level row is a little-endian float64 so that a row is one packed run of numbers; integers are exact
below 2**53, codes are those of the enumerations below, absent values are the one quiet NaN.
"""

from __future__ import annotations

import enum
from typing import Final

import numpy as np

from spymaster.market.option_rows import FUEL_FIELDS, OPTION_SUMMARY

SCHEMA_VERSION: Final = 4
"""Version of the row layout; raised with every change of ``LEVEL_FIELDS`` or ``ALERT_ROW``."""


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
    FLEETING = 4


LEVEL_FIELDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("kind", "code", "LevelKind"),
    ("ordinal", "index", "place in the list of user levels; -1 for others"),
    ("price", "profile unit", "price of the level"),
    ("tick", "ticks", "nearest tick of the futures contract"),
    (
        "width_ticks",
        "ticks of the future",
        "width the noise of the price ratio gives the level; 0 without",
    ),
    ("valid_from_s", "s since 1970 UTC", "since when the level exists at all"),
    ("dynamic", "0/1", "its price moves with the market"),
    ("strong", "0/1", "an obstacle by its kind"),
    ("direction", "+1/-1", "+1 resistance (break is up), -1 support (break is down)"),
    ("distance", "profile unit", "|level - spot|"),
    ("x", "profile unit", "signed distance still to go; negative once price is beyond"),
    ("in_band", "0/1", "inside the monitor band"),
    ("frozen", "0/1", "a moving level held still because price is at it"),
    ("running_price", "profile unit", "where the level would be if it were not held; its price otherwise"),
    ("touching", "0/1", "inside the touch band"),
    ("score_raw", "0-100", "score before smoothing; NaN without evidence or beyond the band"),
    ("score", "0-100", "smoothed score"),
    ("signal", "code", "Signal"),
    ("confidence", "0-1", "weight of the evidence"),
    ("confidence_label", "code", "Confidence"),
    ("attribution_barrier", "points", "share of the barrier in score - 50; NaN when missing"),
    ("attribution_fuel", "points", "share of the fuel in score - 50; NaN when missing"),
    ("attribution_tape", "points", "share of the tape in score - 50; NaN when missing"),
    ("barrier_state", "code", "BarrierState"),
    ("p_vacuum", "0-1", "probability of VACUUM"),
    ("p_consumed", "0-1", "probability of CONSUMED"),
    ("p_weak", "0-1", "probability of WEAK"),
    ("p_neutral", "0-1", "probability of NEUTRAL"),
    ("p_absorption", "0-1", "probability of ABSORPTION"),
    ("p_wall", "0-1", "probability of WALL"),
    ("barrier_confidence", "0-1", "probability of the state x visible fraction"),
    ("delta_liq", "contracts", "added - pulled - filled over the window, smoothed"),
    ("replenishment", "ratio", "added / (pulled + filled), shrunk to 1, smoothed"),
    ("added", "contracts", "bucket-netted additions over the window"),
    ("pulled", "contracts", "bucket-netted withdrawals over the window"),
    ("filled", "contracts", "fills over the window, hidden included"),
    ("churn", "0-1", "share of gross flow that netted out"),
    ("depth_in_zone", "contracts", "displayed by the defenders in the zone now"),
    ("hidden_share", "0-1", "hidden fills / fills"),
    ("defending_price", "profile unit", "defenders' quote nearest the level; NaN without one"),
    ("defending_size", "contracts", "its size"),
    ("visible_fraction", "0-1", "visible ticks of the zone / ticks of the zone"),
    ("window_s", "s", "span the flows cover"),
    ("seen_s", "s", "how long the judged part of the zone has been in sight"),
    ("time_to_clear_s", "s", "depth / net loss rate; NaN when not being cleared"),
    ("tags", "bits", "Tag"),
    ("fleeting_share", "0-1", "additions in the zone withdrawn again within half a second / additions"),
    ("refill_half_life_s", "s", "half-life of the recovery from its last shock, 30 is 30 or more; NaN without"),
    ("iceberg_executed", "contracts", "filled from an apparent iceberg in the zone; NaN without one"),
    ("iceberg_peak", "contracts", "typical size it shows again after being hit; NaN without one"),
    ("iceberg_remaining", "contracts", "median left, by the icebergs that ended before; NaN without enough of them"),
    ("alarm", "code", "BarrierAlarm"),
    ("alarm_age_s", "s", "since the change behind the alarm began; NaN without an alarm"),
    ("bucket_added", "contracts", "added in the zone during the last snap interval"),
    ("bucket_pulled", "contracts", "pulled in the zone during the last snap interval"),
    ("bucket_filled", "contracts", "filled in the zone during the last snap interval"),
    ("context_s", "s", "span of the long window the level has been in sight"),
    ("context_delta", "contracts", "added - pulled - filled over the long window"),
    ("context_filled", "contracts", "filled over the long window"),
    ("tape_imbalance", "-1..1", "(buys - sells) / (buys + sells + typical best size) in the band; + is buying"),
    ("buy_volume", "contracts", "aggressive buys in the band over the window"),
    ("sell_volume", "contracts", "aggressive sells in the band over the window"),
    ("velocity", "points/s", "of the futures microprice; + is up"),
    ("acceleration", "points/s^2", "of the futures microprice"),
    ("jerk", "points/s^3", "of the futures microprice"),
    ("velocity_z", "sd", "velocity / its spread on a driftless walk of the measured volatility"),
    ("acceleration_z", "sd", "the same of the acceleration"),
    ("jerk_z", "sd", "the same of the jerk"),
    ("arrival_s", "s", "until the level is reached at this motion, at most 120; NaN when it is not being approached"),
    ("large_buys", "contracts", "bought in the band by large orders over the window"),
    ("large_sells", "contracts", "sold in the band by large orders over the window"),
    ("sweep_direction", "+1/0/-1", "latest sweep that touched the band; 0 for none"),
    ("sweep_volume", "contracts", "its size"),
    ("sweep_notional", "currency", "its price x size x multiplier"),
    ("sweep_prints", "count", "its fills"),
    ("sweep_levels", "count", "prices it took"),
    ("sweep_age_s", "s", "since it happened; NaN for none"),
    ("sweep_window_ms", "ms", "first print to last; NaN for none"),
    *FUEL_FIELDS,
    ("ofi_1s", "usual queues", "integrated order-flow imbalance over 1 s towards the break"),
    ("ofi_5s", "usual queues", "the same over 5 s"),
    ("ofi_15s", "usual queues", "the same over 15 s"),
    ("ofi_60s", "usual queues", "the same over 60 s"),
    ("ofi_z", "sd", "ofi_5s / its usual spread"),
    ("ofi_best_5s", "contracts", "order-flow imbalance at the best prices over 5 s towards the break"),
    ("ofi_depth_5s", "contracts", "net displayed flow of ten prices a side over 5 s towards the break"),
    ("queue_imbalance", "-1..1", "of the best sizes, towards the break"),
    ("approach_velocity", "profile unit/min", "of the last one-minute closes, + is towards the level"),
    ("approach_bars", "count", "latest one-minute bars in a row that moved towards the level"),
    ("approach_distance", "profile unit", "way made over those closes"),
    ("prior_touches", "count", "touches of the level before the one in progress"),
    ("attempt", "count", "which attempt of its cluster the latest touch is; 0 before any"),
    ("attempt_delta_trend", "contracts", "delta_liq now - at the cluster's first attempt; NaN before a second"),
    ("attempt_replenishment_trend", "ratio", "the same of the replenishment ratio"),
    ("attempt_velocity_trend", "points/s", "the same of the velocity towards the break"),
    ("attempt_imbalance_trend", "-1..1", "the same of the tape imbalance towards the break"),
    ("confluence_count", "count", "other levels within the confluence band"),
    ("confluence_pressure", "0-1", "weight of their kinds, fading with distance, 1 - prod(1 - w (1 - d / band))"),
    ("confluence_strength", "0-1", "weight of all kinds within the band, the level's own included, 1 - prod(1 - w)"),
    ("confluence_alignment", "+1/0/-1", "+1 backed by the trend of the moving averages, -1 against it"),
    ("confluence_group", "profile unit", "weighted mean price of the level and those within the confluence band"),
    ("runway_direction", "+1/-1", "which way the level's score points: +1 up, -1 down"),
    ("runway_distance", "profile unit", "from the level to the next obstacle; NaN without one"),
    ("runway_kind", "code or NaN", "LevelKind"),
    ("runway_ordinal", "index or NaN", "its place in the list of user levels, -1 for others"),
    ("runway_price", "profile unit", "its price; NaN without one"),
    ("runway_obstructed", "0/1", "a lesser level lies between"),
    ("spot", "profile unit", "price the distances are measured from"),
    ("bid", "profile unit", "best bid"),
    ("ask", "profile unit", "best ask"),
    ("ratio", "ratio", "futures price / profile price"),
    ("microprice", "points", "size-weighted middle of the future's best prices"),
    ("sigma_1m", "points/sqrt(min)", "volatility of the future"),
    ("atr", "profile unit", "average true range of 14 one-minute bars; NaN before the first"),
    ("as_of_age_ns", "ns", "snap time - time of the last record"),
    ("minutes_since_open", "min", "since 09:30 ET; negative before; NaN on a day without regular hours"),
    ("in_window", "0/1", "inside the signal window"),
    ("trust_depth", "code", "Trust"),
    ("trust_tape", "code", "Trust"),
    ("trust_options", "code", "Trust"),
    ("trust_equity", "code", "Trust"),
    ("input_fold_high", "integer", "upper 32 bits of a fold over every record consumed so far"),
    ("input_fold_low", "integer", "lower 32 bits of the same: equal folds, equal inputs"),
)

LEVEL_ROW: Final = np.dtype([(name, "<f8") for name, _, _ in LEVEL_FIELDS])

INPUTS: Final = ("depth", "tape", "options", "equity")
MASS_FIELDS: Final = ("added", "pulled", "filled", "hidden", "off_book", "traded", "residual", "outside")

SNAP: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("as_of_ns", "<i8"),
        ("session_date", "<i8"),
        ("levels", "<i8"),
        ("flows", "<i8"),
        ("alerts", "<i8"),
        ("orders", "<i8"),
        ("spot", "<f8"),
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("es_mid", "<f8"),
        ("es_last", "<f8"),
        ("microprice", "<f8"),
        ("velocity", "<f8"),
        ("acceleration", "<f8"),
        ("sigma_1m", "<f8"),
        ("atr", "<f8"),
        ("ratio", "<f8"),
        ("cvd", "<i8"),
        ("minutes_since_open", "<f8"),
        ("in_window", "<i8"),
        ("trust", "<i8", (len(INPUTS),)),
        ("trust_reason", "<i8", (len(INPUTS),)),
        ("mass", "<i8", (len(MASS_FIELDS),)),
        ("options", OPTION_SUMMARY),
    ]
)
"""One snap. ``trust`` and ``trust_reason``: of ``INPUTS``. ``mass``: contracts in the trust window, see
``MASS_FIELDS``. ``spot``, ``bid``, ``ask`` in the profile's unit, ``es_*`` and ``microprice`` in futures points,
``sigma_1m`` in points per square root of a minute; ``cvd``: aggressive buys - sells since the session began, contracts;
``atr`` in the profile's unit; ``options``: all absent without options."""

FLOW_ROW: Final = np.dtype(
    [
        ("ts_bucket_ns", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("added", "<i8"),
        ("pulled", "<i8"),
        ("filled", "<i8"),
        ("hidden", "<i8"),
        ("off_book", "<i8"),
        ("depth_start", "<i8"),
        ("depth_end", "<i8"),
        ("visible_ns", "<i8"),
    ]
)
"""One bucket, side and price with any flow. Contracts; depth -1 where unseen; ``side`` is the code of B, A, or N for
off-book volume."""

ALERT_ROW: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("raised_ns", "<i8"),
        ("session_date", "<i8"),
        ("event", "<i8"),
        ("kind", "<i8"),
        ("ordinal", "<i8"),
        ("price", "<f8"),
        ("direction", "<i8"),
        ("signal", "<i8"),
        ("confidence_label", "<i8"),
        ("barrier_state", "<i8"),
        ("in_window", "<i8"),
        ("reason", "<i8"),
        ("score", "<f8"),
        ("raised_score", "<f8"),
        ("peak_score", "<f8"),
        ("delta_liq", "<f8"),
        ("filled", "<f8"),
        ("pulled", "<f8"),
        ("added", "<f8"),
        ("window_s", "<f8"),
    ]
)
"""A signal raised, updated or resolved at ``t_ns``; ``event`` is ``AlertEvent``, ``reason`` is ``ResolveReason``.

``score``: at that snap; ``raised_score``: the one it was raised with; ``peak_score``: the furthest since then, the
highest, and of a REJECT, whose scores are low, the lowest."""


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


ORDER_ROW: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("side", "<i8"),
        ("size", "<i8"),
        ("prints", "<i8"),
        ("levels", "<i8"),
        ("low_tick", "<i8"),
        ("high_tick", "<i8"),
        ("last_tick", "<i8"),
    ]
)
"""One aggressive order put together again from its fills. ``side`` +1 buyer, -1 seller, 0 unknown."""
