"""``dataset``: the rows that a day gives to learn from, as a data set has them (docs/dataset.md)."""

from __future__ import annotations

import shutil
from pathlib import Path

from spymaster.learn.dataset.code_version import code_sha256
from spymaster.learn.dataset.inputs import RunRequest
from spymaster.learn.dataset.run_build import BUILDING, Settings, build_run
from spymaster.research import day as days
from spymaster.research.steps.step import Made


def write_rows(day: days.Day, settings: days.Settings, folder: Path) -> Made:
    """Write a day's rows. The source that each names is its date and what it is, wherever it lay and whatever it was
    called there.

    Raises SourceError, JournalError or LakeError, and OSError where the disk refuses.
    """
    request = RunRequest(str(day.date), days.plan_for(day, settings), day.simulated, day.run)
    (folder / BUILDING).mkdir()
    record = build_run(request, folder, Settings(code_sha256()))
    # what a build would go on from says how long it took
    shutil.rmtree(folder / BUILDING)
    facts = {
        "schema": record.schema,
        "attempts": sum(part.attempts for part in record.parts),
        "excluded": dict(sorted(record.excluded.items())),
        "problems": [days.without_place(line, day) for line in record.problems],
    }
    return Made({part.path: part.rows for part in record.parts}, facts)
