"""The published row of one level at one snap, and of the snap itself: what Gold stores, exports and the hash covers.

Every field of a level row is a little-endian float64 so that a row is one packed run of numbers; integers are exact
below 2**53, codes are those of ``market.columns.codes``, absent values are the one quiet NaN.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.columns.codes import (
    AlertEvent,
    BarrierAlarm,
    BarrierState,
    Confidence,
    ResolveReason,
    Signal,
    Tag,
    Trust,
    TrustReason,
)
from spymaster.market.columns.fields import (
    NEGATED,
    OPPOSITE_BOOK_SIDE,
    OPPOSITE_KIND,
    SAME,
    Absent,
    Field,
    Type,
    row_dtype,
)
from spymaster.market.columns.level_fields import (
    HASH_ORDER,
    LEVEL_FIELDS,
    SCHEMA_VERSION,
    SHARED_COLUMNS,
    TURNED_COLUMNS,
)
from spymaster.market.levels import LevelKind
from spymaster.market.option_rows import OPTION_SUMMARY

__all__ = [
    "ALERT_FIELDS",
    "ALERT_ROW",
    "FLOW_FIELDS",
    "FLOW_ROW",
    "INPUTS",
    "LEVEL_FIELDS",
    "LEVEL_ROW",
    "ORDER_ROW",
    "SCHEMA_VERSION",
    "SHARED_COLUMNS",
    "SNAP",
    "TOTALS",
    "TURNED_COLUMNS",
    "AlertEvent",
    "BarrierAlarm",
    "BarrierState",
    "Confidence",
    "ResolveReason",
    "Signal",
    "Tag",
    "Trust",
    "TrustReason",
]

LEVEL_ROW: Final = row_dtype(LEVEL_FIELDS, HASH_ORDER)
"""One level at one snap, in the order the signal hash covers."""

INPUTS: Final = ("depth", "tape", "options", "equity")
TOTALS: Final = ("added", "pulled", "filled", "hidden", "off_book", "traded", "residual", "outside")

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
        ("totals", "<i8", (len(TOTALS),)),
        ("options", OPTION_SUMMARY),
    ]
)
"""One snap. ``trust`` and ``trust_reason``: of ``INPUTS``. ``totals``: contracts in the trust window, see
``TOTALS``. ``spot``, ``bid``, ``ask`` in the profile's unit, ``es_*`` and ``microprice`` in futures points,
``sigma_1m`` in points per square root of a minute; ``cvd``: aggressive buys - sells since the session began, contracts;
``atr`` in the profile's unit; ``options``: all absent without options."""

FLOW_FIELDS: Final[tuple[Field, ...]] = (
    Field("ts_bucket_ns", Type.WHOLE, "ns", SAME, "end of the bucket", dtype="<i8"),
    Field("side", Type.WHOLE, "code", OPPOSITE_BOOK_SIDE, "code of B or A, or of N for off-book volume", dtype="<i8"),
    Field("tick", Type.TICK, "ticks", NEGATED, "price; in tables in points", dtype="<i8"),
    Field("added", Type.WHOLE, "contracts", SAME, "bucket-netted additions", dtype="<i8"),
    Field("pulled", Type.WHOLE, "contracts", SAME, "bucket-netted withdrawals", dtype="<i8"),
    Field("filled", Type.WHOLE, "contracts", SAME, "fills, hidden included", dtype="<i8"),
    Field("hidden", Type.WHOLE, "contracts", SAME, "fills of size that was not displayed", dtype="<i8"),
    Field("off_book", Type.WHOLE, "contracts", SAME, "traded outside the book", dtype="<i8"),
    Field(
        "depth_start", Type.WHOLE, "contracts", SAME, "displayed when the bucket began; -1 where unseen", dtype="<i8"
    ),
    Field("depth_end", Type.WHOLE, "contracts", SAME, "displayed when it ended; -1 where unseen", dtype="<i8"),
    Field("visible_ns", Type.WHOLE, "ns", SAME, "how long of it the price was in sight", dtype="<i8"),
)

FLOW_ROW: Final = row_dtype(FLOW_FIELDS)
"""One bucket, side and price with any flow."""

ALERT_FIELDS: Final[tuple[Field, ...]] = (
    Field("t_ns", Type.WHOLE, "ns", SAME, "the snap it happened at", dtype="<i8"),
    Field("raised_ns", Type.WHOLE, "ns", SAME, "the snap the signal was raised at", dtype="<i8"),
    Field("session_date", Type.WHOLE, "yyyymmdd", SAME, "trade date it was raised on", dtype="<i8"),
    Field("event", Type.CODE, "code", SAME, "raised, updated or resolved", codes=AlertEvent, dtype="<i8"),
    Field("kind", Type.CODE, "code", OPPOSITE_KIND, "what the level is", codes=LevelKind, dtype="<i8"),
    Field("user_index", Type.WHOLE, "index", SAME, "place in the list of user levels; -1 for others", dtype="<i8"),
    Field("price", Type.PRICE, "profile unit", NEGATED, "price of the level"),
    Field("direction", Type.SIDE, "+1/-1", NEGATED, "+1 resistance, -1 support, when it was raised", dtype="<i8"),
    Field("signal", Type.CODE, "code", SAME, "what the trigger says", codes=Signal, dtype="<i8"),
    Field("confidence_label", Type.CODE, "code", SAME, "weight of the evidence", codes=Confidence, dtype="<i8"),
    Field("barrier_state", Type.CODE, "code", SAME, "what the liquidity is doing", codes=BarrierState, dtype="<i8"),
    Field("in_window", Type.FLAG, "0/1", SAME, "inside the signal window", dtype="<i8"),
    Field("reason", Type.CODE, "code", SAME, "why it ended", codes=ResolveReason, dtype="<i8"),
    Field("score", Type.NUMBER, "0-100", SAME, "smoothed score at that snap", Absent.OPTIONAL),
    Field("raised_score", Type.NUMBER, "0-100", SAME, "the score it was raised with"),
    Field("peak_score", Type.NUMBER, "0-100", SAME, "the furthest since: the highest, of a REJECT the lowest"),
    Field("delta_liq", Type.NUMBER, "contracts", SAME, "added - pulled - filled, smoothed", Absent.OPTIONAL),
    Field("filled", Type.NUMBER, "contracts", SAME, "fills over the window", Absent.OPTIONAL),
    Field("pulled", Type.NUMBER, "contracts", SAME, "bucket-netted withdrawals over it", Absent.OPTIONAL),
    Field("added", Type.NUMBER, "contracts", SAME, "bucket-netted additions over it", Absent.OPTIONAL),
    Field("window_s", Type.NUMBER, "s", SAME, "span the flows cover", Absent.OPTIONAL),
    Field(
        "outcome_30s",
        Type.NUMBER,
        "points",
        SAME,
        "30 s later: the mid beyond the level towards the break",
        Absent.OPTIONAL,
    ),
    Field("outcome_120s", Type.NUMBER, "points", SAME, "the same 120 s later", Absent.OPTIONAL),
    Field("outcome_240s", Type.NUMBER, "points", SAME, "the same 240 s later", Absent.OPTIONAL),
    Field(
        "outcome_first",
        Type.WHOLE,
        "+1/0/-1",
        SAME,
        "which came first: outcome_points beyond the level, or back from it; 0 neither so far, or not known",
        dtype="<i8",
    ),
    Field("outcome_first_s", Type.NUMBER, "s", SAME, "how long after it was raised that was", Absent.OPTIONAL),
)

ALERT_ROW: Final = row_dtype(ALERT_FIELDS)
"""A signal raised, updated or resolved."""

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
