"""Letting go of what is old. Only sealed runs go, the oldest first; what is not sealed is never touched."""

from __future__ import annotations

from typing import Final

import msgspec

from spymaster.lake.catalog import SILVER, Lake, LakeRun, date_of_file
from spymaster.lake.run_manifest import moment_of
from spymaster.lake.storage.files import Storage
from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import RunStatus

_DAY_NS: Final = 86_400 * NS_PER_S


class Pruned(msgspec.Struct, frozen=True):
    """What was let go: runs by id, how many files, how many bytes."""

    runs: tuple[str, ...]
    files: int
    bytes: int


def prune(lake: Lake, now_ns: int, *, keep_days: int = 0, max_bytes: int = 0) -> Pruned:
    """Remove sealed runs that ended more than ``keep_days`` ago, then the oldest until all fit into ``max_bytes``.

    0 means no limit. Silver of days before the limit goes too. The manifest goes last, so that an interrupted removal
    is finished by the next. Raises OSError.
    """
    storage = lake.storage
    sealed = [run for run in lake.runs if run.run.status is RunStatus.SEALED and run.manifest.run is not None]
    limit_ns = now_ns - keep_days * _DAY_NS
    old = [run for run in sealed if keep_days and run.manifest.end_ns < limit_ns]
    files, freed = 0, 0
    if keep_days:
        before = moment_of(limit_ns).date().isoformat()
        for name in storage.names(SILVER):
            if (date_of_file(name) or before) < before:
                files, freed = files + 1, freed + storage.size(name)
                storage.remove(name)
    held = sum(file.bytes for run in lake.runs for file in run.manifest.files)
    held += sum(storage.size(name) for name in storage.names(SILVER)) - sum(_bytes(run) for run in old)
    for run in (run for run in sealed if run not in old):
        if not max_bytes or held <= max_bytes:
            break
        old.append(run)
        held -= _bytes(run)
    for run in old:
        _remove(storage, run)
        files, freed = files + len(run.manifest.files), freed + _bytes(run)
    return Pruned(tuple(run.run.id for run in old), files, freed)


def _bytes(run: LakeRun) -> int:
    return sum(file.bytes for file in run.manifest.files)


def _remove(storage: Storage, run: LakeRun) -> None:
    for file in run.manifest.files:
        storage.remove(file.path)
    storage.remove(run.name)
