"""A run that is written down: journal first, then the engine, and the sidecar making a lake of it beside."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from spymaster.config.structs import Config
from spymaster.interrupts import held
from spymaster.journal.errors import JournalError
from spymaster.journal.files import Files
from spymaster.journal.format import FrameFlag, Position
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.mirror_plan import MirrorPlan, write_mirror_plan
from spymaster.journal.segments import SEGMENT_BYTES
from spymaster.journal.writer import JournalWriter, RecordingState
from spymaster.lake.run_manifest import RunInfo
from spymaster.lake.sidecar.plan import SidecarPlan, write_plan
from spymaster.lake.sidecar.progress import forget_status
from spymaster.market.frames import ConfigFrame, Frame
from spymaster.session.record.run_tests import RunTests
from spymaster.session.record.sidecar_watch import SidecarHealth, SidecarWatch
from spymaster.signals.frame import RecordingLight

if TYPE_CHECKING:
    from spymaster.physics.engine import SnapBlock

JOURNAL_FOLDER: Final = "journal"
_LOOK_EVERY_S: Final = 0.5
_LAG_SHOWN_S: Final = 2.0


def new_run_id(wall_ns: int) -> str:
    """Id of a run that begins now: its second in UTC, and enough of the rest that two differ."""
    second = dt.datetime.fromtimestamp(wall_ns // 10**9, tz=dt.UTC)
    return f"{second:%Y%m%dT%H%M%SZ}-{wall_ns % 10**9 // 1000:06d}"


def plain_config(config: Config) -> dict[str, Any]:
    """A configuration as plain values, for the manifest."""
    plain: dict[str, Any] = msgspec.to_builtins(config)
    return plain


class InletMaker(Protocol):
    """Makes an inlet. ``strikes``: whether it writes what was made of the options' strikes."""

    def __call__(self, writer: JournalWriter, *, strikes: bool) -> JournalInlet:
        """An inlet into a journal."""
        ...


class RunRecording:
    """The journal and the sidecar of one run, in one folder. Raises JournalError when it cannot begin.

    ``root``: another lake than that folder. ``mirror``: what the sidecar is to bring to a bus, None for nothing.
    ``inlet``: how frames go into the journal. ``may_compile``: whether nothing arrives meanwhile (``RunTests``).

    A ``Tap``: ``on_frame`` writes a frame before the engine sees it, ``publish`` what the engine made of it.
    ``light`` is what a screen shows of it.
    """

    def __init__(
        self,
        out: Path,
        run: RunInfo,
        *,
        clock_ns: int,
        root: str = "",
        mirror: MirrorPlan | None = None,
        inlet: InletMaker = JournalInlet,
        delete_segments: bool = False,
        segment_bytes: int = SEGMENT_BYTES,
        files: Files | None = None,
        watch: Callable[[Path], SidecarWatch] = SidecarWatch,
        now_s: Callable[[], float] = time.monotonic,
        may_compile: bool = False,
    ) -> None:
        journal = out / JOURNAL_FOLDER
        self.journal = journal
        self.run_id = run.id
        self._now_s = now_s
        self._writer = JournalWriter(journal, run.id, clock_ns=clock_ns, segment_bytes=segment_bytes, files=files)
        self._inlet = inlet(self._writer, strikes=mirror is not None)
        self._tests = RunTests(may_compile=may_compile)
        try:
            # a session that goes on with its journal is not sealed any more, whatever was said when it had died
            forget_status(journal)
            write_plan(journal, SidecarPlan(root, run, delete_segments))
            if mirror is not None:
                write_mirror_plan(journal, mirror)
        except OSError as error:
            self._writer.abandon()
            raise JournalError(journal, f"cannot be written ({error.strerror})", "free some space there") from None
        self._watch = watch(journal)
        self.health = self._watch.look()
        self._looked_s = now_s()

    def on_frame(self, frame: Frame, flags: FrameFlag = FrameFlag.NONE) -> None:
        """Write a frame down; on return a killed process no longer loses it. No signal comes between."""
        with held():
            self._inlet.on_frame(frame, flags)
            if isinstance(frame, ConfigFrame):
                self._tests.configure(frame)
            self.look()

    def publish(self, block: SnapBlock) -> None:
        """Write down what the engine made of the frames so far."""
        tests = self._tests.on_block(block)
        with held():
            self._inlet.publish(block, tests)

    def at_change(self) -> None:
        """Before the engine begins anew with another CONFIG: tests of levels that are open end unknown."""
        with held():
            self._inlet.publish_tests(self._tests.rest())

    def sync(self) -> None:
        """Wait until everything written down is on the disk; a refusal shows in ``light``."""
        self._writer.sync()

    def look(self) -> None:
        """See now and then how the sidecar is; to be called in quiet times too."""
        now_s = self._now_s()
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self.health = self._watch.look()

    def look_now(self) -> SidecarHealth:
        """See how the sidecar is, starting it where there is none."""
        with held():
            self.health = self._watch.look()
        return self.health

    @property
    def position(self) -> Position:
        """Behind the last frame of the journal."""
        return self._writer.position

    @property
    def records(self) -> int:
        """Records in the journal."""
        return self._writer.next_seq

    @property
    def lake_goes_on(self) -> bool:
        """Whether a sidecar is at work, with or without us."""
        return self._watch.is_alive

    @property
    def light(self) -> RecordingLight:
        """How recording stands, for the header."""
        recording, health = self._writer.recording, self.health
        return RecordingLight(
            is_on=recording.state is RecordingState.LIVE,
            fault=recording.reason if recording.state is not RecordingState.LIVE else "",
            written_bytes=self._writer.written_bytes,
            lost_records=recording.lost_records,
            lake_lag_s=health.lag_s if health.lag_s >= _LAG_SHOWN_S else 0.0,
            lake_fault=health.fault,
            bus=health.mirror.words if health.mirror is not None else "",
            bus_fault=health.mirror.fault if health.mirror is not None else "",
        )

    def close(self, *, problem: str = "") -> None:
        """End the journal; the sidecar finishes by itself. ``problem``: why the run is not complete."""
        self.at_change()
        self._writer.close(problem=problem)

    def abandon(self) -> None:
        """Let the journal go as if the process had been killed: a later one may go on with it."""
        self._writer.abandon()

    def finish(self, timeout_s: float, tick: Callable[[SidecarHealth], None]) -> SidecarHealth:
        """Wait for the lake after ``close``."""
        self.health = self._watch.finish(timeout_s, tick)
        return self.health
