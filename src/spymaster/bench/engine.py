"""What ``bench`` measures. Each function does the work once and returns seconds (or what its name says)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import zstandard

from spymaster.config.loader import load_config
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, RecordsFrame
from spymaster.market.hours import HOURS
from spymaster.market.kinds import MBP10_WORDS, NS_PER_S, Kind
from spymaster.physics.engine import Engine
from spymaster.physics.row_hash import FIRST_DIGEST
from spymaster.session.headless import RunTotals, drive
from spymaster.session.levels.user import levels_from_flags
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource

BUFFER_BYTES: Final = 2048 * MBP10_WORDS * 8
LEVELS: Final = 40
QUIET_SNAPS: Final = 331_200
"""Snaps of a 23-hour session at 250 ms."""

_IN_MEMORY_RECORDS: Final = 200_000


def plan_for(path: Path, middle: float) -> ReplayPlan:
    """A replay with a level of one's own on each of 40 ticks, all inside the monitor band."""
    prices = [f"{middle + 0.25 * (k - LEVELS // 2):.2f}" for k in range(LEVELS)]
    return ReplayPlan((path,), load_config().profile("es"), user_levels=tuple(levels_from_flags(prices)))


def zstd_seconds(path: Path) -> float:
    """The floor: decompress the file into one reused buffer and do nothing with it."""
    buffer = bytearray(BUFFER_BYTES)
    started = time.perf_counter()
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as reader:
        while reader.readinto(buffer):
            pass
    return time.perf_counter() - started


def read_seconds(path: Path) -> float:
    """Read the file into batches."""
    started = time.perf_counter()
    for _ in DbnFile.open(path).chunks():
        pass
    return time.perf_counter() - started


def replay_seconds(plan: ReplayPlan) -> tuple[float, int]:
    """Replay the file without a screen, everything computed and hashed; returns seconds and snaps."""
    started = time.perf_counter()
    source = ReplaySource(plan)
    engine = Engine(digest=FIRST_DIGEST)
    totals = RunTotals(plan.profile.snap_ms * 1_000_000)
    drive(source, engine, [totals])
    return time.perf_counter() - started, totals.tally.snaps


class InMemory:
    """The beginning of the file in memory, for measuring kernels without reading."""

    def __init__(self, plan: ReplayPlan) -> None:
        source = ReplaySource(plan)
        frames = source.frames()
        first = next(frames)
        assert isinstance(first, ConfigFrame)
        self.config = first
        parts = []
        for frame in frames:
            if isinstance(frame, RecordsFrame) and Kind.MBP10 in frame.batch.arrays:
                parts.append(frame.batch.arrays[Kind.MBP10].copy())
            if sum(map(len, parts)) >= _IN_MEMORY_RECORDS:
                break
        source.close()
        self.records = np.concatenate(parts)

    def engine(self, *, with_levels: bool = True, keeps_rows: bool = False) -> Engine:
        """A configured engine, which hashes its rows unless it keeps them.

        Without levels it keeps book and ledger and takes empty snaps.
        """
        engine = Engine(digest=None if keeps_rows else FIRST_DIGEST)
        config = self.config
        if not with_levels:
            params = bytearray(config.params)
            kinds = np.frombuffer(params, np.int64)
            kinds[-1] = 0
            config = msgspec.structs.replace(config, params=bytes(params))
        for _ in engine.feed(config):
            pass
        return engine

    def run(self, engine: Engine) -> tuple[float, int]:
        """Feed everything; returns seconds and snaps."""
        snaps = 0
        started = time.perf_counter()
        for at in range(0, len(self.records), 4096):
            for block in engine.feed(RecordsFrame(Batch.of(Kind.MBP10, self.records[at : at + 4096]))):
                snaps += len(block.snaps)
        return time.perf_counter() - started, snaps


def ledger_ns_per_record(memory: InMemory) -> float:
    """Book and ledger alone, in memory."""
    seconds, _ = memory.run(memory.engine(with_levels=False))
    return seconds / len(memory.records) * 1e9


def snap_us(memory: InMemory) -> tuple[float, int]:
    """One snap of all levels while trading goes on, hashed, by the difference to the ledger alone; how many levels."""
    bare, _ = memory.run(memory.engine(with_levels=False))
    engine = memory.engine()
    full, snaps = memory.run(engine)
    levels = int(np.count_nonzero(engine.state["levels"]["at"][0]["active"]))
    return max(full - bare, 0.0) / max(snaps, 1) * 1e6, min(levels, 64)


def quiet_seconds(memory: InMemory) -> float:
    """A 23-hour session in which one record a minute comes after the first ones: all levels judged and hashed."""
    config = memory.config
    sessions = np.frombuffer(bytearray(config.sessions), np.int64).reshape(-1, 7)
    start = int(memory.records[0, 1])
    sessions = sessions[:1].copy()
    sessions[0, 1:3] = start - NS_PER_S, start + (QUIET_SNAPS + 8) * NS_PER_S // 4
    engine = Engine(digest=FIRST_DIGEST)
    hours = np.frombuffer(config.hours, HOURS)[:1].tobytes()
    for _ in engine.feed(msgspec.structs.replace(config, sessions=sessions.tobytes(), hours=hours)):
        pass
    for _ in engine.feed(RecordsFrame(Batch.of(Kind.MBP10, memory.records[:64]))):
        pass
    minutes = QUIET_SNAPS // (4 * 60)
    slow = np.repeat(memory.records[63:64], minutes, axis=0)
    slow[:, 1] = slow[:, 4] = start + np.arange(1, minutes + 1) * 60 * NS_PER_S
    quiet = RecordsFrame(Batch.of(Kind.MBP10, slow))
    started = time.perf_counter()
    for _ in engine.feed(quiet):
        pass
    return time.perf_counter() - started


def cold_compile_seconds() -> float:
    """Compile every kernel with nothing cached, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"SPYMASTER_KERNEL_CACHE": folder}
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "spymaster.session.warmup"], env=environment, check=True)
        return time.perf_counter() - started


def help_seconds() -> float:
    """``--help``, as a whole process."""
    command = [sys.executable, "-c", "from spymaster.cli.entry import main; main()", "--help"]
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
