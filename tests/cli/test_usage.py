"""A command line that cannot be understood: one line that says where, what, and what to look at; exit code 2."""

from __future__ import annotations

import pytest
from typer.main import get_command_name

from spymaster.cli.main import app, asked
from tests.cli.conftest import Run, one_line


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("replay", "replay: missing argument 'SOURCE...'; see: "),
        ("replay x --sped 2", "replay: no such option: --sped; perhaps "),
        ("replay x --speed", "option '--speed' requires an argument; see: "),
        ("simulate out --minutes abc", "simulate: invalid value for '--minutes': "),
        ("run out further", "run: got unexpected extra argument(s) (further)"),
        ("frobnicate", "no such command 'frobnicate'"),
        ("export frobnicate", "export: no such command 'frobnicate'"),
        ("--frobnicate", "no such option: --frobnicate"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, line: str, says: str) -> None:
    result = run(*line.split())
    assert (result.exit_code, result.stdout) == (2, "")
    said = one_line(result.stderr)
    assert said.startswith("error: ")
    assert says in said
    assert said.endswith(" -h")


def test_a_group_without_a_command_shows_what_there_is(run: Run) -> None:
    result = run("lake")
    assert "Commands" in result.stdout + result.stderr
    assert "verify" in result.stdout + result.stderr


def test_options_that_commands_share_come_after_their_own(run: Run) -> None:
    shown = run("export", "signals", "-h").stdout
    assert shown.index("--kind") < shown.index("--profile") < shown.index("--date") < shown.index("--config")


@pytest.mark.parametrize(
    ("line", "commands", "groups"),
    [("replay x", ["replay"], []), ("lake verify x", [], ["lake"])],
)
def test_a_line_that_begins_with_a_command_makes_no_other(line: str, commands: list[str], groups: list[str]) -> None:
    program = asked(line.split())
    made = [one.callback.__name__ for one in program.registered_commands if one.callback is not None]
    assert (made, [one.name for one in program.registered_groups]) == (commands, groups)


@pytest.mark.parametrize("line", ["", "-h", "--color none replay x", "frobnicate", "repl"])
def test_any_other_line_makes_all_of_them(line: str) -> None:
    program = asked(line.split())
    assert len(program.registered_commands) + len(program.registered_groups) > 15


def test_every_command_is_found_by_the_name_it_is_listed_under() -> None:
    listed = [
        info.name or get_command_name(info.callback.__name__) for info in app.registered_commands if info.callback
    ]
    for name in [*listed, *(info.name for info in app.registered_groups if info.name is not None)]:
        program = asked([name])
        assert len(program.registered_commands) + len(program.registered_groups) == 1, name
