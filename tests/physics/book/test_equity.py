"""The share beside the future: ratio, spot, width of levels, trust, and whose trades make bars."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.batches import Batch
from spymaster.market.frames import Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import UNDEF_PRICE, Kind
from spymaster.market.rows import Confidence, Trust, TrustReason
from spymaster.physics.engine import Engine
from tests.support.engine import Results, config_frame, feed, records
from tests.support.market import BID, MID, RTH_OPEN_NS, SECOND, Market
from tests.support.prices import (
    SHARE,
    STRANGER,
    Quote,
    Row,
    bbos,
    placed,
    quotes,
    share_trades,
    started,
    trades,
)
from tests.support.scenes import keep_alive, pull_zone

START = RTH_OPEN_NS
FUTURE_MID = MID / 4 + 0.125
"""5000.125 points."""
EQUITY = 3
USER_ONLY = {"level_kinds": 1}


def s_(seconds: float) -> int:
    return START + round(seconds * SECOND)


def still_future(until_s: float = 0.0) -> Market:
    """A book that stays, with a sign of life each second."""
    return keep_alive(Market(start_ns=START).ladder(size=100, depth=30), until_s)


def with_share(**config: Any) -> Engine:
    return started(config_frame("spy", **config), with_share=True)


def merged(market: Market, *others: RecordsFrame) -> list[RecordsFrame]:
    """The future's records and the share's one by one in the order of their times."""
    words = market.words()
    timed: list[tuple[int, int, RecordsFrame]] = [(int(w[1]), k, records(w[None, :])) for k, w in enumerate(words)]
    for frame in others:
        for kind, rows in frame.batch.arrays.items():
            name = "ts_recv" if kind == Kind.BBO else "ts_event"
            for k in range(len(rows)):
                timed.append((int(rows[name][k]), len(timed), RecordsFrame(Batch.of(kind, rows[k : k + 1]))))
    return [frame for _, _, frame in sorted(timed, key=lambda entry: entry[:2])]


def played(
    market: Market, *others: RecordsFrame, until_s: float, engine: Engine | None = None, **config: Any
) -> Results:
    engine = engine or with_share(**config)
    return feed(engine, *merged(market, *others), WatermarkFrame(s_(until_s)))


def quoted(ratio: float) -> tuple[float, float]:
    """Bid and ask two cents apart round the price that makes this ratio."""
    mid = FUTURE_MID / ratio
    return mid - 0.01, mid + 0.01


def each_second(ratios: Iterable[float], *, first_s: float = 0.1) -> list[Quote]:
    return [(s_(first_s + k), *quoted(ratio)) for k, ratio in enumerate(ratios)]


def ratio_at(results: Results, seconds: float) -> float:
    return float(results.rows[results.times.index(s_(seconds))]["ratio"][0])


def trust_at(results: Results, seconds: float) -> tuple[Trust, TrustReason]:
    snap = results.snaps[results.times.index(s_(seconds))]
    return Trust(int(snap["trust"][EQUITY])), TrustReason(int(snap["trust_reason"][EQUITY]))


def test_a_book_of_ten_levels_of_the_share_is_not_taken_for_the_future_s() -> None:
    engine, market = with_share(), Market(start_ns=START, publisher_id=SHARE[0], instrument_id=SHARE[1])
    words = market.ladder(size=100, depth=30).words()
    feed(engine, records(words))
    counters = engine.counters()
    assert (counters["records"], counters["other_instrument"]) == (0, len(words))
    assert engine.state["book"]["has_bbo"][0] == 0


# --- the ratio -------------------------------------------------------------------------------------------------------


def test_the_first_measurement_is_taken_at_once() -> None:
    results = played(still_future(), quotes([(s_(0.6), *quoted(10.05))]), until_s=2)
    assert ratio_at(results, 0.5) == 10.0
    assert ratio_at(results, 0.75) == pytest.approx(10.05, abs=1e-9)


def test_the_ratio_is_measured_once_a_second() -> None:
    """Quotes come four times a second; what they say in between is passed over."""
    given = [(s_(0.1 + 0.25 * k), *quoted(10.05 if k % 4 == 0 else 10.15)) for k in range(40)]
    results = played(still_future(), quotes(given), until_s=10)
    assert [ratio_at(results, t) for t in (1.0, 5.0, 9.75)] == pytest.approx([10.05] * 3, abs=1e-9)


def test_later_measurements_are_averaged_with_the_time_constant() -> None:
    """First as a plain mean, then, once a second weighs more than one in so many, exponentially."""
    ratios = [10.05] * 40 + [10.10] * 20
    results = played(still_future(60), quotes(each_second(ratios)), until_s=60)
    weight = 1.0 - math.exp(-1.0 / 30.0)
    mean = 0.0
    for k, ratio in enumerate(ratios, 1):
        mean += max(1.0 / k, weight) * (ratio - mean)
    assert ratio_at(results, 59.75) == pytest.approx(mean, abs=1e-7)
    assert 10.06 < mean < 10.08


@pytest.mark.parametrize("strange", [9.7, 10.3])
def test_an_implausible_measurement_is_passed_over(strange: float) -> None:
    results = played(still_future(), quotes(each_second([10.05, 10.05, strange, strange, 10.05])), until_s=5)
    assert ratio_at(results, 4.75) == pytest.approx(10.05, abs=1e-9)


def test_the_spot_is_never_that_of_a_stub_quote() -> None:
    """A cent bid, offered at two hundred thousand: fresh, but no price."""
    given: list[Quote] = [(s_(0.1), *quoted(10.0)), (s_(1.1), 0.01, 199_999.99)]
    results = played(still_future(), quotes(given), until_s=2)
    assert np.abs(results.snaps["spot"] - 500.0125).max() < 0.001


def test_nothing_is_measured_against_a_crossed_book() -> None:
    market = still_future()
    market.at(0.3)
    market.add(BID, MID + 3, 5)
    results = played(market, quotes(each_second([10.05], first_s=0.6)), until_s=1)
    assert ratio_at(results, 1.0) == 10.0


# --- trust -----------------------------------------------------------------------------------------------------------


def test_a_quote_that_grows_old_is_degraded_and_then_blind() -> None:
    results = played(still_future(70), quotes([(s_(1.0), *quoted(10.05))]), until_s=64)
    assert trust_at(results, 0.75) == (Trust.DEGRADED, TrustReason.DEFAULT_RATIO)
    assert trust_at(results, 1.25) == (Trust.GREEN, TrustReason.NONE)
    assert trust_at(results, 6.0) == (Trust.GREEN, TrustReason.NONE)
    assert trust_at(results, 6.25) == (Trust.DEGRADED, TrustReason.STALE_QUOTE)
    assert trust_at(results, 61.0) == (Trust.DEGRADED, TrustReason.STALE_QUOTE)
    assert trust_at(results, 61.25) == (Trust.BLIND, TrustReason.SILENT)
    assert ratio_at(results, 61.25) == pytest.approx(10.05, abs=1e-9)


def test_a_feed_that_never_quoted_is_degraded_and_then_blind() -> None:
    results = played(still_future(62), until_s=62)
    assert trust_at(results, 60.0) == (Trust.DEGRADED, TrustReason.DEFAULT_RATIO)
    assert trust_at(results, 60.25) == (Trust.BLIND, TrustReason.SILENT)


def test_without_a_feed_prices_are_the_future_s_over_the_default_ratio() -> None:
    results = feed(started(config_frame("spy")), records(still_future(70).words()), WatermarkFrame(s_(70)))
    assert trust_at(results, 70.0) == (Trust.DEGRADED, TrustReason.DEFAULT_RATIO)
    assert results.snaps["spot"][-1] == pytest.approx(FUTURE_MID / 10)


def test_a_new_quote_brings_trust_back() -> None:
    results = played(still_future(9), quotes([(s_(0.1), *quoted(10.05)), (s_(8.0), *quoted(10.05))]), until_s=9)
    assert trust_at(results, 7.75) == (Trust.DEGRADED, TrustReason.STALE_QUOTE)
    assert trust_at(results, 8.25) == (Trust.GREEN, TrustReason.NONE)


# --- the spot --------------------------------------------------------------------------------------------------------


def test_the_spot_is_the_share_s_mid_while_it_is_fresh() -> None:
    given: list[Quote] = [(s_(0.1), 499.90, 499.92), (s_(1.1), 499.94, 499.98)]
    results = played(still_future(9), quotes(given), until_s=9)
    spot = dict(zip(results.times, results.snaps["spot"].tolist(), strict=True))
    assert spot[s_(0.25)] == pytest.approx(499.91)
    assert spot[s_(6.0)] == pytest.approx(499.96)
    last_ratio = ratio_at(results, 6.25)
    assert spot[s_(6.25)] == pytest.approx(FUTURE_MID / last_ratio)


def test_bid_and_ask_of_the_snap_stay_the_future_s_over_the_ratio() -> None:
    results = played(still_future(), quotes(each_second([10.05])), until_s=1)
    assert results.snaps["bid"][-1] == pytest.approx(MID / 4 / 10.05)


# --- levels in ticks of the future -----------------------------------------------------------------------------------


def test_a_level_keeps_its_tick_until_the_ratio_has_moved_it_well_past_a_half() -> None:
    """500 dollars at 10.0005 are tick 20,001 exactly; 0.7 of a tick more moves nothing, 0.8 does."""
    tick = 0.25 / 500.0
    base = 10.0005
    ratios = [base, *[base + 0.7 * tick] * 60, *[base + 0.81 * tick] * 120]
    results = played(still_future(190), quotes(each_second(ratios)), until_s=180, levels=(500.0,), params=USER_ONLY)
    rows = results.level(500.0)
    exact = rows["ratio"] * 500.0 / 0.25
    moved = np.nonzero(np.diff(rows["tick"]))[0]
    assert rows["tick"][10] == 20_001
    assert rows["tick"][-1] == 20_002
    assert len(moved) == 1
    assert exact[moved[0]] <= 20_001.75 + 1e-6 < exact[moved[0] + 1] + 2e-6
    assert exact[:240].max() > 20_001.6, "past a half, and still the old tick"


def test_a_still_ratio_gives_levels_no_width() -> None:
    results = played(still_future(), quotes(each_second([10.05] * 10)), until_s=10, levels=(500.0,), params=USER_ONLY)
    assert results.level(500.0)["width_ticks"].max() < 1e-3


@pytest.mark.parametrize("noise_ticks", [0.5, 2.0])
def test_the_width_of_a_level_is_the_spread_of_the_ratio(noise_ticks: float) -> None:
    """So much noise in the measurements is, over many time constants, so wide a level; both ways round it adds up."""
    dice = random.Random(4)
    spread = noise_ticks * 0.25 / 500.0
    ratios = [10.0 + dice.gauss(0.0, spread) for _ in range(400)]
    results = played(still_future(402), quotes(each_second(ratios)), until_s=400, levels=(500.0,), params=USER_ONLY)
    width = results.level(500.0)["width_ticks"][600:]
    assert float(np.mean(width)) == pytest.approx(noise_ticks, rel=0.15)


def test_the_width_is_the_weighted_variance_of_the_measurements() -> None:
    ratios = [10.0 + 0.001 * (k % 5 - 2) for k in range(50)]
    results = played(still_future(49), quotes(each_second(ratios)), until_s=50, levels=(500.0,), params=USER_ONLY)
    weight = 1.0 - math.exp(-1.0 / 30.0)
    mean = variance = 0.0
    for k, ratio in enumerate(ratios, 1):
        w = max(1.0 / k, weight)
        off = ratio - mean if k > 1 else 0.0
        mean += w * (ratio - mean)
        variance += w * ((1.0 - w) * off * off - variance)
    assert results.level(500.0)["width_ticks"][-1] == pytest.approx(500.0 * math.sqrt(variance) / 0.25, rel=1e-6)


# --- whose trades ----------------------------------------------------------------------------------------------------


def minute_bar(engine: Engine) -> tuple[float, ...]:
    bar = engine.state["bars"]["minute"][0]
    return tuple(float(bar[name]) for name in ("open", "high", "low", "close", "volume"))


def traded_future() -> Market:
    market = still_future()
    market.at(5.0)
    market.trade(BID, 7)
    return market


def test_prints_of_the_share_make_bars_and_levels_instead_of_the_future_s() -> None:
    rows: list[Row] = [(s_(1.0), 500.50, 100), (s_(2.0), 500.60, 300), (s_(6.0), 500.40, 100)]
    engine = with_share()
    results = played(traded_future(), share_trades(rows), until_s=7, engine=engine)
    assert minute_bar(engine) == (500.5, 500.6, 500.4, 500.4, 500.0)
    found = placed(results.rows[-1])
    assert (found["SESSION_HIGH"], found["SESSION_LOW"]) == (500.6, 500.4)
    assert found["VWAP"] == pytest.approx((500.5 * 100 + 500.6 * 300 + 500.4 * 100) / 500)


def test_until_the_share_prints_the_future_s_trades_count_over_the_ratio() -> None:
    """A feed of quotes alone: the future's trades at the ratio of the moment."""
    engine = with_share()
    played(traded_future(), quotes(each_second([10.05] * 7)), until_s=6, engine=engine)
    price = (MID + 1) / 4 / 10.05
    assert minute_bar(engine) == pytest.approx((price, price, price, price, 7.0), abs=1e-6)


