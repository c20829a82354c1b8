"""Opening the lake's Parquet files, with what is wrong with them in one line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.lake.errors import BucketError, LakeError
from spymaster.lake.storage.files import Storage

_READ_BYTES: Final = 4 * 1024 * 1024
REMEDY: Final = "copy the lake again; `lake verify` lists all that is wrong"


@contextmanager
def opened(storage: Storage, name: str) -> Iterator[Any]:
    """A ``pyarrow.parquet.ParquetFile``. Raises LakeError where it is missing or cannot be read."""
    url = storage.url(name)
    with reading(url):
        file = storage.open(name)
        try:
            yield pq.ParquetFile(file, page_checksum_verification=True)
        finally:
            file.close()


def batches(parquet: Any, url: str, rows: int, columns: list[str] | None = None) -> Iterator[Any]:
    """The file's rows in batches of at most ``rows``. Raises LakeError."""
    with reading(url):
        yield from parquet.iter_batches(batch_size=rows, columns=columns)


def sha256_of(storage: Storage, name: str) -> str:
    """The hash of a file's content. Raises OSError."""
    digest = hashlib.sha256()
    file = storage.open(name)
    try:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    finally:
        file.close()
    return digest.hexdigest()


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Turn what a reader meets into one line. Raises LakeError, and BucketError as it is: a server that does not answer
    says nothing about the file."""
    try:
        yield
    except BucketError:
        raise
    except FileNotFoundError:
        raise LakeError(url, "is missing", REMEDY) from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise LakeError(url, f"is damaged ({reason})", REMEDY) from error
