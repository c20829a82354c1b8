"""What ``bench`` measures of the journal: appending against plain writing, memory over a long run, kills survived."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from spymaster.bench.crash_children import RUN, frame
from spymaster.bench.crash_matrix import CrashMatrix
from spymaster.journal.format import segment_path
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.reader import JournalReader
from spymaster.journal.writer import JournalWriter
from spymaster.lake.sidecar.recorder import LakeRecorder
from spymaster.lake.storage.files import LocalStorage
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import W_TS_EVENT, W_TS_RECV
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.session.headless import peak_rss_bytes

CHUNK: Final = 2048
MEMORY_RECORDS: Final = 20_000_000
CRASH_KILLS: Final = 1000
_SIDECAR_SHARE: Final = 0.2
_RECORDS_PER_S: Final = 1000.0
_WARM_RECORDS: Final = 2_000_000


class JournalPace(msgspec.Struct, frozen=True):
    """One round: appending, and plainly writing the same bytes, each to the disk in the end. Seconds; bytes."""

    append_s: float
    plain_s: float
    size: int


class MemoryUse(msgspec.Struct, frozen=True):
    """The most memory held after the first records and at the end, bytes."""

    early: int
    late: int


def journal_pace(records: Records) -> JournalPace:
    """Append depth records in batches, then write the bytes of that very journal in pieces of the same size."""
    batches = [RecordsFrame(Batch.of(Kind.MBP10, records[at : at + CHUNK])) for at in range(0, len(records), CHUNK)]
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder)
        writer = JournalWriter(journal, "bench", segment_bytes=2**40)
        inlet = JournalInlet(writer)
        started = time.perf_counter()
        for batch in batches:
            inlet.on_frame(batch)
        writer.sync()
        append_s = time.perf_counter() - started
        writer.close()
        data = segment_path(journal, 1).read_bytes()
        piece = len(data) // len(batches) + 1
        with (journal / "plain").open("wb", buffering=0) as file:
            started = time.perf_counter()
            for at in range(0, len(data), piece):
                file.write(memoryview(data)[at : at + piece])
            os.fsync(file.fileno())
            plain_s = time.perf_counter() - started
    return JournalPace(append_s, plain_s, len(data))


def memory_use(records: int = MEMORY_RECORDS) -> MemoryUse:
    """Write, read back and bring into a lake so many records, in a process of its own."""
    command = [sys.executable, "-m", "spymaster.bench.journal", str(records)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=MemoryUse)


def survived_kills(kills: int = CRASH_KILLS) -> int:
    """Kill writers and sidecars; how many were. Raises CrashFault when one left something wrong behind."""
    sidecars = int(kills * _SIDECAR_SHARE)
    with contextlib.closing(CrashMatrix(seed=time.time_ns())) as matrix:
        return matrix.kill_writers(kills - sidecars).kills + matrix.kill_sidecars(sidecars).kills


def _write_read_record(records: int) -> MemoryUse:
    """The whole way of so many depth records; segments go as they are read, so that the disk holds little."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        writer = JournalWriter(journal, RUN.id, segment_bytes=64 * 2**20)
        inlet = JournalInlet(writer)
        recorder = LakeRecorder(LocalStorage(Path(folder) / "lake"), RUN)
        inlet.on_frame(frame(0))
        reader = JournalReader(journal)
        words = np.zeros((CHUNK, 46), np.int64)
        at_ns = RUN.started_ns
        early = written = 0
        while written < records:
            words[:, W_TS_EVENT] = at_ns + np.arange(CHUNK) * int(NS_PER_S / _RECORDS_PER_S)
            words[:, W_TS_RECV] = words[:, W_TS_EVENT]
            at_ns = int(words[-1, W_TS_EVENT])
            inlet.on_frame(RecordsFrame(Batch.of(Kind.MBP10, words)))
            written += CHUNK
            before = reader.position.segment
            for stored in reader.frames():
                recorder.on_frame(stored)
            if reader.position.segment > before:
                segment_path(journal, before).unlink()
            early = peak_rss_bytes() if written <= _WARM_RECORDS else early
        recorder.seal()
        reader.close()
        writer.close()
    return MemoryUse(early, peak_rss_bytes())


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_write_read_record(int(sys.argv[1]))))
