"""Hostile records: never a crash, a hang or a number that is none; each rejected record is counted with its reason."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spymaster.market.kinds import UNDEF_PRICE
from spymaster.market.rows import LEVEL_FIELDS
from spymaster.physics.memory.counters import REJECTIONS
from spymaster.signals.blocks import OPTIONAL
from tests.support.engine import Results, Words, run, session_table
from tests.support.market import ASK, BID, MID, SECOND, START_NS, Levels, Market
from tests.support.streams import play, random_actions

ALWAYS = [field.name for field in LEVEL_FIELDS if field.name not in OPTIONAL]
TICK = 250_000_000
HOSTILE = [0, 1, -1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1, -(2**63), TICK, -TICK, 3 * TICK + 1]


def lawful(seed: int = 1, count: int = 300) -> Words:
    market = Market()
    market.ladder().at(0.3)
    return play(market, random_actions(seed, count, rough=True)).words()


def levels() -> list[float]:
    return [(MID + k) / 4 for k in (-6, 0, 1, 5)]


def rejected(results: Results) -> dict[str, int]:
    return {name: n for name, n in results.counters.items() if name in REJECTIONS and n}


def assert_sound(results: Results) -> None:
    """No NaN where there must be a number, no infinity anywhere, no negative counts of contracts."""
    for rows in results.rows:
        for name in ALWAYS:
            assert np.isfinite(rows[name]).all(), name
        for name in OPTIONAL:
            assert not np.isinf(rows[name]).any(), name
    for name in ("added", "pulled", "filled", "hidden", "off_book"):
        assert (results.flows[name] >= 0).all(), name
    whole = results.flows[(results.flows["visible_ns"] == 250_000_000) & (results.flows["depth_start"] >= 0)]
    net = whole["added"] - whole["pulled"] - whole["filled"]
    assert (whole["depth_end"] - whole["depth_start"] == net).all()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_hostile_words_in_a_lawful_stream(data: st.DataObject) -> None:
    """Any words of any records replaced by extremes; the header is kept, so that the records are taken as ours."""
    words = lawful(count=60)
    changes = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(words) - 1), st.integers(2, 45), st.sampled_from(HOSTILE)),
            min_size=1,
            max_size=30,
        )
    )
    for record, word, value in changes:
        if word != 4:
            words[record, word] = value
    results = run(words, levels=levels())
    assert_sound(results)
    assert results.counters["records"] == len(words)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1))
def test_random_words(seed: int) -> None:
    dice = np.random.default_rng(seed)
    words = lawful(count=80)
    noise = dice.integers(-(2**63), 2**63 - 1, size=words.shape, dtype=np.int64)
    mask = dice.random(words.shape) < 0.02
    mask[:, :2] = False
    mask[:, 4] = False
    words[mask] = noise[mask]
    assert_sound(run(words, levels=levels()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from([1, 4]), st.integers(0, 2**61)), max_size=10))
def test_hostile_times(changes: list[tuple[int, int, int]]) -> None:
    words = lawful(count=100)
    for record, word, value in changes:
        words[record % len(words), word] = value
    short = session_table(days=1)
    short["open_ns"], short["close_ns"] = START_NS, START_NS + 600 * SECOND
    results = run(words[:200], levels=levels(), sessions=short)
    assert_sound(results)
    assert len(results.times) <= 600 * 4 + 1


def apart(code: str, timeout_s: float = 120.0) -> None:
    """Run code in a process of its own, so that a hang is a failure and not the end of the tests."""
    script = textwrap.dedent(code)
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], timeout=timeout_s, capture_output=True, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"still running after {timeout_s:.0f} s")
    assert done.returncode == 0, done.stderr[-2000:]


SETUP = """
import sys
sys.path.insert(0, {root!r})
from tests.physics.test_robustness import lawful
from tests.support.engine import run
from tests.support.market import Market, ASK, BID, MID
"""


def setup() -> str:
    from pathlib import Path

    return SETUP.format(root=str(Path(__file__).resolve().parents[2]))


@pytest.mark.parametrize("time", ["2**62", "2**63 - 1"])
def test_a_time_at_the_end_of_time_does_not_hang(time: str) -> None:
    apart(f"{setup()}\nwords = lawful(count=50)\nwords[0, 1] = {time}\nwords[0, 4] = -1\nrun(words[:20])\n")


def test_a_first_record_of_another_age_does_not_stop_the_clock_for_good() -> None:
    """One bad time at the very start, then a lawful market: its snaps must come."""
    words = lawful(count=200)
    words[0, 1] = words[0, 4] = 2**61
    assert len(run(words).times) > 10


def test_a_price_far_outside_any_market_does_not_hang() -> None:
    """With a fine tick a hostile price is more ticks away than any sentinel."""
    apart(
        f"{setup()}\n"
        "market = Market(tick_e9=1_000_000)\n"
        "market.ladder().at(1.0)\n"
        "for first in (0, 3):\n"
        "    far = {9_000_000_000_000 + first + k: 5 for k in range(10)}\n"
        "    market.write(b'A', ASK, MID + 1, 5, levels=(market.levels(BID), far))\n"
        "run(market.words(), tick_e9=1_000_000)\n"
    )


# --- one fault each --------------------------------------------------------------------------------------------------


def with_levels(*, bids: Levels | None = None, asks: Levels | None = None) -> Words:
    """A good book, then one record that shows these levels, then a lawful addition."""
    market = Market()
    market.ladder().at(0.1)
    shown = (market.levels(BID) if bids is None else bids, market.levels(ASK) if asks is None else asks)
    market.write(b"A", BID, MID - 2, 5, levels=shown)
    market.at(0.2)
    market.add(BID, MID - 2, 5)
    return market.words()


def off_tick(words: Words) -> Words:
    words[1, 6] += 1
    return words


def no_size(words: Words) -> Words:
    words[1, 8] &= ~0xFFFFFFFF
    return words


def size_without_price(words: Words) -> Words:
    words[1, 6 + 36] = UNDEF_PRICE
    return words


def unordered(words: Words) -> Words:
    words[1, 6], words[1, 10] = words[1, 10], words[1, 6]
    return words


def with_hole(words: Words) -> Words:
    words[1, 10] = UNDEF_PRICE
    words[1, 12] &= ~0xFFFFFFFF
    return words


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (off_tick, "bad_price"),
        (no_size, "bad_size"),
        (size_without_price, "bad_size"),
        (unordered, "unordered_book"),
        (with_hole, "unordered_book"),
    ],
)
def test_a_record_with_a_broken_book_is_rejected_as_a_whole(fault: object, reason: str) -> None:
    assert callable(fault)
    words: NDArray[np.int64] = fault(with_levels())
    results = run(words)
    assert rejected(results) == {reason: 1}
    assert [int(f["added"]) for f in results.flows] == [5]


def test_a_fault_on_one_side_leaves_the_other_side_unchanged() -> None:
    words = with_levels(bids={MID - k: 77 for k in range(10)})
    words[1, 7] += 1
    results = run(words)
    assert rejected(results) == {"bad_price": 1}
    assert [int(f["added"]) for f in results.flows] == [5]


@pytest.mark.parametrize("action", [b"F", b"N", b"\0", b"X"])
def test_an_unknown_action_is_rejected(action: bytes) -> None:
    market = Market()
    market.ladder().at(0.1)
    market.write(action, BID, MID, 5)
    assert rejected(run(market.words())) == {"bad_action": 1}


def test_a_trade_without_size_or_off_the_tick_or_far_away_is_rejected() -> None:
    market = Market()
    market.ladder().at(0.1)
    market.print(BID, MID + 1, 0)
    market.print(BID, MID + 1, 5)
    market.rows[-1]["price"] += 7
    market.print(BID, MID + 5000, 5)
    results = run(market.words())
    assert rejected(results) == {"bad_size": 1, "bad_price": 1, "far_price": 1}
    assert results.total("off_book") == 0


def test_a_rejected_trade_is_not_counted_as_a_trade() -> None:
    market = Market()
    market.ladder().at(0.1)
    market.print(BID, MID + 5000, 5)
    assert run(market.words()).counters["trades"] == 0


@pytest.mark.parametrize("size", [2**31, 2**32 - 1])
def test_sizes_beyond_31_bits_never_become_negative_flows(size: int) -> None:
    """2**32 - 1 is the vendor's sign for no size at all."""
    market = Market()
    market.ladder().at(0.1)
    market.orders[market.orders_at(ASK, MID + 1)[0]].size = size
    market.write(b"A", ASK, MID + 1, 1)
    market.at(0.4)
    market.print(BID, MID + 1, size)
    results = run(market.words())
    for name in ("added", "pulled", "filled", "hidden", "off_book"):
        assert (results.flows[name] >= 0).all(), name
    mass = results.snaps[-1]["totals"]
    assert results.total("added") == mass[0]


