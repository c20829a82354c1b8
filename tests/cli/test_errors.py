"""A user's mistake is one clear line on stderr and an exit code: 2 for usage, 3 for data, 1 for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.resources import bundled_recording
from tests.cli.conftest import Run, Spawn, one_line
from tests.support.small_files import Words, depth_file, torn

USAGE, DATA = 2, 3


def refused(run: Run, code: int, *arguments: object) -> str:
    """The line a command says when it refuses; nothing on stdout."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    line = one_line(result.stderr)
    assert line.startswith("error: ")
    return line


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    line = refused(run, DATA, "replay", tmp_path / "none.dbn", "--headless")
    assert line == f"error: {tmp_path}/none.dbn: no such file; check the path"


def test_a_text_file_called_dbn(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "text.dbn"
    path.write_text("2024-01-05,4805.25,10\n" * 50)
    assert f"{path}: this is text, not DBN" in refused(run, DATA, "replay", path, "--headless")


def test_a_folder_without_recordings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no .dbn or .dbn.zst files in this folder" in refused(run, DATA, "replay", tmp_path / "empty", "--headless")


@pytest.mark.parametrize("command", [("replay",), ("export", "signals")])
def test_two_files_that_overlap(run: Run, tmp_path: Path, words: Words, command: tuple[str, ...]) -> None:
    first = depth_file(tmp_path / "a.mbp-10.dbn", words)
    second = depth_file(tmp_path / "b.mbp-10.dbn", words[100:])
    options = ("--headless",) if command == ("replay",) else ()
    line = refused(run, DATA, *command, first, second, *options)
    assert "overlaps" in line
    assert line.endswith("leave one of the two out")


def test_a_truncated_file_is_used_up_to_the_tear_and_said(run: Run, tmp_path: Path, small: Path) -> None:
    path = torn(tmp_path / "torn.mbp-10.dbn.zst", small, 0.6)
    result = run("replay", path, "--headless")
    assert result.exit_code == DATA
    assert "hash     " in result.stdout
    line = one_line(result.stderr)
    assert line.startswith(f"warning: {path}: torn at record ")


def test_an_export_of_a_truncated_file_is_written_up_to_the_tear(run: Run, tmp_path: Path, small: Path) -> None:
    path = torn(tmp_path / "torn.mbp-10.dbn.zst", small, 0.6)
    out = tmp_path / "out.csv"
    result = run("export", "flows", path, "--out", out)
    assert result.exit_code == DATA
    assert len(out.read_text().splitlines()) > 10
    assert "warning: " in result.stderr


def test_a_key_that_does_not_exist(run: Run, tmp_path: Path, small: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[profile.es]\nw_barier = 12\n")
    line = refused(run, USAGE, "--config", path, "replay", small, "--headless")
    assert str(path) in line
    assert "w_barier" in line
    assert "w_barrier" in line.replace("w_barier", "")


def test_a_configuration_file_that_is_not_there(run: Run, tmp_path: Path, small: Path) -> None:
    line = refused(run, USAGE, "--config", tmp_path / "none.toml", "replay", small, "--headless")
    assert "none.toml: no such file" in line


def test_a_profile_that_does_not_exist(run: Run, small: Path) -> None:
    line = refused(run, USAGE, "replay", small, "--headless", "--profile", "nq")
    assert line == 'error: profile "nq": there is no such profile; choose from spy, es'


def test_a_symbol_that_is_not_in_the_file(run: Run, small: Path) -> None:
    assert "NQH4" in refused(run, DATA, "replay", small, "--headless", "--symbol", "NQH4")


def test_a_level_that_is_no_price(run: Run, small: Path) -> None:
    assert "--level: 'high' is not a price" in refused(run, USAGE, "replay", small, "--headless", "--level", "high")


def test_a_file_of_levels_with_a_mistake(run: Run, tmp_path: Path, small: Path) -> None:
    path = tmp_path / "levels.txt"
    path.write_text("4800\nsupport x\n")
    assert f"{path}: line 2: " in refused(run, USAGE, "replay", small, "--headless", "--levels", path)


def test_a_file_of_levels_that_is_not_there(run: Run, tmp_path: Path, small: Path) -> None:
    assert "no such file" in refused(run, USAGE, "replay", small, "--headless", "--levels", tmp_path / "none")


def test_more_levels_than_fit(run: Run, tmp_path: Path, small: Path) -> None:
    path = tmp_path / "levels.txt"
    path.write_text("".join(f"{4000 + k}\n" for k in range(500)))
    assert "at most 128" in refused(run, USAGE, "replay", small, "--headless", "--levels", path)


@pytest.mark.parametrize("speed", ["0", "0.1", "65", "-1", "fast", "nan", "inf"])
def test_a_speed_that_does_not_exist(run: Run, small: Path, speed: str) -> None:
    line = refused(run, USAGE, "replay", small, "--headless", "--speed", speed)
    assert line == f"error: --speed {speed}: not a usable speed; give a number from 0.25 to 64, or max"


@pytest.mark.parametrize("size", ["120", "120x", "3x3", "0x0", "5000x5000", "axb", "120x40x2"])
def test_a_size_that_does_not_exist(run: Run, tmp_path: Path, small: Path, size: str) -> None:
    line = refused(run, USAGE, "replay", small, "--screenshot", tmp_path / "x.svg", "--size", size)
    assert line == f"error: --size {size}: not a usable size; give columns x rows from 20x5 to 400x200, such as 120x40"


@pytest.mark.parametrize("arguments", [("--color", "green"), ("replay", "SMALL", "--color", "green")])
def test_a_colour_that_does_not_exist(run: Run, small: Path, arguments: tuple[str, ...]) -> None:
    line = refused(run, USAGE, *(small if word == "SMALL" else word for word in arguments))
    assert line == "error: --color green: there is no such depth; choose from auto, truecolor, 256, 16, none"


def test_a_colour_that_does_not_exist_is_refused_without_a_screen_too(run: Run, small: Path) -> None:
    refused(run, USAGE, "replay", small, "--headless", "--color", "green")


@pytest.mark.parametrize("at", ["noon", "25:00", "2024-01-05T09:30:00"])
def test_a_moment_that_is_no_time(run: Run, tmp_path: Path, small: Path, at: str) -> None:
    line = refused(run, USAGE, "replay", small, "--screenshot", tmp_path / "x.svg", "--at", at)
    assert f"--at {at}: is not a time" in line


@pytest.mark.parametrize(("option", "value"), [("--screen", "gamma"), ("--theme", "pink")])
def test_a_screen_or_theme_that_does_not_exist(run: Run, tmp_path: Path, small: Path, option: str, value: str) -> None:
    line = refused(run, USAGE, "replay", small, "--screenshot", tmp_path / "x.svg", option, value)
    assert value in line
    assert not (tmp_path / "x.svg").exists()


def test_a_chunk_of_nothing(run: Run, small: Path) -> None:
    assert "--chunk 0" in refused(run, USAGE, "replay", small, "--headless", "--chunk", "0")


def test_json_of_a_screen(run: Run, small: Path) -> None:
    assert refused(run, USAGE, "replay", small, "--json").endswith("add --headless")


@pytest.mark.parametrize("command", [("replay",), ("export", "signals"), ("export", "flows")])
def test_a_command_without_its_source(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert (result.exit_code, result.stdout) == (USAGE, "")
    assert "SOURCE" in result.stderr


@pytest.mark.parametrize("word", ["repaly", "--colour"])
def test_a_command_or_option_that_does_not_exist(run: Run, word: str) -> None:
    result = run(word)
    assert result.exit_code == USAGE
    assert word in result.stderr
    assert "Traceback" not in result.stderr


def test_a_recording_without_one_of_its_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes((bundled_recording() / "manifest.json").read_bytes())
    line = refused(run, DATA, "replay", tmp_path, "--headless")
    assert "is missing; copy or fetch the whole recording again" in line


def test_the_cockpit_without_a_terminal(spawn: Spawn) -> None:
    done = spawn()
    assert (done.returncode, done.stdout) == (1, "")
    line = one_line(done.stderr)
    assert line.startswith("error: the cockpit: there is no terminal to show it on; ")
    assert "--headless" in line


def test_a_replay_on_the_cockpit_without_a_terminal(spawn: Spawn, small: Path) -> None:
    done = spawn("replay", small)
    assert (done.returncode, done.stdout) == (1, "")
    assert one_line(done.stderr).startswith("error: the cockpit: there is no terminal to show it on; ")


def test_the_start_screen_without_a_terminal(spawn: Spawn) -> None:
    done = spawn(DATABENTO_API_KEY="db-unit-test")
    assert (done.returncode, done.stdout) == (1, "")
    assert one_line(done.stderr).startswith("error: the cockpit: there is no terminal to show it on; ")
    assert "db-unit-test" not in done.stderr
