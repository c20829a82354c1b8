"""``evaluate states``: do the engine's barrier states agree with what the simulator knows?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from spymaster.cli.request import Prepared, Request, prepare
from spymaster.evaluate.agreement import Evidence, pool, score_agreement
from spymaster.evaluate.agreement_report import report_text, states_report
from spymaster.evaluate.agreement_truth import future_per_equity, load_truth
from spymaster.evaluate.sinks import LevelSink
from spymaster.evaluate.what_ifs import rates_by_fuel, rates_text
from spymaster.market.manifest import load_manifest
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_source
from spymaster.sim.instrument import TICK_E9


def run_states(recordings: Sequence[Path], config: Path | None, as_json: bool) -> None:
    """Run the engine over simulated recordings and print how its states agree with their truth, all taken together."""
    report = states_report(pool([_of_recording(folder, config) for folder in recordings]))
    rates = rates_by_fuel([(load_manifest(folder), _prepared(folder, config).plan) for folder in recordings])
    if as_json:
        whole = msgspec.to_builtins(report) | {"raised_per_hour_by_fuel": rates}
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(report_text(report))
        print()
        print(rates_text(rates))


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
