"""What is said when a source cannot be used."""

from __future__ import annotations

from typing import ClassVar

from spymaster.errors import ExitCode, UserError


class SourceError(UserError):
    """A data problem with one file or folder. Caught where the other files of a folder are still good."""

    default_code: ClassVar[ExitCode] = ExitCode.DATA


class NothingOnDateError(SourceError):
    """No record of the contract on the trade date that was asked for. Caught where all dates are gone through."""
