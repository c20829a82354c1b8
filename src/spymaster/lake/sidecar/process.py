"""The sidecar: follows a journal from a process of its own and has the lake written. It computes nothing.

``python -m spymaster.lake.sidecar.process JOURNAL`` follows the journal in that folder as the plan beside it says.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from spymaster.interrupts import Interrupted
from spymaster.journal.codec import EndFrame, decode_frame
from spymaster.journal.errors import JournalError
from spymaster.journal.files import Files, OsFiles
from spymaster.journal.format import (
    FormatError,
    FrameKind,
    Position,
    StoredFrame,
    segment_path,
    segments_in,
)
from spymaster.journal.lock import WRITER_LOCK, FileLock, is_held
from spymaster.journal.reader import JournalReader
from spymaster.lake.sidecar.progress import (
    KILLED,
    SIDECAR_LOCK,
    SidecarState,
    StatusFile,
    read_progress,
    write_progress,
)
from spymaster.market.manifest import RunStatus

POLL_S: Final = 0.05
_FIRST_RETRY_S: Final = 0.5
_LAST_RETRY_S: Final = 5.0
_NICE: Final = 5
_DATA: Final = 3
"""Exit code: what was to be followed cannot be."""


class Recorder(Protocol):
    """What writes the lake (``lake.sidecar.recorder.LakeRecorder``).

    Raises OSError where the disk or the network refuses.
    """

    open_hour_start: Position | None
    """Where the first frame stands that is not durable yet."""

    def on_frame(self, frame: StoredFrame) -> Sequence[object]:
        """Take the next frame; returns the files that became durable by it."""
        ...

    def seal(self, status: RunStatus = RunStatus.SEALED, reason: str = "") -> Sequence[object]:
        """The run is over: make everything durable and say so."""
        ...

    def discard(self) -> None:
        """Give the open hour up."""
        ...


class Sidecar:
    """Follows one journal to its end: to the writer's last frame, or to the last whole one of a writer that is gone.

    ``make_recorder``: a new recorder of the same run, for the start and after the disk refused. ``delete_segments``:
    whether segments go once everything in them is durable. ``retry_s``: wait after the disk refused; it doubles each
    time. ``needed_from``: the first segment that somebody else still needs; None where nobody else reads the journal.
    ``on_begin``: called once no other sidecar can be at work.
    Raises JournalError where another sidecar is at work or the journal is damaged; what is sound before the
    damage is sealed as torn by then.
    """

    def __init__(
        self,
        journal: Path,
        make_recorder: Callable[[], Recorder],
        *,
        delete_segments: bool = False,
        needed_from: Callable[[], int] | None = None,
        on_begin: Callable[[], None] = lambda: None,
        files: Files | None = None,
        poll_s: float = POLL_S,
        retry_s: float = _FIRST_RETRY_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._make_recorder = make_recorder
        self._delete_segments = delete_segments
        self._needed_from = needed_from
        self._on_begin = on_begin
        self._files = files if files is not None else OsFiles()
        self._poll_s = poll_s
        self._sleep = sleep
        self._status = StatusFile(journal)
        self._retry_s = retry_s
        self._durable = 0

    def run(self) -> bool:
        """Follow until the run is sealed; whether it is complete."""
        lock = FileLock(self._journal / SIDECAR_LOCK, "writing the lake")
        with contextlib.closing(lock):
            self._status.say(SidecarState.STARTING)
            self._on_begin()
            retry_s = self._retry_s
            while True:
                before = self._durable
                try:
                    return self._attempt()
                except OSError as error:
                    retry_s = self._retry_s if self._durable > before else retry_s
                    self._wait(retry_s, error.strerror or str(error))
                    retry_s = min(2 * retry_s, _LAST_RETRY_S)

    def _attempt(self) -> bool:
        recorder = self._make_recorder()
        try:
            with contextlib.closing(JournalReader(self._journal, read_progress(self._journal))) as reader:
                return self._follow(reader, recorder)
        except (OSError, Interrupted):
            recorder.discard()
            raise

    def _follow(self, reader: JournalReader, recorder: Recorder) -> bool:
        while True:
            # asked before reading, so that what a writer wrote before it died is still read
            alive = is_held(self._journal / WRITER_LOCK)
            try:
                end = self._read_all(reader, recorder)
                if end is None and not alive:
                    reader.check_tail()
            except (JournalError, FormatError) as error:
                self._seal(recorder, EndFrame(complete=False, reason=str(error)))
                if isinstance(error, JournalError):
                    raise
                raise JournalError(self._journal, str(error), "use the version that recorded it") from error
            if end is not None or not alive:
                return self._seal(recorder, end or EndFrame(complete=False, reason=KILLED))
            self._report(reader)
            self._sleep(self._poll_s)

    def _read_all(self, reader: JournalReader, recorder: Recorder) -> EndFrame | None:
        """Hand on every frame there is; the journal's last one if it was among them."""
        for frame in reader.frames():
            durable = recorder.on_frame(frame)
            if durable and recorder.open_hour_start is not None:
                self._durable += len(durable)
                self._move(recorder.open_hour_start)
            if frame.kind is FrameKind.END:
                end = decode_frame(frame)
                assert isinstance(end, EndFrame)
                return end
            self._report(reader)
        return None

    def _move(self, position: Position) -> None:
        """Everything before a place is durable: go on from there next time."""
        write_progress(self._journal, position, self._files)
        if self._delete_segments:
            self._delete_before(position.segment)

    def _seal(self, recorder: Recorder, end: EndFrame) -> bool:
        status = RunStatus.SEALED if end.complete else RunStatus.TORN
        self._durable += len(recorder.seal(status, end.reason))
        self._status.say(SidecarState.SEALED, durable_files=self._durable, reason=end.reason, complete=end.complete)
        if self._delete_segments and end.complete:
            self._delete_before(segments_in(self._journal)[-1] + 1)
        return end.complete

    def _delete_before(self, segment: int) -> None:
        needed = self._needed_from() if self._needed_from is not None else segment
        delete_before(self._journal, min(segment, needed), self._files)

    def _report(self, reader: JournalReader) -> None:
        if self._status.is_due(SidecarState.FOLLOWING):
            self._status.say(SidecarState.FOLLOWING, behind_bytes=reader.bytes_behind(), durable_files=self._durable)

    def _wait(self, seconds: float, reason: str) -> None:
        """Until the next attempt, saying why this one failed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._status.is_due(SidecarState.FAILING):
                self._status.say(SidecarState.FAILING, durable_files=self._durable, reason=reason)
            self._sleep(min(left, self._poll_s))


def delete_before(journal: Path, segment: int | None = None, files: Files | None = None) -> None:
    """Delete the segments before one, or all of them."""
    for old in segments_in(journal):
        if segment is None or old < segment:
            (files or OsFiles()).remove(segment_path(journal, old))


def finish(journal: Path) -> bool:
    """Follow a journal to its end as the plan beside it says; whether the run is complete.

    Raises JournalError, LakeError or FormatError where what was to be followed cannot be.
    """
    from spymaster.lake.sidecar.plan import read_plan
    from spymaster.lake.sidecar.recorder import LakeRecorder
    from spymaster.lake.storage.opening import open_storage
    from spymaster.ledger.predictions.writer import PREDICTIONS_NAME

    plan = read_plan(journal)
    root = plan.root_of(journal)
    return Sidecar(
        journal,
        lambda: LakeRecorder(open_storage(root), plan.run, predictions=journal / PREDICTIONS_NAME),
        delete_segments=plan.delete_segments,
    ).run()


def _give_way() -> None:
    """Where there is not enough of the machine for both, the session that records comes before its lake."""
    os.nice(_NICE)
    # where Linux gives each session of processes an equal share, niceness counts within one alone, and we are our own
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE), encoding="ascii")


def main(arguments: Sequence[str]) -> int:
    """Run a sidecar as a process; returns its exit code."""
    # the terminal's signals are for the cockpit: the sidecar ends when the journal does
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    _give_way()
    from spymaster.lake.errors import LakeError

    try:
        finish(Path(arguments[0]))
    except (JournalError, LakeError, FormatError) as error:
        print(f"error: {error}", file=sys.stderr)
        return _DATA
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
