"""Building a data set: many runs at once, resumed where it was stopped, the same bytes whichever way it went."""

from __future__ import annotations

import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final, TypeVar

from spymaster.atomic_output import PARTIAL
from spymaster.errors import ExitCode, UserError
from spymaster.journal.lock import FileLock
from spymaster.learn.dataset.code_version import code_sha256, code_version
from spymaster.learn.dataset.columns import FEATURE_SCHEMA, SCHEMA, feature_names
from spymaster.learn.dataset.inputs import RunRequest
from spymaster.learn.dataset.parts import PART_NAME
from spymaster.learn.dataset.run_build import BUILDING, RunRecord, Settings, build_run
from spymaster.learn.dataset.set_manifest import (
    NAME,
    Input,
    SetManifest,
    read_set_manifest,
    set_id,
    write_set_manifest,
)

AskedT = TypeVar("AskedT")

_LOCK: Final = "lock"


class SetBuild:
    """A data set on its way in a folder. Use as a context manager; ``finish`` makes it whole.

    Raises UserError where the folder holds a finished set, or another process is at work in it.
    """

    def __init__(self, folder: Path, *, all_hours: bool = False) -> None:
        if (folder / NAME).exists():
            held = read_set_manifest(folder).id
            remedy = "name another folder, or delete this one"
            raise UserError(folder, f"holds a finished data set, {held}", remedy, code=ExitCode.USAGE)
        _refuse_foreign(folder)
        (folder / BUILDING).mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = FileLock(folder / BUILDING / _LOCK, "building this data set")
        self._settings = Settings(code_sha256(), all_hours)
        for left in folder.rglob(f"*{PARTIAL}"):
            left.unlink()

    def __enter__(self) -> SetBuild:
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.close()

    def runs(self, requests: Sequence[RunRequest], workers: int) -> Iterator[RunRecord]:
        """Build each run, as ``work`` does."""
        return self.work(build_run, requests, workers)

    def work(
        self, build_one: Callable[[AskedT, Path, Settings], RunRecord], requests: Sequence[AskedT], workers: int
    ) -> Iterator[RunRecord]:
        """Build each run that is asked for, and tell of each in their order, however many processes work at them.

        ``build_one``: of a module, for processes of their own. Raises UserError where a recording cannot be used, and
        OSError where the disk refuses.
        """
        count = len(requests)
        if workers == 1 or count < 2:
            yield from (build_one(request, self._folder, self._settings) for request in requests)
            return
        # a fork would take threads of the libraries along that are not there any more
        pool = ProcessPoolExecutor(min(workers, count), multiprocessing.get_context("spawn"))
        try:
            yield from pool.map(build_one, requests, [self._folder] * count, [self._settings] * count)
        except BrokenProcessPool:
            problem = "a process of this build was killed, perhaps for want of memory"
            remedy = "run the same command again with fewer --workers; it goes on where it was"
            raise UserError(self._folder, problem, remedy) from None
        finally:
            pool.shutdown(cancel_futures=True)

    def finish(self, records: Sequence[RunRecord]) -> SetManifest:
        """All runs are done: write the manifest, and let go of everything else. Raises UserError without a row."""
        records = sorted(records, key=lambda one: one.name)
        _refuse_twice(self._folder, records)
        parts = tuple(sorted((part for one in records for part in one.parts), key=lambda one: one.path))
        excluded: Counter[str] = Counter()
        for one in records:
            excluded.update(one.excluded)
        if not parts:
            why = "; ".join(f"{reason}: {count:,}" for reason, count in sorted(excluded.items())) or "no attempt"
            shutil.rmtree(self._folder / BUILDING)
            if not any(self._folder.iterdir()):
                self._folder.rmdir()
            remedy = "name longer recordings, or keep all hours with --all-hours"
            raise UserError(self._folder, f"nothing came of it: {why}", remedy, code=ExitCode.DATA)
        simulated = all(one.simulated for one in records)
        manifest = SetManifest(
            id=set_id(SCHEMA, FEATURE_SCHEMA, parts, simulated=simulated),
            simulated=any(one.simulated for one in records),
            code_version=code_version(),
            code_sha256=self._settings.code,
            schema=SCHEMA,
            feature_schema=FEATURE_SCHEMA,
            features=feature_names(),
            profiles=tuple(sorted({one.profile for one in records})),
            inputs=tuple(Input(one.name, one.sha256, one.simulated) for one in records),
            parts=parts,
            rows=sum(part.rows for part in parts),
            attempts=sum(part.attempts for part in parts),
            excluded=dict(sorted(excluded.items())),
        )
        named = {self._folder / part.path for part in parts}
        for stray in set(self._folder.rglob(PART_NAME)) - named:
            stray.unlink()
        _remove_empty(self._folder)
        write_set_manifest(self._folder, manifest)
        shutil.rmtree(self._folder / BUILDING)
        return manifest


def _refuse_foreign(folder: Path) -> None:
    """Raise UserError for a folder with anything in it that no build has put there."""
    known = {BUILDING}
    strange = [one.name for one in folder.iterdir() if one.name not in known and not one.name.startswith("date=")] if (
        folder.is_dir()
    ) else []  # fmt: skip
    if strange:
        problem = f"holds something else ({min(strange)})"
        raise UserError(folder, problem, "name a new or an empty folder", code=ExitCode.USAGE)


def _refuse_twice(folder: Path, records: Sequence[RunRecord]) -> None:
    counts = Counter(one.name for one in records)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        problem = f"{twice[0]} was named more than once"
        raise UserError(folder, problem, "name each recording once", code=ExitCode.USAGE)


def _remove_empty(folder: Path) -> None:
    for place in sorted(folder.rglob("*"), reverse=True):
        if place.is_dir() and place.name != BUILDING and not any(place.iterdir()):
            place.rmdir()
