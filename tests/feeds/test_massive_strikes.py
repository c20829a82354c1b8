"""Which options are subscribed: those near the price, as a difference when it has moved, within the vendor's limit."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.feeds.live.supervision import Backoff
from spymaster.feeds.massive_live.feed import MassiveFeed
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_live.plan import Cluster, ClusterPlan
from spymaster.feeds.massive_live.strikes import DayChain, Listed, Spot, StrikeWindow
from spymaster.loopback.massive.reel import MassiveReel
from spymaster.loopback.massive.server import MassiveServer
from spymaster.loopback.pace import PlayedClock
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import UNDEF_PRICE, Kind
from spymaster.market.option_chain import CALL, PUT
from tests.support.massive import DAY, LIMITS, address_of, drive, open_hours, option, option_market, share_market

E9 = 10**9


def chain_of(strikes: list[float], book: InstrumentBook | None = None) -> DayChain:
    """Calls and puts of some strikes."""
    chain = DayChain(book or InstrumentBook(), close_ns=77)
    rights = (("C", CALL), ("P", PUT))
    chain.add(Listed(option(k, letter), round(k * E9), right, DAY, 100) for k in strikes for letter, right in rights)
    return chain


def spot_at(price: float) -> Spot:
    """The share at a price."""
    spot = Spot("SPY", InstrumentBook())
    spot.price_e9 = round(price * E9)
    return spot


def strikes_of(topics: tuple[str, ...]) -> list[float]:
    """Strikes that topics are of, rising."""
    return sorted({int(topic[-8:]) / 1000 for topic in topics})


def test_twenty_strikes_each_side_of_the_nearest_calls_and_puts_trades_and_quotes() -> None:
    topics = StrikeWindow(chain_of([float(k) for k in range(600, 720)]), spot_at(660.4)).topics()
    assert strikes_of(topics) == [float(k) for k in range(640, 681)]
    assert len(topics) == 41 * 2 * 2
    assert {"T.O:SPY260317C00660000", "Q.O:SPY260317P00660000"} <= set(topics)


def test_strikes_of_half_dollars_are_counted_as_strikes() -> None:
    topics = StrikeWindow(chain_of([600 + k / 2 for k in range(240)]), spot_at(660.3)).topics()
    assert strikes_of(topics) == [650.5 + k / 2 for k in range(41)]


@pytest.mark.parametrize(
    ("moves", "centre"), [((660.49,), 660.0), ((660.5,), 660.5), ((660.3, 660.6), 660.6), ((659.5,), 659.5)]
)
def test_strikes_are_chosen_anew_once_price_has_moved_by_half_a_dollar(moves: tuple[float, ...], centre: float) -> None:
    spot = spot_at(660.0)
    window = StrikeWindow(chain_of([float(k) for k in range(600, 720)]), spot)
    before = window.topics()
    for price in moves:
        spot.price_e9 = round(price * E9)
        after = window.topics()
    assert window.centre_e9 == round(centre * E9)
    assert (after is before) == (centre == 660.0)


def test_more_strikes_than_the_vendor_allows_quotes_of_are_never_asked_for() -> None:
    chain = chain_of([float(k) for k in range(100, 1300)])
    topics = StrikeWindow(chain, spot_at(660.0), each_side=900).topics()
    quotes = [topic for topic in topics if topic.startswith("Q.")]
    assert 990 < len(quotes) <= 1000


def test_contracts_that_are_listed_later_join_at_once() -> None:
    chain = chain_of([659.0, 661.0])
    window = StrikeWindow(chain, spot_at(660.0))
    assert strikes_of(window.topics()) == [659.0, 661.0]
    chain.add([Listed(option(660), 660 * E9, CALL, DAY, 100)])
    assert strikes_of(window.topics()) == [659.0, 660.0, 661.0]


def test_before_the_shares_first_quote_the_price_is_that_of_the_list_and_without_either_nothing_is_asked() -> None:
    chain = chain_of([float(k) for k in range(600, 720)])
    window = StrikeWindow(chain, Spot("SPY", InstrumentBook()))
    assert window.topics() == ()
    chain.underlying_e9 = 700 * E9
    assert strikes_of(window.topics())[0] == 680.0


def test_spot_is_the_middle_of_the_shares_own_latest_whole_quote() -> None:
    book = InstrumentBook()
    rows = np.zeros(3, DTYPES[Kind.XQUOTE])
    rows["instrument_id"] = [book.id_of("SPY"), book.id_of("QQQ"), book.id_of("SPY")]
    rows["bid_px"], rows["ask_px"] = [660 * E9, 5 * E9, 661 * E9], [662 * E9, 6 * E9, UNDEF_PRICE]
    spot = Spot("SPY", book)
    spot.take(Batch.of(Kind.XQUOTE, rows))
    assert spot.price_e9 == 661 * E9


def test_the_chain_of_a_config_frame_is_by_strike_calls_first_with_the_ids_of_records() -> None:
    book = InstrumentBook()
    rows = chain_of([661.0, 660.0], book).contracts()
    assert rows["strike_e9"].tolist() == [660 * E9, 660 * E9, 661 * E9, 661 * E9]
    assert rows["right"].tolist() == [CALL, PUT, CALL, PUT]
    assert rows["instrument_id"].tolist() == [book.id_of(option(k, r)) for k in (660, 661) for r in "CP"]
    assert set(rows["publisher_id"].tolist()) == {PUBLISHER}
    assert set(rows["expiry_ns"].tolist()) == {77}
    assert (rows["instrument_id"] > 0).all()


def test_a_connection_follows_the_price_with_differences_alone() -> None:
    strikes = [float(k) for k in range(650, 671)]
    stocks = share_market(8.0, price=lambda s: 660.0 + (2.0 if s > 1.0 else 0.0))
    reel = MassiveReel({"stocks": stocks, "options": option_market(8.0, strikes)})
    with MassiveServer(reel) as server:
        book, clock = InstrumentBook(), PlayedClock(server.pace)
        spot, chain = Spot("SPY", book), chain_of(strikes, book)
        window = StrikeWindow(chain, spot, each_side=3)
        plans = (
            ClusterPlan(Cluster.STOCKS, ("equity",), lambda: ("T.SPY", "Q.SPY"), open_hours, open_hours, spot.take),
            ClusterPlan(Cluster.OPTIONS, ("options",), window.topics, open_hours, open_hours),
        )
        stock_feed, option_feed = (
            MassiveFeed(plan, address_of(server), clock, book, LIMITS, Backoff(LIMITS)) for plan in plans
        )
        wanted = {option(k, r) for k in range(659, 666) for r in "CP"}

        def has_moved(_lived: object) -> bool:
            ours = [one for one in server.connections if one.cluster == "options"]
            return bool(ours) and ours[0].topics == {f"{channel}.{symbol}" for symbol in wanted for channel in "TQ"}

        lived = drive([stock_feed, option_feed], has_moved)
        (connection,) = [one for one in server.connections if one.cluster == "options"]
    actions = [(action, sorted({topic[2:] for topic in topics})) for action, topics in connection.requests]
    first = sorted(option(k, r) for k in range(657, 664) for r in "CP")
    assert actions == [
        ("subscribe", first),
        ("subscribe", sorted(wanted - set(first))),
        ("unsubscribe", sorted(set(first) - wanted)),
    ]
    assert len(lived.records(Kind.XTRADE))
    assert option_feed.refused == ()
