"""The sidecar as a Session sees it: started, watched, started again when it dies, and waited for at the end."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from spymaster.journal.lock import is_held
from spymaster.journal.mirror_plan import PLAN_NAME
from spymaster.journal.mirror_status import MIRROR_LOCK, MirrorCounts, MirrorState, read_mirror_status
from spymaster.lake.sidecar.progress import KILLED, SIDECAR_LOCK, SidecarState, SidecarStatus, read_status
from spymaster.session.record.run_log import LogLimits, rotated

LOG_NAME: Final = "sidecar.log"
_SIDECAR: Final = "spymaster.lake.sidecar.process"
_MIRRORING_SIDECAR: Final = "spymaster.bus.nats.process"
"""Another process, known by its name and by the files it reads and writes beside the journal; never imported."""

_FIRST_DELAY_S: Final = 0.5
_LAST_DELAY_S: Final = 30.0
_HEALTHY_S: Final = 60.0
_LATE_S: Final = 2.0
"""A sidecar speaks twice a second and catches up twenty times a second: this much later something is wrong."""

_SILENT: Final = "the sidecar has not answered for"
_SILENT_S: Final = 30.0
"""A mirror speaks at every flight, and in a long wait every other second: a server may take its time with one."""
_MIRRORING: Final = (MirrorState.STARTING, MirrorState.FOLLOWING)

Start = Callable[[Sequence[str], IO[bytes]], "subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True)
class SidecarHealth:
    """How the writing of the lake stands. ``lag_s``: since it last had everything the journal held; ``fault``: what is
    wrong in words, empty while nothing is; ``complete``: None until the run is sealed; ``mirror``: of the bus, None
    where nothing is mirrored; ``silent``: the fault is that it has not answered."""

    lag_s: float
    behind_bytes: int
    durable_files: int
    restarts: int
    fault: str = ""
    complete: bool | None = None
    mirror: MirrorHealth | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class MirrorHealth:
    """How the mirror stands. ``lag_s``: since the server last had everything the journal held; ``fault``: why it has
    not, in words, empty while nothing is wrong; ``counts``: of messages."""

    state: MirrorState
    lag_s: float
    behind_bytes: int
    counts: MirrorCounts
    fault: str

    @property
    def words(self) -> str:
        """For a screen."""
        behind = f"{self.behind_bytes / 1e6:,.0f} MB behind" if self.behind_bytes >= 1_000_000 else "up to date"
        again = f", {self.counts.retries:,} sent again" if self.counts.retries else ""
        return f"{self.counts.acked:,} messages{again}; {behind}"


def start_process(command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """A process in a session of its own: neither Ctrl+C nor the loss of the terminal reaches it."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )


