"""The sidecar is kept alive, and whatever is wrong with it is seen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import pytest

from spymaster.journal.format import FrameKind
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.lock import FileLock
from spymaster.journal.writer import JournalWriter
from spymaster.lake.sidecar.plan import SidecarPlan, write_plan
from spymaster.lake.sidecar.progress import (
    KILLED,
    SIDECAR_LOCK,
    STATUS_NAME,
    SidecarState,
    SidecarStatus,
    read_status,
)
from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.session.record.sidecar_watch import SidecarHealth, SidecarWatch
from tests.support import journals
from tests.support.journals import T0_NS, read_journal
from tests.support.lakes import RUN, config_frame, es_depth, lake_at

S = 10**9


class Process:
    """A process that ends when told to."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def wait(self) -> int | None:
        return self.code


class Scene:
    """A watch whose time and processes are made by hand."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.now_s = 1000.0
        self.processes: list[Process] = []
        self.watch = SidecarWatch(
            journal, now_s=lambda: self.now_s, wall_ns=lambda: int(self.now_s * S), start=self._start
        )

    def _start(self, command: Sequence[str], log: IO[bytes]) -> Any:
        assert command[-3:] == ["-m", "spymaster.lake.sidecar.process", str(self.journal)]
        log.write(b"starting\nerror: the bucket is gone\n")
        self.processes.append(Process(len(self.processes)))
        return cast(Any, self.processes[-1])

    def says(self, state: SidecarState, *, age_s: float = 0.0, lag_s: float = 0.0, **fields: Any) -> None:
        """Let the sidecar say something."""
        status = SidecarStatus(
            fields.pop("pid", 7), state, int((self.now_s - age_s) * S), int((self.now_s - lag_s) * S), **fields
        )
        (self.journal / STATUS_NAME).write_bytes(msgspec.json.encode(status))

    def look_after(self, seconds: float) -> SidecarHealth:
        """Let time pass and look."""
        self.now_s += seconds
        return self.watch.look()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.watch.look()
    return scene


def test_one_sidecar_is_started(scene: Scene) -> None:
    scene.look_after(1.0)
    assert len(scene.processes) == 1


def test_a_dead_sidecar_is_started_again_later_each_time(scene: Scene) -> None:
    waits = []
    for _ in range(4):
        scene.processes[-1].code = 1
        before, waited = len(scene.processes), 0.0
        while len(scene.processes) == before:
            scene.look_after(0.25)
            waited += 0.25
        waits.append(waited)
    assert waits == [0.75, 1.25, 2.25, 4.25]


def test_a_sidecar_that_was_well_for_a_while_is_started_again_soon(scene: Scene) -> None:
    for after_s in (1.0, 2.0, 3.0):
        scene.processes[-1].code = 1
        scene.look_after(0.1)
        scene.look_after(after_s)
    scene.look_after(61.0)
    scene.processes[-1].code = 1
    scene.look_after(0.1)
    before = len(scene.processes)
    scene.look_after(0.5)
    assert len(scene.processes) == before + 1


def test_a_dead_sidecar_is_said_with_its_last_words(scene: Scene) -> None:
    scene.processes[-1].code = 1
    fault = scene.look_after(0.1).fault
    assert fault == "the sidecar died and is started again: error: the bucket is gone"


def test_a_sidecar_that_keeps_up_has_no_fault(scene: Scene) -> None:
    scene.says(SidecarState.FOLLOWING, durable_files=3)
    health = scene.watch.look()
    assert (health.fault, health.lag_s, health.durable_files, health.complete) == ("", 0.0, 3, None)


def test_a_stopped_sidecar_is_seen_by_its_silence_and_its_lag_grows(scene: Scene) -> None:
    scene.says(SidecarState.FOLLOWING)
    assert scene.look_after(1.0).fault == ""
    health = scene.look_after(29.0)
    assert (health.fault, health.lag_s) == ("the sidecar has not answered for 30 s", 30.0)
    scene.says(SidecarState.FOLLOWING)
    assert scene.look_after(0.1).fault == ""


def test_a_sidecar_that_is_slow_but_alive_only_lags(scene: Scene) -> None:
    scene.says(SidecarState.FOLLOWING, lag_s=12.0, behind_bytes=5_000_000)
    health = scene.watch.look()
    assert (health.fault, health.lag_s, health.behind_bytes) == ("", 12.0, 5_000_000)


def test_a_lake_that_cannot_be_written_is_said_with_its_reason(scene: Scene) -> None:
    scene.says(SidecarState.FAILING, reason="No space left on device")
    assert scene.watch.look().fault == "the lake cannot be written (No space left on device)"


def test_a_sealed_run_needs_no_sidecar(scene: Scene) -> None:
    scene.says(SidecarState.SEALED, complete=True, lag_s=50.0)
    scene.processes[-1].code = 0
    health = scene.look_after(100.0)
    assert (len(scene.processes), health.complete, health.lag_s, health.fault) == (1, True, 0.0, "")


def test_a_run_that_the_sidecar_of_a_killed_process_seals_as_torn_goes_on_with_one_of_our_own(scene: Scene) -> None:
    scene.processes[-1].code = 0
    scene.says(SidecarState.SEALED, reason=KILLED)
    assert scene.look_after(0.1).complete is None
    scene.look_after(1.0)
    assert len(scene.processes) == 2


def test_a_run_that_our_own_sidecar_seals_as_torn_is_torn(scene: Scene) -> None:
    scene.processes[-1].code = 0
    scene.says(SidecarState.SEALED, reason=KILLED, pid=scene.processes[-1].pid)
    assert (scene.look_after(100.0).complete, len(scene.processes)) == (False, 1)


def test_a_sidecar_that_a_killed_process_has_left_at_work_is_gone_on_with_until_it_ends(tmp_path: Path) -> None:
    left = FileLock(tmp_path / SIDECAR_LOCK, "writing the lake")
    scene = Scene(tmp_path)
    scene.says(SidecarState.FOLLOWING)
    assert (scene.look_after(1.0).fault, scene.processes, scene.watch.is_alive) == ("", [], True)
    left.close()
    scene.look_after(1.0)
    assert len(scene.processes) == 1


def test_a_sidecar_that_is_silent_over_its_last_hour_is_waited_for(scene: Scene) -> None:
    def pass_on(_health: SidecarHealth) -> None:
        scene.now_s += 5.0
        if scene.now_s > 1060.0:
            scene.says(SidecarState.SEALED, complete=True)
            scene.processes[-1].code = 0

    scene.says(SidecarState.FOLLOWING, behind_bytes=10)
    assert scene.watch.finish(120.0, pass_on, poll_s=0.0).complete


class Recording:
    """A real sidecar on a real journal."""

    def __init__(self, out: Path) -> None:
        self.journal = out / "journal"
        self.writer = JournalWriter(self.journal, RUN.id, clock_ns=T0_NS)
        self.inlet = JournalInlet(self.writer)
        write_plan(self.journal, SidecarPlan(str(out), RUN))
        self.watch = SidecarWatch(self.journal)
        self.watch.look()
        self.inlet.on_frame(msgspec.structs.replace(config_frame(), sessions=journals.config_frame().sessions))
        self.hour = 0

    def write(self) -> None:
        """An hour's depth."""
        self.inlet.on_frame(RecordsFrame(Batch.of(Kind.MBP10, es_depth(200, T0_NS + self.hour * 3600 * S))))
        self.hour += 1

    def wait_for(self, holds: Callable[[SidecarHealth], bool]) -> SidecarHealth:
        """Until it holds, which it does soon."""
        give_up = time.monotonic() + 240.0
        while not holds(health := self.watch.look()):
            assert time.monotonic() < give_up, health
            time.sleep(0.02)
        return health

    def pid(self, before: int = 0) -> int:
        """Of the sidecar that came after another, once it follows."""
        self.wait_for(lambda health: health.fault == "" and self.following() not in (0, before))
        return self.following()

    def following(self) -> int:
        """The process that says it follows, 0 for none."""
        status = read_status(self.journal)
        return status.pid if status is not None and status.state is SidecarState.FOLLOWING else 0


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path)
    yield recording
    recording.writer.abandon()
    recording.watch.finish(20.0, lambda _: None)


def test_a_sidecar_killed_and_another_stopped_for_a_while_leave_a_complete_lake(
    recording: Recording, tmp_path: Path
) -> None:
    recording.write()
    first = recording.pid()
    recording.write()
    os.kill(first, signal.SIGKILL)
    recording.wait_for(lambda health: "died" in health.fault)
    recording.write()
    second = recording.pid(first)
    os.kill(second, signal.SIGSTOP)
    recording.write()
    assert recording.wait_for(lambda health: "has not answered" in health.fault).lag_s >= 2.0
    os.kill(second, signal.SIGCONT)
    recording.wait_for(lambda health: health.fault == "" and health.lag_s < 1.0)
    recording.writer.close()
    assert recording.watch.finish(20.0, lambda _: None).complete
    manifest = lake_at(tmp_path).run().manifest
    assert manifest.records == 800
    assert sum(frame.count for frame in read_journal(recording.journal) if frame.kind is FrameKind.RECORDS) == 800
