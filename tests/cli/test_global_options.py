"""Options of the whole program count wherever they stand, or are refused; a moment outside a recording is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from spymaster.resources import bundled_recording
from tests.cli.conftest import Run, one_line
from tests.cli.test_help import COMMANDS

USAGE = 2
CHOICES = "auto, truecolor, 256, 16, none"
UNREADING = [
    *(("config", name) for name in ("path", "schema", "init")),
    *(("export", "schema"), ("docs",), ("warmup",), ("bench",), ("evaluate", "facts")),
    *(("dataset", "validate", "x"), ("dataset", "card", "x")),
    ("simulate", "out"),
]
NEEDED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("replay",): ("x.dbn",),
    ("record",): ("out",),
    ("simulate",): ("out",),
    ("levels", "list"): ("x.dbn",),
    ("levels", "import"): ("x.txt",),
    ("evaluate", "states"): ("x",),
    ("evaluate", "fuel"): ("x",),
    ("export", "dbn"): ("x.dbn", "--out", "x"),
    ("run",): ("x",),
    ("lake", "audit"): ("--against", "x"),
    **{
        ("export", name): ("x.dbn",)
        for name in ("signals", "alerts", "flows", "events", "option-flow", "p-break", "tests")
    },
    ("learn", "pbreak"): ("x.model",),
    ("evaluate", "strategy"): ("x.toml", "x.dbn"),
    ("evaluate", "touches"): ("x.model",),
    ("research", "run"): ("x.toml",),
    ("research", "worker"): ("nats://127.0.0.1:1",),
    ("research", "status"): ("x.toml",),
    ("research", "compare"): ("x.toml:a", "x.toml:b"),
    ("dataset", "build"): ("x.dbn", "--out", "x"),
    ("dataset", "validate"): ("x",),
    ("dataset", "promote"): ("x", "x"),
    ("dataset", "card"): ("x",),
    ("learn", "train"): ("ds", "--out", "x.model"),
    ("learn", "evaluate"): ("x.model", "ds"),
    ("learn", "card"): ("x.model",),
    ("learn", "index"): ("ds", "--into", "x.model"),
    ("learn", "sequence"): ("ds",),
}
"""What a command cannot be parsed without; nothing of it is ever opened here."""
GROUPS = {
    ("export",),
    ("levels",),
    ("config",),
    ("lake",),
    ("evaluate",),
    ("learn",),
    ("dataset",),
    ("predictions",),
    ("research",),
}
RUNNABLE = [command for command in COMMANDS if command not in GROUPS]


def refused(run: Run, *arguments: object) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (USAGE, "")
    return one_line(result.stderr)


@pytest.mark.parametrize("command", RUNNABLE, ids=" ".join)
def test_a_colour_depth_that_does_not_exist_is_refused_by_every_command(run: Run, command: tuple[str, ...]) -> None:
    line = f"error: --color purple: there is no such depth; choose from {CHOICES}"
    words = (*command, *NEEDED.get(command, ()))
    for places in (("--color", "purple", *words), (*words, "--color", "purple")):
        assert refused(run, *places) == line


def test_it_is_refused_between_a_group_and_its_command_too(run: Run) -> None:
    assert refused(run, "config", "--color", "purple", "show").startswith("error: --color purple: ")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_configuration_may_be_named_anywhere(run: Run, tmp_path: Path, place: int) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[profile.es]\nw_tape = 30.0\n")
    words: list[object] = ["config", "show"]
    words[place:place] = ["--config", path]
    assert tomllib.loads(run(*words).stdout)["profile"]["es"]["w_tape"] == 30.0


def test_of_two_configurations_the_one_nearer_to_the_end_counts(run: Run, tmp_path: Path) -> None:
    for value in (20, 30):
        (tmp_path / f"{value}.toml").write_text(f"[profile.es]\nw_tape = {value}\n")
    result = run("--config", tmp_path / "20.toml", "config", "show", "--config", tmp_path / "30.toml")
    assert tomllib.loads(result.stdout)["profile"]["es"]["w_tape"] == 30.0


@pytest.mark.parametrize("command", UNREADING, ids=" ".join)
def test_a_configuration_that_nobody_would_read_is_refused(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    for places in (("--config", tmp_path / "my.toml", *command), (*command, "--config", tmp_path / "my.toml")):
        line = refused(run, *places)
        assert line.startswith("error: --config: '")
        assert line.endswith("' reads no configuration; leave it out")


def test_colours_of_a_list_can_be_asked_for_before_and_after_the_command(run: Run, small: Path) -> None:
    plain = run("levels", "list", small, "--profile", "es").stdout
    assert "\x1b[" not in plain
    before = run("--color", "256", "levels", "list", small, "--profile", "es").stdout
    after = run("levels", "list", small, "--profile", "es", "--color", "256").stdout
    assert before == after
    assert "\x1b[" in before
    assert run("--color", "256", "levels", "list", small, "--profile", "es", "--color", "none").stdout == plain


def test_the_version_is_told_behind_a_command_too(run: Run) -> None:
    result = run("replay", "--version")
    assert (result.exit_code, result.stdout) == (0, run("--version").stdout)


@pytest.mark.parametrize(
    ("command", "shown"),
    [("replay", {"--config", "--color", "--mouse"}), ("levels list", {"--config", "--color"}), ("warmup", set())],
)
def test_help_shows_the_ones_that_have_an_effect(run: Run, command: str, shown: set[str]) -> None:
    text = run(*command.split(), "--help").stdout
    assert {option for option in ("--config", "--color", "--mouse") if option in text} == shown


@pytest.mark.parametrize("command", ["replay", "levels list"])
@pytest.mark.parametrize("at", ["09:30", "12:37:01", "2026-03-16T12:33:00-04:00"])
def test_a_moment_outside_the_recording_is_refused_with_its_span(
    run: Run, tmp_path: Path, command: str, at: str
) -> None:
    picture = ("--screenshot", tmp_path / "x.svg") if command == "replay" else ()
    line = refused(run, *command.split(), bundled_recording(), *picture, "--at", at)
    assert line.startswith(f"error: --at {at}: 2026-03-1")
    assert "is outside the recording; it goes from 2026-03-17 12:30:00.000 EDT to 2026-03-17 12:36:59.999 EDT" in line
    assert list(tmp_path.glob("*.svg")) == []


def test_the_second_in_which_a_recording_ends_is_still_its_own(run: Run) -> None:
    result = run("levels", "list", bundled_recording(), "--at", "12:37")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("option", [("--at", "12:31"), ("--size", "80x24"), ("--screen", "help")])
def test_what_is_said_of_a_picture_nobody_wants_is_refused(run: Run, small: Path, option: tuple[str, str]) -> None:
    line = refused(run, "replay", small, "--headless", *option)
    assert line == f"error: {' '.join(option)}: is of a picture; add --screenshot FILE"
