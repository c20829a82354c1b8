"""From a decision to a row: by hand, with prices whose outcome can be seen by looking."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from spymaster.features.horizons import HORIZONS_S
from spymaster.features.phases import DECISION
from spymaster.labels.first_passage import Outcome
from spymaster.labels.path import PricePath
from spymaster.learn.dataset.gather import DecisionSink, Gathered
from spymaster.learn.dataset.label_columns import NOT_ASKED, label_column
from spymaster.learn.dataset.row_columns import (
    NO_RACE,
    NO_VOLATILITY,
    OUT_OF_HOURS,
    SAME_PRICE,
    RunRows,
    Told,
    labels_of_decisions,
    rows_of_run,
    strike_step,
)
from spymaster.market.frames import UserLevel
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.option_chain import CHAIN
from spymaster.market.rows import LEVEL_ROW, SNAP, Trust
from spymaster.models.prediction import Stage
from spymaster.physics.engine import SnapBlock
from tests.support.engine import config_frame

LEVEL = 5000.0
CONFIG = msgspec.structs.replace(config_frame(), user_levels=(UserLevel("MINE", 5000 * 10**9),))


def decision(t_s: float, **changes: Any) -> Any:
    """A contact at 5000 from below."""
    one = np.zeros(1, DECISION)[0]
    told = {
        "t_ns": round(t_s * NS_PER_S),
        "stage": Stage.CONTACT,
        "kind": LevelKind.ROUND,
        "user_index": -1,
        "number": 1,
        "session_date": 20240105,
        "direction": 1,
        "arm_ns": round((t_s - 5) * NS_PER_S),
        "contact_ns": round(t_s * NS_PER_S),
        "price": LEVEL,
        "future_price": LEVEL,
        "microprice": LEVEL - 0.25,
        "sigma_1m": 1.2,
    }
    for name, value in {**told, **changes}.items():
        one[name] = value
    return one


def rows(*decisions: Any, minutes: float = 30.0, all_hours: bool = False, path: PricePath | None = None) -> RunRows:
    """Their rows; price goes from 4999.75 to 5003 twenty seconds after the beginning."""
    known = path or PricePath(np.array([0, 20 * NS_PER_S]), np.array([LEVEL - 0.25, LEVEL + 3.0]), 1000 * NS_PER_S)
    told = np.tile([55.0, 1.0, minutes], (len(decisions), 1))
    features = np.arange(2.0 * len(decisions)).reshape(-1, 2)
    gathered = Gathered(np.array([*decisions], DECISION), features, told, np.zeros((0, 2), np.int64), 1000 * NS_PER_S)
    labelled = labels_of_decisions(gathered, known, CONFIG)
    return rows_of_run(gathered, labelled, Told("run-1", CONFIG, ("one", "two"), all_hours))


def column(found: RunRows, name: str) -> list[Any]:
    values: list[Any] = found.columns[name].tolist()
    return values


def test_a_row_says_what_was_known_and_what_came() -> None:
    found = rows(decision(10))
    assert column(found, "attempt_id") == ["run-1/20240105/ROUND_5000/5000000000"]
    assert column(found, "distance_signed") == [-0.25]
    assert column(found, "score") == [55.0]
    assert column(found, "two") == [1.0]
    assert column(found, label_column("fixed", "outcome", 15)) == [Outcome.BREAK]
    assert column(found, label_column("fixed", "passage_s", 15)) == [10.0]
    assert column(found, label_column("scaled", "distance", 240)) == [2.5]
    assert column(found, label_column("scaled", "strength", 240)) == pytest.approx([1.2])
    assert column(found, "ends_ns") == [490 * NS_PER_S]


def test_a_level_of_ones_own_is_named_as_one_named_it() -> None:
    found = rows(decision(10, kind=LevelKind.USER, user_index=0))
    assert column(found, "attempt_id") == ["run-1/20240105/MINE/5000000000"]


def test_from_above_the_same_rise_is_a_bounce() -> None:
    found = rows(decision(10, direction=-1))
    assert column(found, label_column("fixed", "outcome", 240)) == [Outcome.BOUNCE]
    assert column(found, "distance_signed") == [0.25]


def test_rows_of_one_attempt_share_one_weight() -> None:
    later = decision(12, stage=Stage.AFTER_15_S, arm_ns=5 * NS_PER_S, contact_ns=10 * NS_PER_S)
    other = decision(30, future_price=LEVEL + 3.0, price=LEVEL + 3.0)
    assert column(rows(decision(10), later, other), "weight") == [0.5, 0.5, 1.0]


def test_strikes_are_asked_of_levels_that_options_make_alone() -> None:
    chain = np.zeros(6, CHAIN)
    chain["strike_e9"] = np.repeat([4990, 5000, 5010], 2) * 10**9
    with_options = msgspec.structs.replace(CONFIG, chain=chain.tobytes())
    assert strike_step(with_options) == 10.0
    gathered = Gathered(
        np.array([decision(10), decision(10, kind=LevelKind.STRIKE)], DECISION),
        np.zeros((2, 2)),
        np.tile([55.0, 10.0, 30.0], (2, 1)),
        np.zeros((0, 2), np.int64),
        1000 * NS_PER_S,
    )
    path = PricePath(np.array([0]), np.array([LEVEL]), 1000 * NS_PER_S)
    labelled = labels_of_decisions(gathered, path, with_options)
    assert np.isnan(labelled.races["distance"][0, 2:]).all()
    assert labelled.races["distance"][1, 2:, 0].tolist() == [100.0, 300.0]


def test_without_options_strikes_are_not_asked() -> None:
    found = rows(decision(10))
    for horizon in HORIZONS_S:
        assert column(found, label_column("one_strike", "outcome", horizon)) == [NOT_ASKED]


@pytest.mark.parametrize("minutes", [-1.0, 390.0])
def test_outside_of_regular_hours_a_decision_is_left_out_and_counted(minutes: float) -> None:
    assert rows(decision(10), minutes=minutes).excluded == {OUT_OF_HOURS: 1}
    assert rows(decision(10), minutes=minutes, all_hours=True).excluded == {}


def test_without_volatility_there_is_no_row() -> None:
    assert rows(decision(10, sigma_1m=np.nan)).excluded == {NO_VOLATILITY: 1}


def test_where_no_race_can_be_run_there_is_no_row() -> None:
    path = PricePath(np.array([0]), np.array([LEVEL]), 1000 * NS_PER_S, np.array([[5, 15]]) * NS_PER_S)
    assert rows(decision(10), path=path).excluded == {NO_RACE: 1}


def test_two_names_of_one_price_are_one_question() -> None:
    found = rows(decision(10), decision(10, kind=LevelKind.VWAP), decision(10, kind=LevelKind.USER, user_index=0))
    assert found.excluded == {SAME_PRICE: 2}
    assert column(found, "kind") == [LevelKind.VWAP]


def test_two_prices_are_two_questions_and_so_are_two_moments() -> None:
    nearby = decision(10, price=LEVEL + 0.25, future_price=LEVEL + 0.25)
    assert rows(decision(10), nearby, decision(12)).excluded == {}


class SilentFollower:
    """Follows and decides nothing."""

    def on_block(self, block: SnapBlock) -> None:
        """Nothing."""

    def decisions(self) -> Any:
        return np.zeros(0, DECISION)

    def decision_rows(self) -> Any:
        return np.zeros((0, 2))

    def forget(self, from_ns: int = 0) -> None:
        """Nothing is remembered."""


def snaps(*told: tuple[float, int, int]) -> SnapBlock:
    """Snaps as (second, session date, trust of the depth)."""
    made = np.zeros(len(told), SNAP)
    for snap, (second, date, trust) in zip(made, told, strict=True):
        snap["t_ns"], snap["session_date"], snap["trust"] = round(second * NS_PER_S), date, trust
    none = np.zeros(0)
    width = len(LEVEL_ROW.names or ())
    return SnapBlock(snaps=made, flows=none, alerts=none, strikes=none, kept=np.zeros((len(told), 0, width)))


def holes(*blocks: SnapBlock) -> list[list[float]]:
    """Spans in which nothing is known, seconds."""
    sink = DecisionSink(SilentFollower())
    for block in blocks:
        sink.on_block(block)
    found = sink.gathered()
    assert found is not None
    spans: list[list[float]] = (found.holes / NS_PER_S).tolist()
    return spans


SURE, BLIND = int(Trust.GREEN), int(Trust.BLIND)


def test_snaps_a_quarter_apart_leave_no_hole() -> None:
    assert holes(snaps((10, 1, SURE), (10.25, 1, SURE)), snaps((10.5, 1, SURE))) == []


def test_late_snaps_a_blind_book_and_another_session_are_holes_whichever_block_they_are_in() -> None:
    late = ((10, 1, SURE), (12, 1, SURE))
    blind = ((10, 1, SURE), (10.25, 1, BLIND))
    night = ((10, 1, SURE), (10.25, 2, SURE))
    for first, second in (late, blind, night):
        span = [[float(first[0]), float(second[0])]]
        assert holes(snaps(first, second)) == span
        assert holes(snaps(first), snaps(second)) == span
