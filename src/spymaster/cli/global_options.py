"""Options of the whole program, which may stand before the command's name or behind it; the last one given counts."""

from __future__ import annotations

import copy
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from typer.core import TyperCommand, TyperGroup

from spymaster.cli.failures import reported
from spymaster.cli.parsing.values import take_plainly
from spymaster.errors import ExitCode, UserError


class GlobalOptions(NamedTuple):
    """What may stand before a command or behind it.

    ``config``: the file of ``--config``. ``color``: one of ``tui.terminal.colour.CHOICES``. ``mouse``: is it used.
    """

    config: Path | None = None
    color: str = "auto"
    mouse: bool = True


class Given(NamedTuple):
    """What was written behind the program's name. ``config``: the file of ``--config``; ``options``: each option or
    argument with its value and its help."""

    config: Path | None = None
    options: tuple[tuple[str, str, str], ...] = ()


_NOTHING: Final = Given()
GIVEN: Final[ContextVar[Given]] = ContextVar("given", default=_NOTHING)
"""Of the command that runs: whoever shows settings says what they are from."""


def note_given(context: Any, config: Path | None) -> None:
    """Remember what was given to the command of a context."""
    told = {option[0]: option for option in GIVEN.get().options}
    for param in context.command.params:
        source = context.get_parameter_source(param.name)
        if source is not None and source.name == "COMMANDLINE":
            name = max(param.opts, key=len)
            told[name] = (name, _shown(context.params.get(param.name)), str(getattr(param, "help", "") or ""))
    GIVEN.set(Given(config, tuple(told.values())))


def _shown(value: Any) -> str:
    many = value if isinstance(value, list | tuple) else [value]
    return " ".join("yes" if each is True else "no" if each is False else str(each) for each in many)


_NAMES: Final = ("config", "color", "mouse", "version")


def check_options(options: GlobalOptions) -> GlobalOptions:
    """The options, if they make sense. Raises UserError."""
    from spymaster.tui.terminal.colour import CHOICES

    if options.color not in CHOICES:
        remedy = f"choose from {', '.join(CHOICES)}"
        raise UserError(f"--color {options.color}", "there is no such depth", remedy, code=ExitCode.USAGE)
    return options


class _Takes:
    """Takes the program's options too. A class of commands says which of them its help shows, in ``shown``.

    What a terminal can do is worth saying to any command; a configuration that nobody reads is refused.
    """

    shown: ClassVar[tuple[str, ...]] = ("config",)
    reads_configuration: ClassVar[bool] = True

    def get_params(self, ctx: Any) -> list[Any]:
        own: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        found = []
        for param in ctx.find_root().command.params:
            if param.name in _NAMES:
                ours = copy.copy(param)
                ours.hidden = param.name not in self.shown
                found.append(ours)
        # the way to this help stays last
        return take_plainly([*own[:-1], *found, *own[-1:]])

    def invoke(self, ctx: Any) -> Any:
        """Lay what was given here over what was given before, and run."""
        with reported():
            note_given(ctx, ctx.params.get("config") or ctx.obj.config)
            given = {}
            for name in _NAMES:
                value = ctx.params.pop(name, None)
                if name in GlobalOptions._fields and ctx.get_parameter_source(name).name != "DEFAULT":
                    given[name] = value
            options = check_options(ctx.obj._replace(**given))
            if options.config is not None and not self.reads_configuration:
                problem = f"'{ctx.info_name}' reads no configuration"
                raise UserError("--config", problem, "leave it out", code=ExitCode.USAGE)
            ctx.obj = options
        return super().invoke(ctx)  # type: ignore[misc]


class Command(_Takes, TyperCommand):
    """A command that reads the configuration."""


class PlainCommand(_Takes, TyperCommand):
    """A command that reads no configuration."""

    shown: ClassVar[tuple[str, ...]] = ()
    reads_configuration: ClassVar[bool] = False


class ColouredPlainCommand(PlainCommand):
    """A command that reads no configuration and may colour what it prints."""

    shown: ClassVar[tuple[str, ...]] = ("color",)


class ColouredCommand(_Takes, TyperCommand):
    """A command that reads the configuration and may colour what it prints."""

    shown: ClassVar[tuple[str, ...]] = ("config", "color")


class ScreenCommand(_Takes, TyperCommand):
    """A command that may open the cockpit."""

    shown: ClassVar[tuple[str, ...]] = ("config", "color", "mouse")


class Group(_Takes, TyperGroup):
    """A word with commands below it."""

    shown: ClassVar[tuple[str, ...]] = ()
