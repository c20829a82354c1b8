"""What ``bench`` measures of a session that is served: how late others have its frames and its signals.

The session is a process of its own that replays the shipped recording at the market's pace and notes when each snap was
published; who looks is in this process. Both are on one machine and so on one clock.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.bench.served_session import NAME, NOTES, Where
from spymaster.bus.attach.nats_way import NatsWay
from spymaster.bus.attach.source import AttachSource
from spymaster.bus.attach.ways import SocketWay, Way
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.nats.embedded import embedded_server
from spymaster.errors import UserError
from spymaster.journal.mirror_plan import BusAddress

PREDECESSOR_MS: Final = 65.0
"""What the predecessor allowed itself from end to end."""
SETTLE_S: Final = 5.0
_WAY_S: Final = 10.0
_CLOSE_S: Final = 60.0
_SIGNALS: Final = re.compile(rb'^\{"subject":"levels\.signals","seq":(\d+),.*?"ts_event_ns":(\d+)', re.DOTALL)
_HEAD_BYTES: Final = 512
_REQUEST: Final = (
    b"GET /ws/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

Late = tuple[float, float]
"""Median and 99th percentile, ms."""


class AttachedFigures(msgspec.Struct, frozen=True):
    """From the publication of a snap to the frame with it: in the session's own process, over its socket, over NATS."""

    frames: int
    alone_ms: Late
    socket_ms: Late
    nats_ms: Late


class ClientFigures(msgspec.Struct, frozen=True):
    """Many readers of ``/ws/stream`` and one that never reads. ``behind``: readers that missed a snap or had one out of
    order; ``late_ms``: from the publication of a snap; ``grown_mb``: what the session held more at the end than with
    its readers just come, None where the system does not say."""

    clients: int
    snaps: int
    behind: int
    late_ms: Late
    grown_mb: float | None


