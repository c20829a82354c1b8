"""A live session: what arrives is journalled, then computed, then shown. It has a thread of its own.

A screen is one who looks (``FrameSource``); without one the session is the same. It ends when it is stopped, when its
feeds have stopped for good, or when ``is_over`` says so, and always in the same order: the feeds are closed, what they
had brought is computed, the journal is closed. The sidecar then seals the lake.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, cast

from spymaster.errors import UserError
from spymaster.journal.source import Arrival, LiveSource
from spymaster.market.frames import ConfigFrame
from spymaster.market.frames import Frame as JournalFrame
from spymaster.market.kinds import NS_PER_MS
from spymaster.session.frames.demand import Demand
from spymaster.session.frames.engine_rate import EngineRate
from spymaster.session.live.no_engine import NoEngine
from spymaster.session.scoring.session_models import SessionModels
from spymaster.session.warmup import compiling_elsewhere, is_warm, load_engine
from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import (
    Command,
    Frame,
    HeatColumns,
    LevelHistory,
    Mode,
    Phase,
    RecordingLight,
)
from spymaster.signals.header_parts import GreeksCheck
from spymaster.signals.run_state import RunState, empty_heat, empty_history, waiting_frame
from spymaster.signals.watcher import Nobody, Watcher

if TYPE_CHECKING:
    from spymaster.config.profiles import Profile
    from spymaster.feeds.massive_rest.greeks import GreeksDifference
    from spymaster.physics.engine import Engine, SnapBlock
    from spymaster.session.frames.builder import FrameBuilder
    from spymaster.session.frames.heat_store import HeatStore
    from spymaster.session.headless import RunTotals
    from spymaster.session.live.engine_to_come import EngineToCome
    from spymaster.session.record.recording import RunRecording

_POLL_S: Final = 0.1


class LiveArrivals(LiveSource, Protocol):
    """What a live session reads (``feeds.live.source.LiveFeeds``)."""

    @property
    def problem(self) -> str:
        """What is wrong with any of the feeds, in words; empty while all is well."""
        ...


class LiveSession:
    """Lives a source (a ``FrameSource``).

    ``begin``: opens the recording once it is known what is traded; it is told the CONFIG. ``draws``: whether anybody
    may look: frames are made ten times a second. ``models``: what is asked of levels, None for nothing.
    ``computes``: whether there is an engine; without one everything is recorded and nothing published. ``is_over``:
    asked after everything that arrives; True ends the session. ``goes_on``: asked at the end; True leaves the journal
    open, as a kill would, for a later process that goes on with it. ``follow``: is told the engine;
    ``difference``: a vendor's greeks against ours. ``heat``, ``frames``: the heatmap and the number of the latest frame
    of a session that this one goes on with; ``watcher``: is told of snaps and frames. ``failure`` says afterwards why
    it ended otherwise than it should, in one line, and ``error`` is that where the user can mend it.
    """

    def __init__(
        self,
        source: LiveArrivals,
        begin: Callable[[ConfigFrame], RunRecording],
        *,
        profile: Profile,
        simulated: bool,
        draws: bool,
        computes: bool = True,
        models: SessionModels | None = None,
        is_over: Callable[[], bool] = lambda: False,
        goes_on: Callable[[], bool] = lambda: False,
        follow: Callable[[Engine], None] = lambda _engine: None,
        difference: Callable[[], GreeksDifference | None] = lambda: None,
        heat: HeatStore | None = None,
        frames: int = 0,
        watcher: Watcher | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._begin = begin
        self._profile = profile.name
        self._interval_ns = profile.snap_ms * NS_PER_MS
        self._simulated = simulated
        self._draws = draws
        self._computes = computes
        self._is_over = is_over
        self._goes_on = goes_on
        self._follow = follow
        self._difference = difference
        self._watcher: Watcher = watcher or Nobody()
        self._models = models or SessionModels()
        self._now_s = now_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="session", daemon=True)
        self._phase = Phase.COMPILING
        self._message = ""
        self._progress = math.nan
        self._frame: Frame | None = None
        self._demand = Demand()
        self._frames = frames
        self._published_s = -math.inf
        self._rate = EngineRate()
        self._engine: Engine | None = None
        self._to_come: EngineToCome | None = None
        self._builder: FrameBuilder | None = None
        self._heat: HeatStore | None = heat
        self._first_ns = 0
        self.recording: RunRecording | None = None
        """The journal and its sidecar, once something arrived."""
        self.totals: RunTotals | None = None
        """What was counted, likewise."""
        self.failure = ""
        self.error: UserError | None = None
        self.refused = ""
        """Why the feeds stopped before anything was known, in the vendor's words."""
        self._is_complete = False
        self._is_left = False
        self.ended = threading.Event()
        """Set once the journal is closed."""

    @property
    def drawn(self) -> tuple[HeatStore | None, int]:
        """The heatmap, and the number of the latest frame, for a session that goes on with them."""
        return self._heat, self._frames

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """End it, and wait until the journal is closed. Safe to call twice and before it has begun."""
        self._stopping.set()
        self._source.close()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def latest(self) -> Frame | None:
        """The newest frame; before the first, one that says what is waited for."""
        if self._frame is not None:
            return self._demand.take(self._frame)
        self._frames += 1
        return waiting_frame(self._frames, self._run_state(), self._profile, "")

    def heat(self, seconds: int) -> HeatColumns:
        """Up to ``seconds`` newest heat columns."""
        return self._heat.columns(seconds) if self._heat is not None else empty_heat()

    def chart(self) -> Chart:
        """What the chart is drawn from."""
        return self._builder.chart() if self._builder is not None else Chart()

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """What is remembered of a level."""
        builder = self._builder
        return builder.level_history(level_id, seconds) if builder is not None else empty_history(level_id)

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """A market neither steps nor goes back: only STOP means anything."""
        if command is Command.STOP:
            self._stopping.set()
            self._source.close()

    @property
    def is_complete(self) -> bool:
        """Whether ``is_over`` has ended it."""
        return self._is_complete

    @property
    def message(self) -> str:
        """What is being waited for or wrong, in words; empty while all is well."""
        said = self._message if self._to_come is None else self._to_come.work.words
        return self.failure or self.refused or self._source.problem or said

    def _work(self) -> None:
        try:
            if not self._computes or is_warm():
                self._load()
                self._live()
            else:
                self._live_while_compiling()
            self._phase = Phase.ENDED
        except UserError as error:
            self.failure, self.error = str(error), error
        except Exception as error:
            # the thread's boundary: whoever waits must be told, and the journal must be closed
            self.failure = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        finally:
            if self.failure or self.refused:
                self._phase = Phase.FAILED
            self._source.close()
            is_left = self._is_left and not self.failure
            # before the journal ends: its sidecar takes the predictions along when it seals the run
            self._models.close(left=is_left)
            if self.recording is not None and is_left:
                self.recording.abandon()
            elif self.recording is not None:
                self.recording.close(problem=self.failure)
            self._publish()
            self.ended.set()

    def _live_while_compiling(self) -> None:
        """Nothing waits for the kernels but what is computed: what arrives meanwhile is journalled and shown."""
        from spymaster.session.live.engine_to_come import EngineToCome

        with compiling_elsewhere() as work:
            self._to_come = EngineToCome(work)
            self._live()

    def _load(self) -> None:
        """Have everything in memory before a vendor is asked for anything: from then on nothing keeps a record from the
        journal for long."""
        if self._computes and not self._stopping.is_set():
            self._phase, self._progress = Phase.LOADING, math.nan
            self._message = "loading the engine"
            load_engine()
            self._models.load()

    def _live(self) -> None:
        # imported here, in the Session's own thread: the first paint does not wait for the engine's machinery
        from spymaster.physics.engine import Engine

        if self._stopping.is_set():
            return
        if self._to_come is None:
            self._phase, self._progress = Phase.LOADING, math.nan
        self._message = "waiting for the market's first records"
        computes = self._computes and self._to_come is None
        self._engine = Engine(snaps_per_block=1) if computes else cast("Engine", NoEngine())
        if computes:
            self._follow(self._engine)
        for arrival in self._source.arrivals():
            self._take(arrival)
            self._join_engine()
            if self._is_over():
                self._is_complete = True
                self._source.close()
        self._is_left = self._goes_on()
        if self._is_left:
            return
        while self._to_come is not None and not self._stopping.wait(_POLL_S):
            self._join_engine()
            self._publish()
        if self._engine.config is not None:
            for block in self._engine.finish():
                self._on_block(block)
        elif not self._stopping.is_set():
            self.refused = self._source.problem or "the feeds ended before it was known what is traded"

    def _take(self, arrival: Arrival) -> None:
        """Into the journal first, whatever it is."""
        frame = arrival.frame
        if isinstance(frame, ConfigFrame) and self.recording is None:
            self._open(frame)
        assert self.recording is not None
        assert self._engine is not None
        self.recording.on_frame(frame, arrival.flags)
        if not arrival.is_for_engine:
            return
        if self._to_come is not None:
            self._to_come.take(frame)
        self._live_through(self._engine, frame)
        if self._demand.is_due(self._now_s() - self._published_s):
            self._publish()

    def _open(self, config: ConfigFrame) -> None:
        """The first CONFIG opens the recording."""
        from spymaster.session.headless import RunTotals

        self.recording = self._begin(config)
        self.totals = RunTotals(self._interval_ns)
        if self._to_come is not None:
            self._to_come.begins(self.recording)
        else:
            self._phase, self._message = Phase.PLAYING, ""

    def _live_through(self, engine: Engine, frame: JournalFrame) -> None:
        """What is journalled, given to the engine; at a further CONFIG that begins anew."""
        assert self.totals is not None
        if isinstance(frame, ConfigFrame) and engine.config is not None:
            self.totals.count(engine)
            assert self.recording is not None
            self.recording.at_change()
            if self._builder is not None:
                self._builder.begin_anew(frame)
        if self._builder is not None:
            self._builder.on_frame(frame)
        started = self._now_s()
        snaps = 0
        for block in engine.feed(frame):
            snaps += len(block.snaps)
            self._on_block(block)
        self._rate.note(self._now_s() - started, snaps)
        if isinstance(frame, ConfigFrame) and self._builder is None and self._to_come is None:
            self._build_frames(engine, frame)

    def _join_engine(self) -> None:
        """Once the kernels are there an engine lives what is in the journal, and goes on with what arrives."""
        coming = self._to_come
        if coming is None or coming.work.is_at_it:
            return
        self._to_come, self._progress = None, math.nan
        self._phase, self._message = Phase.PLAYING, coming.work.failure
        if self._message:
            # what cannot be made again is written down all the same
            return
        from spymaster.physics.engine import Engine

        self._engine = Engine(snaps_per_block=1)
        self._follow(self._engine)
        if self.recording is not None:
            for frame in coming.lived(self.recording):
                self._live_through(self._engine, frame)

    def _build_frames(self, engine: Engine, frame: ConfigFrame) -> None:
        from spymaster.session.frames.builder import FrameBuilder
        from spymaster.session.frames.heat_store import HeatStore

        if self._draws:
            self._heat = self._heat or HeatStore()
            models = self._models
            asker = models.asks(frame) if models.asks is not None else None
            self._builder = FrameBuilder(engine, frame, self._heat, model=models.shown, asker=asker)
            models.begin(frame, self._watcher.scored, self.recording)
            self._watcher.begins(frame, self._builder.feed_words)

    def _on_block(self, block: SnapBlock) -> None:
        assert self.recording is not None
        assert self.totals is not None
        self.recording.publish(block)
        self.totals.on_block(block)
        if len(block.snaps) and not self._first_ns:
            self._first_ns = int(block.snaps["t_ns"][0])
        if self._builder is not None:
            self._builder.on_block(block)
            if len(block.snaps):
                self._models.ask(self._builder.questions)
        self._watcher.on_block(block)

    def _publish(self) -> None:
        if self._to_come is not None and self._draws:
            self._published_s = self._now_s()
            picture = self._to_come.picture(self._frames + 1, self._run_state())
            if picture is not None:
                self._frames, self._frame = picture.number, picture
                self._watcher.published()
        if self._builder is None or not self._first_ns:
            return
        self._published_s = self._now_s()
        self._frames += 1
        self._rate.count(self._published_s, self._builder.records)
        self._demand.made()
        self._frame = self._builder.build(self._frames, self._run_state())
        self._watcher.published()

    def _run_state(self) -> RunState:
        return RunState(
            mode=Mode.LIVE,
            phase=self._phase,
            simulated=self._simulated,
            speed=1.0,
            first_ns=self._first_ns,
            last_ns=self.totals.last_snap_ns if self.totals is not None else 0,
            pace=self._rate.pace,
            message=self.message,
            progress=self._progress if self._to_come is None else self._to_come.work.share,
            recording=self.recording.light if self.recording is not None else RecordingLight(),
            greeks=self.greeks,
            signal_hash=self.totals.hash.hexdigest() if self.totals is not None else "",
            models=self._models.said,
        )

    @property
    def greeks(self) -> GreeksCheck | None:
        """A vendor's latest greeks against our own, None without any."""
        found = self._difference()
        if found is None:
            return None
        figures = (part for apart in (found.vol, found.delta, found.gamma) for part in (apart.median, apart.most))
        return GreeksCheck(found.at_ns, found.compared, found.only_ours, found.only_theirs, *figures)
