"""Brings tables of a catalog to what the lake is, whoever else is at it and wherever an earlier attempt ended.

What is in a table is read from the catalog each time, and a change is committed on the condition that the table is
still as it was read. So nothing has to be remembered between attempts, two publishers cannot add one file twice, and of
one that is killed at most files are left over that no table names.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import msgspec
import pyarrow as pa

from spymaster.lake.catalog import BRONZE, Lake, date_of_file
from spymaster.lake.errors import LakeError
from spymaster.lake.publish.catalog import have_namespace, root_of
from spymaster.lake.publish.check import check_reads_back
from spymaster.lake.publish.signed import copy_signed, signed_schema
from spymaster.lake.publish.wanted import Source, Unit, WantedTable, is_copied, wanted_tables
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.parquet_file import opened

LAKE: Final = "spymaster.lake"
FOLDER: Final = "spymaster.folder"
PUBLISHED: Final = "spymaster.published."
"""Properties of a table: the lake and folder it is of, and for each unit what its content was when it was added."""

_NO_RETRY: Final = {"commit.retry.num-retries": "0"}
"""A commit that lost a race must be made anew from what the table has become. pyiceberg would only send it again, and
with it files that the winner has added."""
_ATTEMPTS: Final = 20
_LONGEST_WAIT_S: Final = 2.0
_RUNS_AT_ONCE: Final = 8
"""Runs of one commit: the work of a transaction grows with the square of its snapshots."""
_COPY: Final = re.compile(r"/data/(?P<key>(?P<unit>[0-9a-f]{12})-[^/]+-[0-9a-f]{16})-[0-9a-f]{32}\.parquet$")


class Published(msgspec.Struct, frozen=True):
    """One table as it is now, and what was done: files added and files taken out."""

    table: str
    files: int
    rows: int
    added: int
    removed: int


@dataclass
class _Step:
    """One snapshot: files out and in at once. ``unit``: whose they are, None of what the lake let go."""

    unit: Unit | None
    out: list[Any]
    into: list[Source]
    properties: dict[str, str] = field(default_factory=dict)


def publish(
    lake: Lake,
    catalog: Any,
    namespace: str,
    step: Callable[[str], None] = lambda name: None,
    *,
    with_bronze: bool = False,
) -> Iterator[Published]:
    """Bring every table up to the lake. ``step`` is told of each before it is looked at. ``with_bronze``: tables of
    Bronze too, copied as Silver is; they stay what the lake is once they are there.

    Raises LakeError where a file cannot be read, does not read back as it is, or a table is of another lake.
    """
    have_namespace(catalog, namespace)
    there = {identifier[-1] for identifier in catalog.list_tables(namespace)}
    with_bronze = with_bronze or any(name.startswith(f"{BRONZE}_") for name in there)
    wanted = {table.name: table for table in wanted_tables(lake, with_bronze=with_bronze)}
    for name in there - wanted.keys():
        # the lake has let go of all that is in it
        about = catalog.load_table(f"{namespace}.{name}").properties
        if about.get(LAKE) == root_of(lake.storage) and (folder := about.get(FOLDER)):
            wanted[name] = WantedTable(name, folder, is_copied(folder), ())
    for name in sorted(wanted):
        step(f"{namespace}.{name}")
        yield _TablePublisher(catalog, namespace, lake.storage, wanted[name]).run()


class _TablePublisher:
    """Publishes one table."""

    def __init__(self, catalog: Any, namespace: str, storage: Storage, wanted: WantedTable) -> None:
        self._catalog = catalog
        self._identifier = f"{namespace}.{wanted.name}"
        self._namespace = namespace
        self._storage = storage
        self._wanted = wanted
        self._copies: dict[Source, str] = {}
        self._added = 0
        self._removed = 0

    def run(self) -> Published:
        """Add what is missing, replace what is other, take out what the lake has let go."""
        try:
            table = self._load()
            have = _registered(table)
            # what was there before changes at once with what goes, or a run's rows could be missing or there twice
            before = [unit for unit in self._wanted.units if f"{PUBLISHED}{unit.name}" in table.properties]
            self._settle(before, with_gone=True)
            new = [unit for unit in self._wanted.units if unit not in before and self._steps(table, have, [unit])]
            at_once = 1 if self._wanted.is_copied else _RUNS_AT_ONCE
            for start in range(0, len(new), at_once):
                self._settle(new[start : start + at_once])
        finally:
            self._forget_copies()
        files = _registered(self._load())
        rows = sum(file.record_count for file in files)
        return Published(self._identifier, len(files), rows, self._added, self._removed)

    def _settle(self, units: Sequence[Unit], *, with_gone: bool = False) -> None:
        """Commit until nothing is left to do for these units; ``with_gone``: nor to take out."""
        from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException
        from sqlalchemy.exc import OperationalError

        for attempt in range(_ATTEMPTS):
            table = self._load()
            steps = self._steps(table, _registered(table), units, with_gone=with_gone)
            if not steps:
                return
            try:
                self._commit(table, steps)
            except (CommitFailedException, CommitStateUnknownException, OperationalError) as error:
                if attempt == _ATTEMPTS - 1:
                    problem = f"other writers changed it {_ATTEMPTS} times in a row ({str(error).splitlines()[0]})"
                    raise LakeError(self._identifier, problem, "publish again later") from error
                time.sleep(random.uniform(0, min(0.05 * 2**attempt, _LONGEST_WAIT_S)))
                continue
            self._added += sum(len(step.into) for step in steps)
            self._removed += sum(len({file.file_path for file in step.out}) for step in steps)

    def _load(self) -> Any:
        """The table, made where it is not there yet. Raises LakeError where it is of another lake."""
        from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError

        about = {LAKE: root_of(self._storage), FOLDER: self._wanted.folder}
        try:
            table = self._catalog.load_table(self._identifier)
        except NoSuchTableError:
            first = next(source for unit in self._wanted.units for source in unit.sources)
            try:
                schema = self._schema(first)
                table = self._catalog.create_table(self._identifier, schema, properties={**about, **_NO_RETRY})
            except TableAlreadyExistsError:
                table = self._catalog.load_table(self._identifier)
        for key, value in about.items():
            if table.properties.get(key) != value:
                problem = f"this table is of {table.properties.get(key, 'something else')}, not of {value}"
                raise LakeError(self._identifier, problem, "publish into another --namespace")
        if _NO_RETRY.items() - table.properties.items():
            with table.transaction() as transaction:
                transaction.set_properties(_NO_RETRY)
        return table

    def _schema(self, source: Source) -> Any:
        """What a file's columns are in the table."""
        with opened(self._storage, source.name) as parquet:
            schema = parquet.schema_arrow
        schema = signed_schema(schema) if self._wanted.is_copied else schema
        return pa.schema([pa.field(each.name, each.type) for each in schema])

    def _steps(self, table: Any, have: list[Any], units: Sequence[Unit], *, with_gone: bool = False) -> list[_Step]:
        find = self._step_of_copies if self._wanted.is_copied else self._step_of_files
        steps = [step for unit in units if (step := find(table, have, unit)) is not None]
        gone = self._gone(have) if with_gone else []
        return [_Step(None, gone, []), *steps] if gone else steps

    def _step_of_files(self, table: Any, have: list[Any], unit: Unit) -> _Step | None:
        paths = {source.path for source in unit.sources}
        mine = [file for file in have if file.file_path in paths]
        times = Counter(file.file_path for file in mine)
        mark = {f"{PUBLISHED}{unit.name}": unit.content}
        if mark.items() <= table.properties.items() and all(times[path] == 1 for path in paths):
            return None
        return _Step(unit, mine, list(unit.sources), mark)

    def _step_of_copies(self, table: Any, have: list[Any], unit: Unit) -> _Step | None:
        wanted = {_key(unit, source): source for source in unit.sources}
        out, seen = [], set()
        for file in have:
            found = _COPY.search(file.file_path)
            if found is None or found["unit"] != unit.mark:
                continue
            if found["key"] not in wanted or found["key"] in seen:
                out.append(file)
            seen.add(found["key"])
        into = [source for key, source in wanted.items() if key not in seen]
        return _Step(unit, out, into) if out or into else None

    def _gone(self, have: list[Any]) -> list[Any]:
        """Files of this lake that it does not hold any more, and copies of such."""
        if self._wanted.is_copied:
            units = {unit.mark for unit in self._wanted.units}
            found = ((file, _COPY.search(file.file_path)) for file in have)
            return [file for file, match in found if match is not None and match["unit"] not in units]
        paths = {source.path for unit in self._wanted.units for source in unit.sources}
        own = f"{root_of(self._storage)}/"
        return [file for file in have if file.file_path.startswith(own) and file.file_path not in paths]

    def _commit(self, table: Any, steps: list[_Step]) -> None:
        from pyiceberg.io.pyarrow import parquet_file_to_data_file

        paths = {source: self._path(table, step, source) for step in steps for source in step.into}
        transaction = table.transaction()
        if paths:
            self._widen(transaction, paths)
        # made anew each time it is asked for; what files are described and read by does not change any more
        metadata = transaction.table_metadata
        for step in steps:
            files = [_described(parquet_file_to_data_file, table.io, metadata, paths[source]) for source in step.into]
            for file in files:
                check_reads_back(metadata, table.io, file)
            if step.properties:
                transaction.set_properties(step.properties)
            snapshot = transaction.update_snapshot(snapshot_properties=step.unit.says if step.unit else {})
            with snapshot.overwrite() if step.out else snapshot.fast_append() as producer:
                for file in {file.file_path: file for file in step.out}.values():
                    producer.delete_data_file(file)
                for file in files:
                    producer.append_data_file(file)
        transaction.commit_transaction()

    def _widen(self, transaction: Any, sources: Iterable[Source]) -> None:
        """Columns that came with a later version are added; the files before them have nulls there."""
        from pyiceberg.exceptions import ValidationError

        try:
            # put together here: of two schemas with one new column an update makes two columns of that name
            whole = pa.unify_schemas([self._schema(source) for source in sources], promote_options="permissive")
            with transaction.update_schema() as update:
                update.union_by_name(whole)
        except (ValidationError, ValueError, pa.ArrowException) as error:
            problem = f"a column changed in a way that no table can follow ({str(error).splitlines()[0]})"
            raise LakeError(self._identifier, problem, "publish into another --namespace") from error
        names = transaction.table_metadata.schema().name_mapping.model_dump_json()
        if transaction.table_metadata.properties.get("schema.name-mapping.default") != names:
            transaction.set_properties({"schema.name-mapping.default": names})

    def _path(self, table: Any, step: _Step, source: Source) -> str:
        """Where the file is that is registered: the lake's own, or its copy among the table's."""
        if step.unit is None or not self._wanted.is_copied:
            return source.path
        if source not in self._copies:
            path = f"{table.location()}/data/{_key(step.unit, source)}-{uuid.uuid4().hex}.parquet"
            self._copies[source] = path
            with table.io.new_output(path).create() as target:
                copy_signed(self._storage, source.name, target)
        return self._copies[source]

    def _forget_copies(self) -> None:
        """Remove copies that somebody else was faster with, or that were to be part of what failed."""
        if not self._copies:
            return
        table = self._load()
        used = {file.file_path for file in _registered(table)}
        for path in self._copies.values():
            if path not in used:
                table.io.delete(path)
        self._copies.clear()


def _described(describe: Callable[..., Any], io: Any, metadata: Any, path: str) -> Any:
    try:
        return describe(io, metadata, path)
    except FileNotFoundError:
        raise LakeError(path, "is missing", "copy the lake again; `lake verify` lists all that is wrong") from None


def _registered(table: Any) -> list[Any]:
    """The data files of a table as it was loaded."""
    snapshot = table.current_snapshot()
    if snapshot is None:
        return []
    io = table.io
    entries = (each.fetch_manifest_entry(io, discard_deleted=True) for each in snapshot.manifests(io))
    return [entry.data_file for entry in chain.from_iterable(entries)]


def _key(unit: Unit, source: Source) -> str:
    """What a copy's name begins with: whose it is, hour and kind, and which content it has."""
    hour = re.search(r"/hour=(\d\d)/(?:part-)?([^/]+)\.parquet$", source.name)
    assert hour is not None
    return f"{unit.mark}-{date_of_file(source.name)}-{hour[1]}-{hour[2]}-{source.content[:16]}"
