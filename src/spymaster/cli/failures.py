"""The declared boundary where errors become one line on stderr and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from spymaster.errors import ExitCode, UserError
from spymaster.interrupts import Interrupted, raise_put_off
from spymaster.lake.errors import BucketError

_OF_DISK: Final = "check the path, its permissions and the space there"


@contextmanager
def half_done(remedy: str) -> Iterator[None]:
    """Say what an interruption leaves behind: ``remedy`` is one line, printed before the program ends."""
    try:
        yield
    except (Interrupted, KeyboardInterrupt):
        print(remedy, file=sys.stderr)
        raise


@contextmanager
def reported() -> Iterator[None]:
    """Run a command: errors meant for the user become one line and an exit code, Ctrl+C 130, a closed pipe silence."""
    raise_put_off()
    try:
        try:
            yield
        finally:
            # what is still held back is written here, where a reader that went away is answered, and not at exit
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except BrokenPipeError:
        # the reader of our output went away; nothing is left to say, not even at interpreter exit
        sys.stderr.close()
        raise typer.Exit(ExitCode.FAILURE) from None
    except OSError as error:
        path = error.filename or "input or output"
        remedy = error.remedy if isinstance(error, BucketError) else _OF_DISK
        refused = UserError(path, error.strerror or str(error), remedy)
        print(f"error: {refused}", file=sys.stderr)
        raise typer.Exit(ExitCode.FAILURE) from None
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(error.code) from None
