"""What a Session remembers of its soundness, in event time: states and since when, coverage, records, holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.market.rows import INPUTS, SNAP, Trust, TrustReason
from spymaster.physics.memory.counters import COUNTERS, Counter
from spymaster.session.frames.engine_rate import KEPT, EngineRate
from spymaster.session.frames.health_store import CHANGES, GAP_NS, SPANS, HealthStore
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.header_parts import LATENCY_US, RATE_SPAN_S

S = 1_000_000_000
T0 = 1_795_190_000 * S
WORDS = FeedWords()
NOTHING = [0] * len(COUNTERS)


def snap(t_ns: int, depth: Trust = Trust.GREEN, reason: TrustReason = TrustReason.NONE) -> Any:
    """A snap whose depth is in a state; tape is green, options and share are absent."""
    out = np.zeros(1, SNAP)[0]
    out["t_ns"] = t_ns
    out["trust"] = (depth, Trust.GREEN, Trust.ABSENT, Trust.ABSENT)
    out["trust_reason"] = (reason, TrustReason.NONE, TrustReason.NONE, TrustReason.NONE)
    return out


def after(*snaps: Any, records: int = 100) -> HealthStore:
    """A store that was told of these, with so many more records at each."""
    store = HealthStore()
    for number, each in enumerate(snaps, 1):
        store.add_snap(each, number * records, WORDS)
    return store


def told(store: HealthStore, name: str = "depth") -> list[tuple[int, str]]:
    return [(change.t_ns - T0, change.state) for change in store.health(NOTHING).changes if change.input == name]


def test_each_input_begins_in_the_state_of_the_first_snap() -> None:
    store = after(snap(T0))
    assert [(change.input, change.state) for change in store.health(NOTHING).changes] == [
        ("depth", "GREEN"), ("tape", "GREEN"), ("options", "ABSENT"), ("equity", "ABSENT"),
    ]  # fmt: skip
    assert store.health(NOTHING).since_ns == T0


def test_a_change_is_told_with_its_moment_and_its_reason() -> None:
    store = after(snap(T0), snap(T0 + S, Trust.BLIND, TrustReason.FEED_DOWN), snap(T0 + 2 * S))
    assert told(store) == [(0, "GREEN"), (S, "BLIND"), (2 * S, "GREEN")]
    blind = store.health(NOTHING).changes[-2]
    assert blind.reason == WORDS.reason("depth", int(TrustReason.FEED_DOWN)) != ""


def test_the_time_up_to_a_change_counts_as_what_it_was_before() -> None:
    store = after(snap(T0), snap(T0 + S), snap(T0 + 2 * S, Trust.BLIND, TrustReason.FEED_DOWN), snap(T0 + 3 * S))
    assert store.health(NOTHING).green_ns[:2] == (2 * S, 3 * S)


def test_a_hole_covers_nothing_and_is_told_from_where_it_begins() -> None:
    store = after(snap(T0), snap(T0 + S), snap(T0 + S + 2 * GAP_NS))
    assert told(store) == [(0, "GREEN"), (S, "GAP"), (S + 2 * GAP_NS, "GREEN")]
    assert store.health(NOTHING).green_ns[0] == S


def test_an_absent_input_has_no_hole() -> None:
    assert told(after(snap(T0), snap(T0 + 2 * GAP_NS)), "options") == [(0, "ABSENT")]


def test_records_are_counted_in_spans_with_the_empty_ones_between() -> None:
    span = RATE_SPAN_S * S
    begun = T0 // span * span
    store = after(*(snap(begun + at) for at in (1, 2, span + 1, 3 * span + 1)), records=10)
    assert store.health(NOTHING).rates == (20, 10, 0, 10)


def test_no_more_is_remembered_than_was_agreed() -> None:
    states = (Trust.GREEN, Trust.BLIND)
    store = after(*(snap(T0 + n * S, states[n % 2]) for n in range(SPANS * RATE_SPAN_S * 2)))
    health = store.health(NOTHING)
    assert len(health.changes) == CHANGES
    assert len(health.rates) == SPANS


def test_counters_are_named_and_zeros_are_left_out() -> None:
    counters = list(NOTHING)
    counters[Counter.BAD_PRICE] = 3
    assert HealthStore().health(counters).counts == (("bad_price", 3),)


def test_a_store_goes_on_from_what_another_remembered() -> None:
    first = after(snap(T0), snap(T0 + S, Trust.BLIND, TrustReason.FEED_DOWN))
    other = HealthStore()
    other.restore(first.snapshot())
    for store in (first, other):
        store.add_snap(snap(T0 + 2 * S), 500, WORDS)
    assert other.health(NOTHING) == first.health(NOTHING)
    assert other.snapshot() == first.snapshot()


def test_there_is_a_figure_for_every_input() -> None:
    assert len(HealthStore().health(NOTHING).green_ns) == len(INPUTS)


@pytest.mark.parametrize(("took_us", "bucket"), [(199.0, 0), (200.0, 1), (4_999.0, 6), (5_000.0, 7), (1e6, 7)])
def test_how_long_snaps_took_is_told_by_bucket(took_us: float, bucket: int) -> None:
    rate = EngineRate()
    rate.note(took_us / 1e6, 1)
    assert [at for at, count in enumerate(rate.pace.latency) if count] == [bucket]
    assert len(rate.pace.latency) == len(LATENCY_US) + 1
    assert rate.pace.worst_us == pytest.approx(took_us)


def test_the_latest_snaps_alone_are_told_of() -> None:
    rate = EngineRate()
    rate.note(1.0, 1)
    for _ in range(KEPT):
        rate.note(1e-6, 1)
    assert sum(rate.pace.latency) == KEPT
    assert rate.pace.worst_us == pytest.approx(1.0)
