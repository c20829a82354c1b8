"""While the engine is being compiled the market goes on from its records alone, and the engine lives it afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pytest

from spymaster.journal.source import Arrival
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame
from spymaster.market.kinds import NO_TICK
from spymaster.physics.engine import Engine
from spymaster.session.frames.builder import FrameBuilder
from spymaster.session.frames.heat_store import HeatStore
from spymaster.session.frames.raw_market import RawMarket
from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import RunRecording
from spymaster.session.record.sidecar_watch import SidecarWatch
from spymaster.session.sources.forms import open_source
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, Mode, Phase
from spymaster.signals.frame import Frame as Picture
from spymaster.signals.hash import SignalHash
from spymaster.signals.run_state import RunState
from tests.session.screen import PATIENCE_S, Open, Wall
from tests.support.lakes import RUN

pytestmark = pytest.mark.usefixtures("warm")

RUNNING = RunState(Mode.REPLAY, Phase.COMPILING, True, 1.0, 0, 0, message="compiling the engine")


class Work:
    """Compiling that goes on until it is said to be over."""

    def __init__(self, failure: str = "") -> None:
        self.is_at_it = True
        self.share, self.words = 0.25, "compiling the engine: 100 of 400 kernels"
        self.failure = failure

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[Work]:
        """In the place of ``compiling_elsewhere``."""
        yield self


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Nothing is compiled, for replays and for live sessions."""
    work = Work()
    for name in ("spymaster.session.replay.session", "spymaster.session.live.session"):
        monkeypatch.setattr(f"{name}.is_warm", lambda: False)
        monkeypatch.setattr(f"{name}.compiling_elsewhere", work.elsewhere)
    return work


def frames_of(plan: ReplayPlan) -> Iterator[Frame]:
    """Everything an engine would be given, its CONFIG first."""
    source = open_source(plan)
    yield source.config_frame()
    yield from (frame for frame in source.frames() if not isinstance(frame, ConfigFrame))
    source.close()


def lived(plan: ReplayPlan) -> tuple[str, Picture]:
    """The signal hash of a recording, and the picture at its end."""
    engine, hashed, builder = Engine(snaps_per_block=1), SignalHash(), None
    for frame in frames_of(plan):
        for block in engine.feed(frame):
            hashed.update(block)
            assert builder is not None
            builder.on_block(block)
        if isinstance(frame, ConfigFrame):
            builder = FrameBuilder(engine, frame, HeatStore())
    for block in engine.finish():
        hashed.update(block)
        assert builder is not None
        builder.on_block(block)
    assert builder is not None
    return hashed.hexdigest(), builder.build(1, RUNNING)


def test_records_alone_show_the_book_the_tape_and_the_clock_that_the_engine_shows(small_plan: ReplayPlan) -> None:
    market = None
    for frame in frames_of(small_plan):
        if isinstance(frame, ConfigFrame):
            market = RawMarket(frame)
            assert market.frame(1, RUNNING).header.es_bid_tick == NO_TICK
        elif isinstance(frame, RecordsFrame):
            assert market is not None
            market.begin(frame.batch)
            assert market.take()
    assert market is not None
    raw, full = market.frame(2, RUNNING), lived(small_plan)[1]
    assert (raw.book == full.book).all()
    for name in ("es_bid_tick", "es_ask_tick", "es_last_tick", "es_last", "es_mid", "tick_size", "symbol", "records"):
        assert getattr(raw.header, name) == getattr(full.header, name), name
    assert raw.header.as_of_ns == full.header.as_of_ns
    assert raw.orders["size"].sum() == full.orders["size"].sum() > 0
    seen = np.isin(raw.ladder["tick"], full.ladder["tick"])
    there = np.isin(full.ladder["tick"], raw.ladder["tick"])
    for name in ("buys", "sells"):
        assert (raw.ladder[name][seen] == full.ladder[name][there]).all(), name
    assert len(raw.levels) == 0
    assert raw.header.message == RUNNING.message