@pytest.mark.parametrize("kind", ["trades", "mbp1"])
def test_trades_of_the_share_may_come_with_a_quote_or_alone(kind: str) -> None:
    engine = with_share()
    frame = (
        share_trades([(s_(1.0), 500.5, 100)])
        if kind == "trades"
        else quotes([(s_(1.0), 500.49, 500.51)], print_=(500.5, 100))
    )
    played(still_future(), frame, until_s=2, engine=engine)
    assert minute_bar(engine)[3:] == (500.5, 100.0)
    assert bool(engine.state["equity"]["quote_ns"][0]) is (kind == "mbp1")


def test_a_quote_makes_no_bar() -> None:
    engine = with_share()
    played(still_future(), quotes(each_second([10.0])), until_s=2, engine=engine)
    assert int(engine.state["bars"]["minute"]["trades"][0]) == 0


def test_the_time_of_an_interval_s_quote_is_when_it_was_sent() -> None:
    """Its event is the last trade, long ago or undefined: it does not make the quote old, or the record late."""
    for last_trade_ns in (s_(-3000), 0, 2**64 - 1):
        engine = with_share()
        given = bbos([(s_(1.0), *quoted(10.05))], last_trade_ns=last_trade_ns)
        results = played(still_future(7), given, until_s=6, engine=engine)
        assert trust_at(results, 6.0) == (Trust.GREEN, TrustReason.NONE)
        assert engine.counters()["late"] == 0
        assert engine.counters()["bad_time"] == 0


