"""``rebuild-gold``: a run's Gold computed anew from its Bronze, and whether it is what was recorded."""

from __future__ import annotations

from pathlib import Path

from spymaster.lake.catalog import Lake
from spymaster.lake.gold.rebuild import rebuild_gold
from spymaster.lake.storage.files import LocalStorage
from spymaster.research.day import Day, Settings, plan_for
from spymaster.research.steps.step import Made
from spymaster.session.sources.recorded_order import reconfigured


def write_gold(day: Day, settings: Settings, folder: Path) -> Made:
    """Write the Gold of a day's run, under its own configuration or another. The lake stays as it is.

    Raises LakeError, and OSError where the disk refuses.
    """
    lake = Lake(LocalStorage(day.root))
    plan = plan_for(day, settings)
    rebuilt = rebuild_gold(
        lake.storage,
        lake.run(day.run),
        LocalStorage(folder),
        configure=lambda frame: frame if settings.as_recorded else reconfigured(frame, plan),
    )
    facts = {"changed": list(rebuilt.changed)}
    return Made({file.path: file.records for file in rebuilt.files}, facts)
