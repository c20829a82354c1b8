"""Markets whose stylised facts are measured: fresh sessions, recordings, files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.facts.facts_report import Column, column
from spymaster.evaluate.facts.measures import measure
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.kinds import Kind
from spymaster.market.manifest import load_manifest
from spymaster.sim.market.simulation import simulate
from spymaster.sim.recording.session import default_settings


def simulated_facts(intensity: str, minutes: float, seeds: int) -> Column:
    """Facts over several sessions without planted levels."""
    samples = []
    for seed in range(1, seeds + 1):
        print(f"{intensity}: session {seed} of {seeds}", file=sys.stderr)
        samples.append(measure(simulate(default_settings(seed, "none", intensity), minutes).records))
    return column(f"{intensity} x{seeds}", samples, intensity)


def recording_facts(folder: Path) -> Column:
    """Facts of a recording's depth. Raises ManifestError and SourceError."""
    manifest = load_manifest(folder)
    return file_facts(manifest.name, [folder / f.path for f in manifest.files if ".mbp-10." in f.path])


def file_facts(title: str, paths: list[Path]) -> Column:
    """Facts of depth files, one after the other. Raises SourceError."""
    return column(title, [measure(read_records(paths))])


def read_records(paths: list[Path]) -> NDArray[np.int64]:
    """The MBP-10 records of files, one after the other: int64[n, 46]. Raises SourceError."""
    chunks = [batch.arrays[Kind.MBP10].copy() for path in paths for batch in DbnFile.open(path).chunks()]
    return np.concatenate(chunks)
