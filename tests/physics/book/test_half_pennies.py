"""Prices in half cents: of the share beside the future, of its options' forward, and of a share's own book."""

from __future__ import annotations

import pytest

from spymaster.market.frames import WatermarkFrame
from spymaster.market.instruments import SHARE_TICK_E9
from tests.support.engine import config_frame, engine_for, feed, records
from tests.support.market import ASK, BID, RTH_OPEN_NS, SECOND, Market
from tests.support.prices import bbos, share_trades, started
from tests.support.scenes import keep_alive

START = RTH_OPEN_NS
BID_PRICE, ASK_PRICE = 500.005, 500.01


def test_half_penny_quotes_of_the_share_make_the_spot_as_they_are() -> None:
    engine = started(config_frame("spy"), with_share=True)
    market = keep_alive(Market(start_ns=START).ladder(size=100, depth=30), 2.0)
    quotes = bbos([(START + 2 * SECOND + 1, BID_PRICE, ASK_PRICE)])
    results = feed(engine, records(market.words()), quotes, WatermarkFrame(START + 3 * SECOND))
    assert float(results.snaps[-1]["spot"]) == pytest.approx(500.0075, abs=1e-9)
    assert engine.counters()["bad_quotes"] == 0


def test_trades_between_the_ticks_make_extremes_as_they_are() -> None:
    engine = started(config_frame("spy"), with_share=True)
    market = keep_alive(Market(start_ns=START).ladder(size=100, depth=30), 2.0)
    trade = share_trades([(START + 2 * SECOND + 1, 500.0075, 10), (START + 2 * SECOND + 2, 500.005, 10)])
    feed(engine, records(market.words()), trade, WatermarkFrame(START + 3 * SECOND))
    assert engine.counters()["bad_quotes"] == 0
    assert float(engine.state["ranges"]["part"][0]["high"].max()) == 500.0075


def test_a_book_on_the_half_cent_takes_every_quote() -> None:
    cents = 100_001
    """500.005 dollars in half cents: an odd one."""
    market = Market(start_ns=START, tick_e9=SHARE_TICK_E9).ladder(best_bid=cents)
    market.at(1.0)
    market.add(BID, cents, 7)
    market.trade(ASK, 3)
    engine = engine_for("es", tick_e9=SHARE_TICK_E9)
    feed(engine, records(keep_alive(market, 2.0).words()), WatermarkFrame(START + 2 * SECOND))
    counters = engine.counters()
    assert (counters["bad_price"], counters["trades"]) == (0, 1)
