"""The settlement of the future: read off its statistics beside the engine, and told of the trade date before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE, UNDEF_PRICE, UNDEF_TIMESTAMP, Kind
from spymaster.session.frames.settlements import SETTLEMENT_PRICE, Settlements
from tests.support.engine import engine_for

CONFIG = engine_for("es").config
assert CONFIG is not None
ES = CONFIG.instrument
DAY_S = 86_400
FRIDAY, MONDAY, TUESDAY = 20260313, 20260316, 20260317
FRIDAY_NS = 1_773_360_000 * NS_PER_S
"""Midnight UTC of the trade date, as statistics have it."""


def told(points: float, days: int = 0, **changes: Any) -> RecordsFrame:
    """A settlement of the trade date so many days after Friday."""
    row: NDArray[Any] = np.zeros(1, DTYPES[Kind.STAT])
    row["instrument_id"], row["publisher_id"] = ES.instrument_id, ES.publisher_id
    row["stat_type"], row["update_action"] = SETTLEMENT_PRICE, 1
    row["price"] = round(points * PRICE_SCALE)
    row["ts_ref"] = FRIDAY_NS + days * DAY_S * NS_PER_S
    for name, value in changes.items():
        row[name] = value
    return RecordsFrame(Batch.of(Kind.STAT, row))


def after(*frames: RecordsFrame) -> Settlements:
    settlements = Settlements()
    for frame in frames:
        settlements.take(frame, ES)
    return settlements


def test_a_session_has_the_settlement_of_the_trade_date_before() -> None:
    settlements = after(told(5000.25), told(5010.5, days=3))
    assert settlements.before(MONDAY) == 5000.25
    assert settlements.before(TUESDAY) == 5010.5


def test_its_own_settlement_is_not_the_one_before() -> None:
    assert math.isnan(after(told(5000.25)).before(FRIDAY))


def test_a_final_price_takes_the_place_of_a_preliminary_one() -> None:
    assert after(told(5000.25), told(5000.5)).before(MONDAY) == 5000.5


@pytest.mark.parametrize(
    "other",
    [
        {"stat_type": 1},
        {"instrument_id": ES.instrument_id + 1},
        {"publisher_id": ES.publisher_id + 1},
        {"price": UNDEF_PRICE},
        {"ts_ref": UNDEF_TIMESTAMP},
        {"update_action": 2},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_no_settlement_of_this_contract_on_a_known_date_is_passed_over(other: dict[str, Any]) -> None:
    assert math.isnan(after(told(5000.25, **other)).before(MONDAY))


def test_a_checkpoint_remembers_it() -> None:
    restored = Settlements()
    restored.restore(after(told(5000.25)).snapshot())
    assert restored.before(MONDAY) == 5000.25


def test_only_the_latest_dates_are_kept() -> None:
    assert len(after(*(told(5000.0, day) for day in range(30))).snapshot()) == 8
