"""What is said when a journal cannot be read or written. The sidecar catches these and says them in its health."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from spymaster.errors import ExitCode, UserError


class JournalError(UserError):
    """A journal that cannot be used."""


class JournalDamage(JournalError):
    """Bytes that no writer of ours left there, with sound frames after them. ``offset``: where they begin."""

    default_code: ClassVar[ExitCode] = ExitCode.DATA

    def __init__(self, path: Path, offset: int, problem: str) -> None:
        cut = f"cut the file there (truncate -s {offset})" if offset else "move it away"
        remedy = f"all before it is sound: to go on without the rest, {cut}, and move the segments after it away"
        super().__init__(path, f"damaged at byte {offset} ({problem})", remedy)
        self.args = (path, offset, problem)
        self.offset = offset
