"""A replay behind a screen: the Session runs in a thread of its own, publishes frames and takes commands."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from numpy.typing import NDArray

from spymaster.session.pacing import Pacer
from spymaster.session.run_state import RunState, empty_chart, empty_heat, empty_history, waiting_frame
from spymaster.session.warmup import is_warm, start_compiling
from spymaster.signals.frame import Command, Frame, HeatColumns, LevelHistory, Mode, Phase

if TYPE_CHECKING:
    from spymaster.physics.engine import Engine, SnapBlock
    from spymaster.session.frame_builder import FrameBuilder
    from spymaster.session.heat_store import HeatStore
    from spymaster.session.replay_source import ReplayPlan

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
MAX_SPEED: Final = float("inf")
_FRAME_EVERY_S: Final = 0.1
_EVERY_SNAP_SPEED: Final = 4.0
_POLL_S: Final = 0.1
_COMPILE_S: Final = 40.0
"""How long compiling usually takes, for the progress bar only."""
_SECOND_NS: Final = 1_000_000_000


class _Restart(Exception):
    """Begin again from the first record."""


class _Stop(Exception):
    """The screen is gone."""


class ReplaySession:
    """Replays recorded files for a screen (a ``FrameSource``). ``speed`` None: as fast as possible.

    ``until_ns``: pause at this moment, reached as fast as possible. ``now_s``: a monotonic clock.
    """

    def __init__(
        self,
        plan: ReplayPlan,
        *,
        simulated: bool,
        speed: float | None = 1.0,
        until_ns: int | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._simulated = simulated
        self._speed = speed
        self._until_ns = until_ns
        self._now_s = now_s
        self._pacer = Pacer(speed, lambda: int(now_s() * 1e9))
        self._commands: queue.SimpleQueue[tuple[Command, float]] = queue.SimpleQueue()
        self._heat: HeatStore | None = None
        self._builder: FrameBuilder | None = None
        self._frame: Frame | None = None
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)
        self._phase = Phase.COMPILING
        self._message = ""
        self._progress = math.nan
        self._published_s = -1.0
        self._step_until_ns: int | None = None
        self._step_from_record: int | None = None
        self._rate = _Rate()
        self._first_ns = 0
        self._last_ns = 0
        self._frames = 0
        self._last_snap_ns = 0
        self.reached = threading.Event()
        """Set once the first pause, the end or a failure has been reached and its frame published."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the thread and wait for it."""
        self.send(Command.STOP)
        self._thread.join(timeout_s)

    def latest(self) -> Frame | None:
        """The newest frame."""
        return self._frame

    def heat(self, seconds: int) -> HeatColumns:
        """Up to ``seconds`` newest heat columns."""
        heat = self._heat
        return heat.columns(seconds) if heat is not None else empty_heat()

    def chart(self) -> NDArray[Any]:
        """The two-minute bars."""
        builder = self._builder
        return builder.chart() if builder is not None else empty_chart()

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """What is remembered of a level."""
        builder = self._builder
        return builder.level_history(level_id, seconds) if builder is not None else empty_history(level_id)

    def send(self, command: Command, value: float = 0.0) -> None:
        """Ask for something; done between two snaps."""
        self._commands.put((command, value))

    @property
    def failure(self) -> str:
        """Why the replay failed, or an empty string."""
        return self._message if self._phase is Phase.FAILED else ""

    def _run(self) -> None:
        try:
            self._compile()
            while True:
                with contextlib.suppress(_Restart):
                    self._play()
        except _Stop:
            pass
        except Exception as error:
            # the thread's boundary: a screen must show the reason instead of a picture that stands still
            self._phase = Phase.FAILED
            self._message = f"{error}" if str(error) else type(error).__name__
            self._publish_waiting()
            self.reached.set()

    def _compile(self) -> None:
        """Have the kernels compiled elsewhere while the screen stays alive."""
        if is_warm():
            return
        started = self._now_s()
        process = start_compiling()
        try:
            while process.poll() is None:
                elapsed = self._now_s() - started
                self._message = f"compiling the engine, once per version: {elapsed:.0f} s"
                self._progress = min(elapsed / _COMPILE_S, 0.99)
                self._publish_waiting()
                self._wait_for_command(_POLL_S)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        if process.returncode != 0 and process.stderr is not None:
            lines = process.stderr.read().decode(errors="replace").strip().splitlines()
            raise RuntimeError(f"the engine did not compile: {lines[-1] if lines else 'no reason given'}")

    def _play(self) -> None:
        """From the first record to the last, then wait for commands."""
        self._phase = Phase.LOADING
        self._message = "opening the recording"
        self._progress = math.nan
        self._publish_waiting()
        # imported here, in the Session's own thread: the first paint does not wait for the engine's machinery
        from spymaster.physics.engine import Engine
        from spymaster.session.frame_builder import FrameBuilder
        from spymaster.session.heat_store import HeatStore
        from spymaster.session.replay_source import ReplaySource

        source = ReplaySource(self._plan)
        self._first_ns, self._last_ns = source.first_ns, source.last_ns
        engine = Engine(snaps_per_block=1)
        heat = self._heat = HeatStore()
        self._step_until_ns = None
        self._step_from_record = None
        self._pacer.forget()
        builder: FrameBuilder | None = None
        self._builder = None
        self._phase = Phase.PLAYING
        self._message = ""
        try:
            for frame in source.frames():
                started = self._now_s()
                for block in engine.feed(frame):
                    assert builder is not None
                    self._rate.note(self._now_s() - started, len(block.snaps))
                    self._let_through(block, engine, builder)
                    started = self._now_s()
                if builder is None and engine.config is not None:
                    builder = self._builder = FrameBuilder(engine, engine.config, heat)
            for block in engine.finish():
                if builder is not None:
                    self._let_through(block, engine, builder)
        finally:
            source.close()
        self._phase = Phase.ENDED
        self._message = "; ".join(source.problems)
        if builder is not None:
            self._publish(builder)
        self.reached.set()
        while True:
            self._obey(*self._commands.get(), engine)
            self._republish()

    def _let_through(self, block: SnapBlock, engine: Engine, builder: FrameBuilder) -> None:
        """Show a block when it is due, answering commands meanwhile; while paused, nothing further is computed."""
        t_ns = int(block.snaps["t_ns"][-1]) if len(block.snaps) else None
        if t_ns is not None:
            if self._until_ns is None:
                self._await_due(t_ns, engine)
            self._last_snap_ns = t_ns
        builder.take(block)
        if t_ns is not None and self._until_ns is not None:
            if t_ns < self._until_ns:
                self._take_commands(engine)
                return
            self._until_ns = None
            self._pause()
        if self._step_done(t_ns, engine):
            self._pause()
        self._take_commands(engine)
        if self._phase is Phase.PAUSED:
            self._publish(builder)
            self.reached.set()
            self._stay_paused(engine)
        elif self._paced_by_snaps() or self._now_s() - self._published_s >= _FRAME_EVERY_S:
            self._publish(builder)

    def _paced_by_snaps(self) -> bool:
        """Slow enough that every snap gets its frame: the next one may be long in coming."""
        return self._pacer.speed is not None and self._pacer.speed <= _EVERY_SNAP_SPEED

    def _await_due(self, t_ns: int, engine: Engine) -> None:
        """Wait until a snap is due. What is shown meanwhile is what was there before it."""
        while True:
            if self._phase is Phase.PAUSED:
                self._stay_paused(engine)
            if self._step_until_ns is not None or self._step_from_record is not None:
                return
            wait_s = self._pacer.wait_s(t_ns)
            if wait_s <= 0.0:
                return
            with contextlib.suppress(queue.Empty):
                self._obey(*self._commands.get(timeout=min(wait_s, _POLL_S)), engine)
                self._republish()

    def _stay_paused(self, engine: Engine) -> None:
        while self._phase is Phase.PAUSED:
            self._obey(*self._commands.get(), engine)
            self._republish()
        self._pacer.restart(self._last_snap_ns)

    def _take_commands(self, engine: Engine) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._obey(*self._commands.get_nowait(), engine)

    def _wait_for_command(self, timeout_s: float) -> None:
        """Before there is an engine only STOP means anything."""
        with contextlib.suppress(queue.Empty):
            if self._commands.get(timeout=timeout_s)[0] is Command.STOP:
                raise _Stop

    def _pause(self) -> None:
        self._phase = Phase.PAUSED
        self._step_until_ns = None
        self._step_from_record = None

    def _step_done(self, t_ns: int | None, engine: Engine) -> bool:
        """Whether the step asked for has been made; the snaps due before a record come first."""
        if self._step_from_record is not None:
            return int(engine.state["counters"][0, 0]) > self._step_from_record
        return self._step_until_ns is not None and t_ns is not None and t_ns >= self._step_until_ns

    def _obey(self, command: Command, value: float, engine: Engine) -> None:
        if command is Command.STOP:
            raise _Stop
        if command is Command.RESTART:
            raise _Restart
        if command is Command.FASTER or command is Command.SLOWER:
            self._change_speed(command, engine)
        if self._phase is Phase.ENDED:
            return
        engine.step_freely()
        if command is Command.PAUSE:
            self._pause()
        elif command is Command.PLAY:
            self._phase = Phase.PLAYING
            self._step_until_ns = None
        elif command in (Command.STEP_SNAP, Command.STEP_SECOND):
            self._step_until_ns = self._last_snap_ns + (_SECOND_NS if command is Command.STEP_SECOND else 1)
            self._phase = Phase.PLAYING
        elif command is Command.STEP_RECORD:
            engine.records_per_step = 1
            self._step_from_record = int(engine.state["counters"][0, 0])
            self._phase = Phase.PLAYING

    def _change_speed(self, command: Command, engine: Engine) -> None:
        speeds = (*SPEEDS, MAX_SPEED)
        now = self._pacer.speed if self._pacer.speed is not None else MAX_SPEED
        if command is Command.FASTER:
            chosen = next((speed for speed in speeds if speed > now), speeds[-1])
        else:
            chosen = next((speed for speed in reversed(speeds) if speed < now), speeds[0])
        event_ns = int(engine.state["clock"][0, 0]["now_ns"])
        self._pacer.set_speed(None if chosen == MAX_SPEED else chosen, event_ns)

    def _run_state(self) -> RunState:
        speed = self._pacer.speed
        return RunState(
            mode=Mode.REPLAY,
            phase=self._phase,
            simulated=self._simulated,
            speed=speed if speed is not None else MAX_SPEED,
            first_ns=self._first_ns,
            last_ns=self._last_ns,
            records_per_s=self._rate.records_per_s,
            snap_us=self._rate.snap_us,
            message=self._message,
            progress=self._progress,
        )

    def _publish(self, builder: FrameBuilder) -> None:
        self._published_s = self._now_s()
        self._frames += 1
        self._rate.count(self._published_s, builder.records)
        self._frame = builder.build(self._frames, self._run_state())

    def _republish(self) -> None:
        """The same picture with what has changed about the run itself."""
        if self._frame is None:
            return
        self._frames += 1
        run = self._run_state()
        header = msgspec.structs.replace(self._frame.header, phase=run.phase, speed=run.speed, message=run.message)
        self._frame = dataclasses.replace(self._frame, number=self._frames, header=header)

    def _publish_waiting(self) -> None:
        self._frames += 1
        self._frame = waiting_frame(self._frames, self._run_state(), self._plan.profile.name, "")


class _Rate:
    """How long the engine needs for a snap, smoothed, and how many records it takes a second."""

    def __init__(self) -> None:
        self.snap_us = 0.0
        self.records_per_s = 0.0
        self._counted: tuple[float, int] | None = None

    def note(self, seconds: float, snaps: int) -> None:
        """Let in one measurement."""
        if snaps:
            self.snap_us += 0.05 * (seconds * 1e6 / snaps - self.snap_us)

    def count(self, now_s: float, records: int) -> None:
        """Records taken so far; the rate is that of the last second or more."""
        if self._counted is None or records < self._counted[1]:
            self._counted = (now_s, records)
            return
        since_s, before = self._counted
        if now_s - since_s >= 1.0:
            self.records_per_s = (records - before) / (now_s - since_s)
            self._counted = (now_s, records)
