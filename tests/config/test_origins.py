"""Where each value of the configuration comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.config.loader import load_config
from spymaster.config.origins import DEFAULT, Setting, config_settings, key_lines


def of(name: str, path: Path | None = None) -> Setting:
    (found,) = [setting for setting in config_settings(path) if setting.name == name]
    return found


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_what_nobody_set_is_a_default_with_its_meaning() -> None:
    theme = of("ui.theme")
    assert (theme.value, theme.source) == ('"dark"', DEFAULT)
    assert "theme" in theme.meaning


def test_a_key_of_the_user_is_from_that_line_of_the_file(user_file: Path) -> None:
    write(user_file, '# mine\n\n[ui]\ntheme = "light"\n')
    assert (of("ui.theme").value, of("ui.theme").source) == ('"light"', f"{user_file}:4")


def test_the_file_that_was_named_wins_over_the_users(tmp_path: Path, user_file: Path) -> None:
    write(user_file, '[ui]\ntheme = "light"\nkeymap = "vim"\n')
    named = tmp_path / "named.toml"
    named.write_text('ui.theme = "256"\n', encoding="utf-8")
    assert (of("ui.theme", named).value, of("ui.theme", named).source) == ('"256"', f"{named}:1")
    assert of("ui.keymap", named).value == '"vim"'


def test_a_key_of_a_profile_is_told_with_its_tables(tmp_path: Path) -> None:
    named = tmp_path / "named.toml"
    named.write_text("[profile.es]\nw_barrier = 12\n", encoding="utf-8")
    assert of("profile.es.w_barrier", named).source == f"{named}:2"
    assert of("profile.spy.w_barrier", named).source == DEFAULT


def test_every_key_is_told_with_the_value_that_is_in_force() -> None:
    names = [setting.name for setting in config_settings()]
    assert len(set(names)) == len(names)
    assert of("lake.keep_days").value == str(load_config().lake.keep_days)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a = 1", {"a": 1}),
        ("[t]\na = 1\n[t.u]\nb = 2", {"t.a": 2, "t.u.b": 4}),
        ("t.a = 1 # x = 2", {"t.a": 1}),
        ("# a = 1\n", {}),
        ('a = """\nb = 1\n"""\nc = 2', {"a": 1, "c": 4}),
    ],
)
def test_lines_are_those_on_which_keys_are_set(text: str, lines: dict[str, int]) -> None:
    assert key_lines(text) == lines
