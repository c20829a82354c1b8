"""Several option series that end on one day: a strike's row is their sum, and each counts while it has time left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.market.kinds import Kind
from spymaster.market.option_chain import CALL, CHAIN, PUT
from tests.physics.options.test_options import run_options, strike_row
from tests.support.engine import Results
from tests.support.market import RTH_CLOSE_NS, RTH_OPEN_NS, SECOND
from tests.support.options import NOON_NS, STRIKES, OptionTape, chain, price_e9

STRIKE = 5000
OTHER_ID = 9_000
"""The first id of the second series: calls even, puts odd."""
SECONDS = 5.0


def with_series(expiry_ns: int, strikes: tuple[int, ...] = (STRIKE,)) -> bytes:
    """The usual chain and a second series at some strikes, in the order of a CONFIG frame."""
    first = np.frombuffer(chain(), CHAIN)
    other = np.frombuffer(chain(strikes, expiry_ns=expiry_ns), CHAIN).copy()
    other["instrument_id"] += OTHER_ID - int(other["instrument_id"][0])
    rows = np.concatenate((first, other))
    turn = np.lexsort((-rows["expiry_ns"], -rows["right"], rows["strike_e9"]))
    return rows[turn].tobytes()


def tape_of(*trades: tuple[int, int, int], quote: tuple[float, float] | None = None) -> OptionTape:
    """Quotes of the usual chain every second; trades of the second series: right, size, whether of the usual one."""
    tape = OptionTape()
    for second in range(int(SECONDS)):
        tape.quotes_everywhere(second + 0.1)
        if quote is not None:
            tape.record(
                Kind.BBO, STRIKE, CALL, second + 0.2, instrument_id=OTHER_ID,
                bid_px_00=price_e9(quote[0]), ask_px_00=price_e9(quote[1]), bid_sz_00=5, ask_sz_00=5,
            )  # fmt: skip
    for n, (right, size, usual) in enumerate(trades):
        about: dict[str, Any] = {"price": price_e9(9.5), "size": size, "action": b"T", "side": b"B"}
        about |= {name: price_e9(float("nan")) for name in ("bid_px_00", "ask_px_00")}
        if not usual:
            about["instrument_id"] = OTHER_ID + (right == PUT)
        tape.record(Kind.MBP1, STRIKE, right, 0.5 + n * 0.001, **about)
    tape.rows.sort(key=lambda item: int(item[1]["ts_recv"][0]))
    return tape


def run(tape: OptionTape, packed: bytes) -> Results:
    return run_options(tape, SECONDS, chain=packed, params={"warmup_ns": 2 * SECOND})


def test_a_strike_is_one_row_however_many_series_it_has() -> None:
    strikes = run(tape_of(), with_series(RTH_OPEN_NS)).strikes[-1]["strike"].tolist()
    assert strikes == sorted(set(strikes)) == list(STRIKES)


@pytest.mark.parametrize("expiry_ns", [RTH_OPEN_NS, RTH_CLOSE_NS], ids=["ended", "of the same moment"])
def test_the_volume_of_a_strike_is_that_of_all_its_series(expiry_ns: int) -> None:
    row = strike_row(run(tape_of((CALL, 30, 1), (CALL, 12, 0), (PUT, 5, 0)), with_series(expiry_ns)))
    assert (row["call_volume"], row["put_volume"]) == (42, 5)
    assert (row["call_net"], row["put_net"]) == (42, 5)


def test_series_that_end_together_add_to_one_exposure() -> None:
    twice = strike_row(run(tape_of((CALL, 30, 1), (CALL, 12, 0)), with_series(RTH_CLOSE_NS)))
    once = strike_row(run(tape_of((CALL, 42, 1)), chain()))
    assert twice["hedge"] == pytest.approx(once["hedge"], rel=1e-9)


def test_a_series_that_ended_at_the_open_has_no_exposure_left() -> None:
    ended = strike_row(run(tape_of((CALL, 30, 1), (CALL, 12, 0)), with_series(RTH_OPEN_NS)))
    without = strike_row(run(tape_of((CALL, 30, 1)), chain()))
    assert ended["hedge"] == pytest.approx(without["hedge"], rel=1e-9)
    assert ended["hedge"] < 0.0


def test_a_series_counts_until_it_ends() -> None:
    ends_ns = NOON_NS + 3 * SECOND
    rows = run(tape_of((CALL, 30, 1), (CALL, 12, 0)), with_series(ends_ns)).strikes
    hedges = [float(snap[snap["strike"] == STRIKE]["hedge"][0]) for snap in rows]
    known = [hedge for hedge in hedges if hedge == hedge]
    assert known[-1] / min(known) == pytest.approx(30 / 42, rel=0.01)


@pytest.mark.parametrize("expiry_ns", [RTH_OPEN_NS, RTH_CLOSE_NS])
def test_the_quote_of_a_strike_is_that_of_the_series_that_ends_last(expiry_ns: int) -> None:
    """The second series is quoted far off; neither the strike's quote nor the smile may take it."""
    far = run(tape_of(quote=(90.0, 91.0)), with_series(expiry_ns))
    plain = run(tape_of(), chain())
    for name in ("call_bid", "call_ask", "iv", "gamma"):
        assert strike_row(far)[name] == strike_row(plain)[name]


def test_a_strike_of_the_ended_series_alone_says_nothing_of_the_smile() -> None:
    between = (4997,)
    row = strike_row(run(tape_of(), with_series(RTH_OPEN_NS, between)), 4997)
    assert np.isnan(row["call_bid"])
    assert (
        strike_row(run(tape_of(), with_series(RTH_OPEN_NS, between)))["iv"] == strike_row(run(tape_of(), chain()))["iv"]
    )