class SidecarWatch:
    """Keeps the sidecar of one journal alive. ``look`` never waits; call it about once a second.

    A process that goes on with the journal of one that was killed may still find its sidecar at work. Where that saw
    the kill, it seals the run as torn, which is not the end of it, and leaves the place to one of our own; where it did
    not, it goes on with what we write, and is ours as good as one that we have started.

    ``now_s``: a monotonic clock; ``wall_ns``: the wall clock; ``start``: makes the process; ``limits``: of its log,
    which is looked at when a sidecar is started.
    """

    def __init__(
        self,
        journal: Path,
        *,
        now_s: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
        start: Start = start_process,
        limits: LogLimits = LogLimits(),  # noqa: B008  (it never changes)
    ) -> None:
        self._journal = journal
        self._now_s = now_s
        self._wall_ns = wall_ns
        self._start = start
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._started_ns = wall_ns()
        self._delay_s = _FIRST_DELAY_S
        self._restart_at_s = 0.0
        self._restarts = -1
        self._pids: set[int] = set()
        self._found = False
        """Whether a sidecar is at work that an earlier process has started."""

    @property
    def is_alive(self) -> bool:
        """Whether the sidecar's process runs."""
        return self._found or (self._process is not None and self._process.poll() is None)

    def look(self) -> SidecarHealth:
        """Start the sidecar where there is none and it is time; how it stands."""
        status = read_status(self._journal)
        sealed = self._is_sealed(status)
        if self._process is not None and self._process.poll() is not None:
            self._process.wait()
            self._process = None
            if not sealed:
                self._delay()
        if self._process is None:
            self._found = not sealed and is_held(self._journal / SIDECAR_LOCK)
            if not (sealed or self._found) and self._now_s() >= self._restart_at_s:
                self._spawn()
        return self._health(status)

    def finish(
        self, timeout_s: float, tick: Callable[[SidecarHealth], None], *, fault_s: float = 10.0, poll_s: float = 0.05
    ) -> SidecarHealth:
        """Wait until the run is sealed, restarting as needed.

        Gives up after ``timeout_s`` without progress, or when something has been wrong and nothing has come nearer for
        ``fault_s``; the sidecar goes on by itself then. Being nearer than ever is progress: one that tries again and
        again reads the same journal each time, and is well for a moment between two failures.
        """
        moved_s = faulty_s = self._now_s()
        is_faulty = False
        files, least = -1, math.inf
        while True:
            health = self.look()
            tick(health)
            now_s = self._now_s()
            if health.durable_files > files or health.behind_bytes < least:
                files, least = max(files, health.durable_files), min(least, health.behind_bytes)
                moved_s = now_s
                is_faulty = False
            # one that is merely silent may be writing the last hour: that is slow, and no fault
            if health.fault and not is_faulty and not health.silent:
                is_faulty, faulty_s = True, now_s
            is_stuck = is_faulty and now_s - faulty_s >= fault_s
            if health.complete is not None or now_s - moved_s >= timeout_s or is_stuck:
                break
            time.sleep(poll_s)
        if self._process is not None and health.complete is not None:
            # what it still brings to the bus is waited for; it gives up by itself
            self._process.wait()
            health = replace(health, mirror=self._mirror_health())
        elif health.complete is not None:
            while is_held(self._journal / MIRROR_LOCK):
                time.sleep(poll_s)
            health = replace(health, mirror=self._mirror_health())
        return health

    def _is_sealed(self, status: SidecarStatus | None) -> bool:
        """Whether a sidecar has said its last word on this run, as far as we have brought it."""
        if status is None or status.state is not SidecarState.SEALED:
            return False
        return status.complete or status.reason != KILLED or status.pid in self._pids

    def _spawn(self) -> None:
        rotated(self._journal / LOG_NAME, self._limits)
        with (self._journal / LOG_NAME).open("ab") as log:
            module = _MIRRORING_SIDECAR if (self._journal / PLAN_NAME).exists() else _SIDECAR
            command = [sys.executable, "-m", module, str(self._journal)]
            self._process = self._start(command, log)
        self._pids.add(self._process.pid)
        self._started_s = self._now_s()
        self._restarts += 1

    def _delay(self) -> None:
        """Wait longer each time, unless the one that died had been well for a while."""
        if self._now_s() - self._started_s >= _HEALTHY_S:
            self._delay_s = _FIRST_DELAY_S
        self._restart_at_s = self._now_s() + self._delay_s
        self._delay_s = min(2 * self._delay_s, _LAST_DELAY_S)

    def _health(self, status: SidecarStatus | None) -> SidecarHealth:
        if status is None:
            lag_s = max(self._wall_ns() - self._started_ns, 0) / 1e9
            fault = self._fault(None, lag_s)
            is_silent = fault.startswith(_SILENT)
            return SidecarHealth(
                lag_s, 0, 0, max(self._restarts, 0), fault, mirror=self._mirror_health(), silent=is_silent
            )
        sealed = self._is_sealed(status)
        lag_s = 0.0 if sealed else max(self._wall_ns() - status.caught_up_ns, 0) / 1e9
        fault = self._fault(status, lag_s)
        return SidecarHealth(
            lag_s,
            0 if sealed else status.behind_bytes,
            status.durable_files,
            max(self._restarts, 0),
            fault,
            status.complete if sealed else None,
            self._mirror_health(),
            fault.startswith(_SILENT),
        )

    def _mirror_health(self) -> MirrorHealth | None:
        status = read_mirror_status(self._journal)
        if status is None:
            return None
        lag_s = 0.0 if status.state is MirrorState.DONE else max(self._wall_ns() - status.caught_up_ns, 0) / 1e9
        silent_s = (self._wall_ns() - status.at_ns) / 1e9
        fault = f"the bus: {status.reason}" if status.reason else ""
        if not fault and status.state in _MIRRORING and silent_s >= _SILENT_S:
            fault = f"the mirror has not answered for {silent_s:.0f} s"
        if status.counts.refused:
            refused = f"{status.counts.refused} messages were refused by the bus"
            fault = f"{fault}; {refused}" if fault else refused
        return MirrorHealth(status.state, lag_s, status.behind_bytes, status.counts, fault)

    def _fault(self, status: SidecarStatus | None, lag_s: float) -> str:
        if self._is_sealed(status):
            return ""
        if self._process is None and not self._found:
            last = self._last_words()
            return "the sidecar died and is started again" + (f": {last}" if last else "")
        if status is not None and status.state is SidecarState.FAILING:
            return f"the lake cannot be written ({status.reason})"
        silent_s = (self._wall_ns() - status.at_ns) / 1e9 if status is not None else lag_s
        return f"{_SILENT} {silent_s:.0f} s" if silent_s >= _LATE_S else ""

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self._journal / LOG_NAME).read_bytes()[-4096:].decode(errors="replace").strip().splitlines()
            return lines[-1] if lines else ""
        return ""
