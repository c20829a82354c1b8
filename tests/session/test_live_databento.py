"""A live session on a loopback gateway, with a reconnect, a hole, a bad book, a quiet minute, and what is left of it.

Live equals replay; what was missed is in the lake, in Silver and in the vendor's order where it belongs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.hole import only
from spymaster.feeds.databento_live.lines_of_day import FuturesLine, OptionDay
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.live.market_hours import MarketHours
from spymaster.feeds.live.source import LiveFeeds
from spymaster.feeds.live.supervision import Backoff, Limits
from spymaster.journal.format import FrameFlag
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.reader import JournalReader
from spymaster.journal.writer import JournalWriter
from spymaster.lake.export.dbn import lake_batches
from spymaster.lake.silver.compact import compact
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel, received_ns, reels_of
from spymaster.loopback.pace import PlayedClock
from spymaster.loopback.troubles import Act, Trouble
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, FeedState, FeedStatusFrame, Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import F_MAYBE_BAD_BOOK, NS_PER_S, Kind
from spymaster.market.sessions import session_at, sessions_between
from spymaster.physics.engine import Engine
from spymaster.resources import bundled_recording
from spymaster.session.live.config import live_config
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.recorded_order import bronze_in_recorded_order, journal_in_recorded_order
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.hash import SignalHash
from spymaster.signals.headless import SignalTally, TrustLedger
from tests.support.lakes import RUN, lake_at, record
from tests.support.live import data_of

pytest.importorskip("databento")

FLAGS_AT = 30
SPEED = 20.0
SECONDS = 170
QUIET = (60, 130)
LIMITS = Limits(backoff_first_s=0.05)


@dataclass(frozen=True)
class LiveRun:
    """A session that was lived and recorded. ``reel``: what the vendor had."""

    journal: Path
    reel: HeldReel
    signal_hash: str
    tally: SignalTally
    trust: TrustLedger
    config: ConfigFrame


def small_reel() -> HeldReel:
    """The bundled recording's first minutes, one of them quiet."""
    (files,) = reels_of([bundled_recording()])
    first_ns = files.first_ns
    held = []
    for batch in files.batches():
        since_s = (received_ns(batch) - first_ns) / NS_PER_S
        keep = (since_s < SECONDS) & ~((since_s >= QUIET[0]) & (since_s < QUIET[1]))
        if keep.any():
            part = only(batch, keep)
            held.append(Batch({kind: rows.copy() for kind, rows in part.arrays.items()}, part.order.copy()))
    return HeldReel(files.dataset, files.symbols, held)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> LiveRun:
    """The session, lived once."""
    folder = tmp_path_factory.mktemp("live") / "journal"
    reel = small_reel()
    script = (Trouble(Act.BAD_BOOK, 4000), Trouble(Act.REFUSE, 6000, seconds=0.05))
    profile = load_config().profile("es")
    engine, signal_hash, tally = Engine(), SignalHash(), SignalTally()
    trust = TrustLedger(profile.snap_ms * 1_000_000)
    with DatabentoGateway([reel], speed=SPEED, script=script) as gateway:
        clock = PlayedClock(gateway.pace)
        sessions = sessions_between("CME Globex Equity", reel.first_ns, reel.first_ns)
        today = session_at(sessions, reel.first_ns)
        day = OptionDay(int(today["session_date"]), int(today["rth_close_ns"]))
        line = FuturesLine("ES", clock, MarketHours(sessions), day)
        address = Address(DEMO_KEY, gateway.host, gateway.port)
        feed = DatabentoFeed(line.plan(), address, clock, LIMITS, Backoff(LIMITS, lambda: 0.0))

        def configure() -> ConfigFrame | None:
            if line.instrument is None:
                return None
            return live_config(profile, line.instrument, clock.wall_ns(), contracts=line.contracts)

        source = LiveFeeds([feed], configure, clock, skew_ns=lambda: feed.lag_ns or 0, quiet_s=0.25 / SPEED)
        writer = JournalWriter(folder, RUN.id, clock_ns=reel.first_ns)
        inlet = JournalInlet(writer)
        for arrival in source.arrivals():
            inlet.on_frame(arrival.frame, arrival.flags)
            if arrival.is_for_engine:
                for block in engine.feed(arrival.frame):
                    signal_hash.update(block)
                    tally.update(block)
                    trust.update(block)
            is_quiet = isinstance(arrival.frame, WatermarkFrame) and not feed.is_filling and not feed.problem
            if is_quiet and clock.wall_ns() > reel.first_ns + (SECONDS + 20) * NS_PER_S:
                source.close()
        for block in engine.finish():
            signal_hash.update(block)
        writer.close()
    assert engine.config is not None
    return LiveRun(folder, reel, signal_hash.hexdigest(), tally, trust, engine.config)


