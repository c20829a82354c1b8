"""What is told of the settings of a run: options, environment, configuration, and never a secret."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from pathlib import Path

import pytest

from spymaster.cli.main import app
from spymaster.cli.settings import COMMAND_LINE, ENVIRONMENT, settings_of_command
from spymaster.config.origins import Setting
from tests.cli.conftest import Run


def told(environment: Mapping[str, str]) -> dict[str, Setting]:
    return {setting.name: setting for setting in settings_of_command(environment)()}


def test_a_key_is_said_to_be_set_and_never_shown() -> None:
    found = told({"DATABENTO_API_KEY": "db-secret", "MASSIVE_API_KEY": ""})
    assert (found["DATABENTO_API_KEY"].value, found["DATABENTO_API_KEY"].source) == ("set", ENVIRONMENT)
    assert found["MASSIVE_API_KEY"].value == "not set"
    assert "db-secret" not in repr(found)


def test_a_variable_that_is_no_secret_is_shown_where_it_is_set() -> None:
    assert told({"TERM": "xterm"})["TERM"].value == "xterm"
    assert "TERM" not in told({})


def test_options_of_the_command_are_told_with_what_they_are_about(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As the running command sees them: its own, and the program's before and behind its name."""
    seen: list[dict[str, Setting]] = []

    def look(*_: object, **__: object) -> int:
        seen.append(told({}))
        return 0

    monkeypatch.setattr("spymaster.cli.doctor.run_doctor", look)
    file = tmp_path / "mine.toml"
    file.write_text('[ui]\ntheme = "light"\n')
    contextvars.copy_context().run(run, "--config", file, "doctor", "--json")
    (found,) = seen
    assert (found["--json"].value, found["--json"].source) == ("yes", COMMAND_LINE)
    assert found["--json"].meaning == "Print JSON."
    assert found["--config"].value == str(file)
    assert found["ui.theme"].source == f"{file}:2"
    assert app is not None