def test_a_replay_goes_on_while_the_engine_compiles_and_the_engine_takes_over_at_that_moment(
    open_screen: Open, small_plan: ReplayPlan, work: Work
) -> None:
    wall = Wall()
    screen = open_screen(speed=1.0, now_s=wall)
    screen.session.start()
    first = screen.wait(lambda frame: frame.header.es_bid_tick != NO_TICK)
    assert (first.header.phase, first.header.progress, first.header.message) == (
        Phase.COMPILING,
        work.share,
        work.words,
    )
    wall.s += 5.0
    moved = screen.wait(lambda frame: frame.t_ns >= first.t_ns + 4 * 10**9)
    assert (moved.header.phase, len(moved.levels)) == (Phase.COMPILING, 0)
    work.is_at_it = False
    screen.session.send(Command.PAUSE)
    there = screen.wait(
        lambda frame: frame.header.phase in (Phase.PAUSED, Phase.PLAYING) and frame.header.message != work.words
    )
    assert there.t_ns >= moved.t_ns


def test_a_replay_that_was_shown_raw_ends_with_the_same_hash(
    open_screen: Open, small_plan: ReplayPlan, work: Work
) -> None:
    screen = open_screen()
    screen.session.start()
    screen.wait(lambda frame: frame.header.es_bid_tick != NO_TICK)
    work.is_at_it = False
    screen.phase(Phase.ENDED)
    assert screen.session.signal_hash == lived(small_plan)[0]


def test_an_engine_that_does_not_compile_fails_a_replay_in_one_line(open_screen: Open, work: Work) -> None:
    work.failure, work.is_at_it = "the engine did not compile: no space left", False
    screen = open_screen()
    screen.session.start()
    assert screen.phase(Phase.FAILED).header.message == work.failure


class Arrivals:
    """A recording that arrives as a live market does (a ``LiveArrivals``); compiling ends when half of it has."""

    problem = ""

    def __init__(self, plan: ReplayPlan, work: Work, *, ends: bool = True) -> None:
        self._plan = plan
        self._half = sum(1 for _ in frames_of(plan)) // 2
        self._work = work
        self._ends = ends
        self.recorded_meanwhile = 0
        self.session: LiveSession | None = None

    def arrivals(self) -> Iterator[Arrival]:
        """One frame after the other."""
        for number, frame in enumerate(frames_of(self._plan)):
            if number == self._half:
                assert self.session is not None
                assert self.session.recording is not None
                self.recorded_meanwhile = self.session.recording.records
                self._work.is_at_it = not self._ends
            yield Arrival(frame)

    def frames(self) -> Iterator[Frame]:
        """Likewise."""
        return (arrival.frame for arrival in self.arrivals())

    def close(self) -> None:
        """Nothing is held."""


def idle(_command: Sequence[str], _log: IO[bytes]) -> Any:
    """A sidecar that does nothing."""

    class Alive:
        pid = 7

        def poll(self) -> None: ...
        def wait(self) -> None: ...

    return cast(Any, Alive())


def live(plan: ReplayPlan, work: Work, out: Path, **how: Any) -> tuple[LiveSession, Arrivals]:
    """Live a recording to its end."""

    def begin(_config: ConfigFrame) -> RunRecording:
        return RunRecording(out, RUN, clock_ns=1, watch=lambda journal: SidecarWatch(journal, start=idle))

    source = Arrivals(plan, work, **how)
    source.session = LiveSession(source, begin, profile=plan.profile, simulated=True, draws=True)
    source.session.start()
    assert source.session.ended.wait(PATIENCE_S)
    return source.session, source


@pytest.fixture
def chunked(small_plan: ReplayPlan) -> ReplayPlan:
    """The small recording in many frames."""
    return ReplayPlan(small_plan.sources, small_plan.profile, records_per_chunk=50)


def test_a_live_session_journals_from_its_first_record_and_the_engine_catches_up(
    chunked: ReplayPlan, work: Work, tmp_path: Path
) -> None:
    session, source = live(chunked, work, tmp_path)
    assert session.failure == ""
    assert source.recorded_meanwhile > 100
    assert session.totals is not None
    assert session.totals.hash.hexdigest() == lived(chunked)[0]
    last = session.latest()
    assert last is not None
    assert len(last.levels) > 0


def test_a_live_session_without_an_engine_is_written_down_all_the_same_and_says_why(
    chunked: ReplayPlan, work: Work, tmp_path: Path
) -> None:
    work.failure = "the engine did not compile: no space left"
    session, _ = live(chunked, work, tmp_path)
    assert session.message == work.failure
    assert session.recording is not None
    engine, hashed = Engine(), SignalHash()
    journal = JournalSource(session.recording.journal)
    for frame in journal.frames():
        for block in engine.feed(frame):
            hashed.update(block)
    for block in engine.finish():
        hashed.update(block)
    assert hashed.hexdigest() == lived(chunked)[0]
