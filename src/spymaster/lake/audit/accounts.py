"""The two accounts of an audit: what a run has in Bronze, and what files of the vendor hold, read in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.lake.catalog import BRONZE, LakeRun, check_version, hour_of_file
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.arrow_records import records_of
from spymaster.lake.tables.parquet_file import batches, opened
from spymaster.lake.tables.schema import BACKFILL, BRONZE_VERSION, SEQ
from spymaster.market.batches import Records
from spymaster.market.dtypes import by_name
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingFile

COMPARED: Final = frozenset(
    {
        *(Kind.TRADE, Kind.MBP1, Kind.CMBP1, Kind.MBP10, Kind.BBO, Kind.CBBO),
        *(Kind.DEF, Kind.STAT, Kind.STATUS),
    }
)
"""Kinds that a vendor's files hold as they were sent. What the vendor said to one connection alone is in none."""

_CHUNK_ROWS: Final = 16_384
_FILE_BITS: Final = 40
DBN_NAMES: Final = ("*.dbn", "*.dbn.zst")


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Records of one kind in their account's order. ``places``: where each is found again; ``late``: which were fetched
    later."""

    kind: Kind
    records: Records
    places: NDArray[np.int64]
    late: NDArray[np.bool_]


class LivedAccount:
    """The Bronze of a run. Raises LakeError for a file that cannot be read."""

    def __init__(self, storage: Storage, run: LakeRun) -> None:
        self.run = run
        self._storage = storage
        files = [file for file in run.files(BRONZE) if file.kind in Kind.__members__]
        self._files = sorted(files, key=lambda file: (hour_of_file(file.path) or 0, file.path))

    @property
    def counts(self) -> dict[Kind, int]:
        """Records by kind."""
        counts: dict[Kind, int] = {}
        for file in self._files:
            counts[Kind[file.kind]] = counts.get(Kind[file.kind], 0) + file.records
        return counts

    def pieces(self, kinds: Iterable[Kind]) -> Iterator[Piece]:
        """All records of these kinds, table after table."""
        wanted = frozenset(kinds)
        for file in self._files:
            if Kind[file.kind] in wanted:
                yield from self._of_file(file)

    def lanes(self, kinds: Iterable[Kind]) -> list[Iterator[Piece]]:
        """The same, each table in the order in which it arrived."""
        tables: dict[tuple[str, str], list[RecordingFile]] = {}
        wanted = frozenset(kinds)
        for file in self._files:
            if Kind[file.kind] in wanted:
                tables.setdefault((file.path.partition("/date=")[0], file.kind), []).append(file)
        return [(piece for file in files for piece in self._of_file(file)) for files in tables.values()]

    def rows_at(self, kind: Kind, places: Iterable[int]) -> dict[int, NDArray[Any]]:
        """Records by their number, one row each."""
        wanted = np.array(sorted(places), np.int64)
        found: dict[int, NDArray[Any]] = {}
        for file in self._files:
            first, last = file.first_seq or 0, file.last_seq if file.last_seq is not None else 2**62
            if file.kind == kind.name and ((wanted >= first) & (wanted <= last)).any():
                for piece in self._of_file(file):
                    found.update(_picked(piece, wanted))
        return found

    def _of_file(self, file: RecordingFile) -> Iterator[Piece]:
        kind, url = Kind[file.kind], self._storage.url(file.path)
        with opened(self._storage, file.path) as parquet:
            check_version(url, parquet.metadata, BRONZE, BRONZE_VERSION)
            for batch in batches(parquet, url, _CHUNK_ROWS):
                places = batch.column(SEQ).to_numpy().astype(np.int64)
                late = np.asarray(batch.column(BACKFILL).to_numpy(zero_copy_only=False), np.bool_)
                yield Piece(kind, records_of(kind, batch), places, late)


class VendorAccount:
    """Native files of the vendor. Raises SourceError for a path that holds none, or that cannot be used."""

    def __init__(self, paths: Sequence[Path]) -> None:
        found = [path for given in paths for path in _files_in(given)]
        self.files = tuple(DbnFile.open(path) for path in dict.fromkeys(path.absolute() for path in found))
        self.kinds: set[Kind] = {
            kind for file in self.files for kind in ([file.kind] if file.kind is not None else COMPARED)
        } & COMPARED

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the files, a line each; complete once they were read."""
        return tuple(problem for file in self.files for problem in file.problems)

    def span_ns(self, kind: Kind) -> tuple[int, int]:
        """[begin, end) of the times that the files of a kind are about."""
        own = [file for file in self.files if file.kind in (kind, None)]
        begins = [min(t for t in (file.header.start_ns, file.first_ns) if t) if file.first_ns else 0 for file in own]
        return min(begins, default=0), max((file.end_ns for file in own), default=0)

    def pieces(self, kinds: Iterable[Kind]) -> Iterator[Piece]:
        """All records of these kinds, file after file. A piece is valid until the next is asked for."""
        wanted = frozenset(kinds)
        for number in range(len(self.files)):
            yield from self._of_file(number, wanted)

    def lanes(self, kinds: Iterable[Kind]) -> list[Iterator[Piece]]:
        """The same, each file by itself. A piece is valid until the next of its lane is asked for."""
        of = [frozenset({kind}) for kind in sorted(set(kinds))]
        return [self._of_file(number, kind) for number in range(len(self.files)) for kind in of]

    def rows_at(self, kind: Kind, places: Iterable[int]) -> dict[int, NDArray[Any]]:
        """Records by their place, one row each."""
        wanted = np.array(sorted(places), np.int64)
        found: dict[int, NDArray[Any]] = {}
        for number in sorted(set((wanted >> _FILE_BITS).tolist())):
            for piece in self._of_file(number, frozenset({kind})):
                found.update(_picked(piece, wanted))
        return found

    def _of_file(self, number: int, kinds: frozenset[Kind]) -> Iterator[Piece]:
        file = self.files[number]
        if file.kind is not None and file.kind not in kinds:
            return
        for batch in file.chunks():
            first = (number << _FILE_BITS) + batch.first_seq
            for kind, records in batch.arrays.items():
                if kind in kinds and len(records):
                    places = first + np.flatnonzero(batch.order == kind)
                    yield Piece(kind, records, places, np.zeros(len(records), np.bool_))


def instruments_of(kind: Kind, records: Records) -> NDArray[np.int64]:
    """Id and publisher of each record as one number."""
    rows = by_name(kind, records)
    found: NDArray[np.int64] = rows["instrument_id"].astype(np.int64) << 16 | rows["publisher_id"]
    return found


def _picked(piece: Piece, wanted: NDArray[np.int64]) -> dict[int, NDArray[Any]]:
    at = np.flatnonzero(np.isin(piece.places, wanted))
    return {int(piece.places[row]): piece.records[row : row + 1].copy() for row in at.tolist()}


def _files_in(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for pattern in DBN_NAMES for file in path.glob(pattern))
    if not found:
        raise SourceError(path, "holds no file of the vendor (.dbn, .dbn.zst)", "name the files, or their folder")
    return found
