"""``evaluate facts``: does the simulated market behave like a market?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from spymaster.evaluate.facts.facts_report import outside, table
from spymaster.evaluate.facts.markets import file_facts, recording_facts, simulated_facts

_REAL: Final = Path("es", "esh4-20231225-2300-2330.mbp-10.dbn.zst")
_DATA_VARIABLE: Final = "SPYMASTER_DATA"
_JUDGED: Final = ("midday", "open")


def run_facts(recordings: tuple[Path, ...], minutes: float, seeds: int) -> bool:
    """Print the facts of recordings, or of fresh sessions at midday and at the opening; True when all are in bounds.

    The real half hour's facts stand beside them where its file is at hand; it is read and not kept.
    """
    columns = [recording_facts(path) for path in recordings] or [
        simulated_facts(name, minutes, seeds) for name in _JUDGED
    ]
    real = Path(os.environ.get(_DATA_VARIABLE, "")) / _REAL
    judged = [found for found in columns if found.judged]
    if os.environ.get(_DATA_VARIABLE) and real.is_file():
        columns.append(file_facts("real half hour", [real]))
    print(table(columns))
    return not any(outside(found) for found in judged)
