"""A follower says when an attempt is judged, by the rule of the record, and what was known then, from nothing later."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.features.attempt_features import ATTEMPT_FEATURES
from spymaster.features.follower import FeatureFollower
from spymaster.features.memory import RINGS
from spymaster.features.phases import NO_STAGE, Phase
from spymaster.labels.attempts import Scales, attempts
from spymaster.labels.path import PricePath
from spymaster.ledger.follow import LevelTests
from spymaster.market.kinds import NS_PER_S
from spymaster.models.prediction import Stage
from tests.features.scene import BEGIN_NS, SNAP_NS, Block, Lived, Scene, broken, by_chance, lived, poisoned, upside_down
from tests.ledger.lines import Market
from tests.ledger.test_follow import wandering

THROUGH = ((0.0, -3.0), (30.0, 0.0), (110.0, 0.5), (130.0, 3.0))
NAMES = [feature.name for feature in ATTEMPT_FEATURES]


def scene_of(market: Market) -> Scene:
    return Scene(market.snaps, market.rows)


def of_stage(found: Lived, stage: Stage) -> NDArray[np.void]:
    decisions: NDArray[np.void] = found.decisions[found.decisions["stage"] == stage]
    return decisions


def seconds(decisions: NDArray[np.void], name: str) -> list[float]:
    from_begin: list[float] = ((decisions[name] - BEGIN_NS) / NS_PER_S).tolist()
    return from_begin


def same(one: Lived, other: Lived) -> bool:
    return one.decisions.tobytes() == other.decisions.tobytes() and one.rows.tobytes() == other.rows.tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_contacts_are_the_tests_of_the_record(seed: int) -> None:
    scene = broken(by_chance(seed, 6000))
    record = LevelTests(0.25)
    tests = np.concatenate([*(record.on_block(block) for block in scene.blocks()), record.finish()])
    tests = tests[tests["kind"] >= 0]
    names = {"touch_ns": "contact_ns"}
    fields = (
        "touch_ns",
        "arm_ns",
        "kind",
        "user_index",
        "number",
        "direction",
        "session_date",
        "barrier",
        "future_price",
    )
    expected = sorted(zip(*(tests[name].tolist() for name in fields), strict=True))
    contacts = of_stage(lived(scene), Stage.CONTACT)
    assert len(contacts) >= 20
    assert sorted(zip(*(contacts[names.get(name, name)].tolist() for name in fields), strict=True)) == expected


@pytest.mark.parametrize("seed", range(4))
def test_arming_and_contact_are_those_of_the_labels(seed: int) -> None:
    """The labels' own way through the same path; what happens while an attempt is on is part of it."""
    walk = wandering(seed, 8000, sigma=1.5)
    path = PricePath(walk.snaps["t_ns"], walk.snaps["microprice"], int(walk.snaps["t_ns"][-1]))
    arms, contacts, over_ns = [], [], -1
    for one in attempts(path, 5000.0, Scales(np.full(len(walk.price), 1.5), 0.25)):
        if one["touch_ns"] >= 0:
            if one["touch_ns"] > over_ns:
                over_ns = one["end_ns"]
                arms.append(one["arm_ns"])
                contacts.append((one["arm_ns"], one["touch_ns"], one["direction"]))
        elif one["turn_ns"] < 0 or one["turn_ns"] > max(over_ns + SNAP_NS, one["arm_ns"]):
            arms.append(one["arm_ns"])
    found = lived(scene_of(walk))
    assert len(contacts) >= 5
    assert len(arms) > len(contacts)
    assert of_stage(found, Stage.ARM)["arm_ns"].tolist() == arms
    touched = of_stage(found, Stage.CONTACT)
    ours = list(zip(*(touched[name].tolist() for name in ("arm_ns", "contact_ns", "direction")), strict=True))
    assert ours == contacts


