"""The sidecar of a run that is mirrored: it has the lake written and the bus told, side by side.

``python -m spymaster.bus.nats.process JOURNAL`` follows the journal in that folder as the plans beside it say. The
mirror has a thread and a place of its own: whatever becomes of it, the lake does not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from spymaster.bus.nats.connection import Connection, NatsWire
from spymaster.bus.nats.credentials import secrets_of
from spymaster.bus.nats.embedded import reached
from spymaster.bus.nats.mirror import Mirror
from spymaster.bus.nats.streams import stream_specs
from spymaster.errors import ExitCode, UserError
from spymaster.journal.errors import JournalError
from spymaster.journal.format import FormatError
from spymaster.journal.lock import FileLock
from spymaster.journal.mirror_plan import MirrorPlan, read_mirror_plan
from spymaster.journal.mirror_status import MIRROR_LOCK
from spymaster.lake.errors import LakeError
from spymaster.lake.sidecar.plan import read_plan
from spymaster.lake.sidecar.process import Sidecar, delete_before
from spymaster.lake.sidecar.recorder import LakeRecorder
from spymaster.lake.storage.opening import open_storage
from spymaster.ledger.predictions.writer import PREDICTIONS_NAME


class MirrorThread:
    """A mirror beside something else. ``failure``: why it could not go on, in one line."""

    def __init__(self, journal: Path, plan: MirrorPlan) -> None:
        self._journal, self._plan = journal, plan
        self._mirror: Mirror | None = None
        self._thread = threading.Thread(target=self._work, name="mirror", daemon=True)
        self.failure = ""
        self.is_whole = False

    @property
    def first_segment(self) -> int:
        """The first segment of the journal it still needs."""
        return self._mirror.first_segment if self._mirror is not None else 1

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Wait until it has brought everything there, or has given up. Returns at once where it was never begun."""
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            with contextlib.closing(self._alone()), reached(self._plan.address) as urls:
                self.is_whole = asyncio.run(self._run(urls))
        except (UserError, FormatError, OSError) as error:
            # the thread's boundary: the lake goes on, and who reads the log knows why the bus does not
            self.failure = str(error)
            print(f"mirror: {error}", file=sys.stderr, flush=True)

    def _alone(self) -> FileLock:
        """A sidecar may find its predecessor still at it: a run that goes on after a kill is brought there by one of
        them, and by the other once that one has gone."""
        while True:
            with contextlib.suppress(JournalError):
                return FileLock(self._journal / MIRROR_LOCK, "mirroring")

    async def _run(self, urls: Sequence[str]) -> bool:
        plan = self._plan
        connection = Connection(plan.address, urls, secrets_of(), name="spymaster mirror")
        wire = NatsWire(connection, stream_specs(plan.limits, market=plan.market))
        self._mirror = Mirror(self._journal, plan, wire)
        return await self._mirror.run()


def follow(journal: Path) -> bool:
    """Follow a journal to its end as the plans beside it say; whether the run is complete in the lake.

    Raises JournalError, LakeError or FormatError where what was to be followed cannot be.
    """
    plan, mirrored = read_plan(journal), read_mirror_plan(journal)
    mirror = MirrorThread(journal, mirrored) if mirrored is not None else None
    root = plan.root_of(journal)
    sidecar = Sidecar(
        journal,
        lambda: LakeRecorder(open_storage(root), plan.run, predictions=journal / PREDICTIONS_NAME),
        delete_segments=plan.delete_segments,
        needed_from=(lambda: mirror.first_segment) if mirror is not None else None,
        on_begin=mirror.start if mirror is not None else lambda: None,
    )
    try:
        complete = sidecar.run()
    finally:
        if mirror is not None:
            mirror.finish()
    if plan.delete_segments and complete and mirror is not None and mirror.is_whole:
        delete_before(journal)
    return complete


def main(arguments: Sequence[str]) -> int:
    """Run a sidecar as a process; returns its exit code."""
    # the terminal's signals are for the cockpit: the sidecar ends when the journal does
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    try:
        follow(Path(arguments[0]))
    except (JournalError, LakeError, FormatError) as error:
        print(f"error: {error}", file=sys.stderr)
        return ExitCode.DATA
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
