"""The page of features is the table of features, and answers every column of the system before."""

from __future__ import annotations

import re
from collections import Counter

from spymaster.learn.dataset.columns import COLUMNS
from tests.support.features_doc import PAGE, page

_TIMES = ("time_to_threshold", "time_to_break", "time_to_bounce")
_LABELS = (
    "outcome", "excursion_max", "excursion_min", "strength_signed", "strength_abs",
    *(f"{name}_{k}" for name in _TIMES for k in (1, 2)),
    "tradeable_1", "tradeable_2", "confirm_ts_ns", "anchor_spot", "future_price",
)  # fmt: skip
BEFORE = (
    "event_id", "ts_ns", "timestamp", "level_price", "level_kind", "level_kind_name", "direction", "entry_price",
    "zone_width", "date",
    "barrier_state", "barrier_delta_liq", "barrier_replenishment_ratio", "wall_ratio", "tape_imbalance", "tape_buy_vol",
    "tape_sell_vol", "tape_velocity", "sweep_detected", "fuel_effect", "gamma_exposure",
    *(f"{name}_{w}min" for name in ("velocity", "acceleration", "jerk") for w in (1, 3, 5, 10, 20)),
    *(f"momentum_trend_{w}min" for w in (3, 5, 10, 20)),
    *(f"{name}_{w}s" for name in ("ofi", "ofi_near_level") for w in (30, 60, 120, 300)), "ofi_acceleration",
    *(f"barrier_{name}_{w}min" for name in ("delta", "pct_change") for w in (1, 3, 5)), "barrier_depth_current",
    *(f"dist_to_{name}{unit}" for name in ("pm_high", "pm_low", "or_high", "or_low", "sma_200", "sma_400")
      for unit in ("", "_atr")),
    "dist_to_tested_level", *(f"level_stacking_{points}pt" for points in (2, 5, 10)),
    *(f"{name}_{band}strike" for name in ("gex_above", "gex_below", "call_gex_above", "put_gex_below")
      for band in (1, 2, 3)),
    "gex_asymmetry", "gex_ratio", "net_gex_2strike", "predicted_accel", "accel_residual", "force_mass_ratio",
    "atr", "approach_velocity", "approach_bars", "approach_distance", "prior_touches", "minutes_since_open",
    "bars_since_open", "wall_ratio_nonzero", "wall_ratio_log", "barrier_delta_liq_nonzero", "barrier_delta_liq_log",
    "spot", "distance_signed", "distance_signed_atr", "distance_signed_pct",
    *(f"dist_to_{name}_pct" for name in ("pm_high", "pm_low", "sma_200", "sma_400")),
    "approach_distance_atr", "approach_distance_pct", "level_price_pct",
    "attempt_index", "attempt_cluster_id", "barrier_replenishment_trend", "barrier_delta_liq_trend",
    "tape_velocity_trend", "tape_imbalance_trend",
    *(f"{name}{window}" for window in ("_2min", "_4min", "_8min", "") for name in _LABELS),
)  # fmt: skip
"""The columns of the system before, as they were named."""

ROW = re.compile(r"^\| `(\w+)` \| (same|mended|dropped) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
SECTION = PAGE.read_text(encoding="utf-8").split("\n## 4 ")[1]
ANSWERS = ROW.findall(SECTION)
OF_DATA_SETS = {column.name for column in COLUMNS} | {"date"}
"""The trade date stands in the path of a part."""


def test_the_page_shows_every_feature_as_it_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.support.features_doc writes it"


def test_every_column_of_the_system_before_is_answered_once() -> None:
    assert len(BEFORE) == 182
    assert Counter(name for name, *_ in ANSWERS) == Counter(BEFORE)
    assert SECTION.count("\n| `") == len(ANSWERS), "every row of the table is an answer"


def test_what_is_kept_has_a_name_here_and_what_is_dropped_has_none() -> None:
    wrong = [name for name, here, names, _ in ANSWERS if (here == "dropped") != (not names.strip())]
    assert wrong == []


def test_what_is_not_the_same_says_why() -> None:
    assert [name for name, here, _, why in ANSWERS if here != "same" and len(why) < 10] == []


def test_every_name_here_is_a_feature_or_a_column_of_a_data_set() -> None:
    named = [name for _, _, names, _ in ANSWERS for name in re.findall(r"`(\w+)`", names)]
    assert len(named) > 100
    assert sorted(set(named) - OF_DATA_SETS) == []