@pytest.mark.parametrize("make", [quotes, bbos])
def test_both_kinds_of_quote_say_the_same(make: Any) -> None:
    results = played(still_future(), make(each_second([10.05, 10.06])), until_s=3)
    other = played(still_future(), quotes(each_second([10.05, 10.06])), until_s=3)
    assert results.snaps["spot"].tolist() == other.snaps["spot"].tolist()


def test_the_share_may_come_first_and_last() -> None:
    """It moves the clock as any record does, without a book there is a spot but nothing of the future's."""
    market = Market(start_ns=s_(2)).ladder()
    given = [(s_(0.1 + k), *quoted(10.0)) for k in range(6)]
    engine = with_share(levels=(500.0,), params=USER_ONLY)
    results = feed(engine, *merged(market, quotes(given)))
    results.take(engine.finish())
    assert results.times[0] == s_(0.25)
    assert results.times[-1] == s_(5.25)
    early, late = results.snaps[0], results.snaps[-1]
    assert (early["spot"], late["spot"]) == (pytest.approx(500.0125), pytest.approx(500.0125))
    assert math.isnan(early["es_mid"])
    assert Trust(int(early["trust"][0])) is Trust.BLIND
    assert late["es_mid"] == FUTURE_MID


@pytest.mark.parametrize(
    ("bid", "ask", "bad"),
    [(500.02, 500.00, 0), (500.0, 500.0, 0), (None, 500.0, 0), (500.0, None, 0), (None, None, 0), (0.0, 500.0, 1)],
)
def test_a_quote_that_says_no_price_is_harmless(bid: float | None, ask: float | None, bad: int) -> None:
    """Crossed, locked, one-sided, empty; a price of nothing is counted as well."""
    engine = with_share()
    given: list[Quote] = [(s_(0.1), *quoted(10.0)), (s_(1.1), bid, ask)]
    results = played(still_future(7), quotes(given), until_s=6, engine=engine)
    assert results.snaps["spot"][:20] == pytest.approx([500.0125] * 20)
    assert trust_at(results, 5.25) == (Trust.DEGRADED, TrustReason.STALE_QUOTE), "it is no fresh quote"
    assert engine.counters()["bad_quotes"] == bad


