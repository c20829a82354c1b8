"""What dealers' hedging really is at a price and a moment: the truth to hold an estimate from public trades against.

H is in ES contracts per ES point in both profiles, positive where dealers sell rallies. Volatility stays with
its strike when the price is moved, and gamma is that of the hedging band (docs/physics.md 5.3, docs/physics.md 5.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE
from spymaster.sim.options.black import band_gamma
from spymaster.sim.options.state import ON_EQUITY, R_CONTRACT, R_DEALER, R_EVENT, R_INVENTORY, R_WHAT, WHAT_TRADE
from spymaster.sim.truth.files import read_truth

if TYPE_CHECKING:
    from spymaster.sim.market.simulation import Session

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAST_BAND_POINTS: Final = 1.0
_BAND_OF_MINUTE: Final = 0.25


@kernel
def _weighted_gamma(
    price: float, strikes: Floats, vols: Floats, position: Ints, years: float, half: float, reach: float
) -> float:
    """Sum of position times band gamma over the strikes within ``reach`` of a price."""
    total = 0.0
    for k in range(len(strikes)):
        if abs(strikes[k] - price) <= reach:
            total += position[k] * band_gamma(price, strikes[k], vols[k], years, half)
    return total


@dataclass(frozen=True, slots=True, eq=False)
class TrueExposure:
    """Dealers' positions and the true smile, second by second.

    ``seconds``: their times, ns; ``strikes`` float64[k] in the options' unit; ``vols`` float64[seconds, k] and
    ``years``, ``ratio`` float64[seconds]; ``positions`` int64[seconds, k]: calls and puts of a strike together.
    """

    seconds: Ints
    strikes: Floats
    vols: Floats
    years: Floats
    ratio: Floats
    positions: Ints
    on_equity: bool

    @classmethod
    def of_session(cls, session: Session) -> Self:
        """Of a session with options in memory. Raises ValueError for one without."""
        o = session.options
        if not o["kind"]:
            raise ValueError("the session was simulated without options")
        strikes = int(o["strikes"])
        taken = session.rows[(session.rows[:, R_WHAT] == WHAT_TRADE) & (session.rows[:, R_DEALER] == 1)]
        return cls._of(
            session.seconds[:, 0].astype(np.int64) * NS_PER_S,
            np.array(o["strike"][:strikes]),
            np.ascontiguousarray(session.seconds[:, 4 : 4 + strikes]),
            session.seconds[:, 3].copy(),
            session.seconds[:, 2].copy(),
            np.array(o["opening"][: 2 * strikes]),
            (taken[:, R_EVENT], taken[:, R_CONTRACT], taken[:, R_INVENTORY]),
            on_equity=int(o["kind"]) == ON_EQUITY,
        )

    @classmethod
    def of_recording(cls, folder: Path) -> Self:
        """Of a recording with its truth. Raises UserError where there is none of options."""
        contracts = read_truth(folder, "options")
        clock, vols, changes = (read_truth(folder, name) for name in ("option_seconds", "vols", "inventory"))
        strikes = np.array(sorted(set(contracts["strike_e9"].to_pylist()))) / PRICE_SCALE
        ids = contracts["instrument_id"].to_numpy()
        seconds = clock["ts_ns"].to_numpy()
        return cls._of(
            seconds,
            strikes,
            vols["vol"].to_numpy().reshape(len(seconds), len(strikes)),
            clock["years"].to_numpy(),
            clock["ratio"].to_numpy(),
            contracts["opening"].to_numpy(),
            (
                changes["ts_ns"].to_numpy(),
                np.searchsorted(ids, changes["instrument_id"].to_numpy()),
                changes["contracts"].to_numpy(),
            ),
            on_equity=bool(contracts["on_share"][0].as_py()),
        )

    @classmethod
    def _of(
        cls,
        seconds: Ints,
        strikes: Floats,
        vols: Floats,
        years: Floats,
        ratio: Floats,
        opening: Ints,
        changes: tuple[Ints, Ints, Ints],
        *,
        on_equity: bool,
    ) -> Self:
        held = opening.astype(np.int64)
        by_second = np.zeros((len(seconds), len(strikes)), np.int64)
        at = 0
        times, contracts, after = changes
        for row, end in enumerate(np.searchsorted(times, seconds, side="right")):
            for k in range(at, int(end)):
                held[contracts[k]] = after[k]
            at = max(at, int(end))
            by_second[row] = held[0::2] + held[1::2]
        return cls(seconds, strikes, vols, years, ratio, by_second, on_equity)

    def hedge(self, ts_ns: int, price: float, *, strike_range: float = inf, minute_sigma_points: float = 0.0) -> float:
        """H if the market stood at ``price`` (the options' unit) in the second that ended last before ``ts_ns``.

        ``strike_range``: only strikes so near the price, same unit; ``minute_sigma_points``: one minute's standard
        deviation of the future, which widens the hedging band beyond a point. Raises ValueError before the first.
        """
        row = int(np.searchsorted(self.seconds, ts_ns, side="right")) - 1
        if row < 0:
            raise ValueError(f"nothing is known before {self.seconds[0]} ns")
        ratio = float(self.ratio[row])
        half = max(_LEAST_BAND_POINTS, _BAND_OF_MINUTE * minute_sigma_points) / ratio
        sum_ = _weighted_gamma(
            price, self.strikes, self.vols[row], self.positions[row], float(self.years[row]), half, strike_range
        )
        return float(sum_ * (2.0 / ratio**2 if self.on_equity else 1.0))

    def profile(self, ts_ns: int, prices: Floats, **how: Any) -> Floats:
        """:meth:`hedge` at several prices."""
        return np.array([self.hedge(ts_ns, float(price), **how) for price in prices])
