"""Splits: parts share no attempt, day or world, none looks into a later one, and a leak that is planted is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.splits import Split, check_split, in_order, plan
from tests.support.attempt_sets import attempt_set


@pytest.fixture(params=[True, False], ids=["worlds", "days"])
def data(request: pytest.FixtureRequest) -> DataSet:
    return attempt_set(300, 16, simulated=request.param)


def all_splits(data: DataSet) -> list[Split]:
    whole = plan(data, 3)
    return [*whole.walk, whole.final]


def test_no_split_leaks(data: DataSet) -> None:
    for split in all_splits(data):
        assert min(len(split.train), len(split.calibrate), len(split.test)) > 0
        check_split(data, split)


def test_each_fold_learns_from_all_before_it(data: DataSet) -> None:
    sizes = [len(split.train) for split in plan(data, 3).walk]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_the_last_quarter_is_in_no_fold(data: DataSet) -> None:
    whole = plan(data, 3)
    walked = np.concatenate([part for split in whole.walk for part in (split.train, split.calibrate, split.test)])
    assert np.intersect1d(walked, whole.final.test).size == 0
    group = data.source if data.simulated else data.date
    assert len(np.unique(group[whole.final.test])) == 4


def test_days_are_in_time_and_one_is_left_out_between_parts() -> None:
    data = attempt_set(300, 16, simulated=False)
    for split in all_splits(data):
        train, calibrate, test = (np.unique(data.date[part]) for part in (split.train, split.calibrate, split.test))
        assert calibrate.min() - train.max() == 2
        assert test.min() - calibrate.max() == 2


def test_worlds_are_shuffled_by_their_names_and_always_alike() -> None:
    data = attempt_set(300, 16)
    assert in_order(data) == in_order(attempt_set(300, 16, seed=2))
    assert in_order(data) != sorted(in_order(data))


def test_rows_whose_labels_reach_into_a_later_part_are_left_out() -> None:
    data = attempt_set(300, 16, simulated=False)
    split = plan(data, 3).final
    late = data.ends_ns.copy()
    late[split.train[:2]] = data.t_ns[split.test].max()
    kept = plan(replace(data, ends_ns=late), 3).final
    assert set(split.train[:2]) & set(kept.train) == set()
    check_split(replace(data, ends_ns=late), kept)


def test_a_planted_row_of_the_same_attempt_is_found(data: DataSet) -> None:
    split = plan(data, 3).final
    leak = replace(split, train=np.append(split.train, split.test[0]))
    with pytest.raises(ValueError, match="train and test share an attempt"):
        check_split(data, leak)


def test_a_planted_attempt_of_the_same_day_or_world_is_found(data: DataSet) -> None:
    split = plan(data, 3).final
    attempts = data.attempt.copy()
    attempts[split.test[0]] = 10_000
    leak = replace(split, calibrate=np.append(split.calibrate, split.test[0]), test=split.test[1:])
    with pytest.raises(ValueError, match=f"share a {'world' if data.simulated else 'trade date'}"):
        check_split(replace(data, attempt=attempts), leak)


def test_a_planted_label_that_looks_into_a_later_part_is_found() -> None:
    data = attempt_set(300, 16, simulated=False)
    split = plan(data, 3).final
    ends = data.ends_ns.copy()
    ends[split.train[0]] = data.arm_ns[split.test].min()
    with pytest.raises(ValueError, match="labels of train look into test"):
        check_split(replace(data, ends_ns=ends), replace(split, calibrate=split.calibrate[:0]))


def test_too_few_sessions_are_refused() -> None:
    with pytest.raises(UserError, match="has 5 worlds, and a split needs 8"):
        plan(attempt_set(100, 5), 3)
