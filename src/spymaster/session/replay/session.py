"""A replay behind a screen: the Session runs in a thread of its own, publishes frames and takes commands."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from spymaster.session.frames.demand import MOST_OFTEN_S, Demand
from spymaster.session.frames.engine_rate import EngineRate
from spymaster.session.replay.loop_range import LoopRange
from spymaster.session.replay.pacing import MAX_SPEED, Pacer, next_speed
from spymaster.session.replay.practice import PracticeDesk, PracticePlan
from spymaster.session.replay.preview import Preview, waiting_picture
from spymaster.session.replay.turns import RestartAt, Stop
from spymaster.session.scoring.session_models import SessionModels
from spymaster.session.warmup import compiling_elsewhere, is_warm
from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Command, Frame, HeatColumns, LevelHistory, Mode, Phase, ReplayStatus
from spymaster.signals.run_state import RunState, empty_heat, empty_history
from spymaster.signals.watcher import Nobody, Watcher

if TYPE_CHECKING:
    from spymaster.physics.engine import SnapBlock
    from spymaster.session.replay.cache import CachePlan
    from spymaster.session.replay.checkpoints import Checkpoint
    from spymaster.session.replay.index import ReplayIndex
    from spymaster.session.replay.run import ReplayRun
    from spymaster.session.replay.seek_target import SeekTarget
    from spymaster.session.sources.replay_source import ReplayPlan

_POLL_S: Final = 0.1


class ReplaySession:
    """Replays recorded files for a screen (a ``FrameSource``). ``speed`` None: as fast as possible.

    ``until_ns``: pause there, reached as fast as possible. ``cache`` None: in memory. ``now_s``: a monotonic clock.
    ``models``: what is asked of levels, None for nothing. ``watcher``: is told of snaps when they are due, not of those
    on the way to a moment, and of frames. ``practice``: how paper orders fare.
    """

    def __init__(
        self,
        plan: ReplayPlan,
        *,
        simulated: bool,
        speed: float | None = 1.0,
        until_ns: int | None = None,
        cache: CachePlan | None = None,
        models: SessionModels | None = None,
        watcher: Watcher | None = None,
        practice: PracticePlan | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan, self._simulated = plan, simulated
        self._watcher: Watcher = watcher or Nobody()
        self._models = models or SessionModels()
        self._until_ns, self._cache, self._now_s = until_ns, cache, now_s
        self._practice, self._pacer = PracticeDesk(practice), Pacer(speed, lambda: int(now_s() * 1e9))
        self._commands: queue.SimpleQueue[tuple[Command, float, str]] = queue.SimpleQueue()
        self._index: ReplayIndex | None = None
        self._run: ReplayRun | None = None
        self._shown: ReplayRun | None = None
        self._frame: Frame | None = None
        self._thread = threading.Thread(target=self._work, name="session", daemon=True)
        self._phase, self._message, self._progress, self._published_s = Phase.COMPILING, "", math.nan, -1.0
        self._target: SeekTarget | None = None
        self._requested: SeekTarget | None = None
        self._began_ns = self._search_began_ns = self._shown_ns = 0
        self._checkpoint_ns: int | None = None
        self._loop, self._answer, self._rate, self._frames, self._demand = LoopRange(), "", EngineRate(), 0, Demand()
        self.reached = threading.Event()
        """Set once the first pause, the end or a failure was reached and published."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End it."""
        self.send(Command.STOP)
        self._thread.join(timeout_s)

    def latest(self) -> Frame | None:
        """The newest frame."""
        return self._demand.take(self._frame)

    def heat(self, seconds: int) -> HeatColumns:
        """Up to ``seconds`` newest heat columns."""
        return shown.heat.columns(seconds) if (shown := self._shown) is not None else empty_heat()

    def chart(self) -> Chart:
        """What the chart is drawn from."""
        return shown.builder.chart() if (shown := self._shown) is not None else Chart()

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """What is remembered of a level."""
        shown = self._shown
        return shown.builder.level_history(level_id, seconds) if shown is not None else empty_history(level_id)

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Ask for something; done between two snaps."""
        self._commands.put((command, value, subject))

    @property
    def failure(self) -> str:
        """Why the replay failed, or an empty string."""
        return self._message if self._phase is Phase.FAILED else ""

    @property
    def signal_hash(self) -> str:
        """The signal hash of all snaps up to the one shown; empty before the first."""
        return self._shown.hash.hexdigest() if self._shown is not None else ""

    def _work(self) -> None:
        try:
            self._compile()
            index = self._open()
            checkpoint = index.begin_at(self._target)
            while True:
                try:
                    self._play(index, checkpoint)
                except RestartAt as restart:
                    checkpoint = restart.checkpoint
        except Stop:
            pass
        except Exception as error:
            # the thread's boundary: a screen must show the reason instead of a picture that stands still
            self._phase, self._message = Phase.FAILED, str(error) or type(error).__name__
            self._publish_waiting()
            self.reached.set()
        finally:
            self._models.close()
            if self._index is not None:
                self._index.close()

    def _compile(self) -> None:
        """Have the kernels compiled elsewhere while the market goes on from its records alone."""
        if is_warm():
            return
        with compiling_elsewhere() as work, Preview(self._plan, self._pacer.speed, self._now_s) as preview:
            while work.is_at_it:
                self._message, self._progress = work.words, work.share
                self._frames += 1
                self._frame = preview.picture(self._frames, self._run_state())
                self._watcher.published()
                with contextlib.suppress(queue.Empty):  # before there is an engine only STOP means anything
                    if self._commands.get(timeout=_POLL_S)[0] is Command.STOP:
                        raise Stop
            self._shown_ns = preview.t_ns
            if work.failure:
                raise RuntimeError(work.failure)

    def _open(self) -> ReplayIndex:
        """Read what the recording says about itself."""
        self._phase, self._message, self._progress = Phase.LOADING, "opening the recording", math.nan
        self._publish_waiting()
        # imported here, in the Session's own thread: the first paint does not wait for the engine's machinery
        from spymaster.session.replay.index import ReplayIndex
        from spymaster.session.replay.seek_target import SeekKind, SeekTarget

        if self._until_ns is not None:
            self._target = SeekTarget(SeekKind.MOMENT, self._until_ns)
        elif self._shown_ns:
            # the engine lives what was shown without it, and goes on from there
            self._target = SeekTarget(SeekKind.MOMENT, self._shown_ns, pause=False)
        self._index = ReplayIndex(self._plan, self._cache, self._models.shown, self._models.asks)
        return self._index

    def _play(self, index: ReplayIndex, checkpoint: Checkpoint | None) -> None:
        """From a checkpoint or the first record to the last, then wait for commands."""
        run = self._run = index.run(checkpoint)
        self._began_ns, self._checkpoint_ns = run.last_snap_ns, run.last_snap_ns or None
        self._pacer.forget()
        self._message = ""
        self._begin_run()
        assert run.engine.config is not None
        run.practice = self._practice
        self._practice.begins(run.engine.config, run.last_snap_ns)
        self._watcher.begins(run.engine.config, run.builder.feed_words)
        self._models.begin(run.engine.config, self._watcher.scored)
        with contextlib.closing(run.blocks()) as blocks:
            while True:
                started = self._now_s()
                block = next(blocks, None)
                if block is None:
                    break
                self._rate.note(self._now_s() - started, len(block.snaps))
                self._on_block(block, run)
        self._end(index, run)

    def _end(self, index: ReplayIndex, run: ReplayRun) -> None:
        target, self._target = self._target, None
        self._phase, self._message = Phase.ENDED, "; ".join((*index.problems, *run.holes()))
        if target is not None and target.is_search:
            self._answer = target.not_found_message
            self._requested = index.back_to(self._search_began_ns)
            self._seek(run)
        if run.last_snap_ns:
            self._models.ask(run.builder.questions, waits=True)
            self._publish(run)
        self.reached.set()
        while True:
            self._process_commands(run, self._commands.get())
            self._republish()

    def _on_block(self, block: SnapBlock, run: ReplayRun) -> None:
        """Show a block when it is due, answering commands meanwhile; while paused, nothing further is computed."""
        t_ns = int(block.snaps["t_ns"][-1]) if len(block.snaps) else None
        if t_ns is not None:
            self._await_due(t_ns, run)
        before_ns = run.last_snap_ns
        run.on_block(block)
        if self._target is None:
            self._watcher.on_block(block)
        else:
            self._check_target(self._target, t_ns, run)
        if self._target is None:
            self._models.ask(run.builder.questions, waits=self._phase is Phase.PAUSED)
        if not self._commands.empty():
            self._process_commands(run, self._commands.get())
        if self._phase is Phase.PLAYING and t_ns is not None:
            self._loop_back(before_ns, t_ns, run)
        if self._phase is Phase.PAUSED:
            self._publish(run)
            self.reached.set()
            self._stay_paused(run)
        elif self._target is not None:
            if self._now_s() - self._published_s >= MOST_OFTEN_S:
                self._republish()
        elif self._pacer.shows_every_snap or self._demand.is_due(self._now_s() - self._published_s):
            self._publish(run)

    def _check_target(self, target: SeekTarget, t_ns: int | None, run: ReplayRun) -> None:
        """Stand still or play on where the target has been reached."""
        assert self._index is not None
        if self._index.is_there(target, t_ns, run):
            self._target = None
            run.engine.step_freely()
            self._phase = Phase.PAUSED if target.pause else Phase.PLAYING
            self._pacer.restart(run.last_snap_ns)
            self._published_s = -1.0

    def _await_due(self, t_ns: int, run: ReplayRun) -> None:
        """Wait until a snap is due. What is shown meanwhile is what was there before it."""
        while self._target is None:
            if self._phase is Phase.PAUSED:
                self._stay_paused(run)
                continue
            wait_s = self._pacer.wait_s(t_ns)
            if wait_s <= 0.0:
                return
            with contextlib.suppress(queue.Empty):
                self._process_commands(run, self._commands.get(timeout=min(wait_s, _POLL_S)))
                self._republish()

    def _stay_paused(self, run: ReplayRun) -> None:
        while self._phase is Phase.PAUSED:
            self._process_commands(run, self._commands.get())
            self._republish()
        self._pacer.restart(run.last_snap_ns)

    def _process_commands(self, run: ReplayRun, first: tuple[Command, float, str]) -> None:
        """Do what was asked, all of it: of several places asked for at once only the last is gone to."""
        self._apply(run, *first)
        with contextlib.suppress(queue.Empty):
            while True:
                self._apply(run, *self._commands.get_nowait())
        if self._requested is not None:
            self._seek(run)

    def _apply(self, run: ReplayRun, command: Command, value: float, subject: str) -> None:
        from spymaster.session.replay.seek_target import NotFoundError

        if command is Command.STOP:
            raise Stop
        self._answer = ""
        if command is Command.FASTER or command is Command.SLOWER:
            event_ns = int(run.engine.state["clock"][0]["now_ns"])
            self._pacer.set_speed(next_speed(self._pacer.speed, command is Command.FASTER), event_ns)
        elif command is Command.PLAY or command is Command.PAUSE or command is Command.CANCEL:
            self._play_or_pause(command, run)
        elif command is Command.LOOP_MARK:
            self._loop.mark(run.last_snap_ns)
        elif command is Command.PRACTICE:
            self._answer = self._practice.ask(subject)
        else:
            assert self._index is not None
            here = self._index.here(run, self._requested or self._target, subject, self._phase is Phase.PLAYING)
            try:
                self._requested = self._index.target(command, value, subject, here) or self._requested
            except NotFoundError as nothing:
                self._answer = str(nothing)

    def _play_or_pause(self, command: Command, run: ReplayRun) -> None:
        """A place already asked for is still gone to; on the way there a pause stops where it is."""
        if self._requested is not None:
            self._requested = msgspec.structs.replace(self._requested, pause=command is not Command.PLAY)
        elif self._phase is Phase.ENDED or (command is Command.CANCEL and self._target is None):
            return
        elif command is Command.PLAY and self._target is not None:
            self._target = msgspec.structs.replace(self._target, pause=False)
        else:
            self._target = None
            run.engine.step_freely()
            self._phase = Phase.PLAYING if command is Command.PLAY else Phase.PAUSED

    def _seek(self, run: ReplayRun) -> None:
        """Set out for the place wanted, from where the replay is or from a better place to begin."""
        target, self._requested = self._requested, None
        assert self._index is not None
        assert target is not None
        ended = self._phase is Phase.ENDED
        if ended and not self._index.lies_behind(target, run):
            self._answer = target.not_found_message
            return
        if self._target is None:
            self._search_began_ns = run.last_snap_ns
        self._target = target
        restarts, checkpoint = self._index.better_start(target, run)
        if restarts or ended:
            self._phase = Phase.SEEKING
            self._republish()
            raise RestartAt(checkpoint)
        self._began_ns, self._checkpoint_ns = run.last_snap_ns, None
        self._begin_run()

    def _begin_run(self) -> None:
        """Begin to run towards the target, or to play."""
        target, run = self._target, self._run
        assert run is not None
        self._phase = Phase.SEEKING if target is not None else Phase.PLAYING
        if target is not None:
            assert self._index is not None
            self._index.set_stop(target, run)

    def _loop_back(self, before_ns: int, t_ns: int, run: ReplayRun) -> None:
        """At the end of the range to repeat go back to its beginning."""
        assert self._index is not None
        begin_ns = self._loop.turns_back_to(before_ns, t_ns)
        if begin_ns is not None:
            self._requested = self._index.back_to(begin_ns, pause=False)
            self._seek(run)

    def _run_state(self) -> RunState:
        index, speed = self._index, self._pacer.speed
        return RunState(
            mode=Mode.REPLAY,
            phase=self._phase,
            simulated=self._simulated,
            speed=speed if speed is not None else MAX_SPEED,
            first_ns=index.first_ns if index is not None else 0,
            last_ns=index.end_ns(self._run if self._phase is Phase.ENDED else None) if index is not None else 0,
            pace=self._rate.pace,
            message=self._message,
            progress=self._progress,
            signal_hash=self.signal_hash,
            models=self._models.said,
        )

    def _status(self) -> ReplayStatus | None:
        index, run = self._index, self._run
        if index is None or run is None:
            return None
        where = (self._target, self._began_ns, run.last_snap_ns, self._checkpoint_ns, self._loop.range_ns)
        return index.status(*where, self._answer, self._practice.standing())

    def _publish(self, run: ReplayRun) -> None:
        self._published_s = self._now_s()
        self._frames += 1
        self._rate.count(self._published_s, run.records)
        self._demand.made()
        self._shown = run
        self._frame = run.builder.build(self._frames, self._run_state(), self._status())
        self._watcher.published()

    def _republish(self) -> None:
        """The same picture with what has changed about the run itself."""
        if self._frame is None:
            return
        self._published_s = self._now_s()
        self._frames += 1
        run = self._run_state()
        header = msgspec.structs.replace(self._frame.header, phase=run.phase, speed=run.speed, message=run.message)
        self._frame = dataclasses.replace(self._frame, number=self._frames, header=header, replay=self._status())
        self._watcher.published()

    def _publish_waiting(self) -> None:
        self._frames += 1
        shown = self._frame if self._shown_ns and self._phase is not Phase.FAILED else None
        self._frame = waiting_picture(shown, self._frames, self._run_state(), self._plan.profile.name)
        self._watcher.published()
