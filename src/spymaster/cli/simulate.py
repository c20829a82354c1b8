"""``simulate``: a recording out of nothing, marked as simulated."""

from __future__ import annotations

import sys
from pathlib import Path


def run_simulate(out: Path, seed: int, minutes: float) -> None:
    """Write a recording folder."""
    from spymaster.sim.recording import write_plain_recording

    manifest = write_plain_recording(out, seed, minutes)
    print(f"{manifest.records:,} SIMULATED records in {out}", file=sys.stderr)