def replayed(frames: Iterable[Frame]) -> str:
    """The hash of what an engine publishes of these frames."""
    engine, signal_hash = Engine(snaps_per_block=7), SignalHash()
    for frame in frames:
        for block in engine.feed(frame):
            signal_hash.update(block)
    for block in engine.finish():
        signal_hash.update(block)
    return signal_hash.hexdigest()


def test_the_session_had_everything_it_should_have_had(run: LiveRun) -> None:
    frames = list(JournalSource(run.journal).frames())
    states = [frame for frame in frames if isinstance(frame, FeedStatusFrame) and frame.feed == "depth"]
    assert [frame.state for frame in states][:3] == [FeedState.UP, FeedState.DOWN, FeedState.RECONNECTED]
    assert any("was filled" in frame.detail for frame in states)
    assert sum(isinstance(frame, WatermarkFrame) for frame in frames) > 50
    reasons = {spell.reason for spell in run.trust.spells()["depth"]} if run.trust.spells() else set()
    assert len(reasons) >= 1
    assert run.tally.snaps > 500


def test_a_live_session_replays_to_the_same_signals_byte_for_byte(run: LiveRun) -> None:
    assert replayed(JournalSource(run.journal).frames()) == run.signal_hash


def test_a_live_session_replays_to_the_same_signals_in_pieces_of_any_size(run: LiveRun) -> None:
    def in_pieces() -> Iterator[Frame]:
        for frame in JournalSource(run.journal).frames():
            if isinstance(frame, RecordsFrame):
                yield from (RecordsFrame(piece) for piece in cut(frame.batch, 7))
            else:
                yield frame

    assert replayed(in_pieces()) == run.signal_hash


def cut(batch: Batch, size: int) -> list[Batch]:
    """The batch in pieces."""
    from spymaster.journal.clock import piece_of

    return [piece_of(batch, at, min(at + size, len(batch))) for at in range(0, len(batch), size)]


def test_bronze_holds_every_record_that_the_vendor_sent_once(run: LiveRun, lake: Path) -> None:
    catalog = lake_at(lake)
    recorded = [row for batch in lake_batches(catalog.storage, catalog.run()) for row in data_of(batch)]
    assert sorted(sound(recorded)) == sorted(since_asked(vendors(run), sound(recorded)))


def sound(rows: Iterable[bytes]) -> list[bytes]:
    """Without the one record that the gateway repeated with a flag: a book that may be bad."""
    return [row for row in rows if not row[FLAGS_AT] & F_MAYBE_BAD_BOOK]


