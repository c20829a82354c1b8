"""What is said when an export cannot be written."""

from __future__ import annotations

import os


class ExportError(Exception):
    """An export that cannot be written: one line naming the target, what is wrong and what to do."""

    def __init__(self, target: str, problem: str, remedy: str) -> None:
        self.target = target
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{target}: {problem}; {remedy}")


def refused(target: str, error: OSError) -> ExportError:
    """The system's refusal to write, in one line."""
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return ExportError(target, f"cannot be written ({reason})", "free some space there or choose another --out")
