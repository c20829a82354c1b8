"""``evaluate facts``: does the simulated market behave like a market?"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spymaster.sim.facts_report import Column

_REAL: Final = Path("es", "esh4-20231225-2300-2330.mbp-10.dbn.zst")
_DATA_VARIABLE: Final = "SPYMASTER_DATA"
_JUDGED: Final = ("midday", "open")


def run_facts(recordings: tuple[Path, ...], minutes: float, seeds: int) -> bool:
    """Print the facts of recordings, or of fresh sessions at midday and at the opening; True when all are in bounds.

    The real half hour's facts stand beside them where its file is at hand; it is read and not kept.
    """
    from spymaster.sim.facts_report import outside, table

    columns = [_of_recording(path) for path in recordings] or [_simulated(name, minutes, seeds) for name in _JUDGED]
    real = Path(os.environ.get(_DATA_VARIABLE, "")) / _REAL
    judged = [found for found in columns if found.judged]
    if os.environ.get(_DATA_VARIABLE) and real.is_file():
        columns.append(_of_files("real half hour", [real]))
    print(table(columns))
    return not any(outside(found) for found in judged)


def _simulated(intensity: str, minutes: float, seeds: int) -> Column:
    """Facts over several sessions without planted levels."""
    from spymaster.sim.facts import measure
    from spymaster.sim.facts_report import column
    from spymaster.sim.market_recording import default_settings
    from spymaster.sim.simulation import simulate

    samples = []
    for seed in range(1, seeds + 1):
        print(f"{intensity}: session {seed} of {seeds}", file=sys.stderr)
        samples.append(measure(simulate(default_settings(seed, "none", intensity), minutes).records))
    return column(f"{intensity} x{seeds}", samples, intensity)


def _of_recording(folder: Path) -> Column:
    from spymaster.market.manifest import load_manifest

    manifest = load_manifest(folder)
    return _of_files(manifest.name, [folder / f.path for f in manifest.files if ".mbp-10." in f.path])


def _of_files(title: str, paths: list[Path]) -> Column:
    from spymaster.sim.facts import measure
    from spymaster.sim.facts_report import column

    return column(title, [measure(read_words(paths))])


def read_words(paths: list[Path]) -> NDArray[np.int64]:
    """The MBP-10 records of files, one after the other: int64[n, 46]. Raises SourceError."""
    import numpy as np

    from spymaster.feeds.dbn_files import DbnFile
    from spymaster.market.kinds import Kind

    chunks = [batch.arrays[Kind.MBP10].copy() for path in paths for batch in DbnFile.open(path).chunks()]
    return np.concatenate(chunks)
