"""What a lake wants to be in a catalog: its tables, the files of each, and what tells one content from another.

A table of the catalog is one folder of the lake above dates: ``gold/levels/signals/underlying=ES`` is ``signals_es``.
What only a folder's name holds is so in the table's name, for a file that is registered has no such column.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from spymaster.lake.catalog import BRONZE, GOLD, SILVER, Lake, LakeRun, date_of_file, table_of_file
from spymaster.lake.errors import LakeError
from spymaster.lake.publish.catalog import root_of
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.parquet_file import opened, sha256_of
from spymaster.lake.tables.schema import CONTENT_KEY
from spymaster.market.manifest import RunStatus

RUN: Final = "spymaster.run"
MANIFEST: Final = "spymaster.manifest-sha256"
DATE: Final = "spymaster.date"


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the lake. ``path``: as it is registered; ``content``: another for other rows, 64 hexadecimal digits."""

    name: str
    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Unit:
    """What appears together in a table: a run's files of Gold or Bronze, a date's of Silver. ``says``: its snapshot."""

    name: str
    sources: tuple[Source, ...]
    says: dict[str, str]

    @property
    def content(self) -> str:
        """Another one for other files or other rows in them."""
        return digest(f"{source.name} {source.content}" for source in self.sources)

    @property
    def mark(self) -> str:
        """What its copies' names begin with."""
        return digest([self.name])[:12]


@dataclass(frozen=True, slots=True)
class WantedTable:
    """One table. ``is_copied``: its files cannot be registered as they are, see ``signed``."""

    name: str
    folder: str
    is_copied: bool
    units: tuple[Unit, ...]


def wanted_tables(lake: Lake, *, with_bronze: bool = False) -> list[WantedTable]:
    """Gold of the sealed runs and Silver, and Bronze if asked for, by name. Raises LakeError where two folders would be
    one table."""
    units: dict[str, list[Unit]] = {}
    sealed = [run for run in lake.runs if run.run.status is RunStatus.SEALED]
    hashes = {run.run.id: _manifest_hash(lake.storage, run) for run in sealed}
    for run in sealed:
        files = (*run.files(GOLD), *(run.files(BRONZE) if with_bronze else ()))
        contents = {file.path: file.sha256 for file in files}
        for folder, names in _by_folder(contents).items():
            sources = tuple(Source(name, f"{root_of(lake.storage)}/{name}", contents[name]) for name in names)
            units.setdefault(folder, []).append(
                Unit(run.run.id, sources, {RUN: run.run.id, MANIFEST: hashes[run.run.id]})
            )
    for folder, names in _by_folder(lake.storage.names(SILVER)).items():
        dates = sorted({date_of_file(name) or "" for name in names} - {""})
        units[folder] = [_silver_unit(lake, hashes, date, names) for date in dates]
    tables: dict[str, WantedTable] = {}
    for folder, found in sorted(units.items()):
        name = table_name(folder)
        if name in tables:
            problem = f"would be the same table as {tables[name].folder} ({name})"
            raise LakeError(lake.storage.url(folder), problem, "rename one of the symbols")
        tables[name] = WantedTable(name, folder, is_copied(folder), tuple(found))
    return list(tables.values())


def is_copied(folder: str) -> bool:
    """Whether a folder's files have numbers without a sign."""
    return not folder.startswith(f"{GOLD}/")


def table_name(folder: str) -> str:
    """What a folder's table is called: as ``lake query`` calls its view, of Bronze with the tier before it, then the
    values that the folder names."""
    tier = folder.partition("/")[0]
    view = {"levels/signals": "signals"}.get(table_of_file(folder), table_of_file(folder))
    values = [part.partition("=")[2] for part in folder.split("/") if "=" in part]
    parts = [*(() if tier == GOLD else (tier,)), view, *values]
    return re.sub(r"[^a-z0-9]+", "_", "_".join(parts).lower()).strip("_")


def digest(lines: Iterable[str]) -> str:
    """SHA-256 of lines in their order."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _by_folder(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        if date_of_file(name) is not None:
            found.setdefault(name.partition("/date=")[0], []).append(name)
    return found


def _silver_unit(lake: Lake, hashes: dict[str, str], date: str, names: list[str]) -> Unit:
    """Silver of a date, and the sealed runs that recorded something on it."""
    storage = lake.storage
    runs = sorted(
        run.run.id
        for run in lake.runs
        if run.run.id in hashes and any(date_of_file(file.path) == date for file in run.files(BRONZE))
    )
    mine = [name for name in names if f"/date={date}/" in name]
    sources = tuple(Source(name, f"{root_of(storage)}/{name}", _content(storage, name)) for name in mine)
    says = {DATE: date, RUN: ",".join(runs), MANIFEST: ",".join(hashes[run] for run in runs)}
    return Unit(date, sources, says)


def _content(storage: Storage, name: str) -> str:
    """What a file of Silver says of its rows in its footer; of one written before it said so, the hash of all of it."""
    with opened(storage, name) as parquet:
        said = (parquet.metadata.metadata or {}).get(CONTENT_KEY)
    return said.decode() if said else sha256_of(storage, name)


def _manifest_hash(storage: Storage, run: LakeRun) -> str:
    return hashlib.sha256(storage.read(run.name)).hexdigest()
