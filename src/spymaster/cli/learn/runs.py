"""Worlds simulated, lived by an engine, and forgotten again but for their rows; several at once where asked."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from spymaster.cli.request import Request, prepare
from spymaster.evaluate.worlds.world_recording import write_world
from spymaster.learn.break_rows import BreakRows, BreakRowSink, MidSink
from spymaster.learn.world_sessions import WorldSession
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.sources.forms import open_source

_SNAPS_PER_BLOCK: Final = 64


def rows_of(recording: Path, config: Path | None) -> BreakRows:
    """The rows of a recording, and what came of them. Raises UserError."""
    prepared = prepare(Request(sources=(recording,), config=config, profile=None, symbol=None))
    mids, sink = MidSink(), BreakRowSink()
    engine = Engine(snaps_per_block=_SNAPS_PER_BLOCK)
    drive(open_source(prepared.plan), engine, [sink], tap=mids, at_change=sink.at_change)
    return sink.rows(mids)


def rows_of_world(session: WorldSession, config: Path | None) -> BreakRows:
    """The rows of a world that is simulated for it in a temporary folder. Raises UserError."""
    with tempfile.TemporaryDirectory(prefix="spymaster-learn-") as folder:
        recording = Path(folder) / session.name
        write_world(recording, session.market, session.seed, session.minutes)
        return rows_of(recording, config)


def rows_of_all(sessions: Sequence[WorldSession], config: Path | None, jobs: int) -> Iterator[BreakRows]:
    """The rows of each world, in their order, however many processes work at them."""
    for number, rows in enumerate(_each(sessions, config, jobs), 1):
        print(f"{number} of {len(sessions)}: {sessions[number - 1].name}, {len(rows):,} rows", file=sys.stderr)
        yield rows


def _each(sessions: Sequence[WorldSession], config: Path | None, jobs: int) -> Iterator[BreakRows]:
    if jobs == 1:
        yield from (rows_of_world(session, config) for session in sessions)
        return
    # a fork would take threads of the libraries along that are not there any more
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))
    try:
        yield from pool.map(rows_of_world, sessions, [config] * len(sessions))
    finally:
        pool.shutdown(cancel_futures=True)