def attached_figures(seconds: float) -> AttachedFigures:
    """Look at a session in three ways at once for so long. Raises UserError where there is no server to be had."""
    heard: dict[str, list[tuple[int, int]]] = {"socket": [], "nats": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
        url = stack.enter_context(embedded_server(folder / "nats", 0)).url
        where, process = stack.enter_context(_served(folder, 0, url))
        ways: dict[str, Callable[[], Way]] = {
            "socket": lambda: SocketWay(Path(where.socket), _WAY_S),
            "nats": lambda: NatsWay(lambda: Connection(BusAddress(url), (url,), Secrets(), name="bench"), NAME, _WAY_S),
        }
        for name, way in ways.items():
            screen = _screen(way, heard[name])
            screen.start()
            stack.callback(screen.stop)
        time.sleep(SETTLE_S + seconds)
        _end(process)
        with np.load(folder / NOTES) as notes:
            return attached_of(notes["snaps"], notes["frames"], heard["socket"], heard["nats"])


def attached_of(
    snaps: NDArray[np.int64],
    frames: NDArray[np.int64],
    socket: list[tuple[int, int]],
    nats: list[tuple[int, int]],
) -> AttachedFigures:
    """What the notes say. ``snaps``: (T, when); ``frames``: (number, T, when); of screens (number, when), all ns."""
    begun = {int(t_ns): int(when) for t_ns, when in snaps}
    settled = int(frames[0, 2]) + round(SETTLE_S * 1e9)
    counted = {int(number): begun[int(t)] for number, t, when in frames if int(t) in begun and when >= settled}
    alone = [(int(number), int(when)) for number, _, when in frames]
    late = [
        _late([when - counted[number] for number, when in seen if number in counted]) for seen in (alone, socket, nats)
    ]
    return AttachedFigures(len(counted), *late)


def client_figures(clients: int, seconds: float) -> ClientFigures:
    """So many readers at once for so long, and one that never reads."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
        where, process = stack.enter_context(_served(folder, clients + 1, ""))
        readers, before, after = asyncio.run(_read(where.port, clients, seconds, process.pid))
        _end(process)
        with np.load(folder / NOTES) as notes:
            return clients_of(notes["snaps"], readers, before, after)


def clients_of(
    snaps: NDArray[np.int64], readers: list[list[tuple[int, int]]], before: float | None, after: float | None
) -> ClientFigures:
    """What the notes say. ``snaps`` and each of ``readers``: (T, when), ns; ``before``, ``after``: MB of memory."""
    begun = {int(t_ns): int(when) for t_ns, when in snaps}
    order = sorted(begun)
    behind = 0
    for seen in readers:
        times = [t_ns for t_ns, _ in seen]
        wanted = order[order.index(times[0]) : order.index(times[-1]) + 1] if times else []
        behind += not times or times != wanted
    late = _late([when - begun[t_ns] for seen in readers for t_ns, when in seen[1:]])
    grown = None if before is None or after is None else after - before
    return ClientFigures(len(readers), max(map(len, readers), default=0), behind, late, grown)


class _Reader(asyncio.Protocol):
    """A WebSocket's client that looks at the beginning of each message alone: five hundred of them are one process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._held = bytearray()
        self._is_open = False
        self.seen: list[tuple[int, int]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(_REQUEST % self._port)

    def data_received(self, data: bytes) -> None:
        self._held += data
        if not self._is_open:
            head, found, rest = bytes(self._held).partition(b"\r\n\r\n")
            if not found:
                return
            self._is_open = b" 101 " in head.partition(b"\r\n")[0]
            self._held = bytearray(rest)
        while (start := _payload(self._held)) is not None:
            begins, size = start
            if len(self._held) < begins + size:
                return
            match = _SIGNALS.match(bytes(self._held[begins : begins + min(size, _HEAD_BYTES)]))
            if match is not None:
                self.seen.append((int(match[2]), time.time_ns()))
            del self._held[: begins + size]


def _payload(held: bytearray) -> tuple[int, int] | None:
    """Where the first frame's payload begins and how long it is; None while that is not known."""
    if len(held) < 2:
        return None
    size, begins = held[1] & 127, 2
    if size >= 126:
        begins = 4 if size == 126 else 10
        if len(held) < begins:
            return None
        size = int.from_bytes(held[2:begins], "big")
    return begins, size


async def _read(
    port: int, clients: int, seconds: float, pid: int
) -> tuple[list[list[tuple[int, int]]], float | None, float | None]:
    loop = asyncio.get_running_loop()
    _, frozen = await asyncio.open_connection("127.0.0.1", port)
    frozen.write(_REQUEST % port)
    frozen.transport.pause_reading()  # type: ignore[attr-defined]
    made = [await loop.create_connection(lambda: _Reader(port), "127.0.0.1", port) for _ in range(clients)]
    await asyncio.sleep(SETTLE_S)
    before = _memory_mb(pid)
    for _, reader in made:
        reader.seen.clear()
    await asyncio.sleep(seconds)
    after = _memory_mb(pid)
    for transport, _ in made:
        transport.close()
    frozen.close()
    return [reader.seen for _, reader in made], before, after


def _screen(way: Callable[[], Way], heard: list[tuple[int, int]]) -> AttachSource:
    def note() -> None:
        frame = screen.latest()
        if frame is not None:
            heard.append((frame.number, time.time_ns()))

    screen = AttachSource(way, news=note)
    return screen


def _late(values_ns: list[int]) -> Late:
    if not values_ns:
        return float("nan"), float("nan")
    values: NDArray[Any] = np.array(values_ns) / 1e6
    return float(np.percentile(values, 50)), float(np.percentile(values, 99))


def _memory_mb(pid: int) -> float | None:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * 4096 / 1e6


@contextmanager
def _served(folder: Path, clients: int, url: str) -> Iterator[tuple[Where, subprocess.Popen[bytes]]]:
    command = [
        sys.executable,
        "-m",
        "spymaster.bench.served_session",
        str(folder),
        str(clients),
        *([url] if url else []),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise UserError("bench", "the served session did not begin", "run it again alone")
        yield msgspec.json.decode(line, type=Where), process
    finally:
        process.kill()
        process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(_CLOSE_S)
