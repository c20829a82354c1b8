"""Sessions simulated, lived by an engine, and forgotten again but for their rows; several at once where asked."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Final

from spymaster.cli.market.simulate import run_simulate
from spymaster.cli.request import Request, prepare
from spymaster.learn.break_rows import BreakRows, BreakRowSink, MidSink
from spymaster.learn.sessions import SECOND, DrawnSession
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


def rows_of_drawn(session: DrawnSession, config: Path | None) -> BreakRows:
    """The rows of a session that is simulated for it in a temporary folder. Raises UserError."""
    with tempfile.TemporaryDirectory(prefix="spymaster-learn-") as folder:
        recording = Path(folder) / "session"
        is_second = session.market == SECOND
        with redirect_stderr(StringIO()):
            run_simulate(
                recording,
                seed=session.seed,
                minutes=session.minutes,
                market=SECOND if is_second else "orders",
                scenario=None,
                intensity=None if is_second else session.intensity,
                profile=session.profile,
                with_options=session.has_options,
                with_truth=False,
                oracle_moments=0,
            )
        return rows_of(recording, config)


def rows_of_all(sessions: Sequence[DrawnSession], config: Path | None, jobs: int) -> Iterator[BreakRows]:
    """The rows of each session, in their order, however many processes work at them."""
    for number, rows in enumerate(_each(sessions, config, jobs), 1):
        told = sessions[number - 1]
        print(f"{number} of {len(sessions)}: {told.market} {told.seed}, {len(rows):,} rows", file=sys.stderr)
        yield rows


def _each(sessions: Sequence[DrawnSession], config: Path | None, jobs: int) -> Iterator[BreakRows]:
    if jobs == 1:
        yield from (rows_of_drawn(session, config) for session in sessions)
        return
    # a fork would take threads of the libraries along that are not there any more
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))
    try:
        yield from pool.map(rows_of_drawn, sessions, [config] * len(sessions))
    finally:
        pool.shutdown(cancel_futures=True)
