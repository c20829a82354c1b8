"""A live session of profile spy: ES depth from one loopback vendor, SPY and its options from the other.

Both play one recording in one time; Massive's connection of the options breaks in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.lines_of_day import FuturesLine
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.live.market_hours import ListedOptionHours, MarketHours, ShareHours
from spymaster.feeds.live.source import LiveFeeds
from spymaster.feeds.live.supervision import Limits
from spymaster.feeds.massive_live.day import MassiveDay
from spymaster.feeds.massive_live.frame_records import frames_of
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.journal.codec import decode_frame
from spymaster.journal.format import FrameFlag
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.reader import JournalReader
from spymaster.journal.writer import JournalWriter
from spymaster.lake.silver.compact import compact
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import reels_of
from spymaster.loopback.massive.reel import massive_reel
from spymaster.loopback.massive.server import DEMO_KEY as MASSIVE_KEY
from spymaster.loopback.massive.server import MassiveServer
from spymaster.loopback.massive.troubles import MassiveAct, MassiveTrouble
from spymaster.loopback.pace import PlayedClock
from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import ConfigFrame, FeedStatusFrame, GapFrame, MappingFrame, RecordsFrame
from spymaster.market.instruments import EQUITY_CALENDAR
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.sessions import session_at, sessions_between
from spymaster.physics.engine import Engine
from spymaster.physics.memory.counters import Counter
from spymaster.session.live.config import live_config
from spymaster.session.live.own_greeks import OwnGreeksReader
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.recorded_order import journal_in_recorded_order
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.hash import SignalHash
from tests.support.lakes import lake_at, record

pytest.importorskip("databento")
pytest.importorskip("polygon")

RECORDING = Path(__file__).parents[2] / "recordings/gamma-squeeze"
SPEED = 30.0
SECONDS = 240
LIMITS = Limits(backoff_first_s=0.05)


@dataclass(frozen=True)
class LiveRun:
    """A session that was lived and recorded."""

    journal: Path
    signal_hash: str
    counters: list[int]
    day: MassiveDay
    server: MassiveServer


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> LiveRun:
    """The session, lived once."""
    folder = tmp_path_factory.mktemp("live") / "journal"
    profile = load_config().profile("spy")
    (future,) = (reel for reel in reels_of([RECORDING]) if reel.dataset == "GLBX.MDP3")
    script = (MassiveTrouble(MassiveAct.CLOSE, 400, code=1001, cluster="options"),)
    engine, signal_hash, own = Engine(), SignalHash(), OwnGreeksReader()
    own.follow(engine)
    with DatabentoGateway([future], speed=SPEED) as gateway:
        clock = PlayedClock(gateway.pace)
        with MassiveServer(massive_reel([RECORDING]), pace=gateway.pace, script=script) as server:
            sessions = sessions_between("CME Globex Equity", future.first_ns, future.first_ns)
            of_share = sessions_between(EQUITY_CALENDAR, future.first_ns, future.first_ns)
            today = session_at(sessions, future.first_ns)
            line = FuturesLine("ES", clock, MarketHours(sessions))
            depth = DatabentoFeed(line.plan(), Address(DEMO_KEY, gateway.host, gateway.port), clock, LIMITS)
            day = MassiveDay(
                MassiveAddress(MASSIVE_KEY, server.socket_host, server.rest_host, is_secure=False),
                clock,
                underlying="SPY",
                expires=int(today["session_date"]),
                close_ns=int(today["rth_close_ns"]),
                share_hours=ShareHours(of_share),
                option_hours=ListedOptionHours(of_share, "SPY"),
                limits=LIMITS,
                own=own,
                period_s=60 / SPEED,
                settle_s=2 / SPEED,
            )

            def configure() -> ConfigFrame | None:
                if line.instrument is None or not day.is_settled:
                    return None
                now_ns = clock.wall_ns()
                return live_config(profile, line.instrument, now_ns, contracts=day.contracts, equity=day.share)

            source = LiveFeeds([depth, *day.feeds], configure, clock, skew_ns=day.skew_ns, quiet_s=0.25 / SPEED)
            writer = JournalWriter(folder, "20260317-132800", clock_ns=future.first_ns)
            inlet = JournalInlet(writer)
            for arrival in source.arrivals():
                inlet.on_frame(arrival.frame, arrival.flags)
                if arrival.is_for_engine:
                    for block in engine.feed(arrival.frame):
                        signal_hash.update(block)
                compared = day.difference.compared if day.difference is not None else 0
                waits = compared == 0 or (day.options is not None and day.options.is_filling)
                if clock.wall_ns() > future.first_ns + SECONDS * NS_PER_S and not waits:
                    source.close()
            for block in engine.finish():
                signal_hash.update(block)
            writer.close()
    return LiveRun(folder, signal_hash.hexdigest(), engine.state[0]["counters"].tolist(), day, server)


def of_kind(run: LiveRun, kind: Kind) -> Records:
    """All records of a kind in the journal."""
    frames = (frame.batch for frame in JournalSource(run.journal).frames() if isinstance(frame, RecordsFrame))
    return np.concatenate([batch.arrays[kind].copy() for batch in frames if kind in batch.arrays])


def test_the_engine_takes_the_options_quotes_trades_and_open_interest(run: LiveRun) -> None:
    assert run.counters[Counter.OPTION_QUOTES] == len(of_kind(run, Kind.XQUOTE)) - shares(run, Kind.XQUOTE) > 1000
    assert run.counters[Counter.OPTION_TRADES] == len(of_kind(run, Kind.XTRADE)) - shares(run, Kind.XTRADE) > 100
    assert (
        run.counters[Counter.OPEN_INTEREST]
        == len(of_kind(run, Kind.STAT)[of_kind(run, Kind.STAT)["stat_type"] == 9])
        > 40
    )


def shares(run: LiveRun, kind: Kind) -> int:
    """Records of the share itself."""
    return int((of_kind(run, kind)["instrument_id"] == run.day.share.instrument_id).sum())


def test_a_session_with_both_vendors_replays_to_the_same_signals_byte_for_byte(run: LiveRun) -> None:
    engine, signal_hash = Engine(snaps_per_block=7), SignalHash()
    for frame in JournalSource(run.journal).frames():
        for block in engine.feed(frame):
            signal_hash.update(block)
    for block in engine.finish():
        signal_hash.update(block)
    assert signal_hash.hexdigest() == run.signal_hash


def test_the_break_of_the_options_is_in_the_journal_with_its_gap(run: LiveRun) -> None:
    frames = list(JournalSource(run.journal).frames())
    said = [frame.detail for frame in frames if isinstance(frame, FeedStatusFrame) and frame.feed == "options"]
    assert any("code 1001" in words for words in said)
    assert any(words.startswith("records again after") for words in said)
    (gap,) = (frame for frame in frames if isinstance(frame, GapFrame) and frame.feed == "options")
    assert 0 < gap.to_ns - gap.from_ns < 120 * NS_PER_S


def test_every_symbol_is_told_before_its_first_record(run: LiveRun) -> None:
    known: set[int] = set()
    for frame in JournalSource(run.journal).frames():
        if isinstance(frame, MappingFrame):
            known.add(frame.instrument_id)
        elif isinstance(frame, RecordsFrame):
            for kind in (Kind.XTRADE, Kind.XQUOTE, Kind.GREEKS):
                rows = frame.batch.arrays.get(kind)
                assert rows is None or set(rows["instrument_id"].tolist()) <= known
    assert len(known) > 50


def test_the_frames_in_the_journal_are_those_that_the_vendor_sent(run: LiveRun) -> None:
    raw = of_kind(run, Kind.RAW)
    data = b"".join(frames_of(raw[raw["instrument_id"] == 0][:1]))
    assert data.startswith(b'[{"ev": "status", "status": "connected"')
    assert run.day.stocks is not None
    assert run.day.options is not None
    assert not run.day.stocks.rejected
    assert not run.day.options.rejected


def fetched(run: LiveRun) -> Records:
    """The option trades that were fetched later."""
    reader = JournalReader(run.journal)
    frames = [decode_frame(stored) for stored in reader.frames() if FrameFlag.BACKFILL in stored.flags]
    reader.close()
    rows = [frame.batch.arrays[Kind.XTRADE] for frame in frames if isinstance(frame, RecordsFrame)]
    return np.concatenate(rows) if rows else np.zeros(0, DTYPES[Kind.XTRADE])


def by_contract(rows: Records) -> dict[int, list[int]]:
    """Sequences of the trades of each contract, in their order."""
    return {number: rows["sequence"][rows["instrument_id"] == number].tolist() for number in set(rows["instrument_id"])}


def test_in_the_vendors_order_the_trades_that_were_missed_stand_in_their_place(run: LiveRun) -> None:
    plan = ReplayPlan((run.journal,), load_config().profile("spy"), as_recorded=True, in_vendor_order=True)
    frames = journal_in_recorded_order(run.journal, plan).frames()
    found = [
        frame.batch.arrays[Kind.XTRADE].copy()
        for frame in frames
        if isinstance(frame, RecordsFrame) and Kind.XTRADE in frame.batch.arrays
    ]
    rows = np.concatenate(found)
    assert len(fetched(run)) > 0
    assert len(rows) == len(of_kind(run, Kind.XTRADE)) + len(fetched(run))
    for sequences in by_contract(rows).values():
        assert sequences == sorted(set(sequences))


def test_silver_holds_the_trades_that_were_missed_and_nothing_twice(run: LiveRun, tmp_path: Path) -> None:
    reader = JournalReader(run.journal)
    record(tmp_path, [frame for frame in reader.frames() if frame.kind.name != "END"])
    reader.close()
    written = {done.path: done for done in compact(lake_at(tmp_path))}
    trades = sum(done.records for path, done in written.items() if "options/trades" in path)
    assert trades == len(of_kind(run, Kind.XTRADE)) - shares(run, Kind.XTRADE) + len(fetched(run))
    assert sum(done.doubles for path, done in written.items() if "options/trades" in path) == 0


def test_the_vendors_greeks_and_ours_are_near_each_other(run: LiveRun) -> None:
    found = run.day.difference
    assert found is not None
    assert found.compared > 40
    # how near depends on how far behind the snapshot a loaded machine is
    assert found.delta.median <= found.delta.most < 0.3
    assert found.vol.median <= found.vol.most < 0.15
    assert found.gamma.median <= found.gamma.most < 0.1
