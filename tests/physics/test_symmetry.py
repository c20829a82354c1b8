"""Bids and asks, up and down, today and tomorrow are the same to the physics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spymaster.market.columns.fields import Field, Turn, Type
from spymaster.market.kinds import SIDE_ASK, SIDE_BID, SIDE_NONE
from spymaster.market.levels import LevelKind, kind_bits
from spymaster.market.rows import ALERT_FIELDS, FLOW_FIELDS, LEVEL_FIELDS, LEVEL_ROW
from tests.support.engine import Results, Words, run, session_table
from tests.support.market import BID, HOUR, INTERVAL, MID, OPEN_NS, Market
from tests.support.streams import Action, actions, mirrored, moved, play, random_actions

calm = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

USER = 1 << LevelKind.USER
EXTREMES = USER | 1 << LevelKind.SESSION_HIGH | 1 << LevelKind.SESSION_LOW
PARAMS = {"level_kinds": USER, "warmup_ns": 2_000_000_000}
TICKS = (MID - 7, MID - 2, MID, MID + 1, MID + 3, MID + 8, MID + 12)

PRICES = tuple(field.name for field in LEVEL_FIELDS if field.type is Type.PRICE)
SCALED = tuple(field.name for field in LEVEL_FIELDS if field.unit.startswith("profile unit"))
"""What is ten times smaller in dollars."""
UNRELATED = tuple(field.name for field in LEVEL_FIELDS if field.mirror.turn is Turn.UNRELATED)
"""What other records make another number."""
SAME_PRICE = (*UNRELATED, "runway_kind")
"""Of two extremes at one price either may be named as the obstacle."""
OTHER_BOOK_SIDE = {SIDE_BID: SIDE_ASK, SIDE_ASK: SIDE_BID, SIDE_NONE: SIDE_NONE}


def words_of(script: list[Action]) -> Words:
    market = Market(start_ns=OPEN_NS + 10_000_000)
    market.ladder().at(0.3)
    return play(market, script).words()


def mirror_of(rows: NDArray[np.void], fields: Sequence[Field] = LEVEL_FIELDS) -> NDArray[np.void]:
    """What the mirrored market should publish: each column by its own rule."""
    out = rows.copy()
    for field in fields:
        out[field.name] = turned(field.mirror.turn, rows[field.mirror.column or field.name])
    return out


def turned(turn: Turn, numbers: NDArray[Any]) -> NDArray[Any]:
    if turn is Turn.NEGATED:
        return -numbers
    if turn is Turn.OPPOSITE_KIND:
        return np.array([n if np.isnan(n) else LevelKind(int(n)).opposite for n in numbers.tolist()])
    if turn is Turn.OPPOSITE_BOOK_SIDE:
        return np.array([OTHER_BOOK_SIDE[n] for n in numbers.tolist()])
    return numbers


def by_level(rows: NDArray[np.void]) -> NDArray[np.void]:
    return np.sort(rows, order=["kind", "user_index"])


def assert_same_rows(rows: NDArray[np.void], expected: NDArray[np.void], *, skip: tuple[str, ...] = ()) -> None:
    assert len(rows) == len(expected)
    for name in LEVEL_ROW.names or ():
        if name not in skip:
            np.testing.assert_allclose(rows[name], expected[name], rtol=1e-9, atol=1e-7, err_msg=name)


def run_levels(words: Words, ticks: tuple[int, ...], kinds: int = USER, **config: Any) -> Results:
    return run(words, levels=[tick / 4 for tick in ticks], params={**PARAMS, "level_kinds": kinds}, **config)


def assert_mirrored(words: Words, kinds: int = USER, skip: tuple[str, ...] = UNRELATED) -> None:
    up, down = run_levels(words, TICKS, kinds), run_levels(mirrored(words), tuple(-tick for tick in TICKS), kinds)
    assert down.times == up.times
    for mine, theirs in zip(down.rows, up.rows, strict=True):
        assert_same_rows(by_level(mine), by_level(mirror_of(theirs)), skip=skip)
    order = ["ts_bucket_ns", "side", "tick"]
    flows = mirror_of(up.flows, FLOW_FIELDS)
    np.testing.assert_array_equal(np.sort(down.flows, order=order), np.sort(flows, order=order))
    assert_mirrored_alerts(down, up)
    for name in ("levels", "flows", "alerts", "orders", "trust", "trust_reason", "totals", "as_of_ns", "atr"):
        np.testing.assert_array_equal(down.snaps[name], up.snaps[name], err_msg=name)
    for name in ("spot", "es_mid", "es_last", "microprice", "velocity", "acceleration"):
        np.testing.assert_allclose(down.snaps[name], -up.snaps[name], rtol=1e-9, atol=1e-7, err_msg=name)
    np.testing.assert_array_equal(down.snaps["cvd"], -up.snaps["cvd"])
    np.testing.assert_allclose(down.snaps["sigma_1m"], up.snaps["sigma_1m"], rtol=1e-9)


def assert_mirrored_alerts(down: Results, up: Results) -> None:
    order = ["t_ns", "raised_ns", "event", "kind", "user_index", "price"]
    found, expected = np.sort(down.alerts, order=order), np.sort(mirror_of(up.alerts, ALERT_FIELDS), order=order)
    assert len(found) == len(expected)
    for field in ALERT_FIELDS:
        np.testing.assert_allclose(
            found[field.name], expected[field.name], rtol=1e-9, atol=1e-7, err_msg=f"alert's {field.name}"
        )


@calm
@given(actions(rough=True, max_size=150))
def test_a_mirrored_market_gives_mirrored_outputs(script: list[Action]) -> None:
    assert_mirrored(words_of(script))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_mirrored_market_gives_mirrored_outputs(seed: int) -> None:
    assert_mirrored(words_of(random_actions(seed, 2500, rough=True, drift=0.6)))


def test_session_extremes_are_mirrored_too() -> None:
    """The first trade is off the mid, so that it is plain which way the extremes face at first."""
    market = Market(start_ns=OPEN_NS + 10_000_000)
    market.ladder().at(0.3)
    market.trade(BID, 3)
    market.at(0.6)
    assert_mirrored(play(market, random_actions(21, 2500, rough=True, drift=0.5)).words(), EXTREMES, SAME_PRICE)


AREA = USER | kind_bits((LevelKind.POC, LevelKind.VAH, LevelKind.VAL))


@pytest.mark.parametrize("seed", [21, 22])
def test_the_value_area_is_mirrored_too(seed: int) -> None:
    """The first trade is off the mid, so that it is plain which way the levels face at first."""
    market = Market(start_ns=OPEN_NS + 10_000_000)
    market.ladder().at(0.3)
    market.trade(BID, 3)
    market.at(0.6)
    assert_mirrored(play(market, random_actions(seed, 2500, rough=True, drift=0.5)).words(), AREA, SAME_PRICE)


def test_the_value_area_is_shifted_with_its_prices() -> None:
    words, ticks = words_of(random_actions(23, 1200, rough=True, drift=0.5)), 3000
    here = run_levels(words, TICKS, AREA)
    there = run_levels(moved(words, ticks=ticks), tuple(tick + ticks for tick in TICKS), AREA)
    for mine, theirs in zip(there.rows, here.rows, strict=True):
        for name in ("price", "running_price"):
            np.testing.assert_array_equal(by_level(mine)[name], by_level(theirs)[name] + ticks / 4, err_msg=name)


def test_extremes_exactly_at_the_mid_face_away_from_each_other() -> None:
    """A high is there to be broken upwards and a low downwards, also when price stands on it at first."""
    market = Market(start_ns=OPEN_NS + 10_000_000)
    market.ladder(spread=2).at(0.3)
    market.print(None, MID + 1, 3)
    rows = run_levels(market.words(), (), EXTREMES).rows[-1]
    facing = dict(zip(rows["kind"].astype(int).tolist(), rows["direction"].tolist(), strict=True))
    assert facing == {LevelKind.SESSION_HIGH: 1.0, LevelKind.SESSION_LOW: -1.0}


@calm
@given(actions(rough=True, max_size=100), st.sampled_from([-40_000, -MID - 2, -4000, 20, 3000]))
def test_prices_may_be_shifted_below_zero_too(script: list[Action], ticks: int) -> None:
    words = words_of(script)
    here = run_levels(words, TICKS)
    there = run_levels(moved(words, ticks=ticks), tuple(tick + ticks for tick in TICKS))
    by = ticks / 4
    for mine, theirs in zip(there.rows, here.rows, strict=True):
        expected = theirs.copy()
        for name in PRICES:
            expected[name] += by
        expected["tick"] += ticks
        expected["sweep_notional"] += theirs["sweep_volume"] * by * 50
        assert_same_rows(by_level(mine), by_level(expected), skip=UNRELATED)
    flows = here.flows.copy()
    flows["tick"] += ticks
    np.testing.assert_array_equal(there.flows, flows)


@calm
@given(actions(rough=True, max_size=100), st.sampled_from([1, 7, 86_400 * 4, 40 * 86_400 * 4]))
def test_times_may_be_shifted_by_whole_intervals(script: list[Action], intervals: int) -> None:
    by = intervals * INTERVAL
    words = words_of(script)
    here = run_levels(words, TICKS)
    there = run_levels(moved(words, ns=by), TICKS, sessions=session_table(shift_ns=by))
    assert there.times == [t + by for t in here.times]
    for mine, theirs in zip(there.rows, here.rows, strict=True):
        expected = theirs.copy()
        expected["valid_from_s"] += by * 1e-9
        assert_same_rows(mine, expected, skip=UNRELATED)
    for name in ("tick", "side", "added", "pulled", "filled", "hidden", "off_book", "visible_ns", "depth_end"):
        np.testing.assert_array_equal(there.flows[name], here.flows[name], err_msg=name)


def test_the_profile_in_dollars_sees_what_the_profile_in_points_sees() -> None:
    """With a ratio of ten, a level at 500.10 dollars is one at 5001 points; bands chosen alike, all else is equal."""
    words = words_of(random_actions(4, 1500, rough=True, drift=0.3))
    same = {"w_tape_ns": 5_000_000_000, "level_kinds": 1, "signal_window_end_s": 57_600}
    bands = {"monitor_band": 5.0, "touch_band": 0.5, "tape_band": 1.0, "confluence_band": 2.0}
    ticks = (MID - 8, MID, MID + 4, MID + 12)
    points = run(words, levels=[tick / 4 for tick in ticks], params={**same, **bands})
    dollars = run(words, "spy", levels=[tick / 40 for tick in ticks], params=same)
    differ = ("ratio", "trust_equity", "confidence_label")
    for mine, theirs in zip(dollars.rows, points.rows, strict=True):
        expected = theirs.copy()
        for name in SCALED:
            expected[name] = theirs[name] / 10
        assert_same_rows(by_level(mine), by_level(expected), skip=differ)
    np.testing.assert_array_equal(dollars.alerts["t_ns"], points.alerts["t_ns"])


def test_the_time_shift_is_over_a_whole_day_too() -> None:
    """Sessions repeat each day: one market a day later, in the same table of sessions."""
    words = words_of(random_actions(9, 600))
    here, there = run_levels(words, TICKS), run_levels(moved(words, ns=24 * HOUR), TICKS)
    assert there.times == [t + 24 * HOUR for t in here.times]
    for mine, theirs in zip(there.rows, here.rows, strict=True):
        assert_same_rows(mine, theirs, skip=(*UNRELATED, "valid_from_s"))
