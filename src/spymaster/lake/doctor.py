"""What is the matter with a lake, by its manifests, names and footers alone, and what to do about each of it.

``verify`` reads every byte; this reads hardly any, and looks at what no single file shows.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from spymaster.atomic_output import PARTIAL
from spymaster.lake.catalog import BRONZE, FOREIGN, GOLD, Lake, LakeRun, check_version, table_of_file
from spymaster.lake.days.choice import ALL_TIME, days_of
from spymaster.lake.errors import LakeError
from spymaster.lake.gold.schema import GOLD_VERSION
from spymaster.lake.storage.files import LocalStorage, Storage
from spymaster.lake.tables.parquet_file import opened
from spymaster.lake.tables.schema import BRONZE_VERSION, SCHEMA_KEY
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.manifest import RecordingFile, RunStatus

_VERSIONS: Final = {BRONZE: BRONZE_VERSION, GOLD: GOLD_VERSION}
_COPY: Final = "copy it again from where it is whole, or make it anew: lake rebuild-gold makes Gold from Bronze"


class Complaint(msgspec.Struct, frozen=True):
    """One line about one place, and what to do. ``is_damage``: something is lost or will mislead; otherwise good to
    know."""

    place: str
    problem: str
    remedy: str
    is_damage: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {self.remedy}"


def examine(lake: Lake) -> Iterator[Complaint]:
    """Look at the lake; yields what is the matter as it is found. Raises OSError where it cannot be listed."""
    storage = lake.storage
    for error in lake.damaged:
        yield Complaint(error.place, error.problem, error.remedy)
    for place in lake.foreign:
        yield Complaint(place, FOREIGN, "move it out of the lake", is_damage=False)
    versions: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for run in lake.runs:
        yield from _of_run(storage, run)
        for file in run.manifest.files:
            yield from _of_file(storage, file, versions)
    yield from _strays(lake)
    for table, found in sorted(versions.items()):
        if len(found) > 1:
            held = " and ".join(f"version {version} ({count})" for version, count in sorted(found.items()))
            remedy = "all of them are read; lake rebuild-gold writes Gold in the present one"
            yield Complaint(storage.url(table), f"holds files of {held}", remedy, is_damage=False)
    for day in days_of(lake.runs, ALL_TIME):
        if day.others:
            yield Complaint(storage.name, str(day), "name another with --run where that one is meant", is_damage=False)


def _of_run(storage: Storage, run: LakeRun) -> Iterator[Complaint]:
    """What its manifest tells of a run."""
    place, own = storage.url(run.name), run.run
    if own.status is RunStatus.OPEN:
        remedy = "leave it while it is recorded; after a crash: spymaster-tui record OUT --finish"
        yield Complaint(place, "the run is open: it was never sealed", remedy, is_damage=False)
    elif own.status is RunStatus.TORN:
        why = f" ({own.reason})" if own.reason else ""
        remedy = "spymaster-tui record OUT --finish brings in what its journal still has"
        yield Complaint(place, f"the run is torn{why}", remedy, is_damage=False)
    if own.gaps:
        seconds = sum(gap.to_ns - gap.from_ns for gap in own.gaps) / NS_PER_S
        reasons = ", ".join(sorted({gap.reason for gap in own.gaps if gap.reason}))
        problem = f"{len(own.gaps)} gaps, {seconds:,.1f} s together{f' ({reasons})' if reasons else ''}"
        yield Complaint(place, problem, "lake audit says what they cost", is_damage=False)
    numbered = [file for file in run.files(BRONZE) if file.kind in Kind.__members__ and file.last_seq is not None]
    if run.manifest.run is not None and numbered:
        records, last = sum(file.records for file in numbered), max(file.last_seq or 0 for file in numbered)
        if records != last + 1:
            problem = f"its files hold {records:,} records, numbered up to {last:,}"
            yield Complaint(place, problem, "lake verify says which are missing or double")
    if own.status is RunStatus.SEALED and run.manifest.run is not None and not own.audits and run.files(BRONZE):
        remedy = "lake audit --against the vendor's files"
        yield Complaint(place, "was not held against the vendor's account yet", remedy, is_damage=False)


def _of_file(storage: Storage, file: RecordingFile, versions: defaultdict[str, Counter[str]]) -> Iterator[Complaint]:
    """What a file's size and footer tell."""
    url, tier = storage.url(file.path), file.path.partition("/")[0]
    try:
        size = storage.size(file.path)
        if file.bytes and size != file.bytes:
            yield Complaint(url, f"has {size} bytes, its manifest says {file.bytes}", _COPY)
            return
        if tier not in _VERSIONS:
            return
        with opened(storage, file.path) as parquet:
            metadata = parquet.metadata
            kind = check_version(url, metadata, tier, _VERSIONS[tier])
            versions[f"{tier}/{table_of_file(file.path)}"][
                metadata.metadata[SCHEMA_KEY].decode().rpartition("/")[2]
            ] += 1
            if (kind, metadata.num_rows) != (file.kind, file.records):
                told = f"its manifest says {file.records:,} of {file.kind}"
                problem = f"holds {metadata.num_rows:,} rows of {kind}, {told}"
                yield Complaint(url, problem, _COPY)
            for name, nulls in _nulls(metadata).items():
                yield Complaint(url, f"column {name} has no value in {nulls:,} rows, and always has one", _COPY)
    except FileNotFoundError:
        yield Complaint(url, "is missing", _COPY)
    except LakeError as error:
        yield Complaint(error.place, error.problem, error.remedy)
    except OSError as error:
        yield Complaint(url, f"cannot be read ({error.strerror or error})", "check its permissions and the disk")


def _nulls(metadata: Any) -> dict[str, int]:
    """Columns whose smallest and largest value are kept, which always have one, with how often they have none."""
    counts: Counter[str] = Counter()
    for group in (metadata.row_group(number) for number in range(metadata.num_row_groups)):
        for column in (group.column(place) for place in range(group.num_columns)):
            if column.is_stats_set and column.statistics.null_count and column.statistics.has_min_max:
                counts[column.path_in_schema] += column.statistics.null_count
    return dict(counts)


def _strays(lake: Lake) -> Iterator[Complaint]:
    """Files that no manifest names, and halves of files."""
    storage = lake.storage
    named = {file.path for run in lake.runs for file in run.manifest.files}
    is_open = any(run.run.status is RunStatus.OPEN for run in lake.runs)
    while_open = "leave it while a run is recorded, " if is_open else ""
    for tier in (BRONZE, GOLD):
        for name in storage.names(tier):
            if name not in named:
                size = storage.size(name)
                problem = f"belongs to no run ({size:,} bytes); nothing reads it"
                yield Complaint(storage.url(name), problem, f"{while_open}delete it", is_damage=False)
    if isinstance(storage, LocalStorage):
        for path in _halves(storage.root):
            problem = "is half a file that a process left behind"
            yield Complaint(str(path), problem, f"{while_open}delete it", is_damage=False)


def _halves(root: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(root):
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(PARTIAL))
