"""Is a lake what its manifests say? Every file's bytes, every record's number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.lake.catalog import BRONZE, FOREIGN, GOLD, TRAINING, Lake, LakeRun, check_version, hour_of_file
from spymaster.lake.errors import LakeError
from spymaster.lake.gold.schema import GOLD_VERSION
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.parquet_file import opened, reading, sha256_of
from spymaster.lake.tables.schema import BRONZE_VERSION, CONTROL, SEQ
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingFile, RunStatus

_VERSIONS: Final = {BRONZE: BRONZE_VERSION, GOLD: GOLD_VERSION}


class Finding(msgspec.Struct, frozen=True):
    """One line about one place. ``is_damage``: the lake is not what it says; otherwise good to know."""

    place: str
    problem: str
    is_damage: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def verify(lake: Lake) -> Iterator[Finding]:
    """Look at everything; yields what is wrong, or worth knowing, as it is found."""
    for error in lake.damaged:
        yield Finding(error.place, error.problem)
    for place in lake.foreign:
        yield Finding(place, FOREIGN, is_damage=False)
    named: set[str] = set()
    for run in lake.runs:
        named.update(file.path for file in run.manifest.files)
        yield from _verify_run(lake.storage, run)
    for tier in (BRONZE, GOLD):
        for name in lake.storage.names(tier):
            if name not in named and not name.startswith(f"{TRAINING}/"):
                yield Finding(lake.storage.url(name), "belongs to no run; nothing reads it", is_damage=False)


def _verify_run(storage: Storage, run: LakeRun) -> Iterator[Finding]:
    sound = []
    for file in run.manifest.files:
        finding = _verify_file(storage, file)
        if finding is not None:
            yield finding
        elif file.path.startswith(f"{BRONZE}/"):
            sound.append(file)
    whole = len(sound) == len(run.files(BRONZE))
    if whole:
        yield from _verify_numbers(storage, run)
    status = run.run.status
    if status is not RunStatus.SEALED:
        why = f" ({run.run.reason})" if run.run.reason else ""
        yield Finding(storage.url(run.name), f"the run is {status}, not sealed{why}", is_damage=False)


def _verify_file(storage: Storage, file: RecordingFile) -> Finding | None:
    url = storage.url(file.path)
    try:
        if (size := storage.size(file.path)) != file.bytes and file.bytes:
            return Finding(url, f"has {size} bytes, its manifest says {file.bytes}")
        if sha256_of(storage, file.path) != file.sha256:
            return Finding(url, "its content is not what its manifest says (SHA-256)")
        tier = file.path.partition("/")[0]
        if tier not in _VERSIONS:
            return None
        with opened(storage, file.path) as parquet:
            kind = check_version(url, parquet.metadata, tier, _VERSIONS[tier])
            if (kind, parquet.metadata.num_rows) != (file.kind, file.records):
                return Finding(url, f"holds {parquet.metadata.num_rows} rows of {kind}, its manifest says otherwise")
    except FileNotFoundError:
        return Finding(url, "is missing")
    except LakeError as error:
        return Finding(error.place, error.problem)
    except OSError as error:
        return Finding(url, f"cannot be read ({error.strerror or error})")
    return None


def _verify_numbers(storage: Storage, run: LakeRun) -> Iterator[Finding]:
    """Records are numbered from 0 without a hole, an hour after the other."""
    if run.manifest.run is None:
        return
    hours: dict[int, list[RecordingFile]] = {}
    for file in run.files(BRONZE):
        hour = hour_of_file(file.path)
        if file.kind in Kind.__members__ and file.kind != CONTROL and hour is not None:
            hours.setdefault(hour, []).append(file)
    expected = 0
    for hour in sorted(hours):
        seqs = np.sort(np.concatenate([_seqs(storage, file) for file in hours[hour]]))
        place = storage.url(run.name)
        if int(seqs[0]) != expected:
            yield Finding(place, f"record {expected} is followed by record {seqs[0]}")
        steps = np.diff(seqs)
        if (steps == 0).any():
            yield Finding(place, f"record {seqs[:-1][steps == 0][0]} is there twice")
        if (steps > 1).any():
            at = int(np.argmax(steps > 1))
            yield Finding(place, f"records {int(seqs[at]) + 1} to {int(seqs[at + 1]) - 1} are not there")
        expected = int(seqs[-1]) + 1


def _seqs(storage: Storage, file: RecordingFile) -> NDArray[np.uint64]:
    with opened(storage, file.path) as parquet, reading(storage.url(file.path)):
        column: NDArray[np.uint64] = parquet.read(columns=[SEQ])[SEQ].to_numpy()
        return column
