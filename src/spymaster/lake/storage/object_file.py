"""An object of a bucket as a file for reading at any place, and a bucket's objects as pyarrow's datasets take them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pyarrow import PythonFile, fs

from spymaster.lake.storage.requests import Found, Requests

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_AHEAD_BYTES: Final = 1024 * 1024


class ObjectFile(io.RawIOBase):
    """One version of an object; only what is read is fetched. Raises Overtaken where it is replaced meanwhile."""

    def __init__(self, requests: Requests, key: str, found: Found) -> None:
        self._requests = requests
        self._key = key
        self._found = found
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._found.size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fetch as much as there is room for."""
        view = memoryview(buffer).cast("B")
        size = min(len(view), self._found.size - self._at)
        if size <= 0:
            return 0
        view[:size] = self._requests.fetch_part(self._key, self._found.version, self._at, size)
        self._at += size
        return size


def read_ahead(file: ObjectFile) -> Any:
    """The same file, read in larger pieces: what is read from a table's columns one after the other lies together."""
    return io.BufferedReader(file, _READ_AHEAD_BYTES)


class ObjectsOfDataset(fs.FileSystemHandler):  # type: ignore[misc]  # pyarrow ships no types
    """Reads a bucket's objects for ``pyarrow.dataset``, which puts the pieces it needs together by itself."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def get_type_name(self) -> str:
        """What pyarrow calls it."""
        return "spymaster-bucket"

    def normalize_path(self, path: str) -> str:
        """Keys are written in one way only."""
        return path

    def open_input_file(self, path: str) -> Any:
        """An object, read at any place."""
        return PythonFile(ObjectFile(self._requests, path, self._requests.look(path)), mode="r")

    def open_input_stream(self, path: str) -> Any:
        """An object, read from its beginning."""
        return self.open_input_file(path)

    def get_file_info(self, paths: list[str]) -> list[Any]:
        """Size of each; those that are not there are said to be missing."""
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> Any:
        try:
            return fs.FileInfo(path, fs.FileType.File, size=self._requests.look(path).size)
        except FileNotFoundError:
            return fs.FileInfo(path, fs.FileType.NotFound)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise NotImplementedError("a dataset is only read")

    get_file_info_selector = _refuse
    create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _refuse
    delete_file = move = copy_file = open_output_stream = open_append_stream = _refuse