@pytest.mark.parametrize(("price_e9", "size"), [(0, 5), (UNDEF_PRICE, 5), (-1, 5), (500_000_000_000, 0)])
def test_a_print_without_price_or_size_is_counted_and_passed_over(price_e9: int, size: int) -> None:
    frame = share_trades([(s_(1.0), 1.0, size)])
    frame.batch.arrays[Kind.TRADE]["price"] = price_e9
    engine = with_share()
    played(still_future(), frame, until_s=2, engine=engine)
    assert engine.counters()["bad_quotes"] == 1
    assert int(engine.state["equity"]["prints"][0]) == 0


def test_a_print_far_from_the_future_s_price_is_counted_and_passed_over() -> None:
    """Half or double a price is a fault of the data; it would stay the session's extreme for the day."""
    engine = with_share()
    rows: list[Row] = [(s_(1.0), 500.0, 100), (s_(2.0), 5.0, 100), (s_(3.0), 1000.0, 100), (s_(4.0), 500.1, 100)]
    played(still_future(), share_trades(rows), until_s=5, engine=engine)
    assert minute_bar(engine) == (500.0, 500.1, 500.0, 500.1, 200.0)
    assert engine.counters()["bad_quotes"] == 2


def test_a_print_before_any_price_of_the_future_is_believed() -> None:
    engine = with_share()
    feed(engine, share_trades([(s_(0.0), 437.5, 100)]))
    assert minute_bar(engine)[3:] == (437.5, 100.0)


