"""Prices after each venue event: what they are by hand, and that a change of contract hides what lies between."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.first_passage import RACE, Outcome, first_passages
from spymaster.labels.path import no_holes
from spymaster.learn.event_prices import EventPrices, PriceOf, microprice_of, mid_of
from spymaster.market.batches import Batch
from spymaster.market.dtypes import MBP10_DTYPE
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import F_LAST, NS_PER_S, UNDEF_PRICE, Kind
from tests.support.engine import config_frame

CONFIG = config_frame()
Row = tuple[float, float, int, float | None, int]


def records(*rows: Row, flags: int = F_LAST) -> NDArray[np.int64]:
    """Depth as (second, bid, bid size, ask, ask size), the rest of the book empty."""
    made = np.zeros(len(rows), MBP10_DTYPE)
    instrument = CONFIG.instrument
    made["publisher_id"], made["instrument_id"] = instrument.publisher_id, instrument.instrument_id
    made["flags"] = flags
    for name in made.dtype.names or ():
        if "_px_" in name:
            made[name] = UNDEF_PRICE
    for row, (second, bid, bid_size, ask, ask_size) in zip(made, rows, strict=True):
        row["ts_event"] = round(second * NS_PER_S)
        row["bid_px_00"], row["ask_px_00"] = round(bid * 1e9), UNDEF_PRICE if ask is None else round(ask * 1e9)
        row["bid_sz_00"], row["ask_sz_00"] = bid_size, ask_size
    return made.view(np.int64).reshape(len(rows), -1)


def given(prices: EventPrices, *rows: Row, flags: int = F_LAST) -> None:
    words = records(*rows, flags=flags)
    prices.on_frame(RecordsFrame(Batch({Kind.MBP10: words}, np.full(len(words), Kind.MBP10, np.uint8), 0)))


def kept(prices: EventPrices) -> Any:
    path = prices.path(no_holes(), 100 * NS_PER_S)
    return list(zip((path.t_ns / NS_PER_S).tolist(), path.price.tolist(), strict=True))


def prices_of(price_of: PriceOf, *rows: Row) -> list[float]:
    words = records(*rows)
    told: list[float] = price_of(words[:, 6], words[:, 7], words[:, 8].copy()).tolist()
    return told


def test_the_microprice_leans_to_the_side_that_shows_less() -> None:
    rows = ((0, 5000.0, 30, 5000.25, 10), (1, 5000.0, 10, 5000.25, 10))
    assert prices_of(microprice_of, *rows) == [5000.1875, 5000.125]
    assert prices_of(mid_of, *rows) == [5000.125, 5000.125]


def test_where_nothing_is_displayed_it_is_the_mid() -> None:
    assert prices_of(microprice_of, (0, 5000.0, 0, 5000.5, 0)) == [5000.25]


def test_only_changes_are_kept() -> None:
    prices = EventPrices(microprice_of)
    prices.on_frame(CONFIG)
    given(prices, (0, 5000.0, 10, 5000.25, 10), (1, 5000.0, 20, 5000.25, 20), (2, 5000.0, 30, 5000.25, 10))
    assert kept(prices) == [(0.0, 5000.125), (2.0, 5000.1875)]


def test_inside_an_event_there_is_no_price() -> None:
    prices = EventPrices(mid_of)
    prices.on_frame(CONFIG)
    given(prices, (0, 5000.0, 10, 5000.25, 10), flags=0)
    assert prices.is_empty
    assert kept(prices) == []


def test_an_event_without_a_mark_at_its_end_ends_where_the_next_begins_in_whichever_batch() -> None:
    rows: tuple[Row, ...] = ((0, 5000.0, 10, 5000.5, 10), (0, 5000.0, 10, 5000.25, 10), (1, 5000.25, 10, 5000.75, 10))
    once, split = EventPrices(mid_of), EventPrices(mid_of)
    for prices in (once, split):
        prices.on_frame(CONFIG)
    given(once, *rows, flags=0)
    for row in rows:
        given(split, row, flags=0)
    assert kept(once) == kept(split) == [(0.0, 5000.125)]


def test_a_book_with_one_side_or_crossed_has_no_price() -> None:
    prices = EventPrices(mid_of)
    prices.on_frame(CONFIG)
    given(prices, (0, 5000.0, 10, None, 0), (1, 5000.5, 10, 5000.25, 10))
    assert prices.is_empty


def test_a_jump_to_another_contract_is_no_passage() -> None:
    prices = EventPrices(mid_of)
    prices.on_frame(CONFIG)
    given(prices, (0, 5000.0, 10, 5000.25, 10))
    prices.on_frame(CONFIG)
    given(prices, (10, 5050.0, 10, 5050.25, 10))
    race = np.array([(NS_PER_S, 5000.0, 1.0, 2.0, 60 * NS_PER_S)], RACE)
    path = prices.path(no_holes(), 100 * NS_PER_S)
    assert first_passages(path, race)["outcome"].tolist() == [Outcome.NO_RACE]
    race["t_ns"], race["level"] = 10 * NS_PER_S, 5050.0
    assert first_passages(path, race)["outcome"].tolist() == [Outcome.CHOP]
