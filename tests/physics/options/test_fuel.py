"""Dealers' exposure: its size, its sign, its band, what it does to the score, and the levels that come from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spymaster.market.levels import LevelKind
from spymaster.market.option_chain import CALL, PUT
from spymaster.market.option_rows import FuelEffect, WallSign
from spymaster.market.rows import LEVEL_ROW
from tests.physics.options.test_options import run_options
from tests.support.engine import Results, engine_for, feed
from tests.support.market import RTH_CLOSE_NS, SECOND
from tests.support.options import (
    FORWARD,
    NOON_NS,
    STRIKES,
    VOLATILITY,
    OptionTape,
    chain,
    gamma,
    premium,
    quiet_market,
    years_left,
)

LEVELS = [4990.0, 5000.0, 5010.0]
KINDS = 1 << LevelKind.USER
LATE = 30.0
SKIPPED = {"input_fingerprint_high", "input_fingerprint_low"}
SIGNED = ("hedge", "gamma_velocity", "net_dealer_gamma")


def world(*trades: tuple[float, int, int, bytes], seconds: float = LATE, every: float = 1.0) -> OptionTape:
    """Quotes every second and, after half a second, trades: strike, right, size, aggressor."""
    tape = OptionTape()
    for k in range(int(seconds / every)):
        tape.quotes_everywhere(k * every + 0.1)
        if k == 0:
            for n, (strike, right, size, side) in enumerate(trades):
                tape.trade(strike, right, 0.5 + n * 0.001, 9.5, size, side)
    tape.rows.sort(key=lambda item: int(item[1]["ts_recv"][0]))
    return tape


def run_world(
    tape: OptionTape, seconds: float = LATE, *, params: dict[str, float] | None = None, **config: Any
) -> Results:
    wanted = {"level_kinds": KINDS, "warmup_ns": 2 * SECOND, **(params or {})}
    return run_options(tape, seconds, levels=LEVELS, params=wanted, **config)


def last_level(results: Results, price: float) -> np.void:
    row: np.void = results.level(price)[-1]
    return row


BOUGHT_CALLS = (5000, CALL, 2000, b"B")
"""Customers buy many at once; whether dealers sold them is anybody's guess."""
CALLS_BOUGHT_SINGLY = [(5000, CALL, 10, b"B")] * 200
"""As many in so many trades that the sign of dealers' exposure is plain."""


def test_what_customers_bought_dealers_are_short_of_and_hedge_with_the_move() -> None:
    row = last_level(run_world(world(*CALLS_BOUGHT_SINGLY)), 5000.0)
    tau = years_left(NOON_NS + 29 * SECOND)
    assert row["hedge"] == pytest.approx(-0.6 * 2000 * gamma(5000, tau, 5000.0), rel=0.01)
    assert row["fuel_effect"] == FuelEffect.AMPLIFY


@pytest.mark.parametrize("right", [CALL, PUT])
def test_a_bought_put_has_the_gamma_of_a_bought_call(right: int) -> None:
    rows = [last_level(run_world(world((5000, side, 2000, b"B"))), 5000.0) for side in (CALL, right)]
    assert rows[1]["hedge"] == pytest.approx(rows[0]["hedge"])


def test_exposure_is_that_with_price_at_the_level() -> None:
    results = run_world(world(BOUGHT_CALLS))
    tau = years_left(NOON_NS + 29 * SECOND)
    expected = [-0.6 * 2000 * gamma(5000, tau, level) for level in LEVELS]
    assert [last_level(results, level)["hedge"] for level in LEVELS] == pytest.approx(expected, rel=0.02)


def test_strikes_beyond_the_range_do_not_count() -> None:
    row = last_level(run_world(world(BOUGHT_CALLS), params={"fuel_strike_range": 8.0}), 5010.0)
    assert row["hedge"] == 0.0


def test_the_band_is_that_of_the_dealers_share() -> None:
    row = last_level(
        run_world(world(BOUGHT_CALLS), params={"opening_share": 0.0, "dealer_share": 1.0, "dealer_share_sd": 0.25}),
        5000.0,
    )
    assert row["hedge_high"] - row["hedge"] == pytest.approx(-1.6449 * 0.25 * row["hedge"], rel=0.02)
    assert row["hedge"] - row["hedge_low"] == pytest.approx(row["hedge_high"] - row["hedge"])


def test_one_large_trade_says_less_of_dealers_than_many_small_ones() -> None:
    large, small = (
        last_level(run_world(world(*trades), params={"dealer_share_sd": 0.0, "opening_share": 0.0}), 5000.0)
        for trades in ([BOUGHT_CALLS], CALLS_BOUGHT_SINGLY)
    )
    assert large["hedge"] == pytest.approx(small["hedge"])
    # with dealers or not: a spread of sqrt(0.6 x 0.4) a trade
    half = 1.6449 * (0.6 * 0.4) ** 0.5 / 0.6 * abs(large["hedge"])
    assert large["hedge_high"] - large["hedge"] == pytest.approx(half, rel=0.01)
    assert small["hedge_high"] - small["hedge"] == pytest.approx(half / 200**0.5, rel=0.01)


