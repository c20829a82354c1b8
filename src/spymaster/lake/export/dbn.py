"""Records as the vendor's native files, one for each schema, byte for byte what arrived."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

import msgspec
import numpy as np

from spymaster.errors import UserError
from spymaster.feeds.dbn.publishers import PUBLISHERS
from spymaster.feeds.dbn.writer import DbnWriter
from spymaster.interrupts import held
from spymaster.lake.bronze.reader import Backfill, BronzeReader, read_controls, read_records
from spymaster.lake.catalog import BRONZE, LakeRun
from spymaster.lake.export.errors import refused
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.schema import CONTROL
from spymaster.lake.vendor_order import in_vendor_order
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import RTYPE_KINDS, SCHEMA_RTYPES, by_name
from spymaster.market.frames import ConfigFrame, MappingFrame, RecordsFrame
from spymaster.market.kinds import ACTION_TRADE, Kind

_OPTIONS_DATASET: Final = "OPRA.PILLAR"
_OTHER_DATASET: Final = "DBEQ.BASIC"
_OPTION_KINDS: Final = frozenset({Kind.CMBP1, Kind.CBBO})

_SCHEMAS: Final[Mapping[int, str]] = MappingProxyType(
    {rtype: schema for schema, rtype in SCHEMA_RTYPES.items() if schema != "tbbo"}
)
"""Record type byte -> schema. Quotes with trades alone (``tbbo``) have the byte of ``mbp-1``."""
_ANNOUNCED_QUOTES_OF_TRADES: Final = 197
"""What DBN version 4 is to call a record of ``tbbo``. Files are written in version 3, whose readers do not know it."""
_QUOTES: Final = "mbp-1"
_QUOTES_OF_TRADES: Final = "tbbo"
_LOST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "XTRADE": "trades of a vendor that sends JSON, with their condition codes, exchange and fractional size",
        "XQUOTE": "quotes of a vendor that sends JSON, with their condition codes, exchanges and fractional sizes",
        "RAW": "frames as a vendor sent them",
        "GREEKS": "a vendor's greeks, volatilities and open interest",
        CONTROL: "watermarks, feed status, gaps and configuration",
    }
)


class Written(msgspec.Struct, frozen=True):
    """A native file and how many records it holds."""

    path: Path
    records: int


class DbnExport:
    """Writes ``PREFIX.SCHEMA.dbn.zst`` for every schema that comes. Use as a context manager: an error leaves nothing.

    ``dataset``: of the run's own instrument, None where the records tell. A schema of another dataset gets that in its
    name. ``symbols``: instrument id -> symbol, for the headers. Raises UserError where the place does not work.
    """

    def __init__(self, prefix: str, symbols: Mapping[int, str], dataset: str | None = None) -> None:
        self._prefix = prefix
        self._symbols = dict(sorted(symbols.items()))
        self._dataset = dataset
        self._writers: dict[tuple[str, str | None], DbnWriter] = {}
        self.left_out: dict[str, int] = {}
        """Kinds that have no native form -> how many records of them were left out."""
        folder = Path(prefix).resolve().parent
        if not folder.is_dir():
            raise UserError(prefix, f"there is no folder {folder}", "make it or choose another --out")

    def on_batch(self, batch: Batch) -> None:
        """Write records, each kind's in their order."""
        for kind, records in batch.arrays.items():
            if kind not in RTYPE_KINDS.values():
                self.left_out[kind.name] = self.left_out.get(kind.name, 0) + len(records)
                continue
            for key, rows in self._parted(kind, records):
                try:
                    self._writer(*key).write(rows)
                except OSError as error:
                    raise refused(self._prefix, error) from error

    def close(self) -> tuple[Written, ...]:
        """Complete all files; they appear together."""
        try:
            for writer in self._writers.values():
                writer.complete()
            with held():
                for writer in self._writers.values():
                    writer.close()
        except OSError as error:
            raise refused(self._prefix, error) from error
        return tuple(Written(writer.path, writer.count) for writer in self._writers.values())

    def losses(self, *, frames: bool = False) -> Iterator[str]:
        """A line for everything that the native files do not hold. ``frames``: there were frames between records."""
        for name, count in sorted(self.left_out.items()):
            yield f"{count:,} {name} records have no native form: {_LOST.get(name, 'records')} are not in the files"
        if frames:
            yield f"native files hold records alone: {_LOST[CONTROL]} are not in them, nor the order between schemas"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for writer in self._writers.values():
                with contextlib.suppress(OSError):
                    writer.abandon()

    def _parted(self, kind: Kind, records: Records) -> Iterator[tuple[tuple[str, str | None], Records]]:
        """The records by dataset and schema."""
        rows = by_name(kind, records)
        announced = rows["rtype"] == _ANNOUNCED_QUOTES_OF_TRADES
        if announced.any():
            records = rows = rows.copy()
            rows["rtype"][announced] = SCHEMA_RTYPES[_QUOTES_OF_TRADES]
        heads = rows["rtype"].astype(np.int64) << 16 | rows["publisher_id"]
        for head in np.unique(heads):
            mine = heads == head
            dataset = self._dataset_of(kind, int(head) & 0xFFFF)
            schema = _SCHEMAS.get(int(head) >> 16)
            if schema == _QUOTES and self._is_of_trades(dataset, rows[mine]):
                schema = _QUOTES_OF_TRADES
            yield (dataset, schema), records if mine.all() else records[mine]

    def _is_of_trades(self, dataset: str, rows: Any) -> bool:
        """Whether quotes come with trades alone; a file that has been begun settles it."""
        for schema in (_QUOTES, _QUOTES_OF_TRADES):
            if (dataset, schema) in self._writers:
                return schema == _QUOTES_OF_TRADES
        return bool((rows["action"] == bytes([ACTION_TRADE])).all())

    def _dataset_of(self, kind: Kind, publisher: int) -> str:
        known = PUBLISHERS.get(publisher)
        if known is not None:
            return known.dataset
        if kind in _OPTION_KINDS:
            return _OPTIONS_DATASET
        return self._dataset or _OTHER_DATASET

    def _writer(self, dataset: str, schema: str | None) -> DbnWriter:
        writer = self._writers.get((dataset, schema))
        if writer is None:
            if self._dataset is None:
                self._dataset = dataset
            of = "" if dataset == self._dataset else f".{dataset.lower().replace('.', '-')}"
            path = f"{self._prefix}{of}.{schema or 'messages'}.dbn.zst"
            writer = DbnWriter(path, schema=schema, dataset=dataset, symbol_map=self._symbols)
            self._writers[dataset, schema] = writer
        return writer


