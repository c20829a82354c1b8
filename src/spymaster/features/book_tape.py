"""Features of what rests in the book at a level and of what trades there (docs/features.md 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from spymaster.features.memory import EVOLUTION_S, FLOWS_S, TRADED_S
from spymaster.features.schema import Feature, Group
from spymaster.features.seen import Floats, Made, Seen
from spymaster.market.rows import BarrierAlarm

_ADDED, _PULLED, _FILLED = 0, 1, 2
_ZONE: Final = ("depth_in_zone",)
_SESSION_S: Final = 23 * 3600.0
_SHARES: Final = (1, 2, 3)


def _made(
    name: str, unit: str, look_back_s: float, source: tuple[str, ...], doc: str, make: Callable[[Seen], Any]
) -> Made:
    return Made(Feature(name, unit, look_back_s, source, doc, Group.BOOK_TAPE), make)


def _published(name: str, unit: str, doc: str) -> Made:
    """A column as it is published."""
    return _made(name, unit, 0, (name,), doc, lambda seen: seen.same(name))


def _turned(name: str, unit: str, doc: str) -> Made:
    """A column that is + towards the published break."""
    return _made(name, unit, 0, (name, "direction"), doc, lambda seen: seen.turned(name))


def _depth_change(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.same("depth_in_zone") - seen.looked["depth"][:, at]


def _depth_share(at: int) -> Callable[[Seen], Any]:
    return lambda seen: (
        _depth_change(at)(seen) / np.maximum(seen.same("depth_in_zone") + seen.looked["depth"][:, at], 1.0)
    )


def _rate(what: int, at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked["rates"][:, what, at]


def _alarm(seen: Seen) -> Floats:
    code = seen.same("alarm")
    stacks: Floats = np.where(code == BarrierAlarm.STACKING, -1.0, 0.0)
    return np.where((code == BarrierAlarm.PULLING) | (code == BarrierAlarm.FILLING), 1.0, stacks)


def _taken(what: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked["taken"][:, what]


def _flow(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked["flows"][:, at] * seen.direction


def _traded(at: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.looked["traded"][:, at] * seen.direction


_STATE: Final = (
    *(_published(f"p_{state}", "0-1", f"weight of the state {state.upper()}")
      for state in ("vacuum", "consumed", "weak", "neutral", "absorption", "wall")),
    _published("barrier_confidence", "0-1", "weight of the likeliest state x share of the zone in view"),
    _published("visible_fraction", "0-1", "share of the zone in view"),
    _published("delta_liq", "contracts", "added - pulled - filled over the window"),
    _published("replenishment", "ratio", "added / (pulled + filled)"),
    _published("churn", "0-1", "share of gross flow that netted out"),
    _published("depth_in_zone", "contracts", "displayed by the defenders"),
    _made("wall_ratio", "ratio", 0, _ZONE, "the same over its mean at the levels in view",
          lambda s: s.same("depth_in_zone") / np.maximum(s.looked["typical_depth"], 1.0)),
    _published("hidden_share", "0-1", "hidden fills / fills"),
    _published("flicker_share", "0-1", "additions withdrawn within half a second"),
    _published("refill_half_life_s", "s", "of the recovery from the last shock"),
    _published("time_to_clear_s", "s", "depth over its net loss"),
    _published("iceberg_executed", "contracts", "filled from an apparent iceberg"),
    _published("iceberg_remaining", "contracts", "median left of it"),
    _made("alarm", "+1/0/-1", 0, ("alarm",), "sudden change: +1 pulling or filling, -1 stacking", _alarm),
    _published("passed", "0/1", "the mid is past the level"),
)  # fmt: skip

_EVOLUTION: Final = (
    *(_made(f"depth_change_{window}s", "contracts", window, _ZONE, f"depth now less {window} to {window + 5} s before",
            _depth_change(at)) for at, window in enumerate(EVOLUTION_S)),
    *(_made(f"depth_share_{EVOLUTION_S[at]}s", "-1..1", EVOLUTION_S[at], _ZONE, "the same over the sum of both depths",
            _depth_share(at)) for at in _SHARES),
    *(_made(f"{name}_rate_{window}s", "contracts/s", window, (f"bucket_{name}",),
            f"{name} in the zone over {window} to {window + 5} s", _rate(what, at))
      for what, name in ((_ADDED, "added"), (_PULLED, "pulled"), (_FILLED, "filled"))
      for at, window in enumerate(EVOLUTION_S)),
)  # fmt: skip

_TAPE: Final = (
    _made("tape_imbalance", "-1..1", 0, ("tape_imbalance", "direction"), "of aggression in the band, towards the break",
          lambda s: s.up("tape_imbalance")),
    _made("volume_with", "contracts", 0, ("buy_volume", "sell_volume", "direction"),
          "aggression towards the break in the band",
          lambda s: s.side("buy_volume", "sell_volume")),
    _made("volume_against", "contracts", 0, ("buy_volume", "sell_volume", "direction"), "aggression the other way",
          lambda s: s.side("sell_volume", "buy_volume")),
    _made("large_with", "contracts", 0, ("large_buys", "large_sells", "direction"), "by large orders towards the break",
          lambda s: s.side("large_buys", "large_sells")),
    _made("large_against", "contracts", 0, ("large_buys", "large_sells", "direction"), "by large orders the other way",
          lambda s: s.side("large_sells", "large_buys")),
    _made("sweep", "+1/0/-1", 0, ("sweep_direction", "direction"), "latest sweep of the band: +1 towards the break",
          lambda s: s.up("sweep_direction")),
    _published("sweep_volume", "contracts", "its size"),
    _published("sweep_age_s", "s", "since it happened"),
    _turned("progress", "points", "way of the mid towards the break in the response window"),
    _published("absorption", "contracts/tick", "filled for each tick of way made"),
    _made("spread", "points", 0, ("bid", "ask", "ratio"), "best ask less best bid",
          lambda s: (s.same("ask") - s.same("bid")) * s.ratio),
    *(_made(f"cvd_{window}s", "contracts", window, ("cvd", "direction"),
            f"aggression in {window} s at all prices, net towards the break", _traded(at))
      for at, window in enumerate(TRADED_S)),
)  # fmt: skip

_FLOW: Final = (
    *(_turned(f"ofi_{window}s", "usual queues", f"order-flow imbalance over {window} s") for window in (1, 5, 15, 60)),
    *(_made(f"ofi_{window}s", "usual queues", window, ("ofi_1s", "direction"), f"the same over {window} s", _flow(at))
      for at, window in enumerate(FLOWS_S)),
    _turned("ofi_z", "sd", "that over 5 s by its usual spread"),
    _made("ofi_acceleration", "usual queues/s", 0, ("ofi_15s", "ofi_60s", "direction"),
          "a second over 15 s less that over 60 s",
          lambda s: s.turned("ofi_15s") / 15.0 - s.turned("ofi_60s") / 60.0),
    _turned("ofi_depth_5s", "contracts", "net displayed flow of ten prices a side over 5 s"),
    _turned("queue_imbalance", "-1..1", "of the best sizes"),
    _made("force_mass_ratio", "ratio", 0, ("ofi_depth_5s", "depth_in_zone", "direction"),
          "net displayed flow over what stands at the level",
          lambda s: s.turned("ofi_depth_5s") / np.maximum(s.same("depth_in_zone"), 1.0)),
)  # fmt: skip

_ATTEMPT: Final = (
    *(_made(f"{name}_since_contact", "contracts", _SESSION_S, (f"bucket_{name}", "microprice", "sigma_1m"),
            f"{name} in the zone since contact", _taken(what))
      for what, name in enumerate(("filled", "added", "pulled"))),
    _made("depth_since_contact", "contracts", _SESSION_S, ("depth_in_zone", "microprice", "sigma_1m"),
          "depth now less that at contact",
          lambda s: s.same("depth_in_zone") - s.looked["contact_depth"]),
    _made("last_filled", "contracts", _SESSION_S, ("bucket_filled", "microprice", "sigma_1m"),
          "filled in the zone during the last attempt decided", lambda s: s.looked["last_filled"]),
    _published("attempt_delta_trend", "contracts", "delta_liq now less that at the cluster's first attempt"),
    _published("attempt_replenishment_trend", "ratio", "the same of replenishment"),
    _turned("attempt_velocity_trend", "points/s", "the same of the velocity towards the break"),
    _turned("attempt_imbalance_trend", "-1..1", "the same of the tape's imbalance towards the break"),
)  # fmt: skip

BOOK_TAPE: Final[tuple[Made, ...]] = (*_STATE, *_EVOLUTION, *_TAPE, *_FLOW, *_ATTEMPT)
