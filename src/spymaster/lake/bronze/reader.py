"""Bronze back to journal frames: the records of one run in the order they arrived, in flat memory."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from spymaster.lake.catalog import BRONZE, LakeRun, check_version, hour_of_file
from spymaster.lake.errors import LakeError
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.arrow_records import records_of
from spymaster.lake.tables.parquet_file import REMEDY, batches, opened, reading, sha256_of
from spymaster.lake.tables.schema import BACKFILL, BRONZE_VERSION, CONTROL, SEQ
from spymaster.market.batches import Batch, Records
from spymaster.market.frames import (
    ConfigFrame,
    FeedStatusFrame,
    Frame,
    GapFrame,
    MappingFrame,
    RecordsFrame,
    WatermarkFrame,
)
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingFile

CHUNK_ROWS: Final = 16_384

_DECODERS: Final[dict[str, msgspec.json.Decoder[Frame]]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind)
    for kind in (ConfigFrame, FeedStatusFrame, GapFrame, MappingFrame)
}
_WATERMARK: Final = str(WatermarkFrame.__struct_config__.tag)

Controls = list[tuple[int, Frame]]
"""Frames with the number of the record each stood before, in order."""


class Backfill(enum.Enum):
    """What is read of a run that had holes."""

    WITHOUT = "as lived"
    WITH = "all that was recorded"
    ALONE = "what was fetched later"


class BronzeReader:
    """Reads one run of a lake. Can be read any number of times.

    ``backfill``: which records are given with regard to those that were fetched later to fill a hole; those are given
    where they arrived. Raises LakeError for a file that is damaged, missing, or of a newer program.
    """

    def __init__(
        self,
        storage: Storage,
        run: LakeRun,
        *,
        backfill: Backfill = Backfill.WITHOUT,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        self._storage = storage
        self._backfill = backfill
        self._chunk_rows = chunk_rows
        hours: dict[int, list[RecordingFile]] = {}
        for file in run.files(BRONZE):
            hour = hour_of_file(file.path)
            if hour is None:
                raise LakeError(storage.url(file.path), "its name tells no hour", "copy the lake again")
            hours.setdefault(hour, []).append(file)
        self._hours = {hour: hours[hour] for hour in sorted(hours)}

    @property
    def hours(self) -> tuple[int, ...]:
        """The UTC hours there is something of, by number."""
        return tuple(self._hours)

    def frames(self) -> Generator[Frame, None, None]:
        """Every frame of the run. Records come in batches that stay valid."""
        for hour in self._hours:
            yield from self.hour(hour)

    def hour(self, hour: int) -> Generator[Frame, None, None]:
        """The frames that arrived while the clock was in one UTC hour."""
        files = self._hours.get(hour, [])
        for file in files:
            _check_content(self._storage, file)
        controls = [
            control for file in files if file.kind == CONTROL for control in read_controls(self._storage, file.path)
        ]
        controls.sort(key=lambda control: control[0])
        lanes = [
            _Lane(self._storage, file, self._chunk_rows, backfill=self._backfill)
            for file in files
            if file.kind in Kind.__members__
        ]
        at = 0
        for batch in _merge(lanes):
            for piece in _cut(batch, [seq for seq, _ in itertools.islice(controls, at, None)]):
                while at < len(controls) and controls[at][0] <= piece.first_seq:
                    yield controls[at][1]
                    at += 1
                yield RecordsFrame(piece)
        for _, frame in controls[at:]:
            yield frame


def _check_content(storage: Storage, file: RecordingFile) -> None:
    """Refuse a file that is not what its manifest says: the format alone does not show every damage. Of one elsewhere
    what its place says of it has to do, which shows that it is the one the manifest means."""
    url = storage.url(file.path)
    with reading(url):
        found = storage.said_sha256(file.path) or file.sha256 if storage.is_remote else sha256_of(storage, file.path)
        if found != file.sha256:
            raise LakeError(url, "is damaged (its content is not what its manifest says)", REMEDY)


def read_controls(storage: Storage, name: str) -> Controls:
    """The frames of one file that stood between records, each with the number of the next. Raises LakeError."""
    with opened(storage, name) as parquet:
        check_version(storage.url(name), parquet.metadata, BRONZE, BRONZE_VERSION)
        table = parquet.read(columns=[SEQ, "segment", "offset", "type", "at_ns", "payload"])
    rows = sorted(zip(*(column.to_pylist() for column in table.columns), strict=True), key=lambda row: row[:3])
    found: Controls = []
    for seq, _segment, _offset, kind, at_ns, payload in rows:
        if kind == _WATERMARK:
            found.append((seq, WatermarkFrame(at_ns)))
        elif kind in _DECODERS:
            found.append((seq, _DECODERS[kind].decode(payload)))
    return found


def read_records(storage: Storage, name: str, kind: Kind, chunk_rows: int = CHUNK_ROWS) -> Iterator[Records]:
    """The records of one file, a chunk at a time. Raises LakeError."""
    with opened(storage, name) as parquet:
        check_version(storage.url(name), parquet.metadata, BRONZE, BRONZE_VERSION)
        for batch in batches(parquet, storage.url(name), chunk_rows):
            yield records_of(kind, batch)


class _Lane:
    """One file on its way through the merge."""

    def __init__(self, storage: Storage, file: RecordingFile, chunk_rows: int, *, backfill: Backfill) -> None:
        self.kind = Kind[file.kind]
        self.first = file.first_seq or 0
        self._chunks = self._read(storage, file.path, chunk_rows, backfill)
        self._seqs: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._records: Records | None = None
        self._at = 0

    @property
    def left(self) -> int:
        """Records of the present chunk not yet taken."""
        return len(self._seqs) - self._at

    @property
    def last(self) -> int:
        """Number of the last record that is known."""
        return int(self._seqs[-1])

    def refill(self) -> None:
        """Load the next chunk once this one is used up; afterwards ``left`` is 0 only at the end of the file."""
        while not self.left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return
            self._seqs, self._records = chunk
            self._at = 0

    def pop_until(self, bound: int) -> tuple[NDArray[np.uint64], Records]:
        """The records up to a number, that one included."""
        assert self._records is not None
        upto = int(np.searchsorted(self._seqs, np.uint64(bound), "right"))
        span = slice(self._at, upto)
        self._at = upto
        return self._seqs[span], self._records[span]

    def close(self) -> None:
        """Stop reading."""
        self._chunks.close()

    def _read(
        self, storage: Storage, name: str, chunk_rows: int, backfill: Backfill
    ) -> Generator[tuple[NDArray[np.uint64], Records], None, None]:
        with opened(storage, name) as parquet:
            check_version(storage.url(name), parquet.metadata, BRONZE, BRONZE_VERSION)
            for batch in batches(parquet, storage.url(name), chunk_rows):
                rows = _chosen(batch, backfill)
                if rows.num_rows:
                    yield rows.column(SEQ).to_numpy(zero_copy_only=False), records_of(self.kind, rows)


def _chosen(batch: Any, backfill: Backfill) -> Any:
    if backfill is Backfill.WITH:
        return batch
    flagged = batch.column(BACKFILL)
    return batch.filter(flagged if backfill is Backfill.ALONE else pc.invert(flagged))


def _merge(lanes: Sequence[_Lane]) -> Iterator[Batch]:
    """The records of all lanes by number; a file is opened when its first record comes near."""
    waiting = sorted(lanes, key=lambda lane: lane.first, reverse=True)
    active: list[_Lane] = []
    try:
        while waiting or active:
            while waiting and (not active or waiting[-1].first <= min(lane.last for lane in active)):
                lane = waiting.pop()
                lane.refill()
                active += [lane] if lane.left else []
            if not active:
                continue
            yield from _gather(active, min(lane.last for lane in active))
            for lane in active:
                lane.refill()
            active = [lane for lane in active if lane.left]
    finally:
        for lane in active:
            lane.close()


def _gather(lanes: Sequence[_Lane], bound: int) -> Iterator[Batch]:
    taken = [(lane.kind, *lane.pop_until(bound)) for lane in lanes]
    runs = [(kind, seqs, records) for kind, seqs, records in taken if len(seqs)]
    if not runs:
        return
    seqs = np.concatenate([run[1] for run in runs])
    order = np.repeat(np.array([run[0] for run in runs], np.uint8), [len(run[1]) for run in runs])
    turn = np.argsort(seqs, kind="stable")
    arrays: dict[Kind, Records] = {}
    for kind in {run[0] for run in runs}:
        own = [run for run in runs if run[0] is kind]
        arrays[kind] = own[0][2]
        if len(own) > 1:
            order_of_rows = np.argsort(np.concatenate([run[1] for run in own]), kind="stable")
            arrays[kind] = np.concatenate([run[2] for run in own])[order_of_rows]
    yield from _contiguous(arrays, order[turn], seqs[turn])


def _contiguous(arrays: dict[Kind, Records], order: NDArray[np.uint8], seqs: NDArray[np.uint64]) -> Iterator[Batch]:
    """Batches whose numbers have no hole, with bars of the past apart from everything else."""
    breaks = np.diff(seqs) != 1
    is_bar = order == Kind.BAR
    breaks |= is_bar[1:] != is_bar[:-1]
    yield from _pieces(arrays, order, seqs, np.flatnonzero(breaks) + 1)


def _cut(batch: Batch, before: Iterable[int]) -> Iterator[Batch]:
    """A batch cut before the given numbers, ascending."""
    inside = itertools.takewhile(lambda seq: seq < batch.first_seq + len(batch), before)
    order_of_rows = sorted({seq - batch.first_seq for seq in inside if seq > batch.first_seq})
    if not order_of_rows:
        yield batch
        return
    seqs = np.arange(batch.first_seq, batch.first_seq + len(batch), dtype=np.uint64)
    yield from _pieces(dict(batch.arrays), batch.order, seqs, np.array(order_of_rows))


def _pieces(
    arrays: dict[Kind, Records], order: NDArray[np.uint8], seqs: NDArray[np.uint64], cuts: NDArray[Any]
) -> Iterator[Batch]:
    taken = dict.fromkeys(arrays, 0)
    for start, end in itertools.pairwise([0, *cuts.tolist(), len(order)]):
        part: dict[Kind, Records] = {}
        for kind, records in arrays.items():
            count = int(np.count_nonzero(order[start:end] == kind))
            if count:
                part[kind] = records[taken[kind] : taken[kind] + count]
                taken[kind] += count
        yield Batch(part, order[start:end], int(seqs[start]))