def lake_batches(storage: Storage, run: LakeRun) -> Iterator[Batch]:
    """The records of a run, what was fetched later where it belongs. Raises LakeError."""
    return in_vendor_order(*(read_batches(storage, run, which) for which in (Backfill.WITHOUT, Backfill.ALONE)))


def read_batches(storage: Storage, run: LakeRun, which: Backfill) -> Iterator[Batch]:
    """The records of a run in the order in which they arrived. Raises LakeError."""
    for frame in BronzeReader(storage, run, backfill=which).frames():
        if isinstance(frame, RecordsFrame):
            yield frame.batch


def lake_symbols(storage: Storage, run: LakeRun) -> Mapping[int, str]:
    """Instrument id -> symbol, by everything a run was told. Raises LakeError."""
    symbols: dict[int, str] = {}
    for file in run.files(BRONZE):
        if file.kind == CONTROL:
            for _, frame in read_controls(storage, file.path):
                if isinstance(frame, MappingFrame):
                    symbols[frame.instrument_id] = frame.symbol
                elif isinstance(frame, ConfigFrame):
                    symbols[frame.instrument.instrument_id] = frame.instrument.symbol
        elif file.kind == Kind.DEF.name:
            for rows in read_records(storage, file.path, Kind.DEF):
                symbols.update(_defined(rows))
    return symbols


def _defined(rows: Records) -> Iterable[tuple[int, str]]:
    names = (symbol.decode("utf-8", "replace") for symbol in rows["raw_symbol"].tolist())
    return zip(rows["instrument_id"].tolist(), names, strict=True)
