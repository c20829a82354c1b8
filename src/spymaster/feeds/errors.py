"""What is said when a source cannot be used."""

from __future__ import annotations

import os
from pathlib import Path


class SourceError(Exception):
    """A data problem with one file or folder: one line naming it, what is wrong and what to do.

    ``path``: the file or folder. ``problem``: what is wrong with it. ``remedy``: what the user can do. The command line
    turns this into exit code 3.
    """

    def __init__(self, path: str | os.PathLike[str], problem: str, remedy: str) -> None:
        self.path = Path(path)
        self.problem = _one_line(problem)
        self.remedy = _one_line(remedy)
        super().__init__(f"{_one_line(str(self.path))}: {self.problem}; {self.remedy}")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()