def test_many_small_guesses_are_surer_than_one_large_one() -> None:
    widths = []
    for trades in ([(5000, CALL, 2000, b"N")], [(5000, CALL, 20, b"N")] * 100):
        row = last_level(run_world(world(*trades), params={"dealer_share_sd": 0.0}), 5000.0)
        widths.append(row["hedge_high"] - row["hedge_low"])
    assert widths[0] == pytest.approx(10 * widths[1], rel=0.01)


def test_an_effect_whose_sign_is_not_known_is_neutral() -> None:
    row = last_level(run_world(world(BOUGHT_CALLS), params={"dealer_share_sd": 0.4}), 5000.0)
    assert row["hedge_low"] < 0.0 < row["hedge_high"]
    assert row["fuel_effect"] == FuelEffect.NEUTRAL


def test_an_exposure_below_the_threshold_is_neutral() -> None:
    row = last_level(
        run_world(world((5000, CALL, 900, b"B")), params={"dealer_share_sd": 0.0, "dealer_share": 1.0}), 5000.0
    )
    assert -15.0 < row["hedge"] < -10.0
    assert row["fuel_effect"] == FuelEffect.AMPLIFY
    calm = last_level(
        run_world(
            world((5000, CALL, 900, b"B")), params={"dealer_share_sd": 0.0, "dealer_share": 1.0, "fuel_threshold": 15.0}
        ),
        5000.0,
    )
    assert calm["fuel_effect"] == FuelEffect.NEUTRAL


def test_the_old_units_are_customers_side_times_gamma_times_multiplier() -> None:
    row = last_level(run_world(world((5000, CALL, 100, b"B"), (5000, CALL, 40, b"A"), seconds=3.0), 3.0), 5000.0)
    tau = years_left(NOON_NS)
    assert row["net_dealer_gamma"] == pytest.approx(0.0, abs=1e-9) or row["net_dealer_gamma"] == pytest.approx(
        -60 * 50 * gamma(5000, tau), rel=0.01
    )


def swapped(tape: OptionTape) -> OptionTape:
    other = OptionTape()
    for kind, row in tape.rows:
        new = row.copy()
        if "side" in (row.dtype.names or ()):
            new["side"] = {b"A": b"B", b"B": b"A"}.get(row["side"][0], row["side"][0])
        other.rows.append((kind, new))
    return other


MIXED = ((5000, CALL, 2000, b"B"), (4990, PUT, 700, b"A"), (5010, CALL, 300, b"N"), (5005, PUT, 250, b"B"))


