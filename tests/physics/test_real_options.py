"""The numerics of options on real chains; every test is skipped without the folder of real data.

SPY, 3 August 2023: minute bars of trades of the 0DTE chain at every half hour, the last trade of call and put in the
minute taken for quotes of two cents. Put-call parity gives the share's own price to 7 cents, the median over the day 2;
what is left is trades of call and put at different seconds of one minute. The weighted residual of the fitted
smile is 1.4 to 3.1 % of volatility; volatility is 11.5 to 13.9 % and, half an hour before the close, 17.4 %: the
company reports of that evening, which the options traded until 16:15 already hold.

SPX, 11 June 2022: a chain as its exchange publishes it, with implied volatility, delta and gamma to four places. Our
delta from the quotes of the side out of the money differs by at most 0.003 within two weeks, gamma by at most 8e-5
with 5e-5 of it rounding: the file takes the index where we take the forward of parity, and calendar days for time
(our deviation over its volatility squared is 3.0, 4.1, 5.0, 7.0 days). GEX by strike from the fitted smile correlates
with the file's own by 0.998 to 0.9997; its total differs by 2 to 5 %, since one parabola does not follow far wings. The
walls are the same.
"""

from __future__ import annotations

import csv
import math
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from spymaster.physics.options import black
from spymaster.physics.options import smile as sm
from spymaster.physics.options.gamma_walls import walls
from spymaster.physics.options.implied import implied_deviation
from spymaster.physics.options.option_time import variance_time
from tests.support.kernels import forward_of

pytestmark = pytest.mark.slow

Floats = NDArray[np.float64]
S = 1_000_000_000
OPEN_NS = int(datetime(2023, 8, 3, 9, 30, tzinfo=ZoneInfo("America/New_York")).timestamp()) * S
CLOSE_NS = OPEN_NS + 23_400 * S
HALF_HOURS = range(1, 13)
CENT = 0.01
EXPIRIES = ("Mon Jun 13 2022", "Tue Jun 14 2022", "Wed Jun 15 2022", "Fri Jun 17 2022", "Fri Jun 24 2022")
CALL_BID, CALL_ASK, CALL_DELTA, CALL_GAMMA, CALL_INTEREST, STRIKE = 4, 5, 8, 9, 10, 11
PUT_BID, PUT_ASK, PUT_DELTA, PUT_GAMMA, PUT_INTEREST = 15, 16, 19, 20, 21


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder of real market data."""
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        pytest.skip("SPYMASTER_DATA does not name a folder of market data")
    return Path(folder)


class Moment:
    """The 0DTE chain of SPY as it last traded in one minute."""

    def __init__(self, data: Path, half_hour: int) -> None:
        self.t_ns = OPEN_NS + half_hour * 1800 * S
        self.tau = variance_time(self.t_ns, OPEN_NS, CLOSE_NS)
        minute = self.t_ns - 60 * S
        bars = pq.read_table(data / "spy" / "spy_options_20230803_minute_trades_full_chain.parquet")
        bars = bars.filter(pc.and_(pc.equal(bars["expiry"], "20230803"), pc.equal(bars["ts"], minute)))
        self.last = {
            (float(k), right == "C"): float(c)
            for k, right, c in zip(*(bars[name].to_pylist() for name in ("strike", "right", "c")), strict=True)
        }
        share = pq.read_table(data / "spy" / "spy_20230803_minute_extended.parquet")
        self.share = float(share.filter(pc.equal(share["ts"], minute))["c"][0].as_py())

    def forward(self) -> tuple[float, float, int]:
        both = sorted(k for k, is_call in self.last if is_call and (k, False) in self.last)
        calls, puts = (np.array([self.last[k, is_call] for k in both]) for is_call in (True, False))
        return forward_of(np.array(both), calls - CENT, calls + CENT, puts - CENT, puts + CENT)

    def smile(self, forward: float) -> tuple[int, Floats, Floats]:
        points = np.array(
            [
                sm.smile_point(forward, k, last - CENT, last + CENT, CENT, is_call)
                for (k, is_call), last in self.last.items()
                if last >= 2 * CENT
            ]
        )
        points = points[points[:, 2] > 0.0]
        k, w, weight = (np.ascontiguousarray(column) for column in points.T)
        out = np.zeros(sm.SMILE_FIELDS)
        return sm.fit_smile(k, w, weight, self.tau, out), out, points


@pytest.fixture(scope="module")
def day(data: Path) -> list[Moment]:
    return [Moment(data, half_hour) for half_hour in HALF_HOURS]


def test_parity_gives_the_shares_own_price(day: list[Moment]) -> None:
    apart = []
    for moment in day:
        forward, dispersion, count = moment.forward()
        apart.append(abs(forward - moment.share))
        assert count >= 5
        assert dispersion < 0.08
    assert max(apart) < 0.08
    assert np.median(apart) < 0.03


def test_every_traded_premium_comes_back_from_its_volatility(day: list[Moment]) -> None:
    inverted = 0
    for moment in day:
        forward, _, _ = moment.forward()
        for (strike, is_call), last in moment.last.items():
            if is_call == (strike >= forward):
                s = implied_deviation(last, forward, strike, is_call)
                assert black.price(forward, strike, s, is_call) == pytest.approx(last, rel=1e-12)
                inverted += 1
    assert inverted > 150


def test_the_smile_of_each_half_hour_is_sensible(day: list[Moment]) -> None:
    for moment in day:
        forward, _, _ = moment.forward()
        count, smile, points = moment.smile(forward)
        fit = np.array([sm.total_deviation(smile, k, moment.tau) for k in points[:, 0]])
        residual = np.sqrt(points[:, 1]) / fit - 1.0
        assert count >= 10
        assert math.sqrt(np.average(residual**2, weights=points[:, 2])) < 0.04
        assert 0.10 < sm.total_deviation(smile, 0.0, moment.tau) / math.sqrt(moment.tau) < 0.19
        below, above = (sm.total_deviation(smile, k, moment.tau) for k in (-0.005, 0.005))
        assert 1.03 < below / above < 1.2


class Chain:
    """One expiry of the SPX chain, our numbers beside the file's."""

    def __init__(self, rows: list[list[str]], expiry: str) -> None:
        mine = [row for row in rows if row and row[0] == expiry and row[1].startswith("SPXW")]
        self.column = {i: np.array([float(row[i]) for row in mine]) for i in range(2, 22) if i != 12}
        self.strike = self.column[STRIKE]
        c = self.column
        self.forward, _, _ = forward_of(self.strike, c[CALL_BID], c[CALL_ASK], c[PUT_BID], c[PUT_ASK])

    def usable(self) -> list[tuple[int, bool, float, float]]:
        """(place, is call, bid, ask) of the side out of the money at every strike with a usable quote."""
        found = []
        for i, strike in enumerate(self.strike):
            is_call = bool(strike >= self.forward)
            bid, ask = (self.column[n][i] for n in ((CALL_BID, CALL_ASK) if is_call else (PUT_BID, PUT_ASK)))
            if sm.quote_fault(bid, ask, 0.05, 0) == sm.USABLE:
                found.append((i, is_call, bid, ask))
        return found

    def net_interest(self, of_calls: Floats | float, of_puts: Floats | float) -> Floats:
        return self.column[CALL_INTEREST] * of_calls - self.column[PUT_INTEREST] * of_puts

    def exposures(self) -> tuple[Floats, Floats]:
        """Gamma by strike with dealers long calls and short puts: from the fitted smile, and the file's."""
        points = np.array(
            [sm.smile_point(self.forward, self.strike[i], b, a, 0.05, call) for i, call, b, a in self.usable()]
        )
        k, w, weight = (np.ascontiguousarray(column) for column in points.T)
        smile = np.zeros(sm.SMILE_FIELDS)
        sm.fit_smile(k, w, weight, 1.0, smile)
        deviations = [sm.total_deviation(smile, math.log(strike / self.forward), 1.0) for strike in self.strike]
        gammas = [black.gamma(self.forward, k, s) for k, s in zip(self.strike, deviations, strict=True)]
        ours = self.net_interest(np.array(gammas), np.array(gammas))
        return ours, self.net_interest(self.column[CALL_GAMMA], self.column[PUT_GAMMA])


