"""The program itself as a group of commands, and what it says where a command line cannot be understood: one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from typer.core import TyperGroup

from spymaster.cli.parsing.values import take_plainly
from spymaster.errors import ExitCode, UserError

# Typer brings its own copy of Click from some release on: its base classes are reached through what it exports
_USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__bases__[0]
_IS_HELP: Final = "NoArgsIsHelpError"


class Program(TyperGroup):
    """All commands. A command line that cannot be understood ends with code 2 and says in one line what is wrong,
    where, and what to look at."""

    def get_params(self, ctx: Any) -> list[Any]:
        """What may stand before the command."""
        return take_plainly(super().get_params(ctx))

    def make_context(self, *given: Any, **named: Any) -> Any:
        """Understand what stands before the command."""
        with _worded():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:
        """Understand the command and run it."""
        with _worded():
            return super().invoke(ctx)


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except _USAGE_ERROR as error:
        # a group without a command shows its help
        if type(error).__name__ == _IS_HELP:
            raise
        print(f"error: {usage_error(error)}", file=sys.stderr)
        raise typer.Exit(ExitCode.USAGE) from None


def usage_error(error: Any) -> UserError:
    """What Click found wrong with a command line, in our words."""
    place = error.ctx.command_path if error.ctx is not None else "spymaster-tui"
    remedy = f"see: {place} -h"
    message = str(error.format_message()).partition(" (Possible options")[0].rstrip(".")
    possible = sorted(getattr(error, "possibilities", None) or ())
    if possible:
        remedy = f"perhaps {', '.join(possible)}; {remedy}"
    return UserError(place, message[:1].lower() + message[1:], remedy, code=ExitCode.USAGE)
