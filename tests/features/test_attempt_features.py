"""What each feature says, on markets drawn by hand: towards the break, in its unit, NaN where it is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.features.attempt_features import ATTEMPT_FEATURES, SCHEMA
from spymaster.features.follower import FeatureFollower
from spymaster.features.schema import Group
from spymaster.market.levels import LevelKind
from spymaster.market.option_rows import FuelEffect
from spymaster.market.rows import LEVEL_ROW, SNAP, BarrierAlarm, Trust
from tests.features.scene import BEGIN_NS, MIDDLE, SNAP_NS, Scene, broken, by_chance, lived

NAMES = [one.name for one in ATTEMPT_FEATURES]
PER_S = 4

Other = tuple[LevelKind, float, Mapping[str, Any]]


@dataclass(frozen=True)
class Drawn:
    """Snaps four times a second. ``price``: points from the level by second. ``columns``, ``snaps``: the same of every
    snap, or one for each. ``others``: further levels by kind, points from the first."""

    price: tuple[tuple[float, float], ...] = ((0.0, -3.0), (400.0, -3.0))
    columns: Mapping[str, Any] = field(default_factory=dict)
    snaps: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[Other, ...] = ()
    direction: int = 1
    sigma: float = 1.0

    @property
    def times(self) -> NDArray[np.float64]:
        return np.arange(0.0, self.price[-1][0] + 1.0 / PER_S, 1.0 / PER_S)

    def scene(self) -> Scene:
        count, levels = len(self.times), 1 + len(self.others)
        seconds, points = zip(*self.price, strict=True)
        path = np.interp(self.times, seconds, points) * self.direction
        snaps, rows = np.zeros(count, SNAP), np.zeros((count, levels), LEVEL_ROW)
        snaps["t_ns"], snaps["session_date"] = BEGIN_NS + SNAP_NS * np.arange(count), 20260317
        snaps["levels"], snaps["microprice"], snaps["sigma_1m"] = levels, MIDDLE + path, self.sigma
        for name in SNAP["options"].names or ():
            snaps["options"][name] = np.nan
        for name, value in self.snaps.items():
            snaps[name] = value
        for name, value in self.options.items():
            snaps["options"][name] = value
        for n, (kind, away, columns) in enumerate(((LevelKind.USER, 0.0, self.columns), *self.others)):
            row = rows[:, n]
            row["kind"], row["user_index"] = kind, 0 if kind is LevelKind.USER else -1
            row["price"] = MIDDLE + away * self.direction
            row["tick"] = np.rint(row["price"] * 4)
            row["direction"], row["ratio"], row["dynamic"] = self.direction, 1.0, kind.dynamic
            row["sigma_1m"], row["microprice"], row["strong"] = self.sigma, snaps["microprice"], kind.strong
            for name, value in columns.items():
                row[name] = value
        return Scene(snaps, rows)

    def features(self) -> dict[str, float]:
        """Of the first level at the last snap."""
        return dict(zip(NAMES, lived(self.scene()).follower.rows(np.array([0]))[0].tolist(), strict=True))


def of(**more: Any) -> dict[str, float]:
    return Drawn(**more).features()


RISING = ((0.0, -30.0), (1300.0, -30.0 + 1300.0 / 60.0))
"""A point a minute towards the level."""


def test_a_steady_rise_has_its_slope_in_every_window_and_no_acceleration() -> None:
    for direction in (1, -1):
        told = of(price=RISING, direction=direction, sigma=0.5)
        for window in ("1min", "3min", "5min", "10min", "20min"):
            assert told[f"velocity_{window}"] == pytest.approx(2.0)
            assert told[f"acceleration_{window}"] == pytest.approx(0.0, abs=1e-6)
            assert told[f"trend_{window}"] == pytest.approx(1.0)
        assert told["move_15s"] == pytest.approx(0.25 / (0.5 * 0.5), rel=0.02)
        assert told["range_5min"] == told["range_20min"] == 1.0


def test_what_becomes_steeper_accelerates() -> None:
    told = of(price=((0.0, -5.0), (70.0, -5.0), (100.0, -4.5)))
    # from nothing to a point a minute, from one half of a minute to the other
    assert told["acceleration_1min"] == pytest.approx(2.0, rel=0.05)


def test_a_way_there_and_back_has_no_trend_and_no_move() -> None:
    told = of(price=((0.0, -5.0), (70.0, -5.0), (85.0, -4.0), (100.0, -5.0)))
    assert told["trend_1min"] == pytest.approx(0.0, abs=0.05)
    assert told["move_30s"] == pytest.approx(0.0)
    assert told["move_15s"] < 0.0


def test_distance_is_beyond_the_level_and_negative_in_front_of_it() -> None:
    for direction in (1, -1):
        assert of(price=((0.0, -3.0), (5.0, -2.0)), direction=direction, sigma=0.5)["distance"] == -2.0
        assert of(price=((0.0, -3.0), (5.0, 0.5)), direction=direction, sigma=0.5)["distance_sigma"] == 1.0


def test_from_contact_on_a_level_that_moves_is_where_it_was_then() -> None:
    drawn = Drawn(price=((0.0, -3.0), (20.0, 0.0), (40.0, 0.5)))
    moving = np.where(drawn.times > 25.0, MIDDLE + 0.375, MIDDLE)
    assert replace(drawn, columns={"price": moving}).features()["distance"] == 0.5


def test_activity_is_what_price_did_against_the_published_volatility() -> None:
    steps = tuple((k + far, -5.0 + 0.25 * (k % 2)) for k in range(401) for far in (0.0, 0.9))
    # a quarter of a point each second is 0.25 sqrt 60 points a root minute
    assert of(price=steps, sigma=0.5)["activity_5min"] == pytest.approx(0.25 * math.sqrt(60.0) / 0.5, rel=0.01)


def test_windows_not_seen_yet_are_not_known() -> None:
    told = of(price=((0.0, -3.0), (40.0, -3.0)))
    known = {name for name in NAMES if "min" in name or name.endswith("s") if not math.isnan(told[name])}
    assert {"move_5s", "move_30s", "depth_change_15s", "ofi_30s"} <= known
    late = ("velocity_1min", "trend_20min", "range_5min", "ofi_120s", "cvd_60s", "filled_rate_60s", "depth_change_60s")
    assert not known & set(late)


def test_after_a_gap_windows_fill_anew_and_no_attempt_is_on() -> None:
    drawn = Drawn(price=((0.0, -3.0), (20.0, 0.0), (60.0, 0.0)))
    scene = drawn.scene()
    assert drawn.features()["contact_s"] > 0.0
    for what in ("gap", "blind"):
        snaps = scene.snaps.copy()
        if what == "gap":
            snaps["t_ns"][200:] += 30 * PER_S * SNAP_NS
        else:
            snaps["trust"][200, 0] = Trust.BLIND
        told = dict(zip(NAMES, lived(Scene(snaps, scene.rows)).follower.rows(np.array([0]))[0], strict=True))
        assert math.isnan(told["contact_s"]), what
        assert math.isnan(told["arm_s"]), what


def test_flows_of_the_book_add_up_towards_the_break() -> None:
    for direction in (1, -1):
        # published towards the break: half a queue in every second
        told = of(columns={"ofi_1s": 0.5, "ofi_5s": 2.5, "ofi_15s": 7.5, "ofi_60s": 15.0}, direction=direction)
        assert [told[f"ofi_{window}s"] for window in (30, 120, 300)] == pytest.approx([15.0, 60.0, 150.0])
        assert told["ofi_5s"] == 2.5
        assert told["ofi_acceleration"] == pytest.approx(0.25)


def test_aggression_of_windows_is_towards_the_break() -> None:
    drawn = Drawn()
    bought = np.round(8.0 * drawn.times)
    for direction in (1, -1):
        told = replace(drawn, direction=direction, snaps={"cvd": bought}).features()
        found = [told[f"cvd_{window}s"] for window in (15, 60, 300)]
        assert found == pytest.approx([8.0 * window * direction for window in (15, 60, 300)])


def test_the_zone_of_a_level_is_counted_by_the_second_it_was_seen() -> None:
    drawn = Drawn()
    flows = {"bucket_added": 3.0, "bucket_pulled": 2.0, "bucket_filled": 1.0}
    told = replace(drawn, columns=flows).features()
    for window in (15, 60, 180, 300):
        assert [told[f"{name}_rate_{window}s"] for name in ("added", "pulled", "filled")] == [12.0, 8.0, 4.0]
    unseen = np.where((drawn.times > 300.0) & (drawn.times < 330.0), np.nan, 1.0)
    told = replace(drawn, columns={name: unseen * flows[name] for name in flows}).features()
    assert told["added_rate_180s"] == 12.0
    unseen = np.where((drawn.times > 300.0) & (drawn.times < 350.0), np.nan, 1.0)
    assert math.isnan(replace(drawn, columns=dict.fromkeys(flows, unseen)).features()["added_rate_180s"])


def test_depth_at_a_level_is_compared_with_what_it_was() -> None:
    drawn = Drawn()
    depth = np.where(drawn.times < 350.0, 100.0, 25.0)
    told = replace(drawn, columns={"depth_in_zone": depth}).features()
    assert [told[f"depth_change_{window}s"] for window in (15, 60, 180, 300)] == [0.0, -75.0, -75.0, -75.0]
    assert told["depth_share_60s"] == -0.6


def test_a_wall_stands_out_of_the_levels_in_view() -> None:
    others = tuple((LevelKind.ROUND, away, {"depth_in_zone": 50.0}) for away in (5.0, 10.0, -5.0))
    unseen = (LevelKind.ROUND, 15.0, {"depth_in_zone": math.nan})
    assert of(columns={"depth_in_zone": 250.0}, others=(*others, unseen))["wall_ratio"] == 2.5


def test_a_zone_out_of_view_is_not_an_empty_one() -> None:
    judged = ("p_vacuum", "depth_in_zone", "delta_liq", "bucket_added", "bucket_pulled", "bucket_filled")
    told = of(columns=dict.fromkeys(judged, math.nan))
    for name in ("p_vacuum", "depth_in_zone", "delta_liq", "wall_ratio", "depth_change_60s", "added_rate_60s"):
        assert math.isnan(told[name]), name
    assert math.isnan(told["force_mass_ratio"])


def test_what_a_test_took_is_counted_from_contact_on() -> None:
    price = ((0.0, -3.0), (27.5, -0.25), (30.0, 0.0), (60.0, 0.5))
    drawn = Drawn(price=price, columns={"bucket_filled": 2.0, "bucket_added": 1.0})
    depth = np.where(drawn.times < 40.0, 80.0, 50.0)
    told = replace(drawn, columns={**drawn.columns, "depth_in_zone": depth}).features()
    assert told["contact_s"] == 32.5
    assert (told["filled_since_contact"], told["added_since_contact"]) == (2.0 * 130, 130.0)
    assert told["depth_since_contact"] == -30.0
    # the barrier is 1.5 points
    assert (told["beyond_since_contact"], told["back_since_contact"]) == pytest.approx((1 / 3, 1 / 6))


def test_earlier_attempts_are_told_with_how_they_ended() -> None:
    held = ((0.0, -3.0), (30.0, 0.0), (60.0, -3.0))
    again = (*held, (100.0, -3.0), (120.0, 0.0), (150.0, 3.0))
    first, second = of(price=held[:2]), of(price=again)
    assert (first["attempt_number"], first["held_before"]) == (1.0, 0.0)
    assert math.isnan(first["last_outcome"])
    assert (second["attempt_number"], second["held_before"], second["broke_before"]) == (3.0, 1.0, 1.0)
    assert second["last_outcome"] == 1.0


def test_time_and_way_since_the_arming_are_told_while_it_is_near() -> None:
    told = of(price=((0.0, -3.0), (30.0, -0.5), (40.0, -0.5)))
    # within a point after 24 s, for the first time at the snap after
    assert told["arm_s"] == pytest.approx(40.0 - 24.25)
    assert told["way_since_arm"] == pytest.approx(0.5, abs=0.03)
    assert math.isnan(told["contact_s"])
    assert math.isnan(of()["arm_s"])


def test_landmarks_are_measured_from_the_level_towards_the_break() -> None:
    high, low = (LevelKind.PM_HIGH, LevelKind.PM_LOW)
    for direction in (1, -1):
        ahead, behind = (high, low) if direction > 0 else (low, high)
        places = ((ahead, 4.0), (behind, -6.0), (LevelKind.VWAP, -1.5), (LevelKind.SMA_200, 2.0))
        others: tuple[Other, ...] = tuple((kind, away, {}) for kind, away in places)
        told = of(others=others, direction=direction, sigma=0.5)
        assert (told["pm_ahead"], told["pm_behind"]) == (4.0, -6.0)
        assert (told["pm_ahead_sigma"], told["vwap_sigma"]) == (8.0, -3.0)
        assert (told["vwap"], told["sma_200"]) == (-1.5, 2.0)
        assert [name for name in ("or_ahead", "sma_400", "sma_spread", "vwap") if math.isnan(told[name])] == [
            "or_ahead",
            "sma_400",
            "sma_spread",
        ]
        assert told["obstacle_sigma"] == 8.0


def test_levels_around_are_counted_and_those_at_the_same_price_are_not() -> None:
    others: tuple[Other, ...] = tuple((LevelKind.ROUND, away, {}) for away in (0.0, 1.5, 4.0, -3.0, 9.0, 12.0))
    told = of(others=others)
    assert [told[f"stacking_{points}pt"] for points in (2, 5, 10)] == [1.0, 3.0, 4.0]
    assert told["stacking_ahead_5pt"] == 2.0


def test_a_high_faces_price_that_comes_from_below() -> None:
    for kind, from_below in ((LevelKind.PD_HIGH, 1.0), (LevelKind.PD_LOW, -1.0), (LevelKind.ROUND, 0.0)):
        assert of(columns={"kind": kind})["faces_price"] == from_below
        assert of(columns={"kind": kind}, direction=-1)["faces_price"] == -from_below
    told = of(columns={"kind": LevelKind.PD_HIGH})
    assert (told["is_range"], told["is_grid"], told["kind_weight"]) == (1.0, 0.0, 1.0)


def test_exposure_is_averaged_over_the_levels_on_each_side() -> None:
    for direction in (1, -1):
        others = tuple(
            (LevelKind.ROUND, away, {"hedge": hedge}) for away, hedge in ((5.0, -40.0), (10.0, -20.0), (-5.0, 30.0))
        )
        told = of(others=others, columns={"hedge": -8.0, "hedge_low": -13.0, "hedge_high": -3.0}, direction=direction)
        assert (told["hedge"], told["hedge_z"]) == (-8.0, -0.8)
        assert [told[f"hedge_ahead_{points}pt"] for points in (5, 10, 15)] == [-40.0, -30.0, -30.0]
        assert told["hedge_behind_15pt"] == 30.0
        assert told["hedge_asymmetry"] == -60.0
        assert told["hedge_tilt"] == -1.0


def test_walls_and_the_flow_of_options_are_turned_towards_the_break() -> None:
    walls = {"call_wall": MIDDLE + 10.0, "call_wall_sign": 1.0, "put_wall": MIDDLE - 4.0, "put_wall_sign": -1.0}
    drawn = Drawn(columns=walls, options={"call_delta_flow": 0.5, "put_delta_flow": 0.25, "charm_flow": 3.0})
    up, down = drawn.features(), replace(drawn, direction=-1).features()
    assert (up["wall_ahead"], up["wall_behind"], up["wall_ahead_sign"]) == (10.0, -4.0, 1.0)
    assert (down["wall_ahead"], down["wall_behind"], down["wall_ahead_sign"]) == (4.0, -10.0, -1.0)
    assert up["option_flow_60s"] == pytest.approx(60 * PER_S * 0.75)
    assert (down["option_flow_60s"], down["charm_flow"]) == (-up["option_flow_60s"], -3.0)
    assert math.isnan(of()["option_flow_60s"])
    assert math.isnan(of()["hedge_spot"])


@pytest.mark.parametrize(
    ("column", "code", "name", "value"),
    [
        ("fuel_effect", FuelEffect.AMPLIFY, "fuel_effect", 1.0),
        ("fuel_effect", FuelEffect.DAMPEN, "fuel_effect", -1.0),
        ("fuel_effect", math.nan, "fuel_effect", math.nan),
        ("alarm", BarrierAlarm.PULLING, "alarm", 1.0),
        ("alarm", BarrierAlarm.STACKING, "alarm", -1.0),
        ("alarm", BarrierAlarm.NONE, "alarm", 0.0),
        ("confluence_alignment", 1.0, "confluence_alignment", -1.0),
        ("valid_from_s", BEGIN_NS / 1e9 - 200.0, "level_age_min", 10.0),
    ],
)
def test_a_code_speaks_for_a_break_or_against_it(column: str, code: float, name: str, value: float) -> None:
    np.testing.assert_equal(of(columns={column: code})[name], value)


def test_what_is_towards_the_published_break_is_turned_where_an_attempt_breaks_the_other_way() -> None:
    """While an attempt is on the published direction may turn already: price is far beyond the level."""
    drawn = Drawn(price=((0.0, -3.0), (20.0, 0.0), (30.0, 1.25), (40.0, 1.25)), columns={"queue_imbalance": 0.5})
    turned = np.where(drawn.times > 30.0, -1.0, 1.0)
    told = replace(drawn, columns={**drawn.columns, "direction": turned}).features()
    assert (told["contact_s"] > 0.0, told["distance"], told["queue_imbalance"]) == (True, 1.25, -0.5)


def test_every_feature_is_known_somewhere_and_none_is_ever_infinite() -> None:
    whole = by_chance(11, 6000)
    rows = lived(whole).rows
    assert not np.isinf(rows).any()
    assert not np.isinf(lived(broken(whole)).rows).any()
    unknown = {name for name, column in zip(NAMES, rows.T, strict=True) if not np.isfinite(column).any()}
    assert {name.split("_")[0] for name in unknown} == {"on", "pd"}, "levels that the market of chance has not"


def test_every_feature_says_what_it_is_made_of() -> None:
    snap = {*(SNAP.names or ()), *(f"options.{name}" for name in SNAP["options"].names or ())}
    columns = {*(LEVEL_ROW.names or ()), *snap}
    assert len(set(NAMES)) == len(NAMES)
    for one in ATTEMPT_FEATURES:
        assert set(one.source) <= columns, one.name
        assert all((one.source, one.doc, one.unit)), one.name
        assert one.look_back_s >= 0.0, one.name
    assert {one.group for one in ATTEMPT_FEATURES} == set(Group) - {Group.UNGROUPED}


def test_the_schema_is_that_of_the_features() -> None:
    assert len(SCHEMA) == 64
    assert FeatureFollower(0.25).rows(np.zeros(0, np.int64)).shape == (0, len(NAMES))
