"""The one seam between the lake and where it is kept: a folder of this machine, or a bucket.

Names are paths below the lake's root with forward slashes. A file appears under its name only when it is whole and
durable; nothing is ever changed in place.
"""

from __future__ import annotations

import hashlib
import io
import os
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from spymaster.atomic_output import PARTIAL, sync_folder
from spymaster.lake.errors import LakeError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

S3_SCHEME: Final = "s3://"


class Upload(io.RawIOBase):
    """A file on its way: written to this machine's disk first, then given its name by ``commit``.

    ``sha256`` and ``size`` are those of what was written. Raises OSError where the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._file = path.open("wb")
        self._digest = hashlib.sha256()

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of it; nothing once it was given up, for writers that add a footer when they are thrown away."""
        view = memoryview(data).cast("B")
        if self._file.closed:
            return len(view)
        self._file.write(view)
        self._digest.update(view)
        self.size += len(view)
        return len(view)

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """How much was written."""
        return self.size

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def make_durable(self) -> None:
        """Everything is written: bring it to the disk and close it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Give up: nothing is left."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Storage(ABC):
    """Where a lake is kept. All methods raise OSError where the disk or the network refuses."""

    name: str
    """As the user would write it."""
    is_remote = False
    """Reading twice is dear, and what arrives is checked on its way."""

    @abstractmethod
    def create(self, name: str) -> Upload:
        """Begin a file; it is not visible before :meth:`commit`."""

    @abstractmethod
    def commit(self, upload: Upload, name: str) -> None:
        """Make what was written durable and visible under its name, in place of what was there."""

    @abstractmethod
    def open(self, name: str) -> Any:
        """A file for reading at any place, as pyarrow takes it. Raises FileNotFoundError."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """A small file. Raises FileNotFoundError."""

    @abstractmethod
    def names(self, under: str = "") -> list[str]:
        """Names of all whole files below a folder, sorted; none where there is no such folder."""

    @abstractmethod
    def size(self, name: str) -> int:
        """Bytes of a file. Raises FileNotFoundError."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file; it need not be there."""

    @abstractmethod
    def url(self, name: str) -> str:
        """Where a file is, as other programs name it."""

    @abstractmethod
    def dataset(self, names: list[str], schema: Any) -> Any:
        """Parquet files as one ``pyarrow.dataset``, the partitions of their folders among the columns."""

    def said_sha256(self, name: str) -> str:
        """The SHA-256 that a file's place keeps beside it, at the price of a question; "" where it keeps none."""
        return ""

    def put(self, name: str, data: bytes) -> None:
        """Write a small file."""
        upload = self.create(name)
        try:
            upload.write(data)
        except OSError:
            upload.discard()
            raise
        self.commit(upload, name)


class LocalStorage(Storage):
    """A folder: files are written beside their place, brought to the disk, renamed, and the folder is synced."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = str(root)

    def create(self, name: str) -> Upload:
        """Begin a file beside its place; folders on the way are made."""
        path = self._path(name)
        _make_folders(path.parent)
        partial = path.with_name(path.name + PARTIAL)
        # never the same file again: whoever left it behind may still hold it open, and write into ours when it ends
        partial.unlink(missing_ok=True)
        return Upload(partial)

    def commit(self, upload: Upload, name: str) -> None:
        """fsync, rename, fsync of the folder."""
        upload.make_durable()
        path = self._path(name)
        upload.path.replace(path)
        sync_folder(path.parent)

    def open(self, name: str) -> Any:
        """The file mapped into memory."""
        import pyarrow as pa

        return pa.memory_map(str(self._path(name)))

    def read(self, name: str) -> bytes:
        """All bytes."""
        return self._path(name).read_bytes()

    def names(self, under: str = "") -> list[str]:
        """Below a folder, without those still being written and hidden ones."""
        found = []
        for folder, folders, files in os.walk(self._path(under) if under else self.root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            place = Path(folder).relative_to(self.root).as_posix()
            found += [str(PurePosixPath(place) / name) for name in files if _is_whole(name)]
        return sorted(found)

    def size(self, name: str) -> int:
        """Bytes."""
        return self._path(name).stat().st_size

    def remove(self, name: str) -> None:
        """Remove a file, and folders that it leaves empty."""
        path = self._path(name)
        path.unlink(missing_ok=True)
        folder = path.parent
        while folder != self.root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def url(self, name: str) -> str:
        """Its path."""
        return str(self._path(name))

    def dataset(self, names: list[str], schema: Any) -> Any:
        """Files of this machine."""
        from pyarrow import fs

        return parquet_dataset([self.url(name) for name in names], schema, fs.LocalFileSystem())

    def _path(self, name: str) -> Path:
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or "\\" in name:
            raise LakeError(self.name, f"{name!r} lies outside the lake", "do not use this lake")
        return self.root / inside


def parquet_dataset(files: list[str], schema: Any, filesystem: Any) -> Any:
    """Parquet files as one table with the partitions of their folders as columns."""
    import pyarrow.dataset as pads

    partitions = pads.HivePartitioning.discover(infer_dictionary=False)
    found = pads.dataset(files, format="parquet", filesystem=filesystem, partitioning=partitions).schema
    parts = [field for field in found if field.name not in schema.names and f"/{field.name}=" in files[0]]
    whole = schema
    for field in parts:
        whole = whole.append(field)
    return pads.dataset(files, schema=whole, format="parquet", filesystem=filesystem, partitioning=partitions)


def _is_whole(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(PARTIAL)


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it, each durable in the one above."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for made in reversed(missing):
        made.mkdir(exist_ok=True)
        sync_folder(made.parent)
