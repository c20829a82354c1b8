"""A plan that cannot be played is refused in one line."""

from __future__ import annotations

import msgspec
import pytest

from spymaster.errors import UserError
from spymaster.sim.second.plan import (
    Mechanism,
    MechanismKind,
    Plan,
    Point,
    Side,
    check_plan,
    named_plan,
    opening_plan,
    scattered_plan,
)
from spymaster.sim.second.session import generate

OPEN_E9 = 6_870_250_000_000


def wall(name: str, price_e9: int, start_s: int = 0, end_s: int = 60, side: Side = Side.ASK) -> Mechanism:
    return Mechanism(name, MechanismKind.WALL, side, price_e9, start_s, end_s)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"open_price_e9": OPEN_E9 + 1}, "multiple of the tick"),
        ({"activity": ()}, "at most 1024 mechanisms"),
        ({"activity": (Point(5, 1.0), Point(5, 2.0))}, "do not ascend"),
        ({"activity": (Point(0, 0.0),)}, "are not positive"),
        ({"mechanisms": (wall("A", OPEN_E9 + 1),)}, "A is off the ticks"),
        ({"mechanisms": (wall("A", OPEN_E9, 60, 60),)}, "ends before it starts"),
        ({"mechanisms": (wall("A", OPEN_E9), wall("B", OPEN_E9 + 10**9))}, "B and A would work on the same prices"),
    ],
)
def test_an_impossible_plan_is_refused(change: dict[str, object], message: str) -> None:
    plan = msgspec.structs.replace(Plan("bad", OPEN_E9), **change)
    with pytest.raises(UserError, match=message):
        generate(1, 1, 0, plan)


def test_mechanisms_may_share_prices_at_different_times_or_on_different_sides() -> None:
    same_price = (wall("A", OPEN_E9), wall("B", OPEN_E9, 60, 120), wall("C", OPEN_E9, side=Side.BID))
    check_plan(Plan("good", OPEN_E9, mechanisms=same_price))


def test_an_unknown_plan_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UserError, match="none is named 'closing'; there are scattered, opening"):
        named_plan("closing", 1, 10)


@pytest.mark.parametrize("minutes", [0.5, 10, 240, 1380])
def test_a_scattered_plan_covers_its_whole_session_and_half_of_it_are_placebos(minutes: float) -> None:
    plan = scattered_plan(5, minutes)
    assert min(m.start_s for m in plan.mechanisms) == 0
    assert max(m.end_s for m in plan.mechanisms) >= minutes * 60
    placebos = [m for m in plan.mechanisms if m.kind is MechanismKind.PLACEBO]
    assert 0.25 < len(placebos) / len(plan.mechanisms) < 0.8
    assert {m.side for m in plan.mechanisms} == set(Side)


def test_the_opening_plants_every_mechanism_and_as_many_placebos() -> None:
    kinds = [m.kind for m in opening_plan().mechanisms]
    assert set(kinds) == set(MechanismKind)
    assert kinds.count(MechanismKind.PLACEBO) * 2 >= len(kinds)
