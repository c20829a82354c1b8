"""The one error that a user sees, and the exit codes of the command line. Any room may raise it: it imports none."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the command line says to a script when it ends."""

    OK = 0
    FAILURE = 1
    """The machine could not do it: no space, no permission, no terminal, no package."""
    USAGE = 2
    """The command line, the configuration or a file of the user's settings asks for something that makes no sense."""
    DATA = 3
    """The data that were named cannot be used, or not wholly."""
    INTERRUPTED = 130


class UserError(Exception):
    """Something the user can mend: one line naming the place, what is wrong there and what to do about it.

    ``place``: the file, folder, option or key. ``problem``: what is wrong with it. ``remedy``: what the user can do.
    ``code``: the exit code of a command that ends with it; left out, that of the class. Characters that are not for
    printing (a file's name may hold any) are shown as spaces, so that the line stays one line and changes no terminal.

    A subclass exists only where somebody catches that kind and no other.
    """

    default_code: ClassVar[ExitCode] = ExitCode.FAILURE

    def __init__(
        self, place: str | os.PathLike[str], problem: str, remedy: str, *, code: ExitCode | None = None
    ) -> None:
        # the arguments as given, so that an error that crosses from one process to another can be made again there
        super().__init__(place, problem, remedy)
        self.place = os.fspath(place)
        self.problem = _one_line(problem)
        self.remedy = _one_line(remedy)
        self.code = self.default_code if code is None else code

    def __str__(self) -> str:
        return f"{_one_line(self.place)}: {self.problem}; {self.remedy}"


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()
