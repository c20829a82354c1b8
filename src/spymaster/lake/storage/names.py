"""Which files a bucket holds, known from more than what its server lists.

Of runs and of Silver the list is what says that a file exists, and servers are known whose lists are behind what was
written. So the names are kept in an object too, which is always read as it was written last.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from spymaster.lake.errors import BucketError, Overtaken
from spymaster.lake.storage.requests import Requests

LISTED: Final = ("runs", "silver")
"""Folders whose files are found by listing them; those of the others stand in manifests."""

_MOST_ROUNDS: Final = 50
_AT_ONCE: Final = 16


class NameLedger:
    """The names below one folder of a lake, changed by any number of writers at once. Raises BucketError."""

    def __init__(self, requests: Requests, key: str) -> None:
        self._requests = requests
        self._key = key
        self._known: tuple[frozenset[str], str | None] | None = None

    def names(self) -> frozenset[str] | None:
        """All names; None where nobody has kept them yet."""
        names, version = self._read()
        return None if version is None else names

    def add(self, name: str) -> None:
        """A file was written."""
        self._change(lambda names: names | {name})

    def drop(self, name: str) -> None:
        """A file was removed."""
        self._change(lambda names: names - {name})

    def _change(self, changed: Callable[[frozenset[str]], frozenset[str]]) -> None:
        for _ in range(_MOST_ROUNDS):
            names, version = self._known or self._read()
            wanted = changed(names)
            if wanted == names:
                return
            body = zlib.compress("\n".join(sorted(wanted)).encode())
            try:
                written = self._requests.put(self._key, body, hashlib.sha256(body).hexdigest(), version)
            except Overtaken:
                self._known = None
                continue
            self._known = wanted, written
            return
        problem = f"other writers changed it {_MOST_ROUNDS} times in a row"
        raise BucketError(self._requests.url(self._key), problem, "run it again")

    def _read(self) -> tuple[frozenset[str], str | None]:
        try:
            body, version = self._requests.fetch(self._key)
        except FileNotFoundError:
            self._known = frozenset(), None
        else:
            self._known = frozenset(zlib.decompress(body).decode().splitlines()), version
        return self._known


def existing(listed: Iterable[str], kept: frozenset[str] | None, is_there: Callable[[str], bool]) -> set[str]:
    """Names that both accounts agree on, and of the others those that are found when they are asked for."""
    found = set(listed)
    if kept is None:
        return found
    doubtful = sorted(found ^ kept)
    if not doubtful:
        return found
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        there = [name for name, is_one in zip(doubtful, pool.map(is_there, doubtful), strict=True) if is_one]
    return (found & kept) | set(there)
