"""Option records in the engine: whose they are, quotes, sides of trades, cancellations, open interest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spymaster.market.kinds import Kind
from spymaster.market.option_chain import CALL, NO_CONDITION, PUT
from spymaster.market.rows import Trust, TrustReason
from tests.support.engine import Results, config_frame, engine_for, feed
from tests.support.market import RTH_CLOSE_NS
from tests.support.options import E9, NOON_NS, OptionTape, chain, premium, quiet_market, years_left

STRIKE = 5000
OPTIONS = 2


def run_options(tape: OptionTape, seconds: float = 3.0, chunk: int = 0, **config: Any) -> Results:
    """A whole run of a quiet book and the tape's options."""
    engine = engine_for("es", **{"chain": chain(), **config})
    results = feed(engine, *tape.frames(quiet_market(seconds), chunk))
    results.take(engine.finish())
    results.counters = engine.counters()
    return results


def quoted(*, seconds: float = 3.0, **columns: Any) -> OptionTape:
    """A tape with quotes at every second."""
    tape = OptionTape()
    for second in range(int(seconds)):
        tape.quotes_everywhere(second + 0.1, **columns)
    return tape


def strike_row(results: Results, strike: float = STRIKE) -> np.void:
    """The last snap's row of a strike."""
    rows = results.strikes[-1]
    row: np.void = rows[rows["strike"] == strike][0]
    return row


def net_of(tape: OptionTape, column: str = "call_net", **config: Any) -> float:
    return float(strike_row(run_options(tape, **config))[column])


def test_without_a_chain_option_records_belong_to_nobody() -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.5, 9.0, 9.5)
    tape.trade(STRIKE, CALL, 0.6, 9.5, 4, b"B")
    results = run_options(tape, chain=b"")
    assert (results.counters["other_instrument"], results.counters["option_trades"]) == (2, 0)
    assert results.snaps["options"]["contracts"].tolist() == [0.0] * len(results.snaps)
    assert np.isnan(results.snaps["options"]["hedge"]).all()


def test_records_of_options_outside_the_chain_are_counted_as_other_instruments() -> None:
    tape = OptionTape(strikes=(4000, STRIKE))
    tape.quote(4000, CALL, 0.5, 9.0, 9.5)
    results = run_options(tape, chain=chain((STRIKE, 5005))[112:])
    assert results.counters["other_instrument"] == 1


def test_the_venues_own_side_is_taken_as_it_is() -> None:
    tape = OptionTape()
    tape.trade(STRIKE, CALL, 0.5, 9.5, 10, b"B")
    tape.trade(STRIKE, CALL, 0.6, 9.0, 4, b"A")
    row = strike_row(run_options(tape))
    assert (row["call_net"], row["call_net_sd"], row["call_volume"]) == (6.0, 0.0, 14.0)
    assert row["call_premium"] == pytest.approx((95.0 + 36.0) * 50)
    assert row["call_last"] == 9.0


@pytest.mark.parametrize(
    ("price", "expected", "sd"),
    [
        (9.5, 0.8, 0.6),
        (9.6, 0.8, 0.6),
        (9.0, -0.8, 0.6),
        (9.375, 0.35, math.sqrt(1 - 0.35**2)),
        (9.125, -0.35, math.sqrt(1 - 0.35**2)),
        (9.25, -0.1, math.sqrt(1 - 0.1**2)),
    ],
)
def test_without_a_side_the_quote_the_trade_met_tells_how_likely_each_is(
    price: float, expected: float, sd: float
) -> None:
    tape = OptionTape()
    tape.trade(STRIKE, CALL, 0.5, price, 20, quote=(9.0, 9.5))
    row = strike_row(run_options(tape))
    assert row["call_net"] == pytest.approx(20 * expected)
    assert row["call_net_sd"] == pytest.approx(20 * sd)


def test_a_trade_of_just_the_size_it_met_says_nothing() -> None:
    tape = OptionTape()
    tape.trade(STRIKE, CALL, 0.5, 9.5, 9, quote=(9.0, 9.5))
    assert net_of(tape) == 0.0


def test_without_any_quote_the_last_change_of_price_tells() -> None:
    tape = OptionTape()
    tape.trade(STRIKE, CALL, 0.4, 9.0, 10)
    tape.trade(STRIKE, CALL, 0.5, 9.25, 10)
    tape.trade(STRIKE, CALL, 0.6, 9.25, 10)
    assert net_of(tape) == pytest.approx(2 * 10 * 0.18)


