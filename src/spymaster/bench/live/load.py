"""What ``bench`` measures of a live session under load: ten thousand records a second, bursts of fifty thousand.

Gateway, session and terminal are processes of their own, on one machine and so on one clock: the gateway notes when it
wrote each record to its socket, the session when the record was journalled and when the snap that it made due was.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.bench.busy_reel import BusyReel, records_until
from spymaster.bench.live.floor import read_barely
from spymaster.bench.live.session import CPU_NOTED_EACH, NOTES, Spent, spent
from spymaster.bench.screen import Cockpit
from spymaster.errors import UserError
from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.plan import Address, LinePlan, Subscription
from spymaster.feeds.databento_live.seen import DATA_KINDS
from spymaster.feeds.live.source import QUIET_S
from spymaster.feeds.live.supervision import Bell, Limits, SystemClock
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.loopback.databento.gateway import DEMO_KEY, HOST, DatabentoGateway
from spymaster.market.frames import RecordsFrame
from spymaster.resources import bundled_recording
from spymaster.session.live.day import UNWATCHED_S

SETTLE_S: Final = 5.0
"""Not counted: kernels are loaded, the terminal is drawn for the first time."""
SCHEMAS: Final = ("mbp-10", "trades", "tbbo", "bbo-1s")
_DATASET: Final = "GLBX.MDP3"
_PATIENCE_S: Final = 90.0
_CLOSE_S: Final = 60.0
_SENT: Final = "sent.npy"
_NOTHING: Final = np.zeros((0, 2), np.int64)
_NOTED_EACH: Final = 64
_UNTIL_END: Final = 1024
"""So many records before the last a plain reader stops: nothing tells it that there are no more."""
_Notes = tuple[list[tuple[int, int]], list[Spent]]


Lateness = tuple[float, float, float]


class LoadFigures(msgspec.Struct, frozen=True):
    """A session under load. ``dropped``: sent and not journalled.

    Lateness (median, 99th percentile, largest) in milliseconds from the gateway's write to the socket: of each record
    until it was journalled (handed over, where there is no journal) and until the engine had taken it in, of each snap
    until it was published; NaN where there is none. CPU of the whole process in microseconds a record; memory (MB) when
    the session had settled and at its end.
    """

    records: int
    dropped: int
    journalled_ms: Lateness
    computed_ms: Lateness
    published_ms: Lateness
    cpu_us: float
    memory_mb: tuple[float, float]


def floor_ms(seconds: float) -> Lateness:
    """How late the same bytes are in the hands of a loop that does nothing else (``live.floor``)."""
    return _read_plainly(seconds, _floored).journalled_ms


def iterator_figures(seconds: float) -> LoadFigures:
    """The same bytes read by the vendor's own ``for record in live``, which does nothing with a record."""
    return _read_plainly(seconds, _iterated)


def journal_figures(seconds: float) -> LoadFigures:
    """The same bytes to the journal, without engine and screen."""
    return _read_plainly(seconds, _journalled)


def load_figures(seconds: float, *, with_screen: bool) -> LoadFigures:
    """Live so long under load. Raises UserError where the session did not come to its end."""
    # a lake that is still being sealed is no reason to lose what was measured
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with served(seconds + SETTLE_S, folder) as port:
            command = [sys.executable, "-m", "spymaster.bench.live.session", str(port), str(seconds + SETTLE_S), name]
            if with_screen:
                _watch([*command, "screen"], folder, seconds)
            else:
                subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not (folder / NOTES).exists():
            raise UserError("live load", "the session under load did not come to its end", "run it again alone")
        with np.load(folder / NOTES) as notes:
            return figures_of(
                np.load(folder / _SENT), notes["journalled"], notes["cpu"], notes["published"], notes["computed"]
            )


def figures_of(
    sent: NDArray[np.int64],
    journalled: NDArray[np.int64],
    cpu: NDArray[np.float64],
    published: NDArray[np.int64] = _NOTHING,
    computed: NDArray[np.int64] = _NOTHING,
) -> LoadFigures:
    """What the notes of both sides say.

    ``sent``, ``journalled``, ``computed``: (records so far, when) of each write and each batch, int64[n, 2]; ``cpu``:
    (records so far, seconds of CPU so far, bytes of memory) now and then, float64[n, 3]; ``published``: (place of the
    record that made it due, when) of each snap.
    """
    total = int(sent[-1, 0])
    places = np.arange(total)
    sent_ns = sent[np.searchsorted(sent[:, 0], places, "right"), 1]
    settled = int(np.searchsorted(sent_ns, sent_ns[0] + round(SETTLE_S * 1e9)))
    counted = min(total, int(journalled[-1, 0]))
    later = published[(published[:, 0] >= settled) & (published[:, 0] < total)]
    to_snap = (later[:, 1] - sent_ns[later[:, 0]]) / 1e6
    early = cpu[min(int(np.searchsorted(cpu[:, 0], settled)), len(cpu) - 1)]
    taken, used_s, _ = cpu[-1] - early
    return LoadFigures(
        records=total - settled,
        dropped=total - counted,
        journalled_ms=_lateness(_waited(journalled, sent_ns, settled)),
        computed_ms=_lateness(_waited(computed, sent_ns, settled)),
        published_ms=_lateness(to_snap),
        cpu_us=float(used_s / max(taken, 1.0) * 1e6),
        memory_mb=(float(early[2] / 1e6), float(cpu[-1, 2] / 1e6)),
    )


