"""Which levels are planted: scenarios by name, and what is believed of each kind before anything has happened."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.sim.level_kinds import LevelKind

NO_LEVELS: Final = "none"
MIX: Final = "mix"
WEAK_GAMMA: Final = "weak-gamma"
"""Gamma of the size that is really met (docs/physics.md 5.7), to see that nothing is made of it."""
SQUEEZE: Final = "squeeze"
"""Placebos, and one strike after the other that is squeezed (``sim.levels.squeeze``)."""
PLACEBO_SHARE: Final = 0.5
"""At least half of all planted levels do nothing, so that a detector that always cries is found out."""

_BY_NAME: Final[Mapping[str, tuple[LevelKind, ...]]] = MappingProxyType(
    {
        "wall": (LevelKind.WALL,),
        "vacuum": (LevelKind.VACUUM,),
        "absorption": (LevelKind.ABSORPTION,),
        "consumed": (LevelKind.CONSUMED,),
        "spoof": (LevelKind.SPOOF,),
        "fakeout": (LevelKind.FAKEOUT,),
        "gamma": (LevelKind.GAMMA_PLUS, LevelKind.GAMMA_MINUS),
        SQUEEZE: (),
        WEAK_GAMMA: (LevelKind.GAMMA_PLUS, LevelKind.GAMMA_MINUS),
        "placebo": (),
        MIX: tuple(kind for kind in LevelKind if kind is not LevelKind.PLACEBO),
        NO_LEVELS: (),
    }
)
SCENARIOS: Final = tuple(_BY_NAME)


def kind_weights(scenario: str) -> NDArray[np.float64]:
    """Chance of each ``LevelKind`` when a level is planted, float64[16] by its number. Raises UserError."""
    kinds = _BY_NAME.get(scenario.lower())
    if kinds is None:
        remedy = f"there are {', '.join(SCENARIOS)}"
        raise UserError("--scenario", f"no scenario is named '{scenario}'", remedy, code=ExitCode.USAGE)
    weights = np.zeros(16)
    weights[LevelKind.PLACEBO] = PLACEBO_SHARE if kinds else 1.0
    for kind in kinds:
        weights[kind] = (1.0 - PLACEBO_SHARE) / len(kinds)
    return weights


def plants_levels(scenario: str) -> bool:
    """Whether a scenario plants anything."""
    return scenario.lower() != NO_LEVELS


BREAKS_BEFORE: Final[Mapping[LevelKind, float]] = MappingProxyType(
    {
        LevelKind.PLACEBO: 0.50,
        LevelKind.WALL: 0.21,
        LevelKind.VACUUM: 0.66,
        LevelKind.ABSORPTION: 0.59,
        LevelKind.CONSUMED: 0.83,
        LevelKind.SPOOF: 0.50,
        LevelKind.FAKEOUT: 0.10,
        LevelKind.GAMMA_PLUS: 0.40,
        LevelKind.GAMMA_MINUS: 0.50,
    }
)
"""Share of touched levels of a kind that break (chops left out): 33 hours of mixed sessions at midday, +-0.03 to 0.1.

Walls and absorbing zones often stop the market before their price; those were never touched and do not count."""

WORLD_BREAKS_BEFORE: Final[Mapping[LevelKind, float]] = MappingProxyType(
    {
        LevelKind.PLACEBO: 0.59,
        LevelKind.WALL: 0.51,
        LevelKind.VACUUM: 0.72,
        LevelKind.ABSORPTION: 0.50,
        LevelKind.CONSUMED: 0.74,
        LevelKind.SPOOF: 0.64,
        LevelKind.FAKEOUT: 0.40,
    }
)
"""The same in random worlds: ten hours of them, +-0.03 for placebos and about +-0.07 for the others."""
