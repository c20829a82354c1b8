"""``config``: where the file is looked for, what is in force, whether it is good, and a first file to edit."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from spymaster.resources import config_toml
from tests.cli.conftest import Run, one_line


def user_file(home: Path) -> Path:
    return home / "spymaster-tui" / "config.toml"


def test_path_prints_where_the_file_is_looked_for(run: Run, home: Path) -> None:
    result = run("config", "path")
    assert (result.exit_code, result.stdout) == (0, f"{user_file(home)}\n")
    assert "'spymaster-tui config init' writes one" in one_line(result.stderr)


def test_path_says_nothing_more_once_there_is_a_file(run: Run) -> None:
    run("config", "init")
    assert run("config", "path").stderr == ""


def test_show_prints_everything_in_force_as_toml(run: Run) -> None:
    result = run("config", "show")
    assert (result.exit_code, result.stderr) == (0, "")
    shown = tomllib.loads(result.stdout)
    assert shown["profile"]["es"]["w_barrier"] == 10.0
    assert set(shown["profile"]) == {"es", "spy"}


def test_what_is_shown_can_be_used_as_a_configuration(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "shown.toml"
    path.write_text(run("config", "show").stdout)
    assert run("--config", path, "config", "show").stdout == path.read_text()


def test_the_user_s_file_is_laid_over_the_default(run: Run, home: Path) -> None:
    user_file(home).parent.mkdir(parents=True)
    user_file(home).write_text("[profile.es]\nw_barrier = 20.0\n")
    shown = tomllib.loads(run("config", "show").stdout)["profile"]["es"]
    assert (shown["w_barrier"], shown["w_tape"]) == (20.0, 60.0)


def test_a_named_file_is_laid_over_the_user_s(run: Run, home: Path, tmp_path: Path) -> None:
    user_file(home).parent.mkdir(parents=True)
    user_file(home).write_text("[profile.es]\nw_barrier = 20.0\nw_tape = 30.0\n")
    named = tmp_path / "named.toml"
    named.write_text("[profile.es]\nw_barrier = 15.0\n")
    shown = tomllib.loads(run("--config", named, "config", "show").stdout)["profile"]["es"]
    assert (shown["w_barrier"], shown["w_tape"]) == (15.0, 30.0)


def test_a_good_configuration_is_ok(run: Run) -> None:
    result = run("config", "validate")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "OK\n", "")


def test_a_wrong_value_in_the_user_s_file_is_said_with_file_and_key(run: Run, home: Path) -> None:
    user_file(home).parent.mkdir(parents=True)
    user_file(home).write_text('[profile.es]\nw_barrier = "ten"\n')
    result = run("config", "validate")
    line = one_line(result.stderr)
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(user_file(home)) in line
    assert "w_barrier" in line


def test_the_schema_describes_both_profiles(run: Run) -> None:
    result = run("config", "schema")
    schema = json.loads(result.stdout)
    assert result.exit_code == 0
    assert "w_barrier" in json.dumps(schema)


def test_init_writes_the_commented_default(run: Run, home: Path) -> None:
    result = run("config", "init")
    assert (result.exit_code, result.stdout) == (0, f"{user_file(home)}\n")
    assert user_file(home).read_text(encoding="utf-8") == config_toml()


def test_init_keeps_a_file_that_is_there(run: Run, home: Path) -> None:
    user_file(home).parent.mkdir(parents=True)
    user_file(home).write_text("# mine\n")
    result = run("config", "init")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--force" in one_line(result.stderr)
    assert user_file(home).read_text() == "# mine\n"


def test_init_replaces_it_when_told_to(run: Run, home: Path) -> None:
    user_file(home).parent.mkdir(parents=True)
    user_file(home).write_text("# mine\n")
    assert run("config", "init", "--force").exit_code == 0
    assert user_file(home).read_text(encoding="utf-8") == config_toml()


def test_init_where_nothing_may_be_written_is_said_in_one_line(run: Run, home: Path) -> None:
    home.write_text("a file where the folder should be")
    result = run("config", "init")
    assert result.exit_code == 1
    assert one_line(result.stderr).startswith("error: ")
