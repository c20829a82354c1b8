"""The declared boundary where errors become one line on stderr and an exit code (0 ok, 1 failure, 2 usage, 3 data)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

FAILURE: Final = 1
USAGE: Final = 2
DATA: Final = 3
INTERRUPTED: Final = 130

_CODES: Final = {
    "ConfigError": USAGE,
    "LevelError": USAGE,
    "UsageError": USAGE,
    "KeymapError": USAGE,
    "ScreenshotError": USAGE,
    "NoTerminalError": FAILURE,
    "PlanError": USAGE,
    "CompareError": USAGE,
    "TimeFormatError": USAGE,
    "SourceError": DATA,
    "ManifestError": DATA,
    "CalendarError": DATA,
    "EngineError": DATA,
    "LakeError": DATA,
    "ExportError": FAILURE,
    "JournalDamage": DATA,
    "JournalError": FAILURE,
    "ResourceError": FAILURE,
    "EncodeError": FAILURE,
}
"""By class name, so that naming an error costs no import; every one carries a line meant for the user."""


class UsageError(ValueError):
    """The command line asks for something that makes no sense: one line saying what and the remedy."""


def code_of(error: BaseException) -> int | None:
    """The exit code of an error meant for the user, or None for one that is a fault of the program."""
    for kind in type(error).__mro__:
        if kind.__name__ in _CODES and kind.__module__.startswith("spymaster."):
            return _CODES[kind.__name__]
    return None


@contextmanager
def reported() -> Iterator[None]:
    """Run a command: errors meant for the user become one line and an exit code, Ctrl+C 130, a closed pipe silence."""
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # the reader of our output went away; nothing is left to say, not even at interpreter exit
        sys.stderr.close()
        raise typer.Exit(FAILURE) from None
    except OSError as error:
        print(f"error: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)
        raise typer.Exit(FAILURE) from None
    except Exception as error:
        code = code_of(error)
        if code is None:
            raise
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(code) from None
