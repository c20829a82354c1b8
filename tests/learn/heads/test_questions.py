"""What the heads are asked: hazards go through the bins a race was seen in, and attempts are counted once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.questions import Questions, hazard_rows, questions, resolved_attempts, weights
from spymaster.models.heads import BOUNCED, BROKE, NEITHER
from tests.support.attempt_sets import attempt_set


def races(*told: tuple[Outcome, float]) -> Questions:
    count = len(told)
    outcome, end_s = np.array([one for one, _ in told], np.int64), np.array([end for _, end in told])
    return Questions(outcome, end_s, np.zeros(count), np.ones(count), np.zeros(count, np.int64))


@pytest.mark.parametrize(
    ("outcome", "end_s", "bins"),
    [
        (Outcome.BREAK, 10.0, [BROKE]),
        (Outcome.BREAK, 15.0, [BROKE]),
        (Outcome.BOUNCE, 15.5, [NEITHER, BOUNCED]),
        (Outcome.BREAK, 479.0, [NEITHER] * 5 + [BROKE]),
        (Outcome.CHOP, 480.0, [NEITHER] * 6),
        (Outcome.CENSORED, 10.0, []),
        (Outcome.CENSORED, 15.0, [NEITHER]),
        (Outcome.CENSORED, 100.0, [NEITHER] * 3),
    ],
)
def test_a_race_counts_for_the_bins_it_was_seen_in(outcome: Outcome, end_s: float, bins: list[int]) -> None:
    place, number, cause = hazard_rows(races((outcome, end_s)), np.array([0]))
    assert cause.tolist() == bins
    assert number.tolist() == list(range(len(bins)))
    assert place.tolist() == [0] * len(bins)


def test_rows_of_several_races_stand_one_after_the_other() -> None:
    asked = races((Outcome.CHOP, 480.0), (Outcome.BOUNCE, 20.0), (Outcome.BREAK, 5.0))
    place, number, cause = hazard_rows(asked, np.array([1, 2]))
    assert place.tolist() == [0, 0, 1]
    assert number.tolist() == [0, 1, 0]
    assert cause.tolist() == [NEITHER, BOUNCED, BROKE]


def test_what_is_known_is_what_was_seen_to_its_end() -> None:
    asked = races(*((outcome, 10.0) for outcome in Outcome))
    assert asked.known.tolist() == [True, True, True, False, False]
    assert asked.resolved.tolist() == [True, True, False, False, False]
    assert asked.ran.tolist() == [True, True, True, True, False]


def test_an_attempt_is_counted_once_however_many_rows_it_has() -> None:
    data = attempt_set(50, 8)
    assert len(data) == 100
    asked = questions(data)
    assert resolved_attempts(data) == len({int(a) for a, one in zip(data.attempt, asked.resolved, strict=True) if one})


def spans(*begins: int) -> DataSet:
    """Attempts of two rows each and 100 ns, by when they begin, in one world."""
    data = attempt_set(len(begins), 2)
    start = np.repeat(begins, 2)
    return replace(data, source=np.zeros(len(data), np.int64), t_ns=start, arm_ns=start, ends_ns=start + 100)


def test_attempts_count_less_the_more_of_their_time_they_share() -> None:
    # the first two share half of their time, the third is alone
    told = weights(spans(0, 50, 500))
    expected = np.repeat([0.75, 0.75, 1.0], 2)
    assert told == pytest.approx(expected / expected.mean())


def test_attempts_of_two_worlds_share_nothing() -> None:
    data = spans(0, 0, 0)
    apart = replace(data, source=np.array([0, 0, 1, 1, 0, 0]))
    assert weights(apart) == pytest.approx(np.array([0.75, 0.75, 1.5, 1.5, 0.75, 0.75]))
    assert weights(data) == pytest.approx(np.ones(6))


def test_none_counts_more_than_three_times_the_middle_one() -> None:
    told = weights(spans(*[0] * 20, 500))
    assert told.max() / np.median(told) == pytest.approx(3.0)


def test_the_question_is_the_longest_race() -> None:
    data = attempt_set(50, 8)
    assert questions(data).barrier.tolist() == data.barrier[:, len(HORIZONS_S) - 1].tolist()