def test_an_attempt_is_judged_at_arming_at_contact_and_later_while_it_is_undecided() -> None:
    found = lived(scene_of(Market.through(*THROUGH)))
    assert [Stage(stage) for stage in found.decisions["stage"].tolist()] == list(Stage)
    assert seconds(found.decisions, "t_ns") == [20.25, 27.5, 42.5, 87.5]
    assert found.decisions["contact_ns"].tolist()[0] == -1
    assert seconds(found.decisions[1:], "contact_ns") == [27.5] * 3
    assert set(found.decisions["number"].tolist()) == {1}
    assert set(found.decisions["direction"].tolist()) == {1}


def test_what_is_decided_sooner_is_asked_no_more() -> None:
    found = lived(scene_of(Market.through((0.0, -3.0), (30.0, 0.0), (32.0, 3.0), (120.0, 3.0))))
    assert [Stage(stage) for stage in found.decisions["stage"].tolist()] == [Stage.ARM, Stage.CONTACT]


def test_phases_go_from_far_to_decided() -> None:
    market = Market.through((0.0, -9.0), (30.0, 0.0), (40.0, 1.0), (60.0, 3.0), (150.0, 9.0))
    away = np.abs(market.price)
    market.rows["in_band"][:, 0] = away < 4.0
    market.rows["arrival_s"][:, 0] = np.where((away < 7.0) & (market.price < 0.0), 5.0, np.nan)
    follower, phases = FeatureFollower(0.25), []
    for block in scene_of(market).blocks(1):
        follower.on_block(block)
        phases.append(Phase(int(follower.phases()[0])))
    changes = [phase for phase, before in zip(phases, [None, *phases], strict=False) if phase is not before]
    assert changes == [*Phase, Phase.FAR]
    assert phases.count(Phase.RESOLVED) == 240


def test_a_standing_names_the_stage_passed_last() -> None:
    market = Market.through(*THROUGH)
    follower, stages = FeatureFollower(0.25), []
    for block in scene_of(market).blocks(1):
        follower.on_block(block)
        stages.append(int(follower.standings()[0]["stage"]))
    changes = [stage for stage, before in zip(stages, [None, *stages], strict=False) if stage != before]
    assert changes[:5] == [NO_STAGE, *Stage]
    assert changes[-1] == NO_STAGE


def test_blocks_of_any_size_give_the_same() -> None:
    scene = broken(by_chance(3, 3000))
    whole = lived(scene, 3000)
    assert len(whole.decisions) > 60
    for sizes in (1, 64, (5, 1, 17)):
        assert same(lived(scene, sizes), whole)


def test_a_row_asked_for_at_its_snap_is_the_row_of_the_decision() -> None:
    scene = by_chance(4, 3000)
    whole = lived(scene)
    follower, asked = FeatureFollower(0.25), 0
    for k, block in enumerate(scene.blocks(1)):
        follower.on_block(block)
        at = np.flatnonzero(whole.decisions["snap"] == k)
        if len(at):
            assert follower.rows(whole.decisions["place"][at]).tobytes() == whole.rows[at].tobytes()
            asked += len(at)
    assert asked == len(whole.decisions) > 60


def is_causal(live: type[FeatureFollower]) -> bool:
    """Whether cutting off and poisoning what comes after a snap changes anything up to it."""
    scene = broken(by_chance(5, 2400))
    whole = lived(scene, follower=live(0.25))
    for at in (700, 1300, 2000):
        before = whole.decisions["snap"] < at
        for other in (scene.part(0, at), poisoned(scene, at)):
            found = lived(other, follower=live(0.25))
            sooner = found.decisions["snap"] < at
            if found.rows[sooner].tobytes() != whole.rows[before].tobytes():
                return False
            if found.decisions[sooner].tobytes() != whole.decisions[before].tobytes():
                return False
    return True


class OneSnapLate(FeatureFollower):
    """A planted leak: levels are described by what is published of them a snap later."""

    def on_block(self, block: Block) -> None:  # type: ignore[override]
        super().on_block(Block(block.snaps, np.concatenate([block.numbers[1:], block.numbers[-1:]])))


