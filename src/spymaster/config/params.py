"""From a profile to the packed record that kernels read."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.config.profiles import Profile, SpyProfile
from spymaster.market.kinds import NS_PER_MS, NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.params import PARAMS

WHAT_IFS: Final = ("measured", "absent", "neutral", "amplify", "dampen")
"""Words of ``fuel_what_if`` by their code in the record."""

_CONVERSION: Final = ("ratio_tau_s", "equity_degraded_ns", "equity_blind_ns")
"""Parameters that only a profile which converts prices has."""


def build_params(profile: Profile) -> NDArray[np.void]:
    """The profile as one ``PARAMS`` record, shape (1,), in the units of the record's field names."""
    record = np.zeros(1, dtype=PARAMS)
    special = _special(profile)
    for name in PARAMS.names or ():
        record[name] = special[name] if name in special else _converted(profile, name)
    return record


def _special(profile: Profile) -> dict[str, float]:
    """The fields that are more than a profile's value in another unit."""
    start, _, end = profile.signal_window.partition("-")
    return {
        "snap_interval_ns": profile.snap_ms * NS_PER_MS,
        "sweep_max_gap_ns": profile.sweep_max_gap_ms * NS_PER_MS,
        "iceberg_refill_ns": profile.iceberg_refill_ms * NS_PER_MS,
        "is_spy": profile.is_spy,
        "ratio_default": profile.usual_ratio,
        "signal_window_start_s": _seconds_of_day(start),
        "signal_window_end_s": _seconds_of_day(end),
        **({} if isinstance(profile, SpyProfile) else dict.fromkeys(_CONVERSION, 0)),
        "fuel_what_if": WHAT_IFS.index(profile.fuel_what_if),
        "level_kinds": sum(1 << LevelKind[name] for name in set(profile.level_kinds)),
    }


def _converted(profile: Profile, name: str) -> float:
    """A profile's value under the record's name: the same name without its unit, in that unit."""
    if name.endswith("_ns"):
        seconds: float = getattr(profile, name.removesuffix("_ns"))
        return round(seconds * NS_PER_S)
    if name in profile.__struct_fields__:
        same: float = getattr(profile, name)
        return same
    plain: float = getattr(profile, name.removesuffix("_s").removesuffix("_contracts"))
    return plain


def _seconds_of_day(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 3600 + int(minutes) * 60
