"""Rules of one's own: which levels meet them, and when that raises an alert."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from spymaster.alerts.conditions import Moment, moment_of
from spymaster.alerts.rules import Memory, Step, rules_of, step
from spymaster.config.alerts import Alerts
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, BarrierState, Confidence, Signal
from tests.support.blocks import T0_NS, level, unseen


def rules(**table: Any) -> Any:
    """The one rule of this table, called near."""
    return rules_of(msgspec.convert({"rules": {"near": table}}, Alerts))


def at(second: float, *levels: dict[str, float]) -> Moment:
    """Levels so long after 09:30 in New York, named by their kinds."""
    rows = np.zeros(len(levels), LEVEL_ROW)
    for row, columns in zip(rows, levels, strict=True):
        for name, value in columns.items():
            row[name] = value
    return moment_of(T0_NS + round(second * NS_PER_S), rows, tuple(LevelKind(int(kind)).name for kind in rows["kind"]))


def played(table: Any, *moments: Moment) -> list[Step]:
    """A rule over these moments, one after the other."""
    memory, steps = Memory(), []
    for moment in moments:
        steps.append(step(table, memory, moment))
        memory = steps[-1].memory
    return steps


def raised(table: Any, *levels: dict[str, float], second: float = 0.0) -> list[str]:
    """The levels that raise it at once."""
    return [alert.level_id for alert in played(table, at(second, *levels))[0].raised]


VWAP = level(kind=LevelKind.VWAP, distance=0.25, score=60.0, barrier_state=BarrierState.WALL, signal=Signal.NEUTRAL)
WALL = level(kind=LevelKind.CALL_WALL, distance=3.0, score=84.0, confidence_label=Confidence.MEDIUM)


def test_a_rule_without_conditions_is_met_by_every_level() -> None:
    assert raised(rules(), VWAP, WALL) == ["VWAP", "CALL_WALL"]


@pytest.mark.parametrize(
    ("table", "who"),
    [
        ({"kinds": ["VWAP", "SMA_200"]}, ["VWAP"]),
        ({"levels": ["CALL_WALL"]}, ["CALL_WALL"]),
        ({"states": ["WALL"]}, ["VWAP"]),
        ({"signals": ["BREAK"]}, ["CALL_WALL"]),
        ({"score_above": 60.0}, ["CALL_WALL"]),
        ({"score_below": 84.0}, ["VWAP"]),
        ({"confidence": "HIGH"}, ["VWAP"]),
        ({"distance": 0.25}, ["VWAP"]),
        ({"kinds": ["VWAP"], "score_above": 70.0}, []),
        ({"any": [{"states": ["WALL"]}, {"score_above": 80.0}]}, ["VWAP", "CALL_WALL"]),
        ({"distance": 1.0, "any": [{"states": ["WALL"]}, {"score_above": 80.0}]}, ["VWAP"]),
        ({"none": [{"states": ["WALL"]}]}, ["CALL_WALL"]),
        ({"none": [{"states": ["WALL"]}, {"signals": ["BREAK"]}]}, []),
    ],
)
def test_a_level_meets_a_rule_where_all_that_is_given_holds(table: dict[str, Any], who: list[str]) -> None:
    assert raised(rules(**table), VWAP, WALL) == who


def test_a_level_without_a_score_meets_no_condition_on_scores() -> None:
    assert raised(rules(score_above=0.0), unseen()) == []
    assert raised(rules(score_below=100.0), unseen()) == []
    assert raised(rules(states=["MISSING"]), unseen()) == ["ROUND"]


@pytest.mark.parametrize(
    ("span", "minutes_after_0930", "is_met"),
    [
        ("09:30-11:00", 0, True),
        ("09:30-11:00", 90, False),
        ("10:00-11:00", 29.9, False),
        ("18:00-09:31", 0, True),
        ("18:00-09:31", 1, False),
        ("18:00-09:31", 510, True),
    ],
)
def test_times_are_of_new_york_and_may_go_over_midnight(span: str, minutes_after_0930: float, is_met: bool) -> None:
    assert bool(raised(rules(times=[span]), VWAP, second=minutes_after_0930 * 60)) is is_met


def test_times_follow_the_clock_of_new_york_into_summer() -> None:
    table = rules(times=["09:30-09:31"])
    july_0930 = 1_720_186_200 * NS_PER_S
    moment = at(0.0, VWAP)
    rows, ids = moment.rows, moment.ids
    assert step(table, Memory(), moment_of(july_0930, rows, ids)).raised
    assert not step(table, Memory(), moment_of(july_0930 + 3600 * NS_PER_S, rows, ids)).raised


def test_a_rule_is_raised_once_while_a_level_goes_on_meeting_it() -> None:
    steps = played(rules(rest=0.0), *(at(second, VWAP) for second in (0, 0.25, 100)))
    assert [len(one.raised) for one in steps] == [1, 0, 0]


def test_a_rule_waits_for_its_hold_and_begins_anew_when_it_is_broken() -> None:
    near, far = VWAP, VWAP | {"distance": 2.0}
    table = rules(distance=1.0, hold=2.0)
    steps = played(table, at(0, near), at(1.75, near), at(1.9, far), at(2.0, near), at(3.75, near), at(4.0, near))
    assert [len(one.raised) for one in steps] == [0, 0, 0, 0, 0, 1]


def test_an_alert_ends_where_its_level_ceases_to_meet_the_rule_or_is_gone() -> None:
    table = rules(distance=1.0)
    far, gone = played(table, at(0, VWAP), at(1, VWAP | {"distance": 2.0})), played(table, at(0, VWAP), at(1))
    assert [alert.ended_ns for alert in far[1].ended] == [T0_NS + NS_PER_S]
    assert [alert.ended_ns for alert in gone[1].ended] == [T0_NS + NS_PER_S]
    assert far[1].ended[0].id == far[0].raised[0].id


def test_a_level_rests_after_an_alert_and_then_may_raise_it_again() -> None:
    table = rules(distance=1.0, rest=60.0)
    near, far = VWAP, VWAP | {"distance": 2.0}
    steps = played(table, at(0, near), at(1, far), at(2, near), at(59.75, near), at(60, near))
    assert [len(one.raised) for one in steps] == [1, 0, 0, 0, 1]


def test_one_level_resting_does_not_silence_another() -> None:
    steps = played(rules(rest=60.0), at(0, VWAP), at(1, VWAP, WALL))
    assert [alert.level_id for alert in steps[1].raised] == ["CALL_WALL"]


def test_the_same_snaps_raise_the_same_alerts() -> None:
    table = rules(distance=1.0, rest=5.0, hold=0.5)
    moments = [at(second / 4, VWAP | {"distance": abs(math.sin(second / 8)) * 2}) for second in range(200)]
    first, second = played(table, *moments), played(table, *moments)
    assert [one.raised for one in first] == [one.raised for one in second]
    assert sum(len(one.raised) for one in first) > 1


def test_nothing_of_the_future_changes_what_was_raised_before() -> None:
    table = rules(distance=1.0, rest=5.0)
    moments = [at(second / 4, VWAP | {"distance": abs(math.sin(second / 8)) * 2}) for second in range(100)]
    assert played(table, *moments)[:37] == played(table, *moments[:37])


def test_a_rule_that_is_off_is_not_in_force() -> None:
    assert rules(on=False) == ()


def test_an_alert_says_the_facts_of_its_level_or_the_words_of_its_rule() -> None:
    facts = played(rules(signals=["BREAK"]), at(0, WALL))[0].raised[0]
    assert facts.says == "BREAK, vacuum, score 84, 3.00 away"
    assert (facts.price, facts.direction, facts.state, facts.confidence) == (4805.0, "SUPPORT", "VACUUM", "MEDIUM")
    assert played(rules(says="look here"), at(0, WALL))[0].raised[0].says == "look here"
