"""``evaluate fuel``: is dealers' exposure, read off public trades, what the simulated dealers really hold?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.fuel_agreement import Rows, compare, report, report_text
from spymaster.evaluate.sinks import FuelSink
from spymaster.market.manifest import load_manifest
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.sources.replay_source import ReplaySource
from spymaster.sim.options.exposure import TrueExposure


def run_fuel(recordings: Sequence[Path], config: Path | None, as_json: bool) -> None:
    """Run the engine over simulated recordings with options and print how its fuel agrees with their truth."""
    found = report([_of_recording(folder, config) for folder in recordings])
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(report_text(found))


def _of_recording(folder: Path, config: Path | None) -> tuple[str, bool, Rows, NDArray[np.float64]]:
    """(name, whether the feed gives sides, what the engine said, what is true)."""
    manifest = load_manifest(folder)
    truth = TrueExposure.of_recording(folder)
    plan = prepare(Request(sources=(folder,), config=config, profile=None, symbol=None)).plan
    if truth.on_equity != bool(plan.profile.underlying_symbol):
        problem = "its options are of the other profile"
        raise UserError(folder, problem, "simulate one of that profile with --options", code=ExitCode.USAGE)
    source = ReplaySource(plan)
    sink = FuelSink()
    length_ns = max(manifest.end_ns - manifest.start_ns, 1)
    progress = Progress(sys.stderr, manifest.name)
    try:
        drive(
            source,
            Engine(),
            [sink],
            after_frame=lambda _: progress.show(
                (sink.last_snap_ns - source.first_ns) / length_ns, f"{sink.points} points"
            ),
        )
    finally:
        progress.close()
    said = sink.said()
    return manifest.name, not truth.on_equity, said, compare(truth, said, plan.profile.fuel_strike_range)
