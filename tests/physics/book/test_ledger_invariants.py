"""What holds for the ledger whatever the orders do, on random order streams."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.engine import Results, engine_for, feed, records, run
from tests.support.market import ASK, BID, INTERVAL, MID, TICK_E9, Market
from tests.support.reference_ledger import ReferenceLedger, same_ledger
from tests.support.streams import Action, actions, play, random_actions

calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def stream(script: list[Action]) -> Market:
    market = Market()
    market.ladder().at(1.0)
    return play(market, script)


def reference_of(words: np.ndarray) -> ReferenceLedger:
    return ReferenceLedger(TICK_E9, INTERVAL).feed(words).finish()


@calm
@given(actions(rough=True))
def test_every_cell_equals_the_plain_reference(script: list[Action]) -> None:
    words = stream(script).words()
    assert same_ledger(run(words).cells(), reference_of(words).cells) == []


def test_a_long_stream_equals_the_plain_reference_cell_by_cell() -> None:
    words = stream(random_actions(11, 3000, rough=True)).words()
    assert same_ledger(run(words).cells(), reference_of(words).cells) == []


@calm
@given(actions(rough=True))
def test_all_flows_are_counts(script: list[Action]) -> None:
    flows = run(stream(script).words()).flows
    for name in ("added", "pulled", "filled", "hidden", "off_book"):
        assert (flows[name] >= 0).all()
    assert (flows["hidden"] <= flows["filled"]).all()


@calm
@given(actions(rough=True))
def test_traded_volume_is_filled_or_off_book_exactly(script: list[Action]) -> None:
    words = stream(script).words()
    results = run(words)
    assert results.total("filled") + results.total("off_book") == reference_of(words).traded


@calm
@given(actions(rough=True))
def test_depth_changes_by_exactly_the_flows_where_visible_throughout(script: list[Action]) -> None:
    flows = run(stream(script).words()).flows
    whole = flows[(flows["visible_ns"] == INTERVAL) & (flows["depth_start"] >= 0)]
    change = whole["depth_end"] - whole["depth_start"]
    assert (change == whole["added"] - whole["pulled"] - whole["filled"]).all()


@calm
@given(actions(rough=True))
def test_visible_time_lies_between_nothing_and_the_bucket(script: list[Action]) -> None:
    flows = run(stream(script).words()).flows
    assert (flows["visible_ns"] >= 0).all()
    assert (flows["visible_ns"] <= INTERVAL).all()


@calm
@given(actions(rough=False))
def test_flows_telescope_over_continuously_visible_prices(script: list[Action]) -> None:
    """q(t1) - q(t0) = added - pulled - filled for the prices the window never loses."""
    market = stream(script)
    before = run(market.words()[:1])
    results = run(market.words())
    first = {side: dict(list(Market().ladder().levels(side).items())) for side in (BID, ASK)}
    reference = reference_of(market.words())
    touched = {(side, tick) for _, side, tick in [*reference.entered, *reference.left]}
    assert len(before.flows) == 0
    for side in (BID, ASK):
        shown = list(market.levels(side).items())[:10]
        for tick, size in shown:
            if (side, tick) in touched or tick not in list(first[side])[:10]:
                continue
            net = sum(results.total(n, side, tick) * k for n, k in (("added", 1), ("pulled", -1), ("filled", -1)))
            assert size - first[side][tick] == net


@calm
@given(actions(rough=False))
def test_zone_depth_changes_by_flows_and_by_what_entered_and_left(script: list[Action]) -> None:
    market = stream(script)
    reference = reference_of(market.words())
    results = run(market.words())
    start = Market().ladder()
    for side in (BID, ASK):
        before = sum(size for _, size in list(start.levels(side).items())[:10])
        after = sum(size for _, size in list(market.levels(side).items())[:10])
        net = results.total("added", side) - results.total("pulled", side) - results.total("filled", side)
        entered = sum(n for (_, s, _), n in reference.entered.items() if s == side)
        left = sum(n for (_, s, _), n in reference.left.items() if s == side)
        assert after - before == net + entered - left


@calm
@given(st.integers(1, 9), st.integers(1, 80))
def test_a_pure_slide_of_the_window_makes_no_flow(levels: int, size: int) -> None:
    """The best levels are cancelled and put back: flows at those prices only, none where the window slid."""
    market = Market()
    market.ladder(size=size, depth=25).at(1.0)
    for k in range(levels):
        market.cancel(market.orders_at(ASK, MID + 1 + k)[0])
    for k in reversed(range(levels)):
        market.add(ASK, MID + 1 + k, size)
    cells = run(market.words()).cells()
    assert {(side, tick) for _, side, tick in cells} == {(ASK, MID + 1 + k) for k in range(levels)}
    assert sum(cell["added"] - cell["pulled"] for cell in cells.values()) == 0


@calm
@given(actions(rough=False, max_size=40), st.data())
def test_a_record_sent_twice_changes_nothing(script: list[Action], data: st.DataObject) -> None:
    words = stream(script).words()
    place = data.draw(st.integers(0, len(words) - 1))
    if chr((words[place, 3] >> 32) & 0xFF) == "T":
        return
    twice = np.insert(words, place, words[place], axis=0)
    assert same_ledger(run(twice).cells(), run(words).cells()) == []


@calm
@given(actions(rough=False, max_size=40), st.sampled_from(["clear", "snapshot", "doubt"]))
def test_a_new_book_makes_no_flow_whatever_it_shows(script: list[Action], how: str) -> None:
    market = stream(script)
    count = len(run(market.words()).flows)
    market.at(60.0)
    other = Market().ladder(best_bid=MID + 37, size=3)
    market.orders = other.orders
    if how == "clear":
        market.write(b"R", None, None, 0, levels=({}, {}))
        market.write(b"A", BID, MID + 37, 3)
    elif how == "snapshot":
        market.snapshot()
    else:
        market.write(b"A", BID, MID + 37, 3, flags=128 | 4)
        market.write(b"A", BID, MID + 37, 3)
    assert len(run(market.words()).flows) == count


@calm
@given(actions(rough=True, max_size=60), st.data())
def test_nothing_that_comes_later_changes_what_was_published(script: list[Action], data: st.DataObject) -> None:
    words = stream(script).words()
    cut = data.draw(st.integers(1, len(words)))
    config: dict[str, Any] = {"levels": (5000.0, 5001.25), "params": {"warmup_ns": 0}}
    whole, engine = run(words, **config), engine_for(**config)
    part = feed(engine, records(words[:cut]))
    assert_same_prefix(part, whole)


def assert_same_prefix(part: Results, whole: Results) -> None:
    """What was published before is bit for bit the beginning of what is published in the end."""
    n = len(part.snaps)
    assert part.snaps.tobytes() == whole.snaps[:n].tobytes()
    assert [row.tobytes() for row in part.rows] == [row.tobytes() for row in whole.rows[:n]]
    assert part.flows.tobytes() == whole.flows[: len(part.flows)].tobytes()
    assert part.alerts.tobytes() == whole.alerts[: len(part.alerts)].tobytes()
