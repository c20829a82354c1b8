"""What is said when a lake cannot be used."""

from __future__ import annotations

import errno
from typing import ClassVar

from spymaster.errors import ExitCode, UserError


class LakeError(UserError):
    """A lake or a part of it that cannot be used. Caught where the rest is still examined."""

    default_code: ClassVar[ExitCode] = ExitCode.DATA


class BucketError(OSError):
    """A bucket's server that refused or went away. As with a disk that does, what was asked may be asked again.

    ``filename``: the object's URL; ``strerror``: what was wrong; ``remedy``: what the user can do.
    """

    def __init__(self, url: str, problem: str, remedy: str, number: int = errno.EIO) -> None:
        super().__init__(number, problem, url)
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[BucketError], tuple[str, str, str, int]]:
        return type(self), (str(self.filename), str(self.strerror), self.remedy, int(self.errno or errno.EIO))


class Overtaken(BucketError):
    """Somebody else changed an object since it was looked at. Nothing of theirs was overwritten."""