def test_records_of_a_third_instrument_are_counted_and_change_nothing() -> None:
    strangers = (
        quotes([(s_(1.0), 77.0, 77.1)], STRANGER),
        bbos([(s_(1.2), 77.0, 77.1)], STRANGER),
        trades([(s_(1.4), 77.0, 5)], STRANGER),
    )
    engine = with_share()
    results = played(still_future(), quotes(each_second([10.0])), *strangers, until_s=3, engine=engine)
    alone = played(still_future(), quotes(each_second([10.0])), until_s=3)
    counted = engine.counters()
    assert counted["other_instrument"] + counted["trades_not_tape"] == 3
    assert results.snaps.tobytes() == alone.snaps.tobytes()


def test_no_number_of_the_share_is_published_where_it_is_unknown() -> None:
    """All that may be absent is the same with the share as without it."""
    noisy = [*each_second([10.0, 10.001]), (s_(2.1), None, 500.0), (s_(3.1), 500.1, 500.0)]
    there = played(still_future(9), quotes(noisy), until_s=9, levels=(500.0,), params=USER_ONLY).level(500.0)
    none = feed(
        started(config_frame("spy", levels=(500.0,), params=USER_ONLY)),
        records(still_future(9).words()),
        WatermarkFrame(s_(9)),
    ).level(500.0)
    for name in there.dtype.names or ():
        assert not np.isnan(there[name][~np.isnan(none[name])]).any(), name


def test_a_blind_share_allows_medium_confidence_at_most() -> None:
    """The same scene with fresh quotes and with none: HIGH becomes MEDIUM."""
    market = pull_zone(keep_alive(Market(start_ns=START).ladder(size=100, depth=30), 62.0).at(62.0), MID + 4)
    keep_alive(market, 68.0)
    params = {"warmup_ns": 0, "tape_full_volume": 1e12, "arm_sigma": 0.0, "theta_noise": 0.0, "confidence_high": 0.5}
    labels = []
    for quotes_until in (68, 1):
        engine = with_share(levels=((MID + 4) / 40,), params=params)
        given = quotes(each_second([FUTURE_MID / 500.0125] * quotes_until))
        results = played(market, given, until_s=68, engine=engine)
        labels.append(Confidence(int(results.level((MID + 4) / 40)["confidence_label"][-8:].max())))
    assert labels == [Confidence.HIGH, Confidence.MEDIUM]


def test_a_real_day_s_prints_make_the_levels_of_their_prices(vendor_data: Path) -> None:
    """The opening half hour of a day of prints, moved to the session of the tests, beside a book that stays."""
    file = DbnFile.open(vendor_data / "spy" / "spy-sip-20131008.trades.dbn.zst")
    opening = 1_381_239_000 * SECOND
    parts = []
    for batch in file.chunks():
        rows = batch.arrays[Kind.TRADE]
        times = rows["ts_event"].astype(np.int64)
        parts.append(rows[(times >= opening - 60 * SECOND) & (times < opening + 600 * SECOND)].copy())
        if len(times) and times[0] >= opening + 700 * SECOND:
            break
    prints = np.concatenate(parts)
    prints["publisher_id"], prints["instrument_id"] = SHARE
    for name in ("ts_event", "ts_recv"):
        prints[name] += np.uint64(START - opening)
    assert len(prints) > 5_000
    engine = with_share(params={"ratio_default": 30.0})
    frames: list[Frame] = [records(Market(start_ns=START - 61 * SECOND).ladder().words())]
    frames += [RecordsFrame(Batch.of(Kind.TRADE, prints[k : k + 512])) for k in range(0, len(prints), 512)]
    results = feed(engine, *frames, WatermarkFrame(s_(600)))
    price = prints["price"].astype(np.int64)
    good = (price > 0) & (prints["size"] > 0) & (prints["action"] == b"T")
    assert engine.counters()["bad_quotes"] == int((~good).sum())
    arrival = np.maximum.accumulate(prints["ts_event"].astype(np.int64))
    inside = good & (arrival >= START)
    found = placed(results.rows[-1])
    dollars, size = price[inside] / 1e9, prints["size"][inside].astype(float)
    assert (found["SESSION_HIGH"], found["SESSION_LOW"]) == (dollars.max(), dollars.min())
    assert found["VWAP"] == pytest.approx(float((dollars * size).sum() / size.sum()), abs=1e-9)
