"""What a lake holds, by its manifests: a file that no manifest names does not count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from spymaster.lake.errors import LakeError
from spymaster.lake.run_manifest import RUNS
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.schema import SCHEMA_KEY
from spymaster.market.manifest import (
    MANIFEST_NAME,
    ManifestError,
    RecordingFile,
    RecordingManifest,
    Run,
    RunStatus,
    decode_manifest,
)

BRONZE: Final = "bronze"
GOLD: Final = "gold"
SILVER: Final = "silver"
TRAINING: Final = f"{GOLD}/training"
"""Data sets to learn from: no run's, and with manifests of their own."""

FOREIGN: Final = "is no run's manifest; nothing reads it"
"""What is said of a file among the manifests that is another program's."""

_PARTITIONS: Final = re.compile(r"/date=(\d{4}-\d{2}-\d{2})/hour=(\d{2})/[^/]+\.parquet$")


@dataclass(frozen=True, slots=True)
class LakeRun:
    """One run and the name of its manifest."""

    manifest: RecordingManifest
    name: str

    @property
    def run(self) -> Run:
        """The run; of a recording without one, what its manifest makes it."""
        manifest = self.manifest
        return manifest.run or Run(
            id=manifest.name,
            mode="simulated" if manifest.simulated else "record",
            status=RunStatus.SEALED,
            started=manifest.start,
            ended=manifest.end,
            code_version="",
            config_sha256="",
            config={},
        )

    def files(self, tier: str) -> tuple[RecordingFile, ...]:
        """Its files of a tier (``bronze`` or ``gold``)."""
        return tuple(file for file in self.manifest.files if file.path.startswith(f"{tier}/"))


class Lake:
    """A lake's runs, oldest first.

    ``damaged``: why manifests cannot be used. ``foreign``: addresses of files among the manifests that are none.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        names = [name for name in storage.names(RUNS) if name.endswith(".json")]
        found, self.damaged, self.foreign = _read_all(storage, [*names, MANIFEST_NAME])
        self.runs = tuple(sorted(found, key=lambda run: (run.manifest.start, run.run.id)))

    @property
    def problems(self) -> tuple[str, ...]:
        """What is not used and why, a line each."""
        return (*map(str, self.damaged), *(f"{index}: {FOREIGN}" for index in self.foreign))

    def check_there_is_one(self) -> None:
        """Raise LakeError where there is neither a manifest nor a table: the place is no lake."""
        storage = self.storage
        if not self.runs and not self.damaged and not any(storage.names(tier) for tier in (BRONZE, GOLD, SILVER)):
            raise LakeError(storage.name, "is no lake: no run is recorded here", "name the root of a lake")

    def run(self, run_id: str | None = None) -> LakeRun:
        """A run by its id, or by how its id begins; without, the only one. Raises LakeError."""
        runs = [run for run in self.runs if run_id is None or run.run.id.startswith(run_id)]
        exact = [run for run in runs if run.run.id == run_id]
        if len(exact or runs) == 1:
            return (exact or runs)[0]
        if not self.runs:
            why = f" ({self.problems[0]})" if self.problems else ""
            raise LakeError(self.storage.name, f"no run is recorded here{why}", "name the root of a lake")
        listed = ", ".join(run.run.id for run in self.runs[:8])
        problem = f"holds {len(self.runs)} runs" if run_id is None else f"{len(runs)} runs are called {run_id}"
        raise LakeError(self.storage.name, problem, f"choose one of {listed}")


def hour_of_file(name: str) -> int | None:
    """The number of the UTC hour that a file's partitions name, or None."""
    match = _PARTITIONS.search(name)
    return int(np.datetime64(f"{match[1]}T{match[2]}", "h").astype(np.int64)) if match else None


def date_of_file(name: str) -> str | None:
    """The UTC date that a file's partitions name, or None."""
    match = _PARTITIONS.search(name)
    return match[1] if match else None


def table_of_file(name: str) -> str:
    """The table a file is of: ``futures/mbp10`` of ``bronze/futures/mbp10/symbol=ES/…``."""
    parts = name.split("/")[1:]
    return "/".join(parts[: next((index for index, part in enumerate(parts) if "=" in part), len(parts))])


def check_version(name: str, metadata: Any, tier: str, newest: int) -> str:
    """The kind of a file's rows. Raises LakeError for a file that is not of the tier, or of a newer program."""
    label: list[str] = (metadata.metadata or {}).get(SCHEMA_KEY, b"").decode("ascii", "replace").split("/")
    if len(label) != 3 or label[0] != tier or not label[2].isdecimal():
        raise LakeError(name, f"is not a file of {tier}", "take it out of the lake")
    if int(label[2]) > newest:
        raise LakeError(name, f"was written in version {label[2]} of {tier}", "update the program to read it")
    return label[1]


def _read_all(
    storage: Storage, names: Iterable[str]
) -> tuple[list[LakeRun], tuple[ManifestError, ...], tuple[str, ...]]:
    """(runs, why manifests cannot be used, where other files lie among them)."""
    found, damaged, foreign = [], [], []
    for name in names:
        try:
            data = storage.read(name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            manifest = decode_manifest(data, storage.url(name))
        except ManifestError as error:
            if _is_manifest(data):
                damaged.append(error)
            else:
                foreign.append(storage.url(name))
            continue
        if manifest.run is not None or any(file.path.startswith(f"{BRONZE}/") for file in manifest.files):
            found.append(LakeRun(manifest, name))
        elif name != MANIFEST_NAME:
            foreign.append(storage.url(name))
    return found, tuple(damaged), tuple(foreign)


def _is_manifest(data: bytes) -> bool:
    """Whether it is meant as a manifest: JSON that lists files, or what a damaged one looks like."""
    try:
        table = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return True
    return isinstance(table, dict) and "files" in table