def test_nothing_after_a_snap_changes_what_was_said_up_to_it() -> None:
    assert is_causal(FeatureFollower)


def test_a_follower_that_looks_a_snap_ahead_is_found_out() -> None:
    assert not is_causal(OneSnapLate)


@pytest.mark.parametrize("at", [1, 640, 1800])
def test_it_goes_on_from_a_snapshot(at: int) -> None:
    scene = broken(by_chance(6, 2600))
    first = lived(scene.part(0, at))
    second = FeatureFollower(0.25)
    second.restore(first.follower.snapshot())
    assert second.rows(np.arange(9)).tobytes() == first.follower.rows(np.arange(9)).tobytes()
    assert second.standings().tobytes() == first.follower.standings().tobytes()
    rest = scene.part(at, len(scene.snaps))
    one, other = lived(rest, follower=first.follower), lived(rest, follower=second)
    assert same(one, other)
    assert one.last_rows().tobytes() == other.last_rows().tobytes()
    assert one.follower.snapshot() == other.follower.snapshot()


@pytest.mark.parametrize("packed", [b"", b"1234", bytes(40), bytes([255]) * 400])
def test_bytes_that_are_no_snapshot_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="memory of features"):
        FeatureFollower(0.25).restore(packed)


def test_upside_down_every_feature_is_the_same() -> None:
    scene = broken(by_chance(7, 3000))
    one, other = lived(scene), lived(upside_down(scene))
    assert one.decisions["t_ns"].tolist() == other.decisions["t_ns"].tolist()
    assert one.decisions["direction"].tolist() == (-other.decisions["direction"]).tolist()
    for column, name in enumerate(NAMES):
        np.testing.assert_array_equal(one.rows[:, column], other.rows[:, column], err_msg=name)
    np.testing.assert_array_equal(one.last_rows(), other.last_rows())


def test_another_contract_begins_with_nothing_known() -> None:
    scene = by_chance(8, 2400)
    follower = lived(scene.part(0, 1500)).follower
    follower.forget()
    rest = scene.part(1500, 2400)
    again, new = lived(rest, follower=follower), lived(rest)
    assert same(again, new)
    assert again.last_rows().tobytes() == new.last_rows().tobytes()


def test_a_change_of_contract_known_beforehand_waits_for_its_snap() -> None:
    scene = by_chance(8, 2400)
    follower = FeatureFollower(0.25)
    follower.forget(int(scene.snaps["t_ns"][1510]))
    whole = lived(scene, follower=follower)
    before, after = lived(scene.part(0, 1510)), lived(scene.part(1510, 2400))
    assert whole.rows.tobytes() == before.rows.tobytes() + after.rows.tobytes()


def test_a_level_that_is_not_there_is_refused() -> None:
    follower = lived(by_chance(9, 8)).follower
    with pytest.raises(IndexError, match="11 levels"):
        follower.rows(np.array([11]))
    assert follower.rows(np.zeros(0, np.int64)).shape == (0, len(ATTEMPT_FEATURES))


def test_more_levels_than_liquidity_is_remembered_of_leave_those_seen_last() -> None:
    """A level unseen while many others came has no past when it comes back, and remembers again from then on."""
    market = Market.through((0.0, -3.0), (200.0, -3.0), columns={"depth_in_zone": 7.0})
    ticks = np.full(len(market.price), 20000.0)
    ticks[100 : 100 + 2 * RINGS] = 20100 + np.arange(2 * RINGS)
    market.rows["kind"], market.rows["user_index"] = 1, -1
    market.rows["tick"][:, 0] = ticks
    change = NAMES.index("depth_change_15s")
    follower, known = FeatureFollower(0.25), []
    for block in scene_of(market).blocks(1):
        follower.on_block(block)
        known.append(not np.isnan(follower.rows(np.array([0]))[0, change]))
    back = 100 + 2 * RINGS
    assert known[99]
    assert not any(known[100 : back + 60])
    assert all(known[back + 80 :])