def test_with_buyers_and_sellers_exchanged_dealers_hold_the_opposite() -> None:
    tape = world(*MIXED[:2], MIXED[3])
    results, mirror = run_world(tape), run_world(swapped(tape))
    for mine, theirs in zip(results.rows, mirror.rows, strict=True):
        for name in SIGNED:
            np.testing.assert_allclose(theirs[name], -mine[name], rtol=1e-9, atol=1e-9, err_msg=name)
        np.testing.assert_allclose(theirs["hedge_low"], -mine["hedge_high"], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(theirs["fuel_confidence"], mine["fuel_confidence"], rtol=1e-9, atol=1e-9)


def assert_same(a: Results, b: Results) -> None:
    assert a.times == b.times
    for mine, theirs in zip(a.rows, b.rows, strict=True):
        assert mine.tobytes() == theirs.tobytes()
    for ours, others in zip(a.strikes, b.strikes, strict=True):
        assert ours.tobytes() == others.tobytes()
    assert a.snaps.tobytes() == b.snaps.tobytes()


@pytest.mark.parametrize("chunk", [1, 7, 500])
def test_the_size_of_chunks_makes_no_difference(chunk: int) -> None:
    tape = world(*MIXED, seconds=6.0)
    assert_same(run_world(tape, 6.0), run_world(tape, 6.0, chunk=chunk))


@pytest.mark.parametrize("kept_s", [0.55, 2.3, 4.05])
def test_cutting_the_future_off_changes_nothing_before(kept_s: float) -> None:
    tape = world(*MIXED, seconds=6.0)
    whole = run_world(tape, 6.0)
    cut = OptionTape()
    limit = NOON_NS + round(kept_s * SECOND)
    cut.rows = [(kind, row) for kind, row in tape.rows if int(row["ts_recv"][0]) < limit]
    words = quiet_market(6.0)
    engine = engine_for("es", chain=chain(), levels=LEVELS, params={"level_kinds": KINDS, "warmup_ns": 2 * SECOND})
    part = feed(engine, *cut.frames(words[words[:, 4] < limit]))
    assert len(part.rows) > 0
    for mine, theirs in zip(part.rows, whole.rows, strict=False):
        assert mine.tobytes() == theirs.tobytes()
    for ours, others in zip(part.strikes, whole.strikes, strict=False):
        assert ours.tobytes() == others.tobytes()


def test_a_snapshot_goes_on_as_if_nothing_had_happened() -> None:
    tape = world(*MIXED, seconds=6.0)
    frames = tape.frames(quiet_market(6.0), 400)
    config: dict[str, Any] = {"chain": chain(), "levels": LEVELS}
    whole = engine_for("es", **config)
    straight = feed(whole, *frames)
    first, second = engine_for("es", **config), engine_for("es", **config)
    results = feed(first, *frames[:2])
    second.restore(first.snapshot())
    feed(second, *frames[2:], into=results)
    assert_same(straight, results)


def test_the_same_market_a_day_later_and_a_tick_of_volatility_later_is_the_same() -> None:
    day = 24 * 3600 * SECOND
    later = OptionTape(start_ns=NOON_NS + day)
    now = world(*MIXED, seconds=4.0)
    for kind, row in now.rows:
        new = row.copy()
        for name in ("ts_event", "ts_recv"):
            new[name] += day
        later.rows.append((kind, new))
    config: dict[str, Any] = {"levels": LEVELS, "params": {"level_kinds": KINDS}}
    ours = feed(engine_for("es", chain=chain(), **config), *now.frames(quiet_market(4.0)))
    moved = engine_for("es", chain=chain(expiry_ns=RTH_CLOSE_NS + day), **config)
    theirs = feed(moved, *later.frames(quiet_market(4.0, start_ns=NOON_NS + day)))
    for mine, other in zip(ours.rows, theirs.rows, strict=True):
        for name in set(LEVEL_ROW.names or ()) - SKIPPED - {"valid_from_s"}:
            np.testing.assert_array_equal(other[name], mine[name], err_msg=name)


def said(hedge: float) -> float:
    return 50.0 * (1.0 - math.tanh(hedge / 40.0))


def test_the_fuels_score_and_weight_are_those_of_their_formulas() -> None:
    share_sd = {"dealer_share_sd": 0.05, "opening_share": 0.0, "dealer_share": 1.0}
    row = last_level(run_world(world(*[(5000, CALL, 10, b"B")] * 200), params=share_sd), 5000.0)
    open_ = said(row["hedge_low"]) - said(row["hedge_high"])
    assert 1.0 < open_ < 99.0
    assert row["fuel_confidence"] == row["fuel_weight"] == pytest.approx(1.0 - open_ / 100.0)
    assert row["fuel_score"] == pytest.approx(said(row["hedge"]))
    total = np.nansum([row[f"attribution_{force}"] for force in ("barrier", "fuel", "tape")])
    assert total == pytest.approx(row["score"] - 50.0, abs=1e-9)
    assert row["attribution_fuel"] > 0.0


def test_without_options_the_score_is_that_of_two_forces() -> None:
    row = last_level(run_world(world(BOUGHT_CALLS), chain=b""), 5000.0)
    assert math.isnan(row["hedge"])
    assert math.isnan(row["attribution_fuel"])


@pytest.mark.parametrize(
    ("what_if", "hedge", "effect"),
    [(2, 0.0, FuelEffect.NEUTRAL), (3, -10.0, FuelEffect.AMPLIFY), (4, 10.0, FuelEffect.DAMPEN)],
)
def test_the_exposure_may_be_set_for_comparisons(what_if: int, hedge: float, effect: FuelEffect) -> None:
    row = last_level(run_world(world(), seconds=4.0, chain=b"", params={"fuel_what_if": what_if}), 5000.0)
    assert (row["hedge"], row["fuel_effect"]) == (hedge, effect)
    half = 1.6449 * 0.3 * abs(hedge)
    assert row["hedge_high"] - row["hedge"] == pytest.approx(half, rel=1e-4)
    assert row["fuel_confidence"] == pytest.approx(1.0 - (said(hedge - half) - said(hedge + half)) / 100.0, rel=1e-3)


def test_a_fuel_with_nothing_to_say_lowers_no_confidence_and_one_that_is_blind_does() -> None:
    """Without options 0.45 of 0.65 is the barrier's; neutral dealers change nothing, dealers that damp have a part."""
    market = {"seconds": 14.0, "chain": b""}
    bare, neutral, damp = (
        last_level(run_world(world(), params={"fuel_what_if": code}, **market), 5000.0)  # type: ignore[arg-type]
        for code in (1, 2, 4)
    )
    assert neutral["confidence"] == bare["confidence"]
    parts = [0.45 * damp["barrier_weight"], 0.35 * damp["fuel_weight"], 0.20 * damp["tape_weight"]]
    assert damp["confidence"] == pytest.approx(sum(parts))
    assert damp["fuel_weight"] > 0.5


def test_a_fuel_left_out_changes_no_score() -> None:
    tape = world(*MIXED)
    without = run_world(tape, params={"fuel_what_if": 1})
    bare = run_world(OptionTape(), chain=b"")
    assert last_level(without, 5000.0)["score"] == last_level(bare, 5000.0)["score"]
    assert last_level(without, 5000.0)["hedge"] < 0.0


OPTION_KINDS = (
    KINDS | 1 << LevelKind.STRIKE | 1 << LevelKind.CALL_WALL | 1 << LevelKind.PUT_WALL | 1 << LevelKind.GAMMA_FLIP
)


def kinds(results: Results, k: int = -1) -> set[LevelKind]:
    return {LevelKind(int(kind)) for kind in results.rows[k]["kind"]}


def test_strikes_within_range_are_levels() -> None:
    results = run_world(world(seconds=2.0), 2.0, params={"level_kinds": OPTION_KINDS, "strike_range": 12.0})
    rows = results.rows[-1]
    strikes = sorted(rows["price"][rows["kind"] == LevelKind.STRIKE].tolist())
    assert strikes == [4990.0, 4995.0, 5000.0, 5005.0, 5010.0]


WALLS = ((5020, CALL, 3000, b"B"), (4985, PUT, 3000, b"A"))


def test_a_wall_is_published_once_it_has_held_for_a_minute_with_its_sign() -> None:
    results = run_world(world(*WALLS, seconds=75.0), 75.0, params={"level_kinds": OPTION_KINDS})
    first = next(k for k, _ in enumerate(results.rows) if LevelKind.CALL_WALL in kinds(results, k))
    assert 60.0 <= (results.times[first] - NOON_NS) / SECOND <= 70.0
    row = results.rows[-1][0]
    assert (row["call_wall"], row["call_wall_sign"]) == (5020.0, WallSign.SLIP)
    assert (row["put_wall"], row["put_wall_sign"]) == (4985.0, WallSign.PIN)
    strong = {LevelKind(int(r["kind"])): r["strong"] for r in results.rows[-1]}
    assert (strong[LevelKind.CALL_WALL], strong[LevelKind.PUT_WALL]) == (0.0, 1.0)


def test_between_long_and_short_gamma_lies_the_flip() -> None:
    results = run_world(world(*WALLS, seconds=75.0), 75.0, params={"level_kinds": OPTION_KINDS})
    flip = results.rows[-1][0]["gamma_flip"]
    assert 4990.0 < flip < 5015.0
    assert LevelKind.GAMMA_FLIP in kinds(results)


def test_a_wall_follows_the_strike_wait_that_is_set() -> None:
    results = run_world(world(*WALLS, seconds=12.0), 12.0, params={"level_kinds": OPTION_KINDS, "wall_hold_ns": 0})
    assert LevelKind.CALL_WALL in kinds(results)


def test_calls_long_and_puts_short_is_said_to_disagree_where_it_does() -> None:
    long_calls = last_level(run_world(world(BOUGHT_CALLS)), 5000.0)
    assert long_calls["convention_dependent"] == 1.0
    bought_puts = last_level(run_world(world(*[(5000, PUT, 10, b"B")] * 200)), 5000.0)
    assert bought_puts["convention_dependent"] == 0.0


def test_the_smile_of_flat_quotes_is_flat() -> None:
    strikes = run_world(world(seconds=4.0), 4.0).strikes[-1]
    np.testing.assert_allclose(strikes["iv"], VOLATILITY, rtol=0.02)


def test_a_share_without_a_feed_has_the_price_of_parity() -> None:
    share_strikes = [strike / 10 for strike in STRIKES]
    tape = OptionTape(strikes=share_strikes, publisher_id=30)
    left = years_left(NOON_NS)
    for second in range(4):
        for strike in share_strikes:
            for right in (CALL, PUT):
                middle = premium(strike, right, left, forward=FORWARD / 10.02)
                tape.quote(strike, right, second + 0.1, max(middle - 0.01, 0.0) or math.nan, middle + 0.01)
    packed = chain(share_strikes, publisher_id=30, multiplier=100, tick_e9=10_000_000)
    engine = engine_for("spy", chain=packed)
    results = feed(engine, *tape.frames(quiet_market(4.0)))
    assert results.snaps["spot"][-1] == pytest.approx(FORWARD / 10.02, abs=0.01)
    assert results.snaps["ratio"][-1] == pytest.approx(10.02, rel=1e-4)
