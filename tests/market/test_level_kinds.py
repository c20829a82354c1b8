"""The table of level kinds: traits agree with each other and with what people rely on."""

from __future__ import annotations

import pytest

from spymaster.config.profiles import EsProfile, SpyProfile
from spymaster.market.levels import Family, Hold, LevelKind, MadeOf, kind_bits, watched_by

EVERY = pytest.mark.parametrize("kind", list(LevelKind), ids=lambda kind: kind.name)
CODES = (
    *("USER", "ROUND", "STRIKE", "VWAP", "SESSION_HIGH", "SESSION_LOW", "PM_HIGH", "PM_LOW", "OR_HIGH", "OR_LOW"),
    *("ON_HIGH", "ON_LOW", "PD_HIGH", "PD_LOW", "PD_CLOSE", "SMA_200", "SMA_400", "CALL_WALL", "PUT_WALL"),
    *("GAMMA_FLIP", "POC", "VAH", "VAL"),
)
ASKED_FOR = {"POC", "VAH", "VAL"}
"""Kinds that no profile watches unless it is told to."""


def test_codes_that_were_published_never_change() -> None:
    """Gold and journals hold them; a new kind comes behind."""
    assert [kind.name for kind in sorted(LevelKind)][: len(CODES)] == list(CODES)


def test_codes_have_no_holes() -> None:
    """They are places in tables of weights, and bits."""
    assert sorted(LevelKind) == list(range(len(LevelKind)))


@EVERY
def test_names_fit_their_columns(kind: LevelKind) -> None:
    assert 0 < len(kind.label) <= 10
    assert 0 < len(kind.short) <= 7


def test_names_differ() -> None:
    for names in ([kind.label for kind in LevelKind], [kind.short for kind in LevelKind]):
        assert len(set(names)) == len(names)


@EVERY
def test_weights_lie_between_nothing_and_one(kind: LevelKind) -> None:
    assert 0 < kind.weight <= 1
    assert 0 < kind.special <= 1


@EVERY
def test_the_opposite_of_the_opposite_is_the_kind_itself_and_weighs_as_much(kind: LevelKind) -> None:
    other = kind.opposite
    assert other.opposite is kind
    assert (other.weight, other.special, other.strong, other.hold, other.family) == (
        *(kind.weight, kind.special, kind.strong, kind.hold, kind.family),
    )
    assert other.side == -kind.side


@EVERY
def test_only_what_moves_is_held(kind: LevelKind) -> None:
    assert kind.dynamic is (kind.hold is not Hold.FIXED)


def test_only_the_extremes_of_the_session_are_held_until_price_is_armed() -> None:
    assert {kind for kind in LevelKind if kind.hold is Hold.ARM} == {LevelKind.SESSION_HIGH, LevelKind.SESSION_LOW}


def test_levels_named_by_their_price_are_rounds_and_strikes() -> None:
    assert {kind for kind in LevelKind if kind.priced} == {LevelKind.ROUND, LevelKind.STRIKE}
    assert {kind for kind in LevelKind if kind.family is Family.GRID} == {LevelKind.ROUND, LevelKind.STRIKE}


@EVERY
def test_what_rests_on_bars_says_on_how_many(kind: LevelKind) -> None:
    assert (kind.bars > 0) is (kind.made_of is MadeOf.CHART)


@pytest.mark.parametrize(("profile", "left_out"), [(EsProfile, {"STRIKE"}), (SpyProfile, {"ON_HIGH", "ON_LOW"})])
def test_profiles_watch_all_kinds_but_those_that_mean_nothing_there_or_are_off(
    profile: type[EsProfile | SpyProfile], left_out: set[str]
) -> None:
    assert set(profile().level_kinds) == set(LevelKind.__members__) - left_out - ASKED_FOR
    assert profile().level_kinds == watched_by(profile.name)


def test_kinds_are_bits() -> None:
    assert kind_bits([LevelKind.USER, LevelKind.STRIKE, LevelKind.USER]) == 0b101
