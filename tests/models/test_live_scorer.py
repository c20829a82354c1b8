"""When a level is asked of, and what is remembered: by event time alone."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.features.follower import FeatureFollower
from spymaster.labels.first_passage import scaled_distance
from spymaster.models.live_scorer import SAID_BY_S, LevelAsker, longest_distance, period_ns
from tests.features.scene import Scene, by_chance

S = 1_000_000_000


@pytest.mark.parametrize(
    ("away", "every_s"), [(0.0, 0.25), (2.9, 0.25), (3.1, 2.0), (5.9, 2.0), (6.1, 10.0), (100.0, 10.0)]
)
def test_the_farther_a_level_is_the_less_often_it_is_asked_of(away: float, every_s: float) -> None:
    """Two points are a deviation of two minutes where a minute has 1.414."""
    sigma = np.array([2.0 / np.sqrt(2.0)])
    assert period_ns(np.array([away]), sigma).tolist() == [round(every_s * S)]


@pytest.mark.parametrize("sigma", [0.01, np.nan])
def test_a_volatility_that_is_tiny_or_unknown_counts_as_half_a_point(sigma: float) -> None:
    assert period_ns(np.array([0.7, 0.8]), np.full(2, sigma)).tolist() == [S // 4, 2 * S]


@pytest.mark.parametrize("sigma", [0.1, 0.4, 1.0, 1.37, 2.9, 10.0])
def test_the_distance_is_that_of_the_labels(sigma: float) -> None:
    asked = longest_distance(np.array([sigma]), 0.25)[0]
    assert asked == scaled_distance(sigma, max(SAID_BY_S), 0.25)


def test_without_a_volatility_there_is_no_distance() -> None:
    assert np.isnan(longest_distance(np.array([np.nan]), 0.25)).all()


def scene(seed: int = 0, snaps: int = 1600) -> Scene:
    found: Scene = by_chance(seed, snaps)
    return found


def asked_over(scene: Scene, asker: LevelAsker, first: int = 0) -> list[tuple[int, bytes, bytes]]:
    """What is to be asked at each snap."""
    found = []
    for block in list(scene.blocks(1))[first:]:
        asker.on_block(block)
        questions = asker.questions
        assert questions is not None
        found.append((questions.new, questions.asked.tobytes(), questions.rows.tobytes()))
    return found


def test_decisions_are_marked_once_and_their_rows_are_those_of_the_follower() -> None:
    follower, asker = FeatureFollower(0.25), LevelAsker(FeatureFollower(0.25), 0.25)
    theirs, ours = [], []
    for block in scene().blocks(1):
        follower.on_block(block)
        asker.on_block(block)
        questions = asker.questions
        assert questions is not None
        theirs += sorted((int(one["stage"]), row.tobytes()) for one, row in _pairs(follower))
        fresh = (questions.asked["is_decision"] == 1) & (questions.asked["t_ns"] == questions.t_ns)
        told = [*zip(questions.asked[fresh], questions.rows[fresh], strict=True)]
        told += zip(questions.decided, questions.decided_rows, strict=True)
        ours += sorted((int(one["stage"]), row.tobytes()) for one, row in told)
    assert theirs
    assert ours == theirs


def _pairs(follower: FeatureFollower) -> list[tuple[np.void, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]]:
    return list(zip(follower.decisions(), follower.decision_rows(), strict=True))


def test_a_level_without_an_attempt_is_not_asked_of() -> None:
    asker = LevelAsker(FeatureFollower(0.25), 0.25)
    for block in scene().blocks(1):
        asker.on_block(block)
        questions = asker.questions
        assert questions is not None
        assert (questions.asked["stage"] >= 0).all()
        assert len(questions.asked) == (questions.standings["stage"] >= 0).sum()


def test_one_that_goes_on_from_a_memory_asks_the_same() -> None:
    whole, part = LevelAsker(FeatureFollower(0.25), 0.25), LevelAsker(FeatureFollower(0.25), 0.25)
    all_asked = asked_over(scene(), whole)
    first = asked_over(scene().part(0, 700), part)
    again = LevelAsker(FeatureFollower(0.25), 0.25)
    again.restore(part.snapshot())
    assert first + asked_over(scene(), again, 700) == all_asked


@pytest.mark.parametrize("broken", [b"", b"short", bytes(24)])
def test_what_is_no_memory_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"memory|buffer|bytes|snapshot"):
        LevelAsker(FeatureFollower(0.25), 0.25).restore(broken)


def test_another_contract_begins_without_questions() -> None:
    asker = LevelAsker(FeatureFollower(0.25), 0.25)
    asked_over(scene().part(0, 400), asker)
    asker.forget()
    assert asker.questions is None
