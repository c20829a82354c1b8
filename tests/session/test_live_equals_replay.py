"""Live equals replay: a session in which everything happens, lived once a profile, and what is left of it.

Replayed at the market's pace, at ten times that and as fast as possible it publishes the same bytes and says the same
words; its Bronze is what the vendors sent, record for record. At the slower paces the clock is one that is set on by
whoever waits, so that an hour of waiting takes no time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.feeds.massive_live.frame_records import frames_of
from spymaster.lake.bronze.reader import Backfill, BronzeReader
from spymaster.lake.verify import verify
from spymaster.loopback.massive.socket import SocketConnection
from spymaster.market.batches import Batch
from spymaster.market.frames import FeedState, FeedStatusFrame, Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import F_MAYBE_BAD_BOOK, NS_PER_S, Kind
from spymaster.market.manifest import TrustChange
from spymaster.market.rows import INPUTS
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.headless import RunTotals, drive
from spymaster.session.replay.pacing import Pacer
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.recorded_order import bronze_in_recorded_order, journal_in_recorded_order
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.words import TRUST_WORDS
from tests.support.lakes import lake_at
from tests.support.live_scenario import ES, SPY, LivedScenario, live

pytest.importorskip("databento")
pytest.importorskip("polygon")
pytestmark = pytest.mark.slow

PRICED = (Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.BBO)
"""What the market itself says, of what Databento sends here."""
FLAGS_AT = 30


@pytest.fixture(scope="module", params=[ES, SPY], ids=["es", "spy"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LivedScenario:
    """The session, lived once."""
    return live(request.param, tmp_path_factory.mktemp("live") / "out")


class TrustTold:
    """What a replay says of each input, and when it changes (a ``Tap``)."""

    def __init__(self) -> None:
        self.changes: list[TrustChange] = []
        self._words = FeedWords()
        self._lights: dict[str, tuple[str, str]] = {}

    def on_frame(self, frame: Frame) -> None:
        """Before the engine is given it."""
        self._words.take(frame)

    def publish(self, block: SnapBlock) -> None:
        """What the engine made of it."""
        for snap in block.snaps:
            for place, name in enumerate(INPUTS):
                said = self._words.reason(name, int(snap["trust_reason"][place]))
                light = (TRUST_WORDS[int(snap["trust"][place])], said)
                if self._lights.get(name) != light:
                    self._lights[name] = light
                    self.changes.append(TrustChange(int(snap["t_ns"]), name, *light))


class WaitedClock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.ns = 0

    def now_ns(self) -> int:
        """What was waited so far."""
        return self.ns

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.ns += round(seconds * NS_PER_S)


def plan_for(run: LivedScenario, *, in_vendor_order: bool = False) -> ReplayPlan:
    profile = load_config().profile(run.scenario.profile)
    return ReplayPlan((run.journal,), profile, as_recorded=True, in_vendor_order=in_vendor_order)


def statuses(run: LivedScenario, feed: str) -> list[FeedStatusFrame]:
    frames = JournalSource(run.journal).frames()
    return [frame for frame in frames if isinstance(frame, FeedStatusFrame) and frame.feed == feed]


def test_the_session_had_everything_it_should_have_had(run: LivedScenario) -> None:
    states = statuses(run, "depth")
    assert [one.state for one in states if one.state is not FeedState.UP][:3] == [
        *(FeedState.DOWN, FeedState.RECONNECTED, FeedState.SKIPPED_RECORDS)
    ]
    assert any("was filled" in one.detail for one in states)
    assert run.alerts > 0
    assert longest_quiet_s(run) > 50.0
    assert len(run.config.chain) > 0


def longest_quiet_s(run: LivedScenario) -> float:
    """Of the spells in which watermarks alone moved the clock."""
    longest, since_ns = 0, 0
    for frame in JournalSource(run.journal).frames():
        if isinstance(frame, WatermarkFrame):
            since_ns = since_ns or frame.clock_ns
            longest = max(longest, frame.clock_ns - since_ns)
        elif isinstance(frame, RecordsFrame) and not {Kind.RAW, Kind.GREEKS}.issuperset(frame.batch.arrays):
            since_ns = 0
    return longest / NS_PER_S


def test_each_fault_was_in_the_trust_of_its_inputs_in_its_own_words(run: LivedScenario) -> None:
    told = lake_at(run.out).run().run.trust
    blind = {(one.input, one.reason) for one in told if one.state == "BLIND"}
    doubted = {(one.input, one.reason) for one in told if one.state != "GREEN"}
    for name in ("depth", "tape"):
        assert (name, "error 7: Skipped records after slow reading") in blind
        assert any(who == name and "connection lost" in words for who, words in blind)
    if run.server is not None:
        assert any(who == "options" and "code 1001" in words for who, words in doubted)


@pytest.mark.parametrize("speed", [1.0, 10.0, None], ids=["1x", "10x", "max"])
def test_a_replay_publishes_the_same_bytes_and_says_the_same_words_at_the_same_moments(
    run: LivedScenario, speed: float | None
) -> None:
    clock, told = WaitedClock(), TrustTold()
    pacer = None if speed is None else Pacer(speed, clock.now_ns)
    totals = RunTotals(250_000_000)
    source = journal_in_recorded_order(run.journal, plan_for(run))
    drive(
        source, Engine(snaps_per_block=16 if speed is None else 1), [totals], pacer=pacer, sleep=clock.sleep, tap=told
    )
    assert totals.hash.hexdigest() == run.signal_hash
    assert tuple(told.changes) == lake_at(run.out).run().run.trust
    if speed is not None:
        assert clock.ns == pytest.approx(run.scenario.seconds * NS_PER_S / speed, rel=0.1)


def test_the_lake_is_sound_and_replays_to_the_same_signals(run: LivedScenario) -> None:
    lake = lake_at(run.out)
    assert not [finding for finding in verify(lake) if finding.is_damage]
    totals = RunTotals(250_000_000)
    drive(bronze_in_recorded_order(lake, lake.run(), plan_for(run)), Engine(), [totals])
    assert totals.hash.hexdigest() == run.signal_hash


def bronze(run: LivedScenario) -> Iterator[Batch]:
    """All that was recorded, what was fetched later included."""
    lake = lake_at(run.out)
    for frame in BronzeReader(lake.storage, lake.run(), backfill=Backfill.WITH).frames():
        if isinstance(frame, RecordsFrame):
            yield frame.batch


def rows_of(batch: Batch) -> list[bytes]:
    """Its prices, each as its bytes, in their order; the one that the gateway flagged as of a bad book apart."""
    rows = {kind: iter(np.ascontiguousarray(batch.arrays[kind])) for kind in batch.arrays}
    found = [(kind, next(rows[Kind(kind)])) for kind in batch.order.tolist()]
    prices = [row.tobytes() for kind, row in found if kind in PRICED]
    return [row for row in prices if not row[FLAGS_AT] & F_MAYBE_BAD_BOOK]


def since_asked(had: list[bytes], received: list[bytes]) -> list[bytes]:
    """What the vendor had, without the first records of each kind that were over when they were asked for."""
    over = Counter(row[1] for row in had)
    over.subtract(row[1] for row in received)
    kept = []
    for row in had:
        if over[row[1]] > 0:
            over[row[1]] -= 1
        else:
            kept.append(row)
    return kept


def vendors(run: LivedScenario) -> list[bytes]:
    return [row for batch in run.vendor.held for row in rows_of(batch)]


def test_bronze_is_what_databento_sent_record_for_record(run: LivedScenario) -> None:
    recorded = [row for batch in bronze(run) for row in rows_of(batch)]
    assert {row[1] for row in recorded} == {row[1] for row in vendors(run)}
    assert Counter(recorded) == Counter(since_asked(vendors(run), recorded))


@pytest.mark.parametrize("store", ["journal", "lake"])
def test_in_the_vendors_order_the_hole_is_filled_in_its_place(run: LivedScenario, store: str) -> None:
    plan, lake = plan_for(run, in_vendor_order=True), lake_at(run.out)
    source = (
        journal_in_recorded_order(run.journal, plan)
        if store == "journal"
        else bronze_in_recorded_order(lake, lake.run(), plan)
    )
    rows = [row for frame in source.frames() if isinstance(frame, RecordsFrame) for row in rows_of(frame.batch)]
    assert rows == since_asked(vendors(run), rows)
    lived = sum(len(rows_of(f.batch)) for f in JournalSource(run.journal).frames() if isinstance(f, RecordsFrame))
    assert len(rows) > lived


def connections(run: LivedScenario) -> list[SocketConnection]:
    return run.server.connections if run.server is not None else []


def frames_recorded(run: LivedScenario) -> Counter[bytes]:
    """Massive's frames in Bronze; a batch is of one connection."""
    raw = (batch.arrays[Kind.RAW] for batch in bronze(run) if Kind.RAW in batch.arrays)
    return Counter(frame for rows in raw for frame in frames_of(rows))


