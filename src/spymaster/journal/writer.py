"""The journal's single writer: append first, compute afterwards."""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spymaster.journal.codec import EndFrame, encode_frame
from spymaster.journal.errors import JournalError
from spymaster.journal.files import Files, OsFiles
from spymaster.journal.format import FrameContent, FrameFlag, FrameKind, Position
from spymaster.journal.group_sync import GroupSync
from spymaster.journal.lock import WRITER_LOCK, FileLock
from spymaster.journal.recovery import Recovered, recover
from spymaster.journal.segments import SEGMENT_BYTES, SegmentFiles
from spymaster.market.frames import DEPTH_FEED, GapFrame

_RETRY_S: Final = 1.0
_MAX_OWED: Final = 1000
_OUTPUTS: Final = frozenset({FrameKind.SIGNAL, FrameKind.ALERT})


class RecordingState(enum.StrEnum):
    """Whether what arrives is being written down."""

    OFF = "OFF"
    LIVE = "LIVE"
    NOT_RECORDING = "NOT RECORDING"


@dataclass(frozen=True, slots=True)
class Recording:
    """How recording stands. ``reason``: why not. ``lost_records``: never written, over the whole run; ``is_whole``:
    nothing at all was lost."""

    state: RecordingState
    reason: str = ""
    lost_records: int = 0
    is_whole: bool = True


class JournalWriter:
    """Appends frames to the journal of one run. Raises JournalError when it cannot begin.

    ``append`` returns when the system has taken the bytes: a killed process loses nothing that was appended. When the
    system refuses (disk full, fault of the disk) nothing is raised: ``recording`` says NOT RECORDING and why, and it is
    tried again once a second. When that works a GAP frame tells what is missing; after it come those frames of the time
    between that hold no records, as they are few and a replay needs them.

    ``session``: id of the run. ``clock_ns``: where the clock begins. ``now_s``: a monotonic clock.
    """

    def __init__(
        self,
        folder: Path,
        session: str,
        *,
        clock_ns: int = 0,
        segment_bytes: int = SEGMENT_BYTES,
        files: Files | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        files = files if files is not None else OsFiles()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / WRITER_LOCK, "recording")
            try:
                self.recovered: Recovered | None = recover(folder, files)
                self._check(folder, session)
                self._sync = GroupSync(files)
                self._segments = SegmentFiles(folder, session, segment_bytes, files, self._sync)
                self._begin(clock_ns)
            except BaseException:
                self._lock.close()
                raise
        except OSError as error:
            raise JournalError(
                folder, f"cannot be written ({_error_text(error)})", "free some space there or choose another folder"
            ) from None
        self._now_s = now_s
        self._tried_s = 0.0
        self._lost_from_ns = 0
        self._lost_since_gap = 0
        self._owed: list[tuple[FrameContent, FrameFlag]] = []
        self.recording = Recording(RecordingState.LIVE)

    def _check(self, folder: Path, session: str) -> None:
        old = self.recovered
        if old is not None and old.session != session:
            raise JournalError(folder, f"holds the journal of another run, {old.session}", "choose another folder")
        if old is not None and old.ended:
            raise JournalError(folder, f"holds the finished journal of {old.session}", "choose another folder")

    def _begin(self, clock_ns: int) -> None:
        old = self.recovered
        self.next_seq = old.next_seq if old is not None else 0
        self.clock_ns = old.clock_ns if old is not None else clock_ns
        try:
            if old is None:
                self._segments.create(1, self.next_seq, self.clock_ns, 0)
            else:
                self._segments.resume(old.end)
        except BaseException:
            self._sync.close()
            raise

    @property
    def written_bytes(self) -> int:
        """Bytes appended by this writer."""
        return self._segments.written_bytes

    @property
    def position(self) -> Position:
        """Behind the last frame."""
        return self._segments.end

    def append(self, content: FrameContent, *, clock_ns: int, flags: FrameFlag = FrameFlag.NONE) -> bool:
        """Write a frame; False when it could not be written. ``clock_ns``: the clock with this frame."""
        self.clock_ns = max(self.clock_ns, clock_ns)
        self._note_late_failure()
        if self.recording.state is not RecordingState.LIVE and not self._resume():
            self._lose(content, flags)
            return False
        try:
            self._write(content, flags)
        except OSError as error:
            self._fail(error)
            self._lose(content, flags)
            return False
        return True

    def sync(self) -> None:
        """Wait until everything appended is on the disk; a refusal shows in ``recording``."""
        try:
            self._sync.sync_now()
        except OSError as error:
            self._fail(error)

    def close(self, *, problem: str = "") -> None:
        """Say that the journal ends here and let it go. Safe to call twice.

        ``problem``: why what was to be recorded is not complete even so.
        """
        if self._lock.is_closed:
            return
        try:
            self._note_late_failure()
            if self.recording.state is RecordingState.LIVE or self._resume(at_once=True):
                reason = problem or ("" if self.recording.is_whole else self._loss())
                self._write(encode_frame(EndFrame(complete=not reason, reason=reason)), FrameFlag.NONE)
                self._sync.sync_now()
        except OSError as error:
            # without its last frame the journal counts as torn, which is the truth
            self._fail(error)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let the journal go without its last frame, as if the process had been killed. Safe to call twice."""
        self._sync.close()
        self._segments.close()
        self._lock.close()

    def _write(self, content: FrameContent, flags: FrameFlag) -> None:
        self._segments.append(content, flags, self.next_seq, self.clock_ns)
        if content.kind is FrameKind.RECORDS:
            self.next_seq += content.count

    def _note_late_failure(self) -> None:
        failure = self._sync.take_failure()
        if failure is not None and self.recording.state is RecordingState.LIVE:
            self._fail(failure)

    def _fail(self, error: OSError) -> None:
        if self.recording.state is RecordingState.LIVE:
            self._lost_from_ns = self.clock_ns
            self._lost_since_gap = 0
        self._tried_s = self._now_s()
        self._note(RecordingState.NOT_RECORDING, _error_text(error), 0)

    def _lose(self, content: FrameContent, flags: FrameFlag) -> None:
        if content.kind is FrameKind.RECORDS:
            self._lost_since_gap += content.count
            self._note(self.recording.state, self.recording.reason, content.count)
        elif content.kind not in _OUTPUTS and len(self._owed) < _MAX_OWED:
            copies = tuple(part.copy() for part in content.parts)
            self._owed.append((FrameContent(content.kind, content.version, content.count, copies), flags))

    def _note(self, state: RecordingState, reason: str, lost: int) -> None:
        self.recording = Recording(state, reason, self.recording.lost_records + lost, is_whole=False)

    def _resume(self, *, at_once: bool = False) -> bool:
        """Try to write again: the gap, then what is owed."""
        if not at_once and self._now_s() - self._tried_s < _RETRY_S:
            return False
        self._tried_s = self._now_s()
        reason = f"{self.recording.reason}: {self._lost_since_gap} records not recorded"
        try:
            self._segments.repair()
            self._write(encode_frame(GapFrame(DEPTH_FEED, self._lost_from_ns, self.clock_ns, reason)), FrameFlag.NONE)
            while self._owed:
                self._write(*self._owed[0])
                del self._owed[0]
            self._sync.sync_now()
        except OSError as error:
            self._note(RecordingState.NOT_RECORDING, _error_text(error), 0)
            return False
        self._lost_from_ns, self._lost_since_gap = self.clock_ns, 0
        self._note(RecordingState.LIVE, "", 0)
        return True

    def _loss(self) -> str:
        return f"{self.recording.lost_records} records could not be written"


def _error_text(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)
