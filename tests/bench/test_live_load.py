"""What ``bench`` makes of the times that gateway and session noted, and the busy market it puts before them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from spymaster.bench.busy_reel import BURST_PER_S, PER_S, BusyReel, moments, records_until
from spymaster.bench.live.floor import read_barely
from spymaster.bench.live.load import SETTLE_S, figures_of
from spymaster.loopback.databento.gateway import DatabentoGateway
from spymaster.loopback.databento.reel import received_ns
from spymaster.market.kinds import NS_PER_S
from spymaster.resources import bundled_recording
from tests.support.live import market

MS = 1_000_000
SETTLED_NS = round(SETTLE_S * 1e9) + MS


def noted(*rows: tuple[int, int]) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, 2)


def test_a_record_is_as_late_as_the_batch_it_is_journalled_with() -> None:
    sent = noted((10, 0), (20, SETTLED_NS), (30, SETTLED_NS + 4 * MS))
    journalled = noted((10, 1), (30, SETTLED_NS + 5 * MS))
    found = figures_of(sent, journalled, np.array([(10, 1.0, 5e6), (30, 3.0, 6e6)]), noted())
    assert (found.records, found.dropped) == (20, 0)
    assert found.journalled_ms[0] == pytest.approx(3.0)
    assert found.journalled_ms[1] == pytest.approx(5.0)
    assert found.cpu_us == pytest.approx(100_000.0)


def test_what_is_sent_before_the_session_has_settled_does_not_count() -> None:
    sent = noted((10, 0), (20, SETTLED_NS))
    journalled = noted((10, 900 * MS), (20, SETTLED_NS + 2 * MS))
    found = figures_of(sent, journalled, np.array([(10, 0.0, 5e6), (20, 1.0, 6e6)]), noted((5, 950 * MS)))
    assert found.journalled_ms[1] == pytest.approx(2.0)
    assert np.isnan(found.published_ms[1])


def test_a_snap_is_as_late_as_the_record_that_made_it_due() -> None:
    sent = noted((10, 0), (20, SETTLED_NS), (30, SETTLED_NS + 4 * MS))
    journalled = noted((30, SETTLED_NS + 5 * MS))
    found = figures_of(sent, journalled, np.array([(10, 0.0, 5e6), (30, 1.0, 6e6)]), noted((20, SETTLED_NS + 7 * MS)))
    assert found.published_ms[0] == pytest.approx(3.0)


def test_a_record_is_computed_when_the_engine_is_through_with_its_batch() -> None:
    sent = noted((10, 0), (20, SETTLED_NS), (30, SETTLED_NS + 4 * MS))
    journalled, computed = noted((30, SETTLED_NS + 5 * MS)), noted((30, SETTLED_NS + 6 * MS))
    spent = np.array([(10, 0.0, 5e6), (30, 1.0, 6e6)])
    found = figures_of(sent, journalled, spent, computed=computed)
    assert found.computed_ms == pytest.approx((4.0, 6.0, 6.0), abs=0.1)
    assert found.memory_mb == (5.0, 6.0)


def test_the_floor_counts_the_records_that_are_sent_and_no_others() -> None:
    reel = market(1.0)
    records = sum(map(len, reel.held))
    with DatabentoGateway([reel], speed=math.inf) as gateway:
        read = read_barely(gateway.port, "GLBX.MDP3", ("mbp-10", "trades"), {0, 10}, records)
    assert read[-1][0] == records
    assert [count for count, _ in read] == sorted(count for count, _ in read)


def test_what_was_sent_and_never_journalled_is_dropped() -> None:
    sent = noted((10, 0), (25, SETTLED_NS))
    found = figures_of(sent, noted((10, 1), (20, SETTLED_NS + MS)), np.array([(10, 0.0, 5e6), (20, 1.0, 6e6)]), noted())
    assert found.dropped == 5


def test_the_busy_market_has_its_pace_and_its_bursts() -> None:
    times = moments(0, records_until(20.0)) / NS_PER_S
    per_tenth = np.histogram(times, bins=200, range=(0.0, 20.0))[0]
    assert per_tenth[:95] == pytest.approx(PER_S / 10, abs=1)
    assert per_tenth[95:100] == pytest.approx(BURST_PER_S / 10, abs=1)
    assert (np.diff(times) > 0).all()


def test_the_busy_market_goes_on_for_longer_than_the_recording_it_is_made_of() -> None:
    reel = BusyReel(bundled_recording(), 30.0)
    times = list(itertools.chain.from_iterable(received_ns(batch).tolist() for batch in reel.batches()))
    assert times == sorted(times)
    assert len(times) >= reel.records == records_until(30.0)
    assert len(times) > 2 * sum(map(len, reel.held)) or times[-1] - times[0] > 29 * NS_PER_S
