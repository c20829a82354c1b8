"""The error of this room."""

from __future__ import annotations

from typing import ClassVar

from spymaster.errors import ExitCode, UserError


class ModelError(UserError):
    """A file that is no model, is damaged, or was made for other features. Caught where another model can be used."""

    default_code: ClassVar[ExitCode] = ExitCode.DATA
