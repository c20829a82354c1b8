"""The processes that a crash matrix kills. They compile nothing and are forked from one that has everything loaded.

Run as a module: one job a line on stdin, one line on stdout when its process is dead.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from spymaster.bench.crash_seams import Fuse, KillingFiles, KillingStorage, Moment
from spymaster.config.loader import load_config
from spymaster.config.params import build_params
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.reader import JournalReader
from spymaster.journal.writer import JournalWriter
from spymaster.lake.run_manifest import RunInfo
from spymaster.lake.sidecar.process import Sidecar
from spymaster.lake.sidecar.recorder import LakeRecorder
from spymaster.market.batches import Batch
from spymaster.market.dtypes import empty
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, TapeFrom, WatermarkFrame
from spymaster.market.instruments import Instrument, TickSource
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.sessions import SESSION

FRAMES: Final = 100
"""Frames of a whole run, its end not counted."""

ACKS: Final = "acks"
"""File in the journal's folder whose length is how many frames the writer knows to be appended."""

_START_NS: Final = 1_704_465_000 * NS_PER_S
_BETWEEN_NS: Final = 110 * NS_PER_S
_SEGMENT_BYTES: Final = 4096

RUN: Final = RunInfo(
    id="crash",
    mode="simulated",
    profile="es",
    symbol="ESH4",
    underlying="ES",
    started_ns=_START_NS,
    code_version="0",
    config={},
    simulated=True,
)


class Job(msgspec.Struct, frozen=True):
    """What a process does until it is killed: ``write`` a journal, or ``follow`` one into a lake.

    ``fuse``: number of the call it dies in, negative for none; ``after_ms``: it is killed from outside then, 0 for not.
    """

    what: Literal["write", "follow"]
    journal: str
    lake: str
    fuse: int
    moment: Moment
    after_ms: float = 0.0


def frame(index: int) -> Frame:
    """The frame of that number in every run: trades, two minutes after the one before, or a watermark."""
    at_ns = _START_NS + index * _BETWEEN_NS
    if index == 0:
        session = np.zeros(1, SESSION)
        session["open_ns"], session["close_ns"] = _START_NS - NS_PER_S, _START_NS + 86_400 * NS_PER_S
        instrument = Instrument(1, 17, "ESH4", 250_000_000, 50, TickSource.PRODUCT_TABLE, "CME Globex Equity")
        params = build_params(load_config().profile("es")).tobytes()
        return ConfigFrame("es", params, instrument, TapeFrom.TRADES, (), session.tobytes())
    if index % 11 == 5:
        return WatermarkFrame(at_ns)
    trades = empty(Kind.TRADE, 1 + index % 5)
    trades["length"], trades["publisher_id"], trades["instrument_id"] = trades.dtype.itemsize // 4, 1, 17
    trades["ts_event"] = trades["ts_recv"] = at_ns + np.arange(len(trades))
    trades["price"] = (4800 + index % 40) * NS_PER_S
    trades["size"], trades["sequence"] = 1 + index % 7, index
    trades["action"], trades["side"] = b"T", b"A"
    return RecordsFrame(Batch.of(Kind.TRADE, trades))


def write_on(journal: Path, files: KillingFiles) -> None:
    """Go on with a journal where it ends, and close it after its last frame."""
    writer = JournalWriter(journal, RUN.id, clock_ns=_START_NS, segment_bytes=_SEGMENT_BYTES, files=files)
    inlet = JournalInlet(writer)
    held = sum(1 for _ in JournalReader(journal).frames())
    acks = os.open(journal / ACKS, os.O_WRONLY | os.O_CREAT)
    for index in range(held, FRAMES):
        inlet.on_frame(frame(index))
        os.ftruncate(acks, index + 1)
    writer.close()


def follow(journal: Path, lake: Path, fuse: Fuse) -> None:
    """Bring a journal into a lake."""
    Sidecar(
        journal, lambda: LakeRecorder(KillingStorage(lake, fuse), RUN), files=KillingFiles(fuse), poll_s=0.001
    ).run()


def _run(job: Job) -> None:
    fuse = Fuse(job.fuse, job.moment)
    if job.what == "write":
        write_on(Path(job.journal), KillingFiles(fuse))
    else:
        follow(Path(job.journal), Path(job.lake), fuse)


def _in_child(job: Job) -> int:
    """Fork, let the child do the job, kill it when its time is up; its wait status."""
    child = os.fork()
    if not child:
        code = 1
        try:
            _run(job)
            code = 0
        finally:
            os._exit(code)
    if job.after_ms:
        time.sleep(job.after_ms / 1000)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main() -> None:
    """Serve jobs until stdin ends."""
    for line in sys.stdin.buffer:
        status = _in_child(msgspec.json.decode(line, type=Job))
        print(status, flush=True)


if __name__ == "__main__":
    main()
