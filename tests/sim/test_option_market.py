"""The simulated option market: values that fit together, positions that come of trades, hedges that reach the book."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.market.simulation import Session, new_state, simulate
from spymaster.sim.market.state import new_tape
from spymaster.sim.market.steps import open_market, run
from spymaster.sim.options.black import band_gamma, call_delta, fair_value, gamma, normal_cdf
from spymaster.sim.options.opening import begin_options
from spymaster.sim.options.state import (
    R_CONTRACT,
    R_DEALER,
    R_EVENT,
    R_INVENTORY,
    R_RECV,
    R_SIDE,
    R_SIZE,
    R_WHAT,
    WHAT_HEDGE,
    WHAT_TRADE,
)
from spymaster.sim.truth.oracle import estimate_outcomes
from tests.sim.market_support import settings

S = 1_000_000_000
PROFILES = ("es", "spy")


@cache
def made(profile: str, seed: int = 3, scenario: str = "gamma", minutes: float = 10) -> Session:
    return simulate(settings(seed, scenario, "open", options=profile), minutes)


def rows_of(session: Session, what: int) -> NDArray[np.int64]:
    """Rows of a kind."""
    found: NDArray[np.int64] = session.rows[session.rows[:, R_WHAT] == what]
    return found


def bought(trades: NDArray[np.int64]) -> NDArray[np.int64]:
    """Contracts the customers bought, negative where they sold."""
    return np.where(trades[:, R_SIDE] == ord("B"), trades[:, R_SIZE], -trades[:, R_SIZE])


def test_the_normal_distribution_is_right_where_tables_have_it() -> None:
    table = {0.0: 0.5, 1.0: 0.8413447460685429, -1.96: 0.02499789514822, 3.0: 0.9986501019683699, -8.0: 6.2209606e-16}
    for x, p in table.items():
        assert normal_cdf(x) == pytest.approx(p, rel=1e-7)


def test_call_less_put_is_forward_less_strike() -> None:
    for strike in np.arange(6770.0, 6975.0, 5.0):
        for years in (0.0, 1e-6, 1e-4, 4e-3):
            call, put = (fair_value(6871.3, strike, 0.15, years, is_put) for is_put in (0, 1))
            assert call - put == pytest.approx(6871.3 - strike, abs=1e-9)
            assert min(call, put) >= -1e-9


def test_delta_and_gamma_are_slopes_of_the_value() -> None:
    f, k, vol, years, h = 6871.3, 6890.0, 0.15, 2e-3, 0.05
    slope = (fair_value(f + h, k, vol, years, 0) - fair_value(f - h, k, vol, years, 0)) / (2 * h)
    assert call_delta(f, k, vol, years) == pytest.approx(slope, rel=1e-6)
    assert band_gamma(f, k, vol, years, h) == pytest.approx(gamma(f, k, vol, years), rel=1e-5)


def test_ten_thousand_options_at_the_money_three_hours_before_the_end_make_130_futures_a_point() -> None:
    years = 3.0 / 6.5 / 252.0
    assert gamma(6000.0, 6000.0, 0.12, years) == pytest.approx(0.01295, rel=2e-3)


@pytest.mark.parametrize("profile", PROFILES)
def test_dealers_positions_are_what_customers_traded_with_them(profile: str) -> None:
    session = made(profile)
    trades = rows_of(session, WHAT_TRADE)
    held = np.array(session.options["opening"])
    for row, size in zip(trades, bought(trades), strict=True):
        held[row[R_CONTRACT]] -= size if row[R_DEALER] == 1 else 0
        assert held[row[R_CONTRACT]] == row[R_INVENTORY]


@pytest.mark.parametrize("profile", PROFILES)
def test_dealers_take_their_share_of_the_trades(profile: str) -> None:
    session = made(profile)
    trades = rows_of(session, WHAT_TRADE)
    share = float(session.options["dealer_share"])
    assert 0.3 <= share <= 0.9
    assert trades[:, R_DEALER].mean() == pytest.approx(share, abs=4 * (0.25 / len(trades)) ** 0.5 + 0.02)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_hedge_is_a_trade_on_the_tape(profile: str) -> None:
    session = made(profile)
    hedges = rows_of(session, WHAT_HEDGE)
    hedges = hedges[hedges[:, R_RECV] < session.end_ns - S]
    assert len(hedges) > 50
    records = session.records
    is_trade = (records[:, 3] >> 32) & 0xFF == ord("T")
    side = (records[is_trade, 3] >> 40) & 0xFF
    size = records[is_trade, 3] & 0xFFFF_FFFF
    for hedge in hedges[:200]:
        # it is sent when it is due, or once whatever goes on at that moment is over
        at = (records[is_trade, 1] >= hedge[R_RECV]) & (records[is_trade, 1] < hedge[R_RECV] + S // 1000)
        assert size[at & (side == hedge[R_SIDE])].sum() >= hedge[R_SIZE]


def moves(profile: str, contracts: int) -> tuple[float, float]:
    """(spread of a minute's moves; how hedges go with the moves before) where dealers hold so many of every option."""
    chosen = settings(1, "none", "open", options=profile)
    state, tape = new_state(chosen), new_tape(200_000)
    open_market(state, tape, chosen.open_price_e9 // TICK_E9, 0)
    begin_options(state)
    o = state[0]["options"]
    o["inventory"][: 2 * int(o["strikes"])] = contracts
    o["opening"][:] = o["inventory"]
    o["held"] = 0.0
    for k in range(int(o["strikes"])):
        # delta-free from the start: as many puts as calls
        o["held"] -= contracts * (2.0 * call_delta(_mid(state), o["strike"][k], o["vol"][k], o["years"]) - 1.0)
    o["held"] *= float(o["worth"])
    mids, flows = [_mid(state)], []
    for second in range(1, 1201):
        run(state, tape, chosen.start_ns + second * S)
        hedges = tape.rows[: state[0]["n_rows"]]
        hedges = hedges[hedges[:, R_WHAT] == WHAT_HEDGE]
        flows.append(int(bought(hedges).sum()))
        mids.append(_mid(state))
    changes = np.diff(np.array(mids))
    before = np.convolve(changes, np.ones(5), "full")[: len(changes)]
    return float(np.diff(mids[::60]).std()), float(np.sign(before * np.array(flows)).sum())


def _mid(state: NDArray[Any]) -> float:
    s = state[0]
    return float(0.5 * s["best"].sum() * 0.25 / s["options"]["ratio"])


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "contracts"), [("es", 500), ("spy", 5_000)])
def test_dealers_long_of_options_trade_against_moves_and_calm_them_those_short_drive_them(
    profile: str, contracts: int
) -> None:
    (calm, against), (driven, along) = moves(profile, contracts), moves(profile, -contracts)
    assert against < 0 < along
    assert driven > 1.5 * calm


