"""``evaluate states``: do the engine's barrier states agree with what the simulator knows?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from spymaster.cli.request import Prepared, Request, prepare
from spymaster.evaluate.agreement import Evidence, pool, score_agreement
from spymaster.evaluate.agreement_report import StatesReport, states_report
from spymaster.evaluate.agreement_truth import future_per_equity, load_truth
from spymaster.evaluate.sinks import LevelSink
from spymaster.evaluate.what_ifs import Rates, rates_by_fuel
from spymaster.market.manifest import load_manifest
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_source
from spymaster.sim.instrument import TICK_E9


def states_of_recordings(recordings: Sequence[Path], config: Path | None) -> tuple[StatesReport, Rates]:
    """All recordings taken together, at the snaps at which the engine judges the planted side, by the tree's truth."""
    report = states_report(pool([_of_recording(folder, config) for folder in recordings]))
    return report, rates_by_fuel([(load_manifest(folder), _prepared(folder, config).plan) for folder in recordings])


def _of_recording(folder: Path, config: Path | None) -> Evidence:
    manifest = load_manifest(folder)
    truth = load_truth(folder, manifest.start_ns, manifest.end_ns)
    prepared = _prepared(folder, config)
    ratio = future_per_equity(folder, prepared.plan.profile.name)
    sink = _watch(prepared, manifest.name, manifest.end_ns - manifest.start_ns, ratio)
    return score_agreement(truth, sink.said(), sink.raised())


def _prepared(folder: Path, config: Path | None) -> Prepared:
    return prepare(Request(sources=(folder,), config=config, profile=None, symbol=None))


def _watch(prepared: Prepared, name: str, length_ns: int, ratio: float) -> LevelSink:
    plan = prepared.plan
    # a level's dollars are rounded to the cent, which is less than half a tick of the future
    sink = LevelSink([round(level.price_e9 * ratio / TICK_E9) * TICK_E9 for level in plan.user_levels])
    source = open_source(plan)
    progress = Progress(sys.stderr, name)

    def show(_: Engine) -> None:
        progress.show((sink.last_snap_ns - source.first_ns) / max(length_ns, 1), f"{sink.snaps} snaps")

    try:
        drive(source, Engine(), [sink], after_frame=show)
    finally:
        progress.close()
    return sink
