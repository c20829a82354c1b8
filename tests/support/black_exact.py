"""Black's formulas with fifty digits, and greeks by differentiating the premium: a second computation."""

from __future__ import annotations

from typing import Any

import mpmath

DIGITS = 50
mpmath.mp.dps = DIGITS


def premium(f: Any, k: Any, s: Any, is_call: bool) -> Any:
    f, k, s = mpmath.mpf(f), mpmath.mpf(k), mpmath.mpf(s)
    d1 = mpmath.log(f / k) / s + s / 2
    sign = 1 if is_call else -1
    return sign * (f * mpmath.ncdf(sign * d1) - k * mpmath.ncdf(sign * (d1 - s)))


def greeks(f: float, k: float, sigma: float, tau: float, is_call: bool) -> dict[str, float]:
    """Derivatives of ``premium`` alone, none of them from a formula of its own."""

    def value(forward: Any, volatility: Any, time: Any) -> Any:
        return premium(forward, k, volatility * mpmath.sqrt(time), is_call)

    place = (mpmath.mpf(f), mpmath.mpf(sigma), mpmath.mpf(tau))
    orders = {"delta": (1, 0, 0), "gamma": (2, 0, 0), "speed": (3, 0, 0), "vanna": (1, 1, 0), "decay": (1, 0, 1)}
    found = {name: float(mpmath.diff(value, place, order)) for name, order in orders.items()}
    found["charm"] = -found.pop("decay")
    return found


def relative_error(value: float, exact: Any) -> float:
    return float(abs(mpmath.mpf(value) / exact - 1))
