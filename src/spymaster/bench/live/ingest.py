"""What ``bench`` measures of live ingest: CPU from the socket to the journalled batch, against the vendor's iterator.

Both read the same bytes from the same loopback gateway, which runs in a process of its own; CPU is that of all threads
of the reading process, so that a hand-over between threads costs what it costs.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.plan import Address, LinePlan, Subscription
from spymaster.feeds.live.supervision import Bell, Limits, SystemClock
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.loopback.databento.gateway import DEMO_KEY, HOST, DatabentoGateway
from spymaster.loopback.databento.reel import reels_of
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import Kind

MOST_RECORDS: Final = 400_000
_DATASET: Final = "GLBX.MDP3"


class LivePace(msgspec.Struct, frozen=True):
    """One round, CPU in microseconds a record: the vendor's iterator, and ours to the journal."""

    iterator_us: float
    ours_us: float


def live_pace(path: Path, records: int) -> LivePace:
    """Read so many depth records of a file live, once each way."""
    records = min(records, MOST_RECORDS)
    with _served(path) as (port, symbol):
        iterator_us = _iterated(port, symbol, records)
    with _served(path) as (port, symbol):
        ours_us = _journalled(port, symbol, records)
    return LivePace(iterator_us, ours_us)


def _iterated(port: int, symbol: str, records: int) -> float:
    """``for record in live``, doing nothing with the record."""
    import databento

    client = databento.Live(key=DEMO_KEY, gateway=HOST, port=port, ts_out=True, slow_reader_behavior="warn")
    client.subscribe(_DATASET, "mbp-10", symbol)
    left = records
    started = time.process_time()
    for _record in client:
        left -= 1
        if not left:
            break
    used = time.process_time() - started
    client.terminate()
    return used / records * 1e6


def _journalled(port: int, symbol: str, records: int) -> float:
    """This program's way, without engine and screen."""
    plan = LinePlan(_DATASET, ("depth",), (Subscription("mbp-10", (symbol,)),))
    feed = DatabentoFeed(plan, Address(DEMO_KEY, HOST, port), SystemClock(), Limits().scaled(10))
    with tempfile.TemporaryDirectory() as folder:
        writer = JournalWriter(Path(folder) / "journal", "bench", segment_bytes=2**40)
        inlet = JournalInlet(writer)
        bell = Bell()
        # the vendor's package is imported before the time counts, as it is for its own iterator
        import databento.live.protocol  # noqa: F401

        started = time.process_time()
        feed.open(bell)
        left = records
        while left > 0 and not feed.is_over:
            bell.wait(0.05)
            for arrival in feed.poll():
                inlet.on_frame(arrival.frame, arrival.flags)
                if isinstance(arrival.frame, RecordsFrame):
                    left -= len(arrival.frame.batch.arrays.get(Kind.MBP10, ()))
        used = time.process_time() - started
        feed.close()
        writer.close()
    return used / records * 1e6


@contextmanager
def _served(path: Path) -> Iterator[tuple[int, str]]:
    """A gateway in a process of its own that plays the file as fast as it is read: its port and the file's symbol."""
    command = [sys.executable, "-m", "spymaster.bench.live.ingest", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, symbol = process.stdout.readline().split()
        try:
            yield int(port), symbol
        finally:
            process.kill()


def _serve(path: Path) -> None:
    """Serve until the process that asked for it goes."""
    (reel,) = reels_of([path])
    with DatabentoGateway([reel], speed=math.inf, slow_after_s=60.0) as gateway:
        print(gateway.port, next(iter(reel.symbols.values())), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
