"""Help costs nothing: whichever command is asked about, nothing slow is imported."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import Run

COMMANDS = (
    (),
    ("replay",),
    ("record",),
    ("live",),
    ("run",),
    ("attach",),
    ("stream",),
    ("mcp",),
    ("export",),
    *(
        ("export", name)
        for name in (
            "signals",
            "alerts",
            "flows",
            "events",
            "option-flow",
            "p-break",
            "tests",
            "practice",
            "dbn",
            "schema",
        )
    ),
    ("levels",),
    *(("levels", name) for name in ("list", "import")),
    ("config",),
    *(("config", name) for name in ("path", "show", "validate", "schema", "init")),
    ("lake",),
    *(
        ("lake", name)
        for name in ("ls", "verify", "compact", "query", "rebuild-gold", "publish", "audit", "doctor", "retain")
    ),
    ("simulate",),
    ("evaluate",),
    *(("evaluate", name) for name in ("facts", "states", "signals", "fuel", "p_break", "strategy", "touches")),
    ("learn",),
    ("predictions",),
    *(("predictions", name) for name in ("verify", "settle", "report")),
    ("research",),
    *(("research", name) for name in ("run", "worker", "status", "compare")),
    ("dataset",),
    *(("dataset", name) for name in ("build", "validate", "promote", "card", "list")),
    *(("learn", name) for name in ("pbreak", "train", "evaluate", "card", "index", "sequence")),
    ("deploy",),
    *(("deploy", name) for name in ("systemd", "compose")),
    ("docs",),
    ("warmup",),
    ("bench",),
    ("doctor",),
)
ASK_ALL = """
import json, sys
from typer.testing import CliRunner
from spymaster.cli.main import app
slow = {"numba", "databento", "databento_dbn", "textual", "pyarrow", "pandas", "numpy"}
found = {}
for command in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0, result.output
    found[" ".join(command)] = sorted(slow & set(sys.modules))
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """For each command, the slow modules in memory once its help has been shown, in one interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", ASK_ALL, json.dumps(COMMANDS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_loads_nothing_slow(loaded: dict[str, list[str]], command: tuple[str, ...]) -> None:
    assert loaded[" ".join(command)] == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_goes_to_stdout_in_a_few_words(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "-h")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(" Usage:") or result.stdout.startswith("Usage:")
    assert len(result.stdout.splitlines()) < 60


def test_every_command_is_under_test() -> None:
    from spymaster.cli.main import app

    groups = {group.name: group.typer_instance for group in app.registered_groups}
    named: set[tuple[str | None, ...]] = {(_name(command),) for command in app.registered_commands}
    named |= {(name,) for name in groups}
    for name, group in groups.items():
        assert group is not None
        named |= {(name, _name(command)) for command in group.registered_commands}
    assert named | {()} == set(COMMANDS)


def _name(command: object) -> str:
    name = getattr(command, "name", None)
    callback = getattr(command, "callback", None)
    return str(name or getattr(callback, "__name__", ""))


def test_options_for_tests_are_not_advertised(run: Run) -> None:
    assert "--chunk" not in run("replay", "--help").stdout


def test_the_version_is_printed(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("spymaster-tui 0.")