def _waited(done: NDArray[np.int64], sent_ns: NDArray[np.int64], settled: int) -> NDArray[np.float64]:
    """How long each record behind the first ``settled`` waited for the batch it was done with, ms."""
    places = np.arange(settled, min(len(sent_ns), int(done[-1, 0])) if len(done) else settled)
    if not len(places):
        return np.zeros(0)
    return np.asarray((done[np.searchsorted(done[:, 0], places, "right"), 1] - sent_ns[places]) / 1e6)


def _lateness(values_ms: NDArray[Any]) -> Lateness:
    if not len(values_ms):
        return math.nan, math.nan, math.nan
    middle, late = np.percentile(values_ms, [50, 99]).tolist()
    return middle, late, float(values_ms.max())


def _watch(command: list[str], folder: Path, seconds: float) -> None:
    """Look at the session in a terminal until it has ended, then leave it."""
    until_s = time.monotonic() + seconds + SETTLE_S + _PATIENCE_S
    with Cockpit(str(folder), command) as cockpit:
        while not (folder / "ended").exists() and time.monotonic() < until_s:
            cockpit.watch(0.2)
        cockpit.leave(_CLOSE_S)


def _read_plainly(seconds: float, read: Callable[[int, float, Path], _Notes]) -> LoadFigures:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(seconds + SETTLE_S, folder) as port:
            noted, cpu = read(port, seconds + SETTLE_S, folder)
        return figures_of(np.load(folder / _SENT), np.array(noted, np.int64), np.array(cpu))


def _floored(port: int, seconds: float, _folder: Path) -> _Notes:
    import databento

    rtypes = {int(databento.RType.from_schema(databento.Schema.from_str(schema))) for schema in SCHEMAS}
    noted = read_barely(port, _DATASET, SCHEMAS, rtypes, records_until(seconds) - _UNTIL_END)
    return noted, [spent(noted[-1][0])]


def _iterated(port: int, seconds: float, _folder: Path) -> _Notes:
    import databento

    data = frozenset(databento.RType.from_schema(databento.Schema.from_str(schema)) for schema in SCHEMAS)
    client = databento.Live(key=DEMO_KEY, gateway=HOST, port=port, ts_out=True, slow_reader_behavior="warn")
    for schema in SCHEMAS:
        client.subscribe(_DATASET, schema, "ALL_SYMBOLS")
    noted: list[tuple[int, int]] = []
    cpu: list[Spent] = []
    left = records_until(seconds) - _UNTIL_END
    taken = 0
    for record in client:
        if record.rtype in data:
            taken += 1
            if not taken % _NOTED_EACH:
                noted.append((taken, time.time_ns()))
                if taken >= left:
                    break
            if not taken % (_NOTED_EACH * CPU_NOTED_EACH):
                cpu.append(spent(taken))
    cpu.append(spent(taken))
    client.terminate()
    return noted, cpu


def _journalled(port: int, seconds: float, folder: Path) -> _Notes:
    plan = LinePlan(_DATASET, ("depth",), tuple(Subscription(schema, ("ALL_SYMBOLS",)) for schema in SCHEMAS))
    feed = DatabentoFeed(plan, Address(DEMO_KEY, HOST, port), SystemClock(), Limits().scaled(10), breath_s=UNWATCHED_S)
    inlet = JournalInlet(JournalWriter(folder / "journal", "bench", segment_bytes=2**40))
    bell = Bell()
    noted: list[tuple[int, int]] = []
    cpu: list[Spent] = []
    left = records_until(seconds) - _UNTIL_END
    taken = 0
    feed.open(bell)
    while taken < left and not feed.is_over:
        bell.wait(QUIET_S)
        # as a live source does where nothing is computed: what comes together is one batch
        time.sleep(UNWATCHED_S)
        for arrival in feed.poll():
            inlet.on_frame(arrival.frame, arrival.flags)
            if isinstance(arrival.frame, RecordsFrame):
                taken += sum(len(rows) for kind, rows in arrival.frame.batch.arrays.items() if kind in DATA_KINDS)
                noted.append((taken, time.time_ns()))
                if not len(noted) % CPU_NOTED_EACH:
                    cpu.append(spent(taken))
    cpu.append(spent(taken))
    feed.close()
    return noted, cpu


@contextmanager
def served(seconds: float, folder: Path) -> Iterator[int]:
    """A busy market from a gateway in a process of its own: its port. What it sent is in the folder afterwards."""
    command = [sys.executable, "-m", "spymaster.bench.live.load", str(seconds), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield port
            process.communicate("enough\n", timeout=_PATIENCE_S)
        finally:
            process.kill()


def _serve(seconds: float, folder: Path) -> None:
    reel = BusyReel(bundled_recording(), seconds)
    with DatabentoGateway([reel], speed=1.0, slow_after_s=_PATIENCE_S, keeps_writes=True) as gateway:
        print(gateway.port, flush=True)
        sys.stdin.readline()
        writes = [row for connection in gateway.connections for row in connection.writes]
        np.save(folder / _SENT, np.array(writes, np.int64).reshape(-1, 2))


if __name__ == "__main__":
    _serve(float(sys.argv[1]), Path(sys.argv[2]))
