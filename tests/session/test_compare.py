"""Two configurations over the same records: each publishes what it publishes alone, and the differences are exact."""

from __future__ import annotations

import msgspec
import pytest

from spymaster.errors import UserError
from spymaster.physics.engine import Engine
from spymaster.session.compare import Comparison, compare
from spymaster.session.headless import RunTotals, drive
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource

pytestmark = pytest.mark.usefixtures("warm")


def changed(plan: ReplayPlan, **changes: object) -> ReplayPlan:
    return msgspec.structs.replace(plan, profile=msgspec.structs.replace(plan.profile, **changes))


def hash_of(plan: ReplayPlan) -> str:
    totals = RunTotals(250_000_000)
    drive(ReplaySource(plan), Engine(), [totals])
    return totals.hash.hexdigest()


def compared(one: ReplayPlan, other: ReplayPlan) -> Comparison:
    configs = (ReplaySource(one).config_frame(), ReplaySource(other).config_frame())
    return compare(ReplaySource(one), configs, ("a", "b"))


def test_each_side_publishes_what_it_publishes_alone(bundled_plan: ReplayPlan) -> None:
    other = changed(bundled_plan, w_barrier=5.0)
    found = compared(bundled_plan, other)
    assert (found.a.signal_hash, found.b.signal_hash) == (hash_of(bundled_plan), hash_of(other))


def test_a_configuration_does_not_differ_from_itself(bundled_plan: ReplayPlan) -> None:
    found = compared(bundled_plan, bundled_plan)
    assert found.differences == ()
    assert found.snaps_that_differ == 0
    assert found.a.signal_hash == found.b.signal_hash


def test_thresholds_nobody_can_reach_silence_the_other_side(bundled_plan: ReplayPlan) -> None:
    found = compared(bundled_plan, changed(bundled_plan, threshold_break=99.9, threshold_reject=0.1))
    assert found.a.signals > 0
    assert found.b.signals == 0
    loud = [each for each in found.differences if each.signal_a in ("BREAK", "REJECT")]
    assert loud
    assert all(each.signal_b in ("NEUTRAL", "CONTESTED", None) for each in loud)
    assert all(each.from_ns < each.to_ns for each in found.differences)


def test_spells_of_one_level_do_not_overlap(bundled_plan: ReplayPlan) -> None:
    found = compared(bundled_plan, changed(bundled_plan, w_barrier=5.0))
    until: dict[str, int] = {}
    for each in found.differences:
        assert each.from_ns >= until.get(each.level, 0)
        until[each.level] = each.to_ns


def test_different_snap_intervals_are_refused(bundled_plan: ReplayPlan) -> None:
    with pytest.raises(UserError, match="snap_ms differs"):
        compared(bundled_plan, changed(bundled_plan, snap_ms=100))
