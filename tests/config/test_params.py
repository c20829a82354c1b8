"""A profile becomes one packed record, in the units of its field names, and one hash."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from spymaster.config import EsProfile, Profile, SpyProfile
from spymaster.config.params import build_params
from spymaster.market.levels import LevelKind
from spymaster.market.params import PARAMS

PROFILES = (SpyProfile(), EsProfile())
OUTSIDE_THE_RECORD = {"product", "underlying", "premarket_open"}
"""Keys that reach the engine as the future, the share and the sessions of the CONFIG frame, not as numbers."""


def value(profile: Profile, name: str) -> float:
    """One field of the profile's record."""
    number: float = build_params(profile)[name][0].item()
    return number


def changed(profile: Profile, key: str) -> Profile:
    """The profile with one key changed to another value it may take."""
    old = getattr(profile, key)
    if key == "signal_window":
        return msgspec.structs.replace(profile, signal_window="10:00-11:00")
    if key == "premarket_open":
        return msgspec.structs.replace(profile, premarket_open="07:00")
    if key == "level_kinds":
        return msgspec.structs.replace(profile, level_kinds=old[1:])
    if key == "product":
        return msgspec.structs.replace(profile, product="NQ")
    if key == "underlying":
        return msgspec.structs.replace(profile, underlying="IVV")
    if key == "fuel_what_if":
        return msgspec.structs.replace(profile, fuel_what_if="amplify")
    if key == "snap_ms":
        return msgspec.structs.replace(profile, snap_ms=100)
    return msgspec.structs.replace(profile, **{key: not old if isinstance(old, bool) else old + 1})


def test_the_record_is_packed_and_eight_bytes_a_field() -> None:
    assert PARAMS.itemsize == 8 * len(PARAMS.names or ())
    assert {PARAMS[name].str for name in PARAMS.names or ()} == {"<i8", "<f8"}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_profile_is_one_record(profile: Profile) -> None:
    assert build_params(profile).shape == (1,)
    assert build_params(profile).dtype == PARAMS


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("snap_interval_ns", 250_000_000),
        ("is_spy", 0),
        ("ratio_default", 1.0),
        ("w_barrier_ns", 10_000_000_000),
        ("w_barrier_min_ns", 1_500_000_000),
        ("w_context_ns", 240_000_000_000),
        ("w_velocity_s", 3.0),
        ("monitor_band", 5.0),
        ("f_thresh_contracts", 100.0),
        ("absolute_thresholds", 0),
        ("theta_min_contracts", 20.0),
        ("sweep_max_gap_ns", 100_000_000),
        ("sweep_decay_s", 1.0),
        ("tau_scales_s", 600.0),
        ("sigma_floor", 0.3),
        ("hold_break_ns", 2_500_000_000),
        ("signal_window_start_s", 34_200),
        ("signal_window_end_s", 48_600),
    ],
)
def test_values_are_in_the_units_of_their_names(name: str, expected: float) -> None:
    assert value(EsProfile(), name) == expected


def test_the_spy_record_says_so_and_carries_the_ratio() -> None:
    assert value(SpyProfile(), "is_spy") == 1
    assert value(SpyProfile(), "ratio_default") == 10.0
    assert value(SpyProfile(), "signal_window_end_s") == 16 * 3600


def test_the_kinds_are_bits_by_their_codes() -> None:
    profile = EsProfile(level_kinds=("USER", "VWAP", "GAMMA_FLIP", "VWAP"))
    assert value(profile, "level_kinds") == 1 | 1 << LevelKind.VWAP | 1 << LevelKind.GAMMA_FLIP


def test_a_third_of_a_second_is_rounded_to_the_nanosecond() -> None:
    assert value(EsProfile(hold_break=0.1 + 0.2), "hold_break_ns") == 300_000_000


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_key_reaches_the_record(profile: Profile) -> None:
    for key in profile.__struct_fields__:
        other = changed(profile, key)
        assert key in OUTSIDE_THE_RECORD or build_params(other).tobytes() != build_params(profile).tobytes(), key


def test_every_field_but_those_of_the_profile_itself_is_filled_from_a_key() -> None:
    profile = EsProfile()
    base = build_params(profile)
    moved = {
        name
        for key in profile.__struct_fields__
        for other in [build_params(changed(profile, key))]
        for name in PARAMS.names or ()
        if other[name] != base[name]
    }
    conversion = {"ratio_default", "ratio_tau_s", "equity_degraded_ns", "equity_blind_ns"}
    assert set(PARAMS.names or ()) - moved == {"is_spy"} | conversion


def test_the_order_of_the_kinds_does_not_reach_the_record() -> None:
    kinds = EsProfile().level_kinds
    assert build_params(EsProfile(level_kinds=kinds[::-1])).tobytes() == build_params(EsProfile()).tobytes()


def test_the_record_survives_the_journal() -> None:
    record = build_params(SpyProfile())
    assert (np.frombuffer(record.tobytes(), dtype=PARAMS) == record).all()
