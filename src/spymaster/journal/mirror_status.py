"""What a mirror says of itself, in a file beside the journal: what a Session shows of it."""

from __future__ import annotations

import contextlib
import enum
import os
from pathlib import Path
from typing import Final

import msgspec

STATUS_NAME: Final = "mirror.status.json"
MIRROR_LOCK: Final = "mirror.lock"
"""Held by whoever mirrors the journal: a second one waits."""


class MirrorState(enum.StrEnum):
    """What the mirror is doing. REFUSED: the server has the streams otherwise than asked; DONE: everything the journal
    held is there; LEFT: the run is over and the rest could not be brought there."""

    STARTING = "starting"
    FOLLOWING = "following"
    WAITING = "waiting"
    REFUSED = "refused"
    DONE = "done"
    LEFT = "left"


class MirrorCounts(msgspec.Struct):
    """``acked``: messages the server has stored or had already; ``duplicates``: the latter; ``retries``: sendings that
    got no acknowledgement; ``refused``: messages that no server takes, and that are therefore missing; ``sent_bytes``:
    of what was acknowledged."""

    acked: int = 0
    duplicates: int = 0
    retries: int = 0
    refused: int = 0
    sent_bytes: int = 0


class MirrorStatus(msgspec.Struct, frozen=True):
    """What a mirror says of itself twice a second. Times are wall-clock ns. ``caught_up_ns``: when the server last had
    everything the journal held. ``counts``: of this process. ``reason``: why it waits, in words."""

    pid: int
    state: MirrorState
    at_ns: int
    caught_up_ns: int
    behind_bytes: int
    counts: MirrorCounts
    reason: str = ""


def read_mirror_status(journal: Path) -> MirrorStatus | None:
    """What the mirror last said, None where it never spoke."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((journal / STATUS_NAME).read_bytes(), type=MirrorStatus)
    return None


def write_mirror_status(journal: Path, status: MirrorStatus) -> None:
    """Replace what it says. A disk that refuses is shown by the status growing old."""
    path = journal / STATUS_NAME
    temporary = path.with_suffix(".tmp")
    with contextlib.suppress(OSError):
        temporary.write_bytes(msgspec.json.encode(status))
        os.replace(temporary, path)