def x_trade(tape: OptionTape, seconds: float, price: float, size: int, *codes: int) -> None:
    conditions = [*codes, *[NO_CONDITION] * (6 - len(codes))]
    tape.record(Kind.XTRADE, STRIKE, CALL, seconds, price=round(price * E9), size_e9=size * E9, conditions=conditions)


def test_a_trade_of_a_json_vendor_is_signed_by_the_quote_strictly_before_it() -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.4, 9.0, 9.5, kind=Kind.XQUOTE)
    tape.quote(STRIKE, CALL, 0.5, 9.5, 10.0, kind=Kind.XQUOTE)
    x_trade(tape, 0.5, 9.5, 20, 209)
    assert net_of(tape) == pytest.approx(20 * 0.8)


@pytest.mark.parametrize("code", [232, 236, 240, 247])
def test_a_leg_of_a_package_has_no_side_but_counts_as_volume(code: int) -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.4, 9.0, 9.5, kind=Kind.XQUOTE)
    x_trade(tape, 0.5, 9.5, 20, 209, code)
    row = strike_row(run_options(tape))
    assert (row["call_net"], row["call_net_sd"], row["call_volume"], row["call_last"]) == (0.0, 20.0, 20.0, 9.5)


def test_a_late_print_does_not_act_as_now() -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.4, 9.0, 9.5, kind=Kind.XQUOTE)
    x_trade(tape, 0.5, 9.5, 20, 204)
    row = strike_row(run_options(tape))
    assert (row["call_net"], row["call_volume"]) == (0.0, 20.0)
    assert math.isnan(row["call_last"])


def test_a_cancellation_takes_its_trade_back() -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.3, 9.0, 9.5, kind=Kind.XQUOTE)
    x_trade(tape, 0.4, 9.5, 20)
    x_trade(tape, 0.5, 9.5, 7)
    x_trade(tape, 0.6, 9.5, 20, 201)
    results = run_options(tape)
    row = strike_row(results)
    assert (row["call_net"], row["call_volume"]) == (pytest.approx(7 * 0.8), 7.0)
    assert row["call_premium"] == pytest.approx(7 * 9.5 * 50)
    assert results.counters["option_cancels"] == 1


def test_a_cancellation_of_an_unknown_trade_is_counted() -> None:
    tape = OptionTape()
    x_trade(tape, 0.6, 9.5, 20, 203)
    results = run_options(tape)
    assert (results.counters["lost_cancels"], strike_row(results)["call_volume"]) == (1, 0.0)


@pytest.mark.parametrize("columns", [{"price": 0}, {"price": -5}, {"price": 2**63 - 1}, {"size": 0}])
def test_trades_without_price_or_size_are_rejected(columns: dict[str, int]) -> None:
    tape = OptionTape()
    tape.record(Kind.TRADE, STRIKE, CALL, 0.5, **{"price": 9 * E9, "size": 3, "action": b"T", "side": b"B", **columns})
    results = run_options(tape)
    assert (results.counters["bad_options"], strike_row(results)["call_volume"]) == (1, 0.0)


@pytest.mark.parametrize(("bid", "ask"), [(math.nan, 9.5), (9.0, math.nan), (9.6, 9.5), (2.0, 9.5), (0.01, 0.02)])
def test_one_sided_crossed_wide_and_worthless_quotes_are_not_used(bid: float, ask: float) -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.5, bid, ask)
    row = strike_row(run_options(tape))
    assert math.isnan(row["call_bid"])
    assert math.isnan(row["call_ask"])


def test_a_quote_older_than_five_seconds_is_not_used() -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.1, 9.0, 9.5)
    bids = [rows[rows["strike"] == STRIKE]["call_bid"][0] for rows in run_options(tape, seconds=7.0).strikes]
    assert bids[4] == 9.0
    assert math.isnan(bids[-1])


@pytest.mark.parametrize("kind", [Kind.MBP1, Kind.BBO, Kind.CMBP1, Kind.CBBO, Kind.XQUOTE])
def test_every_kind_of_quote_leads_to_the_same_place(kind: Kind) -> None:
    tape = OptionTape()
    tape.quote(STRIKE, PUT, 0.1, 9.0, 9.5, kind=kind)
    results = run_options(tape)
    row = strike_row(results)
    assert (row["put_bid"], row["put_ask"]) == (9.0, 9.5)
    assert results.counters["option_quotes"] == 1


