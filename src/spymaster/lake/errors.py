"""What is said when a lake cannot be used."""

from __future__ import annotations

from typing import ClassVar

from spymaster.errors import ExitCode, UserError


class LakeError(UserError):
    """A lake or a part of it that cannot be used. Caught where the rest is still examined."""

    default_code: ClassVar[ExitCode] = ExitCode.DATA
