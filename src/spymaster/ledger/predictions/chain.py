"""The chain: each line of a file of predictions carries the hash of itself and of everything before it.

A line is 64 hexadecimal digits, a space, a JSON object and a line feed. The digits are the SHA-256 of those of the line
before (64 zeros before the first), a space, and the object's bytes. So no byte can be changed, taken out, moved or put
in without breaking the chain at that line; and a tail that was cut off is missed by whoever knows the root, which is
the last line's hash (docs/predictions.md 1).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from spymaster.ledger.predictions.entries import FORMAT, Entry, Round, RunBegins, RunEnds
from spymaster.market.manifest import DayRoot

GENESIS: Final = "0" * 64
_HEAD: Final = re.compile(rb"([0-9a-f]{64}) (?=\{)")
_DIGITS: Final = len(GENESIS)

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Entry)


def link(before: str, body: bytes) -> str:
    """The hash of a line after the line with hash ``before``."""
    return hashlib.sha256(before.encode("ascii") + b" " + body).hexdigest()


def chained(before: str, entry: Entry) -> tuple[str, bytes]:
    """(hash, line) of an entry after the line with hash ``before``."""
    body = _encoder.encode(entry)
    digest = link(before, body)
    return digest, digest.encode("ascii") + b" " + body + b"\n"


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """What holds together of a file, from its first byte on.

    ``lines``, ``bytes``: of that; ``root``: its last hash; ``days``: by trade date; ``said``: predictions in it;
    ``is_ended``: the run said its last word. ``problem``: why the next line does not belong to it, empty at the file's
    end; ``place``: that line's number, from 1 on. ``is_torn``: the only thing after it is a line without an end, as a
    crash leaves one.
    """

    lines: int
    bytes: int
    root: str
    days: tuple[DayRoot, ...]
    said: int
    is_ended: bool
    problem: str = ""
    place: int = 0
    is_torn: bool = False


class _BrokenError(Exception):
    """Why a line does not go on with those before it."""


class ChainReader:
    """Follows a file line by line. ``entries`` yields those that hold together; ``chain`` says how far that is."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = self._lines = self._said = 0
        self._root = GENESIS
        self._days: dict[int, DayRoot] = {}
        self._last_ns = 0
        self._is_ended = False
        self._problem, self._is_torn = "", False

    def entries(self) -> Iterator[Entry]:
        """Each line's entry in order, up to the first that does not belong there."""
        data = self._data
        while self._offset < len(data):
            end = data.find(b"\n", self._offset)
            if end < 0:
                self._is_torn = True
                self._problem = f"is unfinished: {len(data) - self._offset} bytes without a line's end"
                return
            try:
                entry = self._next(data[self._offset : end])
            except _BrokenError as error:
                self._problem = str(error)
                return
            self._offset = end + 1
            yield entry

    @property
    def chain(self) -> Chain:
        """As far as ``entries`` was read."""
        return Chain(
            lines=self._lines,
            bytes=self._offset,
            root=self._root,
            days=tuple(self._days.values()),
            said=self._said,
            is_ended=self._is_ended,
            problem=self._problem,
            place=self._lines + 1 if self._problem else 0,
            is_torn=self._is_torn,
        )

    def _next(self, line: bytes) -> Entry:
        head = _HEAD.match(line)
        if head is None:
            raise _BrokenError("is no line of a file of predictions")
        body = line[_DIGITS + 1 :]
        digest = link(self._root, body)
        if digest != head[1].decode("ascii"):
            raise _BrokenError("is not what was written, or not after the lines that stand before it (SHA-256)")
        entry = self._understood(body)
        self._root, self._lines = digest, self._lines + 1
        if isinstance(entry, Round):
            self._said += len(entry.said)
            self._last_ns = entry.t_ns
            self._days[entry.date] = DayRoot(entry.date, self._lines, self._said, digest)
        self._is_ended = isinstance(entry, RunEnds)
        return entry

    def _understood(self, body: bytes) -> Entry:
        """The entry, if it may stand here."""
        try:
            entry = _decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _BrokenError(f"cannot be understood ({error})") from None
        if self._is_ended:
            raise _BrokenError("stands after the run's end")
        if not self._lines and not isinstance(entry, RunBegins):
            raise _BrokenError("does not say which run it is of, as the first line has to")
        if isinstance(entry, RunBegins) and entry.format > FORMAT:
            raise _BrokenError(f"is of format {entry.format}; update the program to read it")
        if isinstance(entry, Round) and entry.t_ns < self._last_ns:
            raise _BrokenError("was said before the line in front of it")
        if isinstance(entry, RunEnds) and (entry.lines, entry.said) != (self._lines, self._said):
            raise _BrokenError(f"ends {entry.lines} lines, and {self._lines} stand before it")
        return entry


def verified(data: bytes) -> Chain:
    """How much of these bytes holds together, and what is wrong behind that."""
    reader = ChainReader(data)
    for _ in reader.entries():
        pass
    return reader.chain


def mismatch(chain: Chain, lines: int, root: str) -> str:
    """What a sound chain has against the root that was written down elsewhere; empty where they agree."""
    if (chain.lines, chain.root) == (lines, root):
        return ""
    if chain.lines < lines:
        return f"{chain.lines} lines, and the run's manifest counts {lines}: its end was cut off"
    if chain.lines > lines:
        return f"{chain.lines} lines, and the run's manifest counts {lines}: something was added"
    return f"its root {chain.root[:12]}… is not that of the run's manifest, {root[:12]}…: it was written anew"