def test_consolidated_records_are_known_by_their_id_whatever_their_venue() -> None:
    tape = OptionTape(publisher_id=31)
    tape.quote(STRIKE, PUT, 0.1, 9.0, 9.5, kind=Kind.CBBO)
    tape.publisher_id = 22
    tape.trade(STRIKE, PUT, 0.2, 9.5, 4, kind=Kind.CMBP1, quote=(9.0, 9.5))
    row = strike_row(run_options(tape, chain=chain(publisher_id=0)))
    assert (row["put_bid"], row["put_volume"]) == (9.0, 4.0)


def statistic(tape: OptionTape, seconds: float, quantity: int, stat_type: int = 9) -> None:
    tape.record(Kind.STAT, STRIKE, CALL, seconds, quantity=quantity, stat_type=stat_type)


def test_open_interest_counts_from_its_publication_on() -> None:
    tape = OptionTape()
    statistic(tape, 1.61, 1234)
    statistic(tape, 1.7, 99, stat_type=6)
    known = [rows[rows["strike"] == STRIKE]["call_open_interest"][0] for rows in run_options(tape).strikes]
    assert all(math.isnan(x) for x in known[:6])
    assert known[6:] == [1234.0] * len(known[6:])


def test_no_option_record_is_lost_from_the_fold_of_inputs() -> None:
    folds = set()
    for size in (4, 5):
        tape = OptionTape()
        tape.trade(STRIKE, CALL, 0.5, 9.5, size, b"N")
        last = run_options(tape).rows[-1][0]
        folds.add((last["input_fingerprint_high"], last["input_fingerprint_low"]))
    assert len(folds) == 2


def states(results: Results) -> list[tuple[Trust, TrustReason]]:
    pairs = zip(results.snaps["trust"][:, OPTIONS], results.snaps["trust_reason"][:, OPTIONS], strict=True)
    return list(dict.fromkeys((Trust(state), TrustReason(reason)) for state, reason in pairs))


def test_options_are_green_with_quotes_a_smile_and_known_sides() -> None:
    tape = quoted()
    tape.trade(STRIKE, CALL, 0.5, 9.5, 10, b"B")
    assert states(run_options(tape))[-1] == (Trust.GREEN, TrustReason.NONE)


def test_options_without_sides_are_degraded() -> None:
    tape = quoted()
    tape.trade(STRIKE, CALL, 0.5, 9.5, 10, b"N")
    assert states(run_options(tape))[-1] == (Trust.DEGRADED, TrustReason.UNSIGNED_TRADES)


def test_options_without_enough_quotes_for_a_smile_are_degraded() -> None:
    tape = OptionTape()
    tape.quote(STRIKE, CALL, 0.1, 9.0, 9.5)
    assert states(run_options(tape)) == [(Trust.DEGRADED, TrustReason.NO_SMILE)]


def test_options_silent_for_half_a_minute_are_blind() -> None:
    results = run_options(quoted(), seconds=36.0)
    assert states(results)[-1] == (Trust.BLIND, TrustReason.SILENT)


def test_after_the_close_there_are_no_options_any_more() -> None:
    tape = OptionTape(start_ns=RTH_CLOSE_NS - 2 * E9)
    tape.quotes_everywhere(0.1, tau=years_left(NOON_NS))
    engine = engine_for("es", chain=chain())
    results = feed(engine, *tape.frames(quiet_market(4.0, start_ns=tape.start_ns)))
    results.take(engine.finish())
    assert states(results)[-1] == (Trust.ABSENT, TrustReason.EXPIRED)


def test_a_chain_of_another_day_is_another_configuration() -> None:
    first, second = (engine_for("es", chain=chain(strikes)) for strikes in ((5000,), (5005,)))
    with pytest.raises(Exception, match="another configuration"):
        second.restore(first.snapshot())


def test_the_config_frame_carries_the_chain() -> None:
    assert config_frame(chain=chain()).chain == chain()


def test_the_premium_used_here_is_blacks() -> None:
    tau = years_left(NOON_NS)
    assert premium(5000, CALL, tau) - premium(5000, PUT, tau) == pytest.approx(0.125)


def test_on_the_consolidated_tape_an_exchange_nobody_has_numbered_yet_is_heard_like_any_other() -> None:
    tape = OptionTape(publisher_id=999)
    tape.quote(STRIKE, CALL, 0.5, 9.0, 9.5, kind=Kind.CBBO)
    results = run_options(tape, chain=chain(publisher_id=0))
    assert (results.counters["option_quotes"], results.counters["other_instrument"]) == (1, 0)
    row = strike_row(results)
    assert (row["call_bid"], row["call_ask"]) == (9.0, 9.5)
