"""What is said when a lake cannot be used."""

from __future__ import annotations

import os


class LakeError(Exception):
    """A lake or a part of it that cannot be used: one line naming the place, what is wrong and what to do."""

    def __init__(self, place: str | os.PathLike[str], problem: str, remedy: str) -> None:
        self.place = os.fspath(place)
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{self.place}: {problem}; {remedy}")
