"""The same rule at prices like any other: which prices, and what is left of the rule's conditions there."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.config.alerts import AlertCondition, LevelRule
from spymaster.market.frames import ConfigFrame, UserLevel
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.levels import MAX_USER_LEVELS, LevelKind

Array = NDArray[Any]
ConditionT = TypeVar("ConditionT", bound=AlertCondition)

_GRIDS_E9: Final = {"es": (750_000_000, 1_250_000_000), "spy": (70_000_000, 130_000_000)}
"""By profile where the grid begins and its step, in the profile's unit: neither whole nor half prices come often."""
_MARGIN_STEPS: Final = 5
CLEAR_POINTS: Final = 0.5
"""A price with a level this near is no price like any other."""


def placebo_levels(profile: str, low: float, high: float, taken: int) -> tuple[UserLevel, ...]:
    """Prices of a grid from a little below ``low`` to a little above ``high``, in the profile's unit.

    ``taken``: levels of the user's own, beside which they must find room: of a wide span every second, third price and
    so on is one.
    """
    first_e9, step_e9 = _GRIDS_E9[profile]
    low_e9, high_e9 = (round(price * PRICE_SCALE) for price in (low, high))
    begin = (low_e9 - first_e9) // step_e9 - _MARGIN_STEPS
    end = -(-(high_e9 - first_e9) // step_e9) + _MARGIN_STEPS
    room = MAX_USER_LEVELS - taken
    if room < 1:
        return ()
    thin = -(-(end - begin + 1) // room)
    begin += -begin % thin
    prices = [first_e9 + number * step_e9 for number in range(begin, end + 1, thin)]
    return tuple(UserLevel(f"PLACEBO_{price / PRICE_SCALE:g}", price) for price in prices if price > 0)


def with_placebos(config: ConfigFrame, placebos: tuple[UserLevel, ...]) -> ConfigFrame:
    """A CONFIG whose engine judges these prices too, behind those it judges anyway."""
    return msgspec.structs.replace(config, user_levels=(*config.user_levels, *placebos))


def at_placebos(when: LevelRule) -> LevelRule:
    """A rule's conditions at a price that stands in for a level: which level it is about is left out.

    A table of ``none`` that names kinds or levels is about levels alone, and is left out whole.
    """
    return msgspec.structs.replace(
        _anywhere(when),
        any=tuple(_anywhere(table) for table in when.any),
        none=tuple(table for table in when.none if not table.kinds and not table.levels),
    )


def _anywhere(table: ConditionT) -> ConditionT:
    return msgspec.structs.replace(table, kinds=(), levels=())


def clear_placebos(rows: Array, first: int) -> Array:
    """Of the levels of a snap (LEVEL_ROW[n]) the placebos that no published level is near.

    ``first``: the place of the first of them in the list of user levels.
    """
    is_placebo = (rows["kind"] == float(LevelKind.USER)) & (rows["user_index"] >= first)
    own: Array = rows[is_placebo]
    others: Array = rows[~is_placebo]
    if not len(others) or not len(own):
        return own
    prices = others["price"] * others["ratio"]
    away = np.abs((own["price"] * own["ratio"])[:, None] - prices[None, :]).min(axis=1)
    clear: Array = own[away > CLEAR_POINTS]
    return clear
