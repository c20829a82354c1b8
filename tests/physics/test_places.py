"""Numbers that must agree are one number: places of levels, counters, inputs, sums."""

from __future__ import annotations

import numpy as np

from spymaster.market.levels import LevelKind
from spymaster.market.rows import INPUTS, MASS_FIELDS, SNAP
from spymaster.physics.judgement import trust
from spymaster.physics.memory import state
from spymaster.physics.memory.records import TRUST
from spymaster.physics.memory.state import LEVEL_SLOTS, ROUND_SLOTS, STRIKE_SLOTS, STRUCTURAL_SLOTS, USER_SLOTS


def test_every_kind_of_level_has_a_slot_and_none_is_shared() -> None:
    places = {USER_SLOTS + kind for kind in LevelKind}
    assert len(places) == len(LevelKind)
    assert min(places) >= USER_SLOTS
    assert max(places) < USER_SLOTS + STRUCTURAL_SLOTS
    assert USER_SLOTS + STRUCTURAL_SLOTS + ROUND_SLOTS + STRIKE_SLOTS == LEVEL_SLOTS


def test_every_counter_has_a_place_of_its_own() -> None:
    places = {name: value for name, value in vars(state).items() if name.startswith("C_")}
    assert sorted(places.values()) == list(range(len(state.COUNTERS)))


def test_the_inputs_stand_in_the_order_they_are_published_in() -> None:
    assert [INPUTS[place] for place in (trust.DEPTH, trust.TAPE, trust.OPTIONS, trust.EQUITY)] == list(INPUTS)
    for record, name in ((SNAP, "trust"), (SNAP, "trust_reason"), (TRUST, "state"), (TRUST, "reason")):
        assert record[name].shape == (len(INPUTS),)


def test_the_sums_of_a_bucket_stand_in_the_order_they_are_published_in() -> None:
    places = [value for name, value in vars(state).items() if name.startswith("M_")]
    assert places == list(range(len(MASS_FIELDS)))
    assert SNAP["mass"].shape == (len(MASS_FIELDS),)


def test_no_tick_is_beyond_every_tick_a_market_trades_at() -> None:
    from spymaster.market.kinds import MAX_TICK, NO_TICK

    assert abs(NO_TICK) > MAX_TICK
    assert np.int64(NO_TICK) < 0
