"""A command line that cannot be understood: one line that says where, what, and what to look at; exit code 2."""

from __future__ import annotations

import pytest

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
