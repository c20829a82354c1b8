"""The start screen's choices: what lies here, what was opened last, and what a live session lacks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.cli.replay import choices as choosing
from spymaster.cli.replay.choices import found_choices, live_choices
from spymaster.cli.replay.recent import MOST, note_opened, read_recent, recent_file
from spymaster.config.loader import load_config
from spymaster.resources import bundled_recording
from spymaster.view.pages.start import Kind, StartChoice
from tests.support.pty_terminal import PtyTerminal

S = 1_000_000_000
COMMAND = (sys.executable, "-c", "from spymaster.cli.entry import main; main()")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a recording, a folder of plain files, a journal's look and something else."""
    folder = tmp_path / "here"
    days = folder / "days"
    days.mkdir(parents=True)
    (days / "first-look").symlink_to(bundled_recording())
    plain = folder / "plain"
    plain.mkdir()
    (plain / "ES.trades.dbn").touch()
    (folder / "notes").mkdir()
    (folder / "broken").mkdir()
    shutil.copy(bundled_recording() / "manifest.json", folder / "broken")
    return folder


@pytest.fixture(autouse=True)
def no_data_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def offered(here: Path, recent: Path, now_ns: int = 100 * S) -> tuple[StartChoice, ...]:
    return found_choices(load_config(), here, recent, now_ns)[0]


def of(kind: Kind, choices: tuple[StartChoice, ...]) -> list[StartChoice]:
    return [choice for choice in choices if choice.kind is kind]


def test_recordings_and_folders_of_files_are_found_two_folders_down(here: Path, tmp_path: Path) -> None:
    found = {choice.title: choice for choice in of(Kind.RECORDING, offered(here, tmp_path / "none"))}
    assert found["first-look"].form == "recording"
    assert found["first-look"].detail.startswith("ESM6, profile es, 2026-03-17, 7 m")
    assert found["first-look"].detail.endswith("simulated")
    assert found["plain"].form == "DBN files"
    assert "notes" not in found


def test_a_manifest_that_cannot_be_read_is_told_in_its_place(here: Path, tmp_path: Path) -> None:
    (broken,) = [choice for choice in offered(here, tmp_path / "none") if choice.title == "broken"]
    assert "is missing" in broken.missing
    assert broken.remedy


def test_the_demo_is_always_offered_and_last(tmp_path: Path) -> None:
    demo = offered(tmp_path, tmp_path / "none")[-1]
    assert (demo.kind, demo.path, demo.missing) == (Kind.DEMO, bundled_recording(), "")


def test_folders_are_looked_into_up_to_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(choosing, "MOST_LOOKED_AT", 3)
    monkeypatch.setattr(choosing, "described", lambda path: looked.append(path))
    offered(here, tmp_path / "none")
    assert len(looked) == 3


def test_without_a_key_the_market_says_what_is_missing_and_the_demo_day_needs_nothing() -> None:
    spy, es, demo = live_choices({})
    assert "key" in spy.missing
    assert "DATABENTO_API_KEY" in spy.remedy
    assert "DATABENTO_API_KEY" in es.remedy
    assert (demo.kind, demo.missing) == (Kind.DEMO_DAY, "")


def test_a_key_of_the_share_alone_gives_no_future() -> None:
    spy, es, _ = live_choices({"MASSIVE_API_KEY": "m"})
    assert not spy.missing
    assert "no ES depth" in spy.detail
    assert es.missing


def test_a_missing_client_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    spy, _, _ = live_choices({"DATABENTO_API_KEY": "d"})
    assert "not installed (databento)" in spy.missing
    assert spy.remedy == "pip install databento"


def test_what_was_opened_last_stands_first_and_once(tmp_path: Path) -> None:
    file = tmp_path / "state" / "recent.json"
    for at, name in enumerate(("a", "b", "a")):
        assert note_opened(file, tmp_path / name, at) == ""
    opened, note = read_recent(file)
    assert [Path(each.path).name for each in opened] == ["a", "b"]
    assert note == ""


def test_no_more_is_remembered_than_was_agreed(tmp_path: Path) -> None:
    file = tmp_path / "recent.json"
    for at in range(MOST + 5):
        note_opened(file, tmp_path / str(at), at)
    opened, _ = read_recent(file)
    assert len(opened) == MOST
    assert Path(opened[0].path).name == str(MOST + 4)


def test_the_list_lies_in_the_state_folder(tmp_path: Path) -> None:
    assert recent_file().is_relative_to(Path(os.environ["XDG_STATE_HOME"]))


def test_a_source_that_is_gone_is_told_in_one_line_and_cannot_be_started(here: Path, tmp_path: Path) -> None:
    file = tmp_path / "recent.json"
    note_opened(file, here / "days" / "first-look", 10 * S)
    note_opened(file, here / "vanished", 40 * S)
    gone, there = of(Kind.RECENT, offered(here, file, now_ns=100 * S))
    assert gone.missing == "gone; opened 60 s ago"
    assert (there.title, there.missing) == ("first-look", "")
    assert there.detail.startswith("90 s ago")


@pytest.mark.parametrize("text", ["", "{", '[{"path": 1}]', "\x00"])
def test_a_list_that_cannot_be_read_is_told_in_one_line_and_begun_anew(tmp_path: Path, text: str) -> None:
    file = tmp_path / "recent.json"
    file.write_text(text)
    choices, notes = found_choices(load_config(), tmp_path, file)
    assert not of(Kind.RECENT, choices)
    (note,) = notes
    assert str(file) in note
    assert "\n" not in note
    assert note_opened(file, tmp_path, 1) == ""
    assert len(read_recent(file)[0]) == 1


def test_a_state_folder_that_cannot_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    assert "not remembered" in note_opened(tmp_path / "state" / "recent.json", tmp_path)


@pytest.fixture
def terminal(here: Path, tmp_path: Path) -> Iterator[PtyTerminal]:
    """The bare command with a key, in a folder with recordings."""
    env = {"XDG_STATE_HOME": str(tmp_path / "state"), "DATABENTO_API_KEY": "db-not-a-key"}
    with PtyTerminal(COMMAND, columns=100, rows=30, cwd=here, env=env) as started:
        started.wait_for("RECORDINGS")
        yield started


def look_for(terminal: PtyTerminal, word: str) -> None:
    """Type a word into the line that ``/`` opens."""
    terminal.send("/")
    terminal.wait_for("a word to look for")
    terminal.send(word)
    terminal.wait_for(lambda text: word in text.splitlines()[-1])
    terminal.send("\r")


def test_the_start_screen_is_worked_by_keys_alone(terminal: PtyTerminal) -> None:
    look_for(terminal, "plain")
    terminal.wait_for(lambda text: "only what holds 'plain'" in text and "first-look" not in text)
    look_for(terminal, "")
    terminal.wait_for("first-look")
    terminal.send("D")
    terminal.wait_for("DOCTOR")
    terminal.send("q")
    terminal.wait_for("RECORDINGS")
    terminal.send("q")
    assert terminal.wait() == 0


def test_from_a_source_that_cannot_be_read_one_comes_back_to_the_start_screen(terminal: PtyTerminal) -> None:
    look_for(terminal, "plain")
    terminal.wait_for("only what holds 'plain'")
    terminal.send("\r")
    # each screen is painted from the top: what is below may still be the one before
    terminal.wait_for(lambda text: "is empty" in text and "RECORDINGS" not in text)
    terminal.send("O")
    terminal.wait_for(lambda text: "RECORDINGS" in text and "is empty" not in text)
    assert "RECENT" not in terminal.text()
    terminal.send("q")
    terminal.wait()
