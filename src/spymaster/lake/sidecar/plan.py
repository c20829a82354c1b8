"""What a sidecar is told: a file beside the journal, so that any later process can go on with it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from spymaster.errors import ExitCode
from spymaster.journal.errors import JournalError
from spymaster.journal.files import OsFiles, replace_file
from spymaster.lake.run_manifest import RunInfo

PLAN_NAME: Final = "sidecar.plan.json"


class SidecarPlan(msgspec.Struct, frozen=True):
    """``root``: the lake to write to, a folder or a bucket; empty for the folder that the journal's own is in, so that
    a recording can be moved. ``delete_segments``: whether journal segments go once they are durable there."""

    root: str
    run: RunInfo
    delete_segments: bool = False

    def root_of(self, journal: Path) -> str:
        """The lake of a journal in this folder."""
        return self.root or str(journal.absolute().parent)


def write_plan(journal: Path, plan: SidecarPlan) -> None:
    """Put the plan beside the journal. Raises OSError."""
    replace_file(OsFiles(), journal / PLAN_NAME, msgspec.json.encode(plan))


def read_plan(journal: Path) -> SidecarPlan:
    """The plan of a journal. Raises JournalError where there is none."""
    path = journal / PLAN_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=SidecarPlan)
    except FileNotFoundError:
        remedy = "name a folder that was given to record"
        raise JournalError(journal.parent, "no recording was begun in it", remedy, code=ExitCode.DATA) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise JournalError(path, f"cannot be used ({error})", "name the journal folder of a recording") from None
