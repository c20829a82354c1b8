"""Why a force has no part in a score: said in words, from the row's own numbers."""

from __future__ import annotations

import math

import pytest

from spymaster.market.option_rows import FuelEffect
from spymaster.market.rows import Trust
from spymaster.signals.notes import level_why, silent_forces
from tests.support.blocks import level, unseen

HEARD = {
    "barrier_weight": 0.8,
    "tape_weight": 0.6,
    "fuel_weight": 0.7,
    "trust_options": float(Trust.GREEN),
    "fuel_effect": float(FuelEffect.AMPLIFY),
    "hedge": -240.0,
    "hedge_low": -300.0,
    "hedge_high": -180.0,
}


def test_forces_that_speak_need_no_excuse() -> None:
    assert silent_forces(level(**HEARD)) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trust_options": Trust.ABSENT}, "fuel silent: no options feed"),
        ({"trust_options": Trust.BLIND}, "fuel silent: options not trusted"),
        ({"hedge": math.nan}, "fuel silent: hedge not known here"),
        ({"hedge": 3.0, "hedge_low": -23.0, "hedge_high": 28.0}, "fuel silent: hedge -23 to +28 spans 0"),
        ({"hedge": 5.0, "hedge_low": 2.0, "hedge_high": 8.0}, "fuel silent: hedge +5 moves nothing"),
    ],
)
def test_silent_fuel_says_which_of_its_reasons_it_is(changes: dict[str, float], words: str) -> None:
    assert silent_forces(level(**{**HEARD, "fuel_weight": 0.0, **changes})) == (words,)


def test_fuel_that_is_too_small_to_matter_says_so_although_it_is_believed() -> None:
    row = level(
        **{**HEARD, "fuel_effect": float(FuelEffect.NEUTRAL), "hedge": 5.0, "hedge_low": 2.0, "hedge_high": 8.0}
    )
    assert silent_forces(row) == ("fuel silent: hedge +5 moves nothing",)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trust_tape": Trust.BLIND}, "tape silent: trades not trusted"),
        ({"buy_volume": 0.0, "sell_volume": 0.0}, "tape silent: nothing traded near it"),
        ({"buy_volume": 3.0, "sell_volume": 4.0}, "tape silent: only 7 traded near it"),
    ],
)
def test_a_silent_tape_says_how_little_it_has(changes: dict[str, float], words: str) -> None:
    assert silent_forces(level(**{**HEARD, "tape_weight": 0.0, **changes})) == (words,)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trust_depth": Trust.BLIND}, "barrier silent: depth not trusted"),
        ({"window_s": 0.5}, "barrier silent: too little seen of it in 0.5 s"),
    ],
)
def test_a_silent_barrier_says_why(changes: dict[str, float], words: str) -> None:
    assert silent_forces(level(**{**HEARD, "barrier_weight": 0.0, **changes})) == (words,)


def test_a_level_without_a_score_has_nothing_to_excuse() -> None:
    assert silent_forces(unseen()) == ()


def test_the_whole_sentence_tells_silence_before_what_was_swept() -> None:
    sweep = {"sweep_direction": -1.0, "sweep_volume": 318.0, "sweep_levels": 3.0, "sweep_age_s": 0.5}
    row = level(**{**HEARD, "fuel_weight": 0.0, "trust_options": Trust.ABSENT, **sweep})
    assert level_why(row).endswith("; fuel silent: no options feed; sellers swept 318 over 3 prices 0.5 s ago")