def since_asked(had: list[bytes], received: list[bytes]) -> list[bytes]:
    """What the vendor had, without the first records of each kind that were over when they were asked for.

    The contract is known a moment after the session began, and each schema is asked for by a line of its own.
    """
    over = Counter(row[1] for row in had)
    over.subtract(row[1] for row in received)
    assert all(0 <= count < len(had) // 2 for count in over.values())
    kept = []
    for row in had:
        if over[row[1]] > 0:
            over[row[1]] -= 1
        else:
            kept.append(row)
    return kept


def vendors(run: LiveRun) -> list[bytes]:
    """Depth and trades as the vendor had them."""
    return [row for batch in run.reel.held for row in data_of(batch) if row[1] in (10, 0)]


@pytest.fixture(scope="module")
def lake(run: LiveRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake made of the session's journal."""
    root = tmp_path_factory.mktemp("lake")
    reader = JournalReader(run.journal)
    record(root, [frame for frame in reader.frames() if frame.kind.name != "END"])
    reader.close()
    return root


def test_silver_holds_the_hole_filled_and_nothing_twice(run: LiveRun, lake: Path) -> None:
    written = {done.path: done for done in compact(lake_at(lake))}
    depth = sum(done.records for path, done in written.items() if "futures/mbp10" in path)
    flagged = 1
    catalog = lake_at(lake)
    recorded = (batch.arrays.get(Kind.MBP10, ()) for batch in lake_batches(catalog.storage, catalog.run()))
    assert depth == sum(map(len, recorded))
    assert depth <= flagged + sum(len(batch.arrays.get(Kind.MBP10, ())) for batch in run.reel.held)
    assert sum(done.doubles for path, done in written.items() if "futures" in path) == 0


def in_vendor_order(run: LiveRun, lake: Path | None = None) -> list[Frame]:
    """The session's frames as if its connection had never broken."""
    plan = ReplayPlan((run.journal,), load_config().profile("es"), as_recorded=True, in_vendor_order=True)
    if lake is None:
        return list(journal_in_recorded_order(run.journal, plan).frames())
    catalog = lake_at(lake)
    return list(bronze_in_recorded_order(catalog, catalog.run(), plan).frames())


def unbroken(run: LiveRun) -> list[bytes]:
    """Depth and trades in the order in which they reached the vendor."""
    return [row for batch in run.reel.held for row in of_batch(batch)]


def of_batch(batch: Batch) -> list[bytes]:
    """Depth and trades of a batch in their order."""
    rows = {kind: iter(np.ascontiguousarray(batch.arrays[kind])) for kind in batch.arrays}
    found = [(kind, next(rows[Kind(kind)])) for kind in batch.order.tolist()]
    return [row.tobytes() for kind, row in found if kind in (Kind.MBP10, Kind.TRADE)]


@pytest.mark.parametrize("store", ["journal", "lake"])
def test_in_the_vendors_order_the_records_are_those_of_an_unbroken_session(
    run: LiveRun, lake: Path, store: str
) -> None:
    frames = in_vendor_order(run, lake if store == "lake" else None)
    rows = [row for frame in frames if isinstance(frame, RecordsFrame) for row in of_batch(frame.batch)]
    assert sound(rows) == since_asked(unbroken(run), sound(rows))
    assert not [frame for frame in frames if isinstance(frame, WatermarkFrame | FeedStatusFrame)]
    numbers = [frame.batch.first_seq for frame in frames if isinstance(frame, RecordsFrame)]
    assert numbers == sorted(set(numbers))


def test_the_vendors_order_can_be_entered_anywhere(run: LiveRun) -> None:
    plan = ReplayPlan((run.journal,), load_config().profile("es"), as_recorded=True, in_vendor_order=True)
    whole = journal_in_recorded_order(run.journal, plan)
    places: list[tuple[bytes, int]] = []
    rows: list[bytes] = []
    for frame in whole.frames():
        if isinstance(frame, RecordsFrame):
            rows += of_batch(frame.batch)
            places.append((whole.position(), len(rows)))
    for position, taken in places[:: max(len(places) // 12, 1)]:
        later = journal_in_recorded_order(run.journal, plan).frames_from(position)
        rest = [row for frame in later if isinstance(frame, RecordsFrame) for row in of_batch(frame.batch)]
        assert rest == rows[taken:]


def test_what_was_fetched_later_is_flagged_and_passed_over_as_lived(run: LiveRun) -> None:
    reader = JournalReader(run.journal)
    flagged = sum(stored.count for stored in reader.frames() if FrameFlag.BACKFILL in stored.flags)
    reader.close()
    assert flagged > 0
    lived = sum(len(f.batch) for f in JournalSource(run.journal).frames() if isinstance(f, RecordsFrame))
    again = journal_in_recorded_order(
        run.journal, ReplayPlan((run.journal,), load_config().profile("es"), as_recorded=True)
    )
    assert sum(len(f.batch) for f in again.frames() if isinstance(f, RecordsFrame)) == lived
    assert msgspec.structs.replace(again.config_frame()) == run.config
