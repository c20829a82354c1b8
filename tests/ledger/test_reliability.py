"""What a model's words were worth: bins, intervals, and what is never mixed."""

from __future__ import annotations

import math

import pytest

from spymaster.features.horizons import HORIZONS_S
from spymaster.ledger.predictions.entries import Outcome
from spymaster.ledger.predictions.reliability import bin_of, came_by, grouped, reliability, wilson
from tests.support.predicted import model_said, outcomes, settled

BREAK, BOUNCE, CHOP = Outcome.BREAK, Outcome.BOUNCE, Outcome.CHOP


def test_said_thirty_to_forty_happened_so_often() -> None:
    rows = [settled(0.34, BREAK, 60.0)] * 44 + [settled(0.36, BOUNCE, 60.0)] * 98
    rows += [settled(0.12, BREAK, 60.0)] * 5 + [settled(0.12, CHOP, 480.0)] * 28
    record = reliability(rows, HORIZONS_S, 120)
    found = record.of(0.34)
    assert (found.low, found.high, found.n, found.came) == (0.3, 0.4, 142, 44)
    assert found.share == pytest.approx(44 / 142)
    assert found.interval == pytest.approx((0.240, 0.390), abs=5e-4)
    assert record.base == pytest.approx(49 / 175)


def test_the_interval_is_where_the_normal_test_of_a_share_is_just_not_refused() -> None:
    came, n, z = 44, 142, 1.959964
    for end in wilson(came, n):
        assert abs(came / n - end) / math.sqrt(end * (1.0 - end) / n) == pytest.approx(z, rel=1e-9)


def test_of_none_that_came_the_interval_begins_at_none() -> None:
    low, high = wilson(0, 12)
    assert low == pytest.approx(0.0, abs=1e-12)
    assert high == pytest.approx(0.2425, abs=1e-4)


@pytest.mark.parametrize(("said", "place"), [(0.0, 0), (0.0999, 0), (0.1, 1), (0.3, 3), (0.7, 7), (1.0, 9)])
def test_a_chance_belongs_to_the_bin_that_begins_with_it(said: float, place: int) -> None:
    assert bin_of(said) == place


@pytest.mark.parametrize(
    ("outcome", "after_s", "came"),
    [
        (Outcome.BREAK, 119.0, True),
        (Outcome.BREAK, 121.0, False),
        (Outcome.BOUNCE, 5.0, False),
        (Outcome.CHOP, 480.0, False),
        (Outcome.CENSORED, 119.0, None),
        (Outcome.CENSORED, 121.0, False),
        (Outcome.NO_RACE, 0.0, None),
    ],
)
def test_whether_a_break_had_come_by_two_minutes(outcome: Outcome, after_s: float, came: bool | None) -> None:
    assert came_by(settled(0.3, outcome, after_s), 120) is came


def test_what_was_not_seen_to_the_end_is_counted_apart_and_enters_no_share() -> None:
    record = reliability([settled(0.3, Outcome.CENSORED, 10.0), settled(0.3, BREAK, 10.0)], HORIZONS_S, 120)
    assert (record.n, record.open, record.base) == (1, 1, 1.0)


def test_markets_showing_models_and_stages_are_never_mixed() -> None:
    rows = [
        settled(0.3, BREAK, 1.0),
        settled(0.3, BREAK, 1.0, shown=True),
        settled(0.3, BREAK, 1.0, stage="ARM"),
        settled(0.3, BREAK, 1.0, model=1),
    ]
    models = (model_said(), model_said("challenger", "b" * 64))
    real, simulated = outcomes(rows, models=models), outcomes(rows, simulated=True, models=models)
    found = grouped([real, simulated])
    assert [len(one) for one in found.values()] == [1] * 8
    assert {(group.simulated, group.shown, group.role, group.stage) for group in found} == {
        (market, shown, role, stage)
        for market in (False, True)
        for shown, role, stage in (
            (False, "champion", "CONTACT"),
            (True, "champion", "CONTACT"),
            (False, "champion", "ARM"),
            (False, "challenger", "CONTACT"),
        )
    }


def test_the_same_group_of_several_runs_is_one_record() -> None:
    found = grouped([outcomes([settled(0.3, BREAK, 1.0)]), outcomes([settled(0.3, BOUNCE, 1.0)])])
    assert [len(one) for one in found.values()] == [2]


def test_a_record_of_nothing_has_no_base() -> None:
    record = reliability([], HORIZONS_S, 120)
    assert (record.n, record.base, record.of(0.5).share) == (0, None, None)
