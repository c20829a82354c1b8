"""Where the sidecar stands: what a restarted one goes on from, and what the Session shows of it."""

from __future__ import annotations

import contextlib
import enum
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from spymaster.journal.files import Files, replace_file
from spymaster.journal.format import Position

PROGRESS_NAME: Final = "sidecar.place.json"
STATUS_NAME: Final = "sidecar.status.json"
SIDECAR_LOCK: Final = "sidecar.lock"
KILLED: Final = "the recording process ended without closing the journal"
"""Why a run was sealed whose writer was gone without a word."""


class SidecarState(enum.StrEnum):
    """What the sidecar is doing."""

    STARTING = "starting"
    FOLLOWING = "following"
    FAILING = "failing"
    SEALED = "sealed"


class SidecarStatus(msgspec.Struct, frozen=True):
    """What a sidecar says of itself twice a second. Times are wall-clock ns.

    ``caught_up_ns``: when it last had everything the journal held; ``behind_bytes``: of the journal, not yet read;
    ``durable_files``: made by this process. ``reason``: why it fails, or why the run it sealed is torn.
    """

    pid: int
    state: SidecarState
    at_ns: int
    caught_up_ns: int
    behind_bytes: int = 0
    durable_files: int = 0
    reason: str = ""
    complete: bool = False


class _Progress(msgspec.Struct, frozen=True):
    segment: int
    offset: int


def read_progress(journal: Path) -> Position | None:
    """Start of the hour that is not durable yet, None for the journal's beginning."""
    try:
        position = msgspec.json.decode((journal / PROGRESS_NAME).read_bytes(), type=_Progress)
    except (FileNotFoundError, msgspec.MsgspecError):
        # written whole or not at all; without one everything is written again under the same names
        return None
    return Position(position.segment, position.offset)


def write_progress(journal: Path, position: Position, files: Files) -> None:
    """Replace the place. Raises OSError."""
    replace_file(files, journal / PROGRESS_NAME, msgspec.json.encode(_Progress(position.segment, position.offset)))


def read_status(journal: Path) -> SidecarStatus | None:
    """What the sidecar last said, None where it never spoke."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((journal / STATUS_NAME).read_bytes(), type=SidecarStatus)
    return None


def forget_status(journal: Path) -> None:
    """What an earlier sidecar said no longer holds. Raises OSError."""
    (journal / STATUS_NAME).unlink(missing_ok=True)


class StatusFile:
    """Says what the sidecar does, at most every ``every_s`` unless its state changes."""

    def __init__(self, journal: Path, every_s: float = 0.5) -> None:
        self._path = journal / STATUS_NAME
        self._every_s = every_s
        self._said_s = 0.0
        self._caught_up_ns = time.time_ns()
        self._state: SidecarState | None = None

    def is_due(self, state: SidecarState) -> bool:
        """Whether it is time to say something."""
        return state is not self._state or time.monotonic() - self._said_s >= self._every_s

    def say(
        self,
        state: SidecarState,
        *,
        behind_bytes: int = 0,
        durable_files: int = 0,
        reason: str = "",
        complete: bool = False,
    ) -> None:
        """Write it down. A disk that refuses is shown by the status growing old."""
        now_ns = time.time_ns()
        if not behind_bytes and state is SidecarState.FOLLOWING:
            self._caught_up_ns = now_ns
        status = SidecarStatus(
            os.getpid(), state, now_ns, self._caught_up_ns, behind_bytes, durable_files, reason, complete
        )
        self._state, self._said_s = state, time.monotonic()
        temporary = self._path.with_suffix(".tmp")
        with contextlib.suppress(OSError):
            temporary.write_bytes(msgspec.json.encode(status))
            os.replace(temporary, self._path)