@pytest.fixture(scope="module")
def chains(data: Path) -> list[Chain]:
    with (data / "spx" / "spx_quotedata_20220611.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    return [Chain(rows, expiry) for expiry in EXPIRIES]


def test_delta_and_gamma_are_those_of_the_exchange(chains: list[Chain]) -> None:
    compared = 0
    for chain in chains:
        for i, is_call, bid, ask in chain.usable():
            s = implied_deviation(0.5 * (bid + ask), chain.forward, chain.strike[i], is_call)
            delta, gamma = (CALL_DELTA, CALL_GAMMA) if is_call else (PUT_DELTA, PUT_GAMMA)
            ours = black.delta(chain.forward, chain.strike[i], s, is_call)
            assert ours == pytest.approx(chain.column[delta][i], abs=0.0035)
            ours = black.gamma(chain.forward, chain.strike[i], s)
            assert ours == pytest.approx(chain.column[gamma][i], abs=8e-5)
            compared += 1
    assert compared > 600


def test_gamma_by_strike_is_the_exchanges(chains: list[Chain]) -> None:
    for chain in chains:
        ours, theirs = chain.exposures()
        assert np.corrcoef(ours, theirs)[0, 1] > 0.998
        assert ours.sum() == pytest.approx(theirs.sum(), rel=0.1)


def test_the_walls_are_the_same_by_either_gamma(chains: list[Chain]) -> None:
    for chain in chains:
        ours, theirs = chain.exposures()
        assert walls(chain.strike, ours, chain.forward) == pytest.approx(
            walls(chain.strike, theirs, chain.forward), nan_ok=True
        )