@pytest.mark.slow
def test_a_gamma_level_is_a_strike_to_which_customers_bring_the_gamma_that_was_drawn() -> None:
    from spymaster.sim.options.exposure import TrueExposure

    reached = 0
    for seed in range(3, 9):
        session = made("es", seed)
        exposure = TrueExposure.of_session(session)
        for level in session.planted[session.planted["kind"] >= LevelKind.GAMMA_PLUS]:
            price = int(level["tick"]) * TICK_E9 / S
            assert price % 5 == 0
            assert 100 <= abs(level["gamma"]) <= 300
            works = session.works[session.works["level"] == level["level"]]
            ended = works["ts_ns"][np.isin(works["event"], (LevelEvent.BREAK, LevelEvent.BOUNCE, LevelEvent.CHOP))]
            until = int(ended[0]) if len(ended) else session.end_ns
            if until - level["planted_ns"] > 120 * S and level["planted_ns"] > session.settings.start_ns + 60 * S:
                before, after = (exposure.hedge(int(ns), price) for ns in (level["planted_ns"], until - S))
                reached += np.sign(after - before) == np.sign(level["gamma"])
                assert abs(after) < 700
    assert reached >= 2


def test_weak_gamma_is_of_the_size_that_is_really_met() -> None:
    from spymaster.sim.options.exposure import TrueExposure

    session = made("es", 4, "weak-gamma")
    exposure = TrueExposure.of_session(session)
    rows = session.seconds[60:]
    found = [exposure.hedge(int(row[0]) * S, float(row[1])) for row in rows[::20]]
    assert max(np.abs(found)) < 120
    assert all(abs(level["gamma"]) <= 40 for level in session.planted)


def test_exposure_on_the_share_is_in_futures_a_point() -> None:
    from spymaster.sim.options.exposure import TrueExposure

    exposure = TrueExposure(
        seconds=np.array([0]),
        strikes=np.array([600.0]),
        vols=np.array([[0.12]]),
        years=np.array([3.0 / 6.5 / 252.0]),
        ratio=np.array([10.0]),
        positions=np.array([[10_000]]),
        on_equity=True,
    )
    # a tenth of the price makes ten times the gamma
    assert exposure.hedge(0, 600.0) == pytest.approx(26.0, rel=0.01)
    assert exposure.hedge(0, 603.0, strike_range=2.0) == 0.0


@pytest.mark.slow
def test_a_saved_moments_futures_have_options_too() -> None:
    chosen = settings(3, "gamma", "open", options="es")
    run_ = simulate(chosen, 8, keep_moments=2)
    assert run_.moments
    first = estimate_outcomes(run_.moments[0], 20)
    assert first.p_break + first.p_bounce + first.p_chop == pytest.approx(1.0)
    assert estimate_outcomes(run_.moments[0], 20) == first


@pytest.mark.parametrize("chunk", [1, 10_000])
def test_how_a_run_is_cut_changes_nothing(chunk: int) -> None:
    chosen = settings(7, "gamma", "open", options="spy")
    whole, cut = simulate(chosen, 3), simulate(chosen, 3, chunk=chunk)
    for name in ("records", "rows", "seconds", "flows"):
        assert getattr(whole, name).tobytes() == getattr(cut, name).tobytes()


def test_the_smile_stays_within_what_is_usual() -> None:
    for profile in PROFILES:
        session = made(profile)
        vols = session.seconds[:, 4 : 4 + int(session.options["strikes"])]
        assert 0.10 < vols.min() < vols.max() < 0.28
        assert vols[0, 0] > vols[0, -1]


def test_the_share_is_worth_a_tenth_of_the_future_and_drifts_little() -> None:
    ratio = made("spy").seconds[:, 2]
    assert 9.95 < ratio.min() <= ratio.max() < 10.05
    assert 0 < ratio.max() / ratio.min() - 1 < 2e-4


def test_a_session_after_the_expiry_has_no_options_of_the_day() -> None:
    chosen = settings(3, minute=16 * 60 + 30, options="es")
    with pytest.raises(UserError, match="expire at 16:00"):
        new_state(chosen)


def test_nothing_of_it_exists_without_options() -> None:
    session = simulate(settings(3), 0.5)
    assert len(session.rows) == len(session.seconds) == 0
    assert session.options["kind"] == 0


def test_trades_happen_while_options_are_open() -> None:
    session = made("spy")
    trades = rows_of(session, WHAT_TRADE)
    assert trades[:, R_EVENT].min() >= int(session.options["open_ns"])
