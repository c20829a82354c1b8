"""What is said when a journal cannot be read or written."""

from __future__ import annotations

from pathlib import Path


class JournalError(Exception):
    """A journal that cannot be used: one line naming the file, what is wrong and what to do."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        self.path = path
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{path}: {problem}; {remedy}")


class JournalDamage(JournalError):
    """Bytes that no writer of ours left there, with sound frames after them. ``offset``: where they begin."""

    def __init__(self, path: Path, offset: int, problem: str) -> None:
        self.offset = offset
        cut = f"cut the file there (truncate -s {offset})" if offset else "move it away"
        remedy = f"all before it is sound: to go on without the rest, {cut}, and move the segments after it away"
        super().__init__(path, f"damaged at byte {offset} ({problem})", remedy)
