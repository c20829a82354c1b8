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
from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import load_manifest
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.replay_source import ReplaySource
from spymaster.sim.exposure import TrueExposure
from spymaster.sim.fuel_agreement import SAID_FUEL, Rows, compare, report, report_text


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
    if truth.on_share != bool(plan.profile.underlying_symbol):
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
    return manifest.name, not truth.on_share, said, compare(truth, said, plan.profile.fuel_strike_range)


class FuelSink:
    """Keeps what the engine says of the fuel each whole second, at spot and at the levels inside the band."""

    def __init__(self) -> None:
        self.points = 0
        self.last_snap_ns = 0
        self._said = [np.zeros(0, SAID_FUEL)]

    def take(self, block: SnapBlock) -> None:
        """Copy the exposures of a block."""
        for k, snap in enumerate(block.snaps):
            self.last_snap_ns = int(snap["t_ns"])
            options = snap["options"]
            if self.last_snap_ns % NS_PER_S or np.isnan(options["hedge"]):
                continue
            levels = block.rows[k, : snap["levels"]]
            levels = levels[(levels["in_band"] > 0.0) & ~np.isnan(levels["hedge"])]
            out = np.zeros(1 + len(levels), SAID_FUEL)
            out["t_ns"], out["sigma_1m"] = self.last_snap_ns, snap["sigma_1m"]
            out["at_spot"][0] = 1
            for name, of_snap, of_level in (
                ("price", "forward", "price"),
                ("hedge", "hedge", "hedge"),
                ("low", "hedge_low", "hedge_low"),
                ("high", "hedge_high", "hedge_high"),
                ("effect", "effect", "fuel_effect"),
            ):
                out[name][0] = options[of_snap]
                out[name][1:] = levels[of_level]
            self._said.append(out)
            self.points += len(out)

    def said(self) -> Rows:
        """``SAID_FUEL`` rows."""
        return np.concatenate(self._said)
