"""``evaluate signals`` over sources without a truth: journals, lakes, files of the vendor."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.record.day_record import DayRecord, merged
from spymaster.evaluate.record.judge_run import judge_run
from spymaster.evaluate.record.record_report import RecordReport, record_report
from spymaster.evaluate.record.run_sink import RunSink
from spymaster.market.kinds import NS_PER_S
from spymaster.market.params import PARAMS
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_runs
from spymaster.session.sources.recorded import RecordedSource
from spymaster.sim.market.latent import BUCKET_NS

_SNAPS_PER_BLOCK: Final = 64


def report_of_sources(sources: Sequence[Path], config: Path | None) -> RecordReport:
    """What every run of the sources showed, by session date. Files are one source together. Raises UserError."""
    folders = [(source,) for source in sources if source.is_dir()]
    files = tuple(source for source in sources if not source.is_dir())
    days: list[DayRecord] = []
    for source in [*folders, *([files] if files else [])]:
        prepared = prepare(Request(sources=source, config=config, profile=None, symbol=None))
        for name, run in open_runs(prepared.plan):
            days += _judged(name, run, prepared.simulated)
    try:
        days = merged(days)
    except ValueError as error:
        problem = f"of session date {error} there are two runs of the same time"
        raise UserError("evaluate signals", problem, "leave one of them out", code=ExitCode.DATA) from None
    if not any(day.hours for day in days):
        raise UserError(str(sources[0]), "holds no five minutes of price without a hole", "name a longer recording")
    return record_report(days)


def _judged(name: str, source: RecordedSource, simulated: bool) -> list[DayRecord]:
    frame = source.config_frame()
    params = np.frombuffer(frame.params, PARAMS)[0]
    if int(params["snap_interval_ns"]) != BUCKET_NS:
        remedy = "evaluate it with snap_ms = 250"
        raise UserError(name, "has snaps of another interval than a quarter of a second", remedy, code=ExitCode.USAGE)
    sink = RunSink(frame.instrument.tick_e9, int(params["sweep_min_levels"]))
    progress = Progress(sys.stderr, f"evaluate {name}")
    span_ns = max(source.last_ns - source.first_ns, 1)

    def after_frame(engine: Engine) -> None:
        sink.after_frame(engine)
        reached_ns = int(engine.state["clock"][0]["next_snap_ns"])
        progress.show((reached_ns - source.first_ns) / span_ns, f"{(reached_ns - source.first_ns) // NS_PER_S} s")

    try:
        drive(
            source, Engine(snaps_per_block=_SNAPS_PER_BLOCK), [sink], after_frame=after_frame, at_change=sink.at_change
        )
    finally:
        progress.close()
    for line in source.problems:
        print(f"warning: {line}", file=sys.stderr)
    if sink.unseen_orders:
        print(f"warning: {name}: {sink.unseen_orders:,} orders came too fast to be looked at", file=sys.stderr)
    if sink.dropped_levels:
        print(f"warning: {name}: {sink.dropped_levels:,} times a level found no room to be followed", file=sys.stderr)
    return judge_run(sink.run(), simulated=simulated)


def print_report(report: RecordReport, as_json: bool) -> None:
    """On standard output."""
    from spymaster.evaluate.record.record_report import record_text

    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(record_text(report))