def test_negative_prices_are_prices() -> None:
    market = Market()
    market.ladder(best_bid=-40).at(0.1)
    market.add(BID, -41, 5)
    results = run(market.words())
    assert rejected(results) == {}
    assert results.total("added", BID, -41) == 5


def test_an_empty_book_and_a_first_trade_without_a_book() -> None:
    market = Market()
    market.print(BID, MID, 3)
    market.at(0.5)
    market.add(BID, MID - 1, 4)
    market.at(1.0)
    results = run(market.words(), levels=levels())
    assert_sound(results)
    assert results.total("off_book") == 3
    assert not np.isnan(results.snaps["spot"]).any()


@pytest.mark.parametrize("side", [BID, ASK])
def test_a_book_of_one_side_only(side: int) -> None:
    market = Market()
    market.clear()
    for k in range(8):
        market.at(0.2 * k)
        market.add(side, MID + k, 4)
    results = run(market.words(), levels=levels())
    assert_sound(results)
    assert rejected(results) == {}


def test_a_record_with_no_levels_at_all_empties_the_book() -> None:
    words = with_levels(bids={}, asks={})
    results = run(words[:2])
    assert rejected(results) == {}
    assert results.total("pulled") == 2 * 10 * 50


def test_more_waiting_trades_than_there_is_room_for_are_off_book() -> None:
    market = Market()
    market.ladder().at(0.1)
    for k in range(300):
        market.print(BID, MID + 1 + k, 2, last=False)
    market.end_event()
    results = run(market.words())
    assert results.total("filled") + results.total("off_book") == 600


def test_time_starts_at_the_first_record() -> None:
    assert START_NS % 250_000_000 == 0
