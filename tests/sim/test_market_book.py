"""The book of single orders keeps its promises, and the records show it exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.sim.instrument import TICK_E9
from spymaster.sim.market.simulation import new_state
from spymaster.sim.market.state import MASK, POOL, new_tape
from spymaster.sim.market.steps import open_market, run
from tests.sim.market_support import ASK, BID, book_of, queue, settings
from tests.sim.reading import rows

STEP_NS = 2_000_000


@pytest.fixture(scope="module")
def moments() -> list[tuple[NDArray[Any], NDArray[np.int64]]]:
    """The market every two milliseconds of six busy seconds: a copy of it, and the last record it had sent."""
    chosen = settings(11, "mix", "open")
    state, tape = new_state(chosen), new_tape(4096)
    open_market(state, tape, chosen.open_price_e9 // TICK_E9, 0)
    last = tape.records[state[0]["n_records"] - 1].copy()
    found = []
    for k in range(1, 3000):
        run(state, tape, chosen.start_ns + k * STEP_NS)
        sent = int(state[0]["n_records"])
        if sent:
            last = tape.records[sent - 1].copy()
            found.append((state.copy(), last))
    return found


def test_the_ten_levels_are_the_book_after_every_event(moments: list[Any]) -> None:
    assert len(moments) > 500
    for (state, _), row in zip(moments, rows(np.stack([record for _, record in moments])), strict=True):
        for side, shown in enumerate(row.book):
            true = {price: sum(sizes) for price, sizes in list(book_of(state)[side].items())[:10]}
            assert shown == true


def test_order_counts_are_those_of_the_queues(moments: list[Any]) -> None:
    for state, record in moments[::50]:
        best = int(state[0]["best"][ASK])
        assert record[9] >> 32 == len(queue(state, ASK, best))


def test_the_book_is_never_locked_or_crossed_between_events(moments: list[Any]) -> None:
    assert all(state[0]["best"][ASK] > state[0]["best"][BID] for state, _ in moments)


def test_every_resting_order_has_size_and_an_id_of_its_own_and_stands_behind_older_ones(moments: list[Any]) -> None:
    for state, _ in moments[::50]:
        ids = set()
        count = 0
        for side in (BID, ASK):
            for price in book_of(state)[side]:
                orders = queue(state, side, price // TICK_E9)
                assert all(size > 0 for _, size in orders)
                ids |= {number for number, _ in orders}
                count += len(orders)
                assert state[0]["size"][side, (price // TICK_E9) & MASK] == sum(size for _, size in orders)
        assert len(ids) == count == POOL - state[0]["n_free"]


def test_orders_exist_far_beyond_what_ten_levels_show(moments: list[Any]) -> None:
    for state, _ in moments[::100]:
        assert all(len(side) >= 38 for side in book_of(state))
