"""A plain value of an option is taken without pydantic, and every value means what it means to the library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand
from typer.testing import CliRunner

from spymaster.cli.parsing.values import take_plainly

COMMANDS = (
    ["config", "path"],
    ["docs", "physics"],
    ["levels", "list", "--symbol", "ES"],
    ["deploy", "systemd", "--help"],
    ["--version"],
)
RUN = """
import sys
sys.argv = ["spymaster-tui", *{arguments}]
from spymaster.cli.entry import main
try:
    main()
except SystemExit:
    pass
print("pydantic" in sys.modules, file=sys.stderr)
"""


class Plain(TyperCommand):
    """A command that takes values as ours do."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own."""
        return take_plainly(super().get_params(ctx))


def taken(kind: Any, values: list[str], *, plainly: bool, **limits: Any) -> tuple[int, str]:
    """What a command is given for ``--value``, once for each of the values; and its exit code."""
    app = typer.Typer(rich_markup_mode=None)

    def command(value: Any = None) -> None:
        typer.echo(repr(value))

    command.__annotations__["value"] = Annotated[kind, typer.Option(**limits)]
    app.command(cls=Plain if plainly else None)(command)
    done = CliRunner().invoke(app, [part for value in values for part in ("--value", value)])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("kind", "values", "limits"),
    [
        (str, ["ES"], {}),
        (str, [""], {}),
        (int, ["12"], {}),
        (int, ["-7"], {"min": -7, "max": 3}),
        (int, ["-8"], {"min": -7, "max": 3}),
        (int, ["4"], {"min": -7, "max": 3}),
        (int, [" 12 "], {}),
        (int, ["1_000"], {}),
        (int, ["12.0"], {}),
        (int, ["12.5"], {}),
        (int, ["twelve"], {}),
        (int, ["9" * 30], {}),
        (float, ["0.25"], {"min": 0.1}),
        (float, ["0.05"], {"min": 0.1}),
        (float, [".5"], {}),
        (float, ["1e3"], {}),
        (float, ["inf"], {}),
        (float, ["much"], {}),
        (Path, ["somewhere/else.dbn"], {}),
        (Path, [str(Path(__file__).parent)], {}),
        (Path, [str(Path(__file__).parent)], {"dir_okay": False}),
        (Path, ["nowhere"], {"exists": True}),
        (list[str], [], {}),
        (list[str], ["a", "b"], {}),
        (list[Path], ["a", "b"], {}),
        (list[int], ["1", "x"], {}),
    ],
)
def test_a_value_is_what_the_library_makes_of_it(kind: Any, values: list[str], limits: dict[str, Any]) -> None:
    assert taken(kind, values, plainly=True, **limits) == taken(kind, values, plainly=False, **limits)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_is_understood_without_pydantic(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(arguments=arguments)], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "False", done.stderr
