"""How deep and lively the second market is: what a plan may change of it."""

from __future__ import annotations

from typing import Final

import msgspec

USUAL_ORDERS: Final = (17.0, 19.0, 22.0, 24.0, 24.0, 22.0, 20.0, 18.0, 17.0, 16.0, 15.0, 14.0, 14.0, 13.0, 13.0, 13.0)
"""Orders usually waiting at the best price and behind it, unless a plan says otherwise."""


class Climate(msgspec.Struct, frozen=True):
    """The market's own manners.

    ``usual_orders``: orders usually waiting at each of sixteen prices, the best first; ``size_scale``: their contracts,
    and ``hit_scale`` aggressors', as a factor. ``hits_per_s``: aggressors by themselves, each side, at activity 1.
    ``improve_per_s``: how fast a gap is closed; ``follow``: share of gaps closed in the direction of the move that
    opened them. ``lean``: factor of aggressors on the side a regime favours. ``refill_boost``: how much faster orders
    join a nearly empty best price.
    """

    usual_orders: tuple[float, ...] = USUAL_ORDERS
    size_scale: float = 1.0
    hit_scale: float = 1.0
    hits_per_s: float = 1.5
    improve_per_s: float = 50.0
    follow: float = 0.85
    lean: float = 1.5
    refill_boost: float = 8.0
