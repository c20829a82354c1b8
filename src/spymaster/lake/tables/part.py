"""One Parquet file of the lake on its way, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.schema import CONTENT_KEY, RUN_KEY, SCHEMA_KEY, TableSchema
from spymaster.market.manifest import RecordingFile

_LEVEL: Final = 3
_BUFFER_BYTES: Final = 256 * 1024


class Part:
    """Takes tables of one schema, each a row group; ``commit`` makes the file visible. Raises OSError.

    ``about``: what else the file says of itself. ``tells_content``: and the SHA-256 of its rows as they are stored, so
    that whoever has seen the file knows by its footer whether it is the same. Use ``discard`` where something else
    failed: then nothing is left.
    """

    def __init__(
        self,
        storage: Storage,
        name: str,
        schema: TableSchema,
        about: Mapping[bytes, str],
        *,
        tells_content: bool = False,
    ) -> None:
        self.name = name
        self._tells_content = tells_content
        self.rows = 0
        self._schema = schema
        self._storage = storage
        self._upload = storage.create(name)
        # pages of narrow columns are small, and each would cost a call back into Python
        self._pages = pa.BufferedOutputStream(pa.PythonFile(self._upload, "w"), _BUFFER_BYTES)
        self._writer = pq.ParquetWriter(
            self._pages,
            schema.written,
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=schema.dictionaries,
            column_encoding=dict(schema.encodings),
            write_statistics=list(schema.statistics),
            store_schema=False,
            write_page_checksum=True,
        )
        self._writer.add_key_value_metadata({SCHEMA_KEY: schema.label, **about})

    def write(self, table: Any) -> None:
        """Append a row group."""
        self._writer.write_table(table, row_group_size=max(len(table), 1))
        self.rows += len(table)

    def commit(self, *, first_seq: int | None = None, last_seq: int | None = None) -> RecordingFile:
        """Write the footer and make the file durable and visible; what the manifest says of it."""
        if self._tells_content:
            self._pages.flush()
            self._writer.add_key_value_metadata({CONTENT_KEY: self._upload.sha256})
        self._writer.close()
        self._pages.flush()
        upload = self._upload
        self._storage.commit(upload, self.name)
        return RecordingFile(self.name, upload.sha256, self.rows, self._schema.kind, upload.size, first_seq, last_seq)

    def discard(self) -> None:
        """Give up: nothing is left."""
        self._upload.discard()


class PartMaker:
    """Begins the files of one run. A run that writes a file again replaces it, and never one of another run."""

    def __init__(self, storage: Storage, run_id: str) -> None:
        self._storage = storage
        self._run_id = run_id

    def begin(self, folder: str, first: int, schema: TableSchema) -> Part:
        """A file in a folder, named after its first row's number (or time)."""
        name = f"{folder}/part-{first:020}.parquet"
        if not self._is_own(name):
            name = f"{folder}/part-{first:020}-{self._run_id}.parquet"
        return Part(self._storage, name, schema, {RUN_KEY: self._run_id})

    def _is_own(self, name: str) -> bool:
        """Whether a name is free or the run's own. A file that cannot be read belongs to somebody else."""
        try:
            said = file_metadata(self._storage, name)
        except FileNotFoundError:
            return True
        except (OSError, pa.ArrowInvalid):
            return False
        return said.get(RUN_KEY) == self._run_id.encode()


def file_metadata(storage: Storage, name: str) -> Mapping[bytes, bytes]:
    """What a Parquet file says of itself. Raises FileNotFoundError, OSError, pyarrow.ArrowInvalid."""
    with storage.open(name) as file:
        said: Mapping[bytes, bytes] = pq.ParquetFile(file).metadata.metadata or {}
        return said
