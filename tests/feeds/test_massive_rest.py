"""The option chain by REST: all pages or a reason, misses said in time, exact records, codes, our own greeks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.feeds.massive_live.conditions import PACKAGED, ConditionCodes
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_live.strikes import DayChain
from spymaster.feeds.massive_rest.chain_snapshot import fetch_chain
from spymaster.feeds.massive_rest.feed import ChainFeed, ChainPlan
from spymaster.feeds.massive_rest.greeks import NOT_GIVEN, OwnGreeks, compare, greeks_rows
from spymaster.feeds.massive_rest.rest_client import RestClient, RestError, RestLimits
from spymaster.loopback.massive.chain import greeks, implied, premium
from spymaster.loopback.massive.reel import MassiveReel, quote, trade
from spymaster.loopback.massive.server import DEMO_KEY, MassiveServer
from spymaster.loopback.massive.troubles import RestAct, RestTrouble
from spymaster.loopback.pace import PlayedClock
from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import FeedState
from spymaster.market.kinds import NS_PER_S, UNDEF_PRICE, Kind
from spymaster.market.sessions import et_ns, et_time
from tests.support.massive import DAY, T0_NS, Lived, address_of, drive, option

SPOT = 660.0
STRIKES = range(600, 720)
QUICK = RestLimits(connect_s=60.0, answer_s=60.0, retries=3, pause_s=0.01)
HURRIED = RestLimits(connect_s=60.0, answer_s=1.0, retries=0, pause_s=0.01)
"""For what is about answers that do not come."""
LOADED_S = 30.0
"""What a loaded machine may add to a limit."""
PERIOD_S = 0.15
YEARS = (et_ns(et_time(T0_NS).date(), et_time(T0_NS).time().replace(hour=16, minute=0, second=0)) - T0_NS) / NS_PER_S
YEARS /= 365 * 86_400


def reel() -> MassiveReel:
    """240 contracts quoted at a volatility of 20 %, and one trade."""
    stocks = [quote(T0_NS, "SPY", SPOT - 0.01, SPOT + 0.01, 100, 100, 1)]
    options = []
    for place, strike in enumerate(STRIKES):
        for right in "CP":
            middle = max(premium(SPOT, strike, YEARS, 0.2, is_call=right == "C"), 0.0)
            options.append(quote(T0_NS, option(strike, right), middle * 0.99, middle * 1.01, 5, 5, place + 1))
    options.append(trade(T0_NS, option(660), 2.5, 4, 999, x=302, c=[209]))
    interest = {option(strike): strike for strike in STRIKES} | {"O:SPY260318C00660000": 3}
    return MassiveReel({"stocks": stocks, "options": options}, open_interest=interest)


def served(script: Sequence[RestTrouble] = (), **options: object) -> MassiveServer:
    """A server that stands at the first millisecond."""
    return MassiveServer(reel(), rest_script=script, **options)  # type: ignore[arg-type]


def chain_feed(
    server: MassiveServer, *, key: str = DEMO_KEY, limits: RestLimits = QUICK, **more: object
) -> tuple[ChainFeed, DayChain]:
    """A feed of the chain that polls fast."""
    book = InstrumentBook()
    chain = DayChain(book, 0)
    plan = ChainPlan("SPY", DAY, PERIOD_S, **more)  # type: ignore[arg-type]
    return ChainFeed(plan, address_of(server, key), PlayedClock(server.pace), book, chain, limits), chain


# --- pages ---


def test_a_chain_of_several_pages_is_whole_and_of_the_day_alone() -> None:
    with served() as server:
        snapshot = fetch_chain(RestClient(address_of(server), QUICK), "SPY", DAY)
    assert snapshot.pages == 1
    assert not snapshot.rejected
    wanted = sorted(option(strike, right) for strike in STRIKES for right in "CP")
    assert sorted(contract.details.ticker for contract in snapshot.contracts) == wanted


def test_pages_are_followed_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spymaster.feeds.massive_rest.chain_snapshot._PAGE", "7")
    with served() as server:
        snapshot = fetch_chain(RestClient(address_of(server), QUICK), "SPY", DAY)
    assert (snapshot.pages, len(snapshot.contracts)) == (35, 240)


def test_the_vendors_own_client_reads_the_same_chain_from_the_loopback_server() -> None:
    from polygon import RESTClient

    with served() as server:
        own = fetch_chain(RestClient(address_of(server), QUICK), "SPY", DAY)
        client = RESTClient(DEMO_KEY, base=f"http://{server.rest_host}")
        theirs = list(client.list_snapshot_options_chain("SPY", {"expiration_date": DAY, "limit": 100}))
        (told,) = client.list_trades(option(660), limit=10)
    by_name = {one.details.ticker: one for one in theirs}
    assert len(by_name) == len(own.contracts) == 240
    for contract in own.contracts:
        other = by_name[contract.details.ticker]
        assert contract.greeks is not None
        ours = (contract.implied_volatility, contract.greeks.delta, contract.open_interest)
        assert ours == (other.implied_volatility, other.greeks.delta, other.open_interest)
    assert (told.price, told.size, told.sip_timestamp, told.sequence_number) == (2.5, 4, T0_NS, 999)


BROKEN = [
    (RestTrouble(RestAct.SAME_PAGE, after=1, times=9), "names an earlier page as the next one"),
    (RestTrouble(RestAct.NO_RESULTS, after=2), "page 3 has no results"),
    (RestTrouble(RestAct.NOT_JSON, after=1), "page 2 is not what the vendor describes"),
    (RestTrouble(RestAct.WRONG_PAGE, after=1), "/v3/nowhere: HTTP status 404"),
    (RestTrouble(RestAct.STATUS, after=1, times=9, code=500), "too many 500 error responses"),
    (RestTrouble(RestAct.STATUS, times=9, code=429), "too many 429 error responses"),
    (RestTrouble(RestAct.STATUS, times=9, code=404), "HTTP status 404 (Not Found)"),
    (RestTrouble(RestAct.SLOW, times=9, seconds=3.0), "Read timed out"),
]


@pytest.mark.parametrize(("trouble", "words"), BROKEN, ids=lambda value: value if isinstance(value, str) else value.act)
def test_a_chain_that_is_not_whole_is_refused_with_its_reason(
    trouble: RestTrouble, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spymaster.feeds.massive_rest.chain_snapshot._PAGE", "50")
    limits = HURRIED if trouble.act is RestAct.SLOW else QUICK
    with served([trouble]) as server, pytest.raises(RestError) as refused:
        fetch_chain(RestClient(address_of(server), limits), "SPY", DAY)
    text = str(refused.value)
    assert words in text or ("status" in text and words.split()[2] in text), text
    assert not refused.value.is_final
    assert "\n" not in text


def test_an_error_that_passes_costs_nothing_but_time() -> None:
    with served([RestTrouble(RestAct.STATUS, times=3, code=503)]) as server:
        snapshot = fetch_chain(RestClient(address_of(server), QUICK), "SPY", DAY)
        assert [status for _, _, status in server.rest.requests] == [503, 503, 503, 200]
    assert len(snapshot.contracts) == 240


@pytest.mark.parametrize("code", [401, 403])
def test_a_key_that_is_refused_is_asked_with_once(code: int) -> None:
    with served([RestTrouble(RestAct.STATUS, times=9, code=code)]) as server:
        with pytest.raises(RestError) as refused:
            fetch_chain(RestClient(address_of(server), QUICK), "SPY", DAY)
        assert len(server.rest.requests) == 1
    assert refused.value.is_final


def test_no_error_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    said = []
    for trouble, _ in BROKEN:
        with served([trouble]) as server:
            try:
                fetch_chain(RestClient(address_of(server), QUICK), "SPY", DAY)
            except RestError as error:
                said += [str(error), repr(error), repr(error.__cause__)]
    assert said
    assert not any(DEMO_KEY in text for text in (*said, caplog.text))


class _Told:
    """A client that is told what to answer."""

    def __init__(self, *bodies: bytes) -> None:
        self._bodies = list(bodies)

    def get(self, _path: str, **_query: str) -> bytes:
        return self._bodies.pop(0) if self._bodies else b'{"results":[]}'

    def follow(self, address: str) -> bytes:
        return self.get(address)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_NAMES = ("details", "greeks", "implied_volatility", "open_interest", "last_quote", "underlying_asset", "day")
_DETAILS = {"ticker": option(660), "contract_type": "call", "expiration_date": DAY, "strike_price": 660}
_CONTRACT = st.dictionaries(st.sampled_from(_NAMES), _JSON | st.just(_DETAILS), max_size=7)
_PAGE = st.fixed_dictionaries(
    {}, optional={"results": _JSON | st.lists(_CONTRACT | _JSON, max_size=4), "next_url": _JSON}
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PAGE | _JSON, min_size=1, max_size=3), st.integers(0, 400), st.integers(0, 255))
def test_any_pages_are_a_chain_or_a_reason_and_any_chain_is_records(pages: list[Any], place: int, byte: int) -> None:
    bodies = [json.dumps(page).encode("utf-8", "surrogatepass") for page in pages]
    bent = bytearray(bodies[0])
    bent[place % len(bent)] = byte
    for told in (_Told(*bodies), _Told(bytes(bent), *bodies[1:])):
        try:
            snapshot = fetch_chain(cast(RestClient, told), "SPY", DAY)
        except RestError:
            continue
        rows = greeks_rows(snapshot.contracts, InstrumentBook(), 5)
        assert len(rows) == len(snapshot.contracts)
        assert len(compare(rows, {}, str).worst_symbol) == 0


# --- records ---


def test_a_snapshot_is_records_of_exactly_its_numbers() -> None:
    with served() as server:
        snapshot = fetch_chain(RestClient(address_of(server), QUICK), "SPY", DAY)
    book = InstrumentBook()
    rows = greeks_rows(snapshot.contracts, book, T0_NS + 9)
    (row,) = rows[rows["instrument_id"] == book.id_of(option(655))]
    middle = premium(SPOT, 655, YEARS, 0.2, is_call=True)
    expected = greeks(SPOT, 655, YEARS, 0.2, is_call=True)
    assert (int(row["ts_event"]), int(row["ts_recv"]), int(row["publisher_id"])) == (T0_NS, T0_NS + 9, PUBLISHER)
    assert int(row["underlying_px"]) == 660 * 10**9
    assert int(row["bid_px"]) == round(middle * 0.99 * 1e9)
    assert int(row["open_interest"]) == 655
    assert float(row["implied_vol"]) == pytest.approx(0.2, abs=1e-6)
    for name, value in expected.items():
        assert float(row[name]) == pytest.approx(value, rel=1e-4), name


def test_what_the_vendor_does_not_give_is_absent_and_not_zero() -> None:
    from spymaster.feeds.massive_rest.chain_snapshot import Contract, Details

    (row,) = greeks_rows([Contract(Details(option(660), "call", DAY, 660.0))], InstrumentBook(), 5)
    assert [int(row[name]) for name in ("underlying_px", "bid_px", "ask_px")] == [UNDEF_PRICE] * 3
    assert [int(row[name]) for name in ("open_interest", "volume")] == [NOT_GIVEN] * 2
    assert all(math.isnan(row[name]) for name in ("implied_vol", "delta", "gamma", "theta", "vega"))
    assert int(row["ts_event"]) == 5


def test_the_loopback_vendors_volatility_gives_back_the_price_it_is_from() -> None:
    for strike in (640, 660, 680):
        for is_call in (True, False):
            volatility = implied(
                SPOT, strike, 0.01, premium(SPOT, strike, 0.01, 0.31, is_call=is_call), is_call=is_call
            )
            assert volatility == pytest.approx(0.31, abs=1e-6)


# --- the feed ---


def test_snapshots_come_each_period_and_open_interest_when_it_is_new() -> None:
    with served() as server:
        feed, chain = chain_feed(server)
        lived = drive([feed], lambda _lived: feed.snapshots >= 3)
    assert lived.when(FeedState.UP, "240 contracts on 1 pages") is not None
    assert len(lived.records(Kind.GREEKS)) == 240 * feed.snapshots
    interest = lived.records(Kind.STAT)
    assert sorted(interest["quantity"].tolist()) == sorted([*STRIKES, *[0] * 120])
    assert set(interest["stat_type"].tolist()) == {9}
    assert len(chain) == 240
    assert chain.underlying_e9 == 660 * 10**9


def missed(
    script: Sequence[RestTrouble], until: Callable[[Lived, ChainFeed], bool], limits: RestLimits = QUICK
) -> tuple[Lived, ChainFeed, MassiveServer]:
    """What a feed says while requests fail."""
    with served(script) as server:
        feed, _ = chain_feed(server, limits=limits)
        lived = drive([feed], lambda lived: until(lived, feed))
    return lived, feed, server


@pytest.mark.parametrize(("code", "times"), [(500, 4), (429, 4), (404, 1)])
def test_one_poll_missed_is_no_news(code: int, times: int) -> None:
    script = [RestTrouble(RestAct.STATUS, after=2, times=times, code=code)]
    lived, _, server = missed(script, lambda _lived, feed: feed.snapshots > 3)
    assert len(server.rest.acts) == times
    assert [frame.state for _, frame in lived.statuses()] == [FeedState.UP]


@pytest.mark.parametrize(
    "trouble",
    [
        RestTrouble(RestAct.STATUS, after=2, times=12, code=503),
        RestTrouble(RestAct.STATUS, after=2, times=3, code=404),
        RestTrouble(RestAct.NOT_JSON, after=2, times=3),
        RestTrouble(RestAct.NO_RESULTS, after=2, times=3),
        RestTrouble(RestAct.SLOW, after=2, times=2, seconds=3.0),
    ],
    ids=lambda trouble: trouble.act.name,
)
def test_two_polls_missed_are_said_with_the_reason_and_so_is_the_return(trouble: RestTrouble) -> None:
    limits = HURRIED if trouble.act is RestAct.SLOW else QUICK
    lived, feed, server = missed([trouble], lambda lived, _f: lived.when(FeedState.RECONNECTED) is not None, limits)
    down_s = lived.when(FeedState.DOWN, "2 chain snapshots missed: /v3/snapshot/options/SPY: ")
    assert down_s is not None, lived.statuses()
    assert down_s - server.rest.acts[0][0] <= LOADED_S
    assert lived.when(FeedState.RECONNECTED, "240 contracts", down_s) is not None
    assert not feed.problem


def test_a_key_without_the_right_is_said_at_once_and_not_tried_again() -> None:
    lived, feed, server = missed([RestTrouble(RestAct.STATUS, times=99, code=403)], lambda _lived, feed: feed.is_over)
    said_s = lived.when(FeedState.DOWN, "not entitled to the option chain: /v3/snapshot/options/SPY: HTTP status 403")
    assert said_s is not None
    assert said_s - server.rest.requests[0][0] < LOADED_S
    assert feed.is_over
    assert feed.problem.endswith("; stopped")


def test_the_vendors_list_of_conditions_is_used_where_it_can_be_had() -> None:
    got: list[ConditionCodes] = []
    with served(conditions=dict(PACKAGED) | {"A": PACKAGED["n"], "n": PACKAGED["A"]}) as server:
        feed, _ = chain_feed(server, use_conditions=got.append)
        drive([feed], lambda _lived: feed.snapshots >= 2)
    (codes,) = got
    assert codes.source == "the vendor's list"
    assert codes.translate([240, 201, 209]) == [201, 240, 209]


def test_without_the_list_the_packaged_table_stays_and_the_list_is_asked_for_again() -> None:
    got: list[ConditionCodes] = []
    with served([RestTrouble(RestAct.STATUS, times=1, code=403, path="/v3/reference")]) as server:
        feed, _ = chain_feed(server, use_conditions=got.append)
        lived = drive([feed], lambda _lived: bool(got))
    assert feed.snapshots >= 2
    assert len(lived.records(Kind.GREEKS))


# --- against our own ---


def vendors(*rows: tuple[int, float, float, float]) -> Records:
    """GREEKS by id, volatility, delta, gamma."""
    records = np.zeros(len(rows), DTYPES[Kind.GREEKS])
    for record, (number, vol, delta, gamma) in zip(records, rows, strict=True):
        record["instrument_id"], record["ts_recv"] = number, 77
        record["implied_vol"], record["delta"], record["gamma"] = vol, delta, gamma
    return records


def test_a_snapshot_is_set_against_our_own_greeks() -> None:
    theirs = vendors((1, 0.2, 0.5, 0.01), (2, 0.3, 0.4, 0.02), (3, 0.25, 0.1, 0.03), (4, math.nan, math.nan, math.nan))
    own = {1: OwnGreeks(0.21, 0.52, 0.012), 2: OwnGreeks(0.28, 0.39, 0.02), 4: OwnGreeks(0.2, 0.1, 0.1)}
    difference = compare(theirs, own, lambda number: f"O:{number}")
    assert (difference.compared, difference.only_ours, difference.only_theirs) == (2, 1, 1)
    assert difference.vol.median == pytest.approx(0.015)
    assert difference.vol.most == pytest.approx(0.019)
    assert difference.delta_worst == pytest.approx(0.02)
    assert difference.gamma.most == pytest.approx(0.0018)
    assert (difference.worst_symbol, difference.at_ns) == ("O:1", 77)
    assert "greeks of 2 contracts against the vendor's, median and 90 %: volatility 0.0150 0.0190" in str(difference)


def test_nothing_to_compare_is_said_as_that() -> None:
    assert str(compare(vendors((1, 0.2, 0.5, 0.01)), {}, str)).startswith("greeks: nothing to compare (0 only ours, 1 ")


def test_each_snapshot_is_followed_by_the_difference_in_words() -> None:
    with served() as server:
        feed, _ = chain_feed(server, own=dict)
        lived = drive([feed], lambda _lived: feed.snapshots >= 2)
    said = [frame.detail for _, frame in lived.statuses() if frame.detail.startswith("greeks: nothing to compare")]
    assert len(said) == feed.snapshots
    assert feed.difference is not None
    assert 0 < feed.difference.only_theirs < 240