def test_bronze_holds_massives_frames_byte_for_byte_up_to_where_each_connection_ended(run: LivedScenario) -> None:
    recorded = frames_recorded(run)
    sent = Counter(frame for one in connections(run) for frame in one.frames)
    assert not recorded - sent
    missing = sent - recorded
    for one in connections(run):
        lost = [place for place, frame in enumerate(one.frames) if frame in missing and b'"ev": "status"' not in frame]
        # the session hangs up before the vendor does: only what was on its way by then is not here
        assert lost == list(range(len(one.frames) - len(lost), len(one.frames)))
        assert len(lost) < 0.05 * len(one.frames)


def test_bronze_holds_massives_trades_and_quotes_event_for_event(run: LivedScenario) -> None:
    events: list[dict[str, Any]] = [event for frame in frames_recorded(run).elements() for event in json.loads(frame)]
    expected = Counter((event["ev"], event["t"], event["q"]) for event in events if event["ev"] in "TQ")
    found: Counter[tuple[str, int, int]] = Counter()
    for batch in bronze(run):
        for kind, name in ((Kind.XTRADE, "T"), (Kind.XQUOTE, "Q")):
            rows = batch.arrays.get(kind)
            if rows is not None:
                times = (rows["ts_event"] // 1_000_000).tolist()
                found.update(zip([name] * len(rows), times, rows["sequence"].tolist(), strict=True))
    assert not expected - found
    fetched = found - expected
    # what the broken connection missed of trades came by another way, once and nothing that had come already
    assert {name for name, _, _ in fetched} <= {"T"}
    assert set(fetched.values()) <= {1}
    assert not set(fetched) & set(expected)
    assert bool(found) is (run.server is not None)
