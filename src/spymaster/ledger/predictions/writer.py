"""A run's predictions, written down as they are said: nothing that was written is ever touched again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from spymaster.errors import ExitCode, UserError
from spymaster.ledger.predictions.chain import GENESIS, chained, verified
from spymaster.ledger.predictions.entries import Entry, Round, RunBegins, RunEnds
from spymaster.market.kinds import NS_PER_S

PREDICTIONS_NAME: Final = "predictions.jsonl"
_SYNC_EVERY_NS: Final = 5 * NS_PER_S


class Files(Protocol):
    """What is asked of the operating system (``journal.files.Files``). Raises OSError as it does."""

    def open_to_append(self, path: Path) -> int:
        """A file to write to; a descriptor."""
        ...

    def write(self, descriptor: int, buffers: Sequence[bytes], offset: int) -> int:
        """Write at an offset; how many bytes were taken."""
        ...

    def truncate(self, descriptor: int, length: int) -> None:
        """Shorten."""
        ...

    def sync(self, descriptor: int) -> None:
        """Wait for the disk."""
        ...

    def close(self, descriptor: int) -> None:
        """Let go."""
        ...


class PredictionWriter:
    """Writes a file of predictions, or goes on with one. ``fault``: why nothing more is written, empty while all is.

    A process that is killed loses nothing that ``write`` has returned from; a machine that loses its power, at most
    five seconds of event time. Either leaves whole lines that hold together, and at most one that is unfinished: that
    one is dropped by whoever goes on, who says so. Raises UserError where the file is there and does not hold
    together, or cannot be written.
    """

    def __init__(self, path: Path, begins: RunBegins, files: Files) -> None:
        self._files = files
        self.fault = ""
        try:
            data = path.read_bytes() if path.exists() else b""
            chain = verified(data)
            if (chain.problem and not chain.is_torn) or chain.is_ended:
                problem = f"line {chain.place} {chain.problem}" if chain.problem else "the run in it has ended"
                remedy = "keep it as it is, and record into another folder"
                raise UserError(path, problem, remedy, code=ExitCode.DATA)
            self._descriptor = files.open_to_append(path)
        except OSError as error:
            raise UserError(path, f"cannot be written ({error.strerror})", "free some space there") from None
        self._offset, self._lines, self._said = chain.bytes, chain.lines, chain.said
        self._root = chain.root if chain.lines else GENESIS
        self._synced_ns = 0
        self._cut()
        self._append(msgspec.structs.replace(begins, dropped_bytes=len(data) - chain.bytes))

    @property
    def said(self) -> int:
        """Predictions in the file."""
        return self._said

    def write(self, entry: Round) -> None:
        """Write down what was said at a snap; where the disk refuses, nothing from there on (``fault``)."""
        if entry.said and self._append(entry):
            self._said += len(entry.said)
            if entry.t_ns - self._synced_ns >= _SYNC_EVERY_NS:
                self._synced_ns = entry.t_ns
                self._sync()

    def end(self) -> None:
        """The run is over: say so, and let go of the file."""
        self._append(RunEnds(self._lines, self._said))
        self.abandon()

    def abandon(self) -> None:
        """Let go of the file as if the process had been killed: a later one may go on with it."""
        self._sync()
        self._files.close(self._descriptor)
        self.fault = self.fault or "closed"

    def _append(self, entry: Entry) -> bool:
        if self.fault:
            return False
        root, line = chained(self._root, entry)
        try:
            taken = 0
            while taken < len(line):
                taken += self._files.write(self._descriptor, [line[taken:]], self._offset + taken)
        except OSError as error:
            self.fault = error.strerror or str(error)
            self._cut()
            return False
        self._root, self._offset, self._lines = root, self._offset + len(line), self._lines + 1
        return True

    def _cut(self) -> None:
        """Nothing stands behind the last whole line."""
        try:
            self._files.truncate(self._descriptor, self._offset)
        except OSError as error:
            self.fault = self.fault or error.strerror or str(error)

    def _sync(self) -> None:
        try:
            self._files.sync(self._descriptor)
        except OSError as error:
            self.fault = self.fault or error.strerror or str(error)
