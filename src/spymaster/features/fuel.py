"""Features of what dealers have to hedge (docs/features.md 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from spymaster.features.memory import EVOLUTION_S, EXPOSED_POINTS, OPTIONS_S
from spymaster.features.schema import Feature, Group
from spymaster.features.seen import Floats, Made, Seen
from spymaster.market.option_rows import FuelEffect

_EXPOSURE: Final = "ES contracts/point"
_OTHERS: Final = ("hedge", "price", "ratio", "direction")
_WIDEST: Final = len(EXPOSED_POINTS) - 1
_CHANGES: Final = ((1, EVOLUTION_S[1]), (3, EVOLUTION_S[3]))


def _made(
    name: str, unit: str, look_back_s: float, source: tuple[str, ...], doc: str, make: Callable[[Seen], Any]
) -> Made:
    return Made(Feature(name, unit, look_back_s, source, doc, Group.FUEL), make)


def _effect(seen: Seen) -> Floats:
    code = seen.same("fuel_effect")
    effect: Floats = np.where(code == FuelEffect.AMPLIFY, 1.0, np.where(code == FuelEffect.DAMPEN, -1.0, 0.0))
    effect[np.isnan(code)] = np.nan
    return effect


def _ahead(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.ahead(seen.looked["exposed"][:, :, at])


def _behind(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.behind(seen.looked["exposed"][:, :, at])


def _tilt(seen: Seen) -> Any:
    ahead, behind = _ahead(_WIDEST)(seen), _behind(_WIDEST)(seen)
    return (ahead - behind) / np.maximum(np.abs(ahead) + np.abs(behind), 1.0)


def _change(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.same("hedge") - seen.looked["hedge"][:, at]


def _flow(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked["optioned"][:, at] * seen.direction


def _wall(seen: Seen, *, is_ahead: bool) -> Any:
    up, down = ("call_wall", "put_wall") if is_ahead else ("put_wall", "call_wall")
    return (seen.side(up, down) * seen.ratio - seen.looked["level"]) * seen.direction


_AHEAD_WALL: Final = ("call_wall", "put_wall", "price", "ratio", "direction")

FUEL: Final[tuple[Made, ...]] = (
    _made("hedge", _EXPOSURE, 0, ("hedge",), "dealers' exposure with price at the level: negative amplifies",
          lambda s: s.same("hedge")),
    _made("hedge_z", "sd", 0, ("hedge", "hedge_low", "hedge_high"), "the same over the width of its 90 % band",
          lambda s: s.same("hedge") / np.maximum(s.same("hedge_high") - s.same("hedge_low"), 1.0)),
    _made("hedge_spot", _EXPOSURE, 0, ("options.hedge",), "dealers' exposure at spot",
          lambda s: s.looked["hedge_spot"]),
    _made("fuel_effect", "+1/0/-1", 0, ("fuel_effect",), "+1 hedging amplifies a move, -1 dampens it", _effect),
    _made("fuel_confidence", "0-1", 0, ("fuel_confidence",), "confidence of the fuel",
          lambda s: s.same("fuel_confidence")),
    _made("gamma_velocity", "ES contracts/point/min", 0, ("gamma_velocity",), "change of the exposure",
          lambda s: s.same("gamma_velocity")),
    _made("net_dealer_gamma", "option deltas per option unit", 0, ("net_dealer_gamma",),
          "- sum of customers' side x size x gamma x multiplier", lambda s: s.same("net_dealer_gamma")),
    _made("convention_dependent", "0/1", 0, ("convention_dependent",), "1 where another reading gives another effect",
          lambda s: s.same("convention_dependent")),
    *(_made(f"hedge_ahead_{points:.0f}pt", _EXPOSURE, 0, _OTHERS,
            f"mean exposure at the levels within {points:.0f} points beyond", _ahead(at))
      for at, points in enumerate(EXPOSED_POINTS)),
    *(_made(f"hedge_behind_{points:.0f}pt", _EXPOSURE, 0, _OTHERS,
            f"mean exposure at the levels within {points:.0f} points on this side", _behind(at))
      for at, points in enumerate(EXPOSED_POINTS)),
    _made("hedge_asymmetry", _EXPOSURE, 0, _OTHERS, "exposure within 15 points beyond less that on this side",
          lambda s: _ahead(_WIDEST)(s) - _behind(_WIDEST)(s)),
    _made("hedge_tilt", "-1..1", 0, _OTHERS, "the same over the sum of both sizes", _tilt),
    *(_made(f"hedge_change_{window}s", _EXPOSURE, window, ("hedge",),
            f"exposure now less {window} to {window + 5} s before", _change(at)) for at, window in _CHANGES),
    _made("charm_flow", "ES contracts/min", 0, ("options.charm_flow", "direction"),
          "dealers' trades by the passing of time, towards the break", lambda s: s.looked["charm_flow"] * s.direction),
    _made("iv", "1/sqrt(year)", 0, ("options.iv",), "volatility at the money", lambda s: s.looked["iv"]),
    *(_made(f"option_flow_{window}s", "ES contracts", window, ("options.call_delta_flow", "options.put_delta_flow"),
            f"delta customers took over in {window} s, towards the break", _flow(at))
      for at, window in enumerate(OPTIONS_S)),
    _made("wall_ahead", "points", 0, _AHEAD_WALL, "how far beyond the level the wall on that side is",
          lambda s: _wall(s, is_ahead=True)),
    _made("wall_ahead_sigma", "sigma", 0, (*_AHEAD_WALL, "sigma_1m"), "the same in volatilities of a minute",
          lambda s: _wall(s, is_ahead=True) / s.sigma),
    _made("wall_behind", "points", 0, _AHEAD_WALL, "the same of the wall on the other side",
          lambda s: _wall(s, is_ahead=False)),
    _made("wall_behind_sigma", "sigma", 0, (*_AHEAD_WALL, "sigma_1m"), "the same in volatilities of a minute",
          lambda s: _wall(s, is_ahead=False) / s.sigma),
    _made("wall_ahead_sign", "+1/0/-1", 0, ("call_wall_sign", "put_wall_sign", "direction"),
          "+1 where it pins price, -1 where it lets it slip, 0 without one",
          lambda s: s.side("call_wall_sign", "put_wall_sign")),
    _made("flip_sigma", "sigma", 0, ("gamma_flip", "price", "ratio", "sigma_1m", "direction"),
          "how far beyond the level the exposure changes its sign", lambda s: s.beyond("gamma_flip") / s.sigma),
)  # fmt: skip
