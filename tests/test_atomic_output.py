"""A file appears under its name when it is whole; until then, and whatever happens, what was there stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from spymaster.atomic_output import AtomicOutput, write_whole

OLD = "as it was"

EXIT_HALFWAY = """
import sys
from spymaster.atomic_output import AtomicOutput
kept = AtomicOutput(sys.argv[1])
kept.file.write(b"half")
sys.exit(1)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file that is there already."""
    path = tmp_path / "out.txt"
    path.write_text(OLD)
    return path


def only(place: Path) -> str:
    """The text of a file that lies alone in its folder."""
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    return place.read_text()


def break_off(place: Path) -> None:
    """Meet an error halfway."""
    with AtomicOutput(place) as output:
        output.file.write(b"half")
        raise OSError("full")


def test_a_whole_file_replaces_the_old_one(place: Path) -> None:
    write_whole(place, b"new")
    assert only(place) == "new"


def test_the_old_file_is_there_until_the_new_one_is_whole(place: Path) -> None:
    with AtomicOutput(place) as output:
        output.file.write(b"new")
        output.file.flush()
        assert place.read_text() == OLD
        assert output.path.parent == place.parent
    assert only(place) == "new"


def test_an_error_leaves_the_old_file_and_nothing_else(place: Path) -> None:
    with pytest.raises(OSError, match="full"):
        break_off(place)
    assert only(place) == OLD


def test_a_file_that_is_forgotten_leaves_nothing(place: Path) -> None:
    """As when an interruption comes before anybody holds it."""
    AtomicOutput(place).file.write(b"half")
    assert only(place) == OLD


def test_a_program_that_ends_halfway_leaves_nothing(place: Path) -> None:
    subprocess.run([sys.executable, "-c", EXIT_HALFWAY, place], check=False)
    assert only(place) == OLD


def test_two_that_write_the_same_file_do_not_mix(place: Path) -> None:
    with AtomicOutput(place) as one, AtomicOutput(place) as other:
        one.file.write(b"one")
        other.file.write(b"other")
    assert only(place) == "one"


def test_a_symbolic_link_stays_one(place: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place.name)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert place.read_text() == "new"


def test_a_device_is_written_to_and_stays_a_device() -> None:
    write_whole("/dev/null", b"new")
    assert Path("/dev/null").is_char_device()


def test_a_pipe_behind_a_link_of_the_system_is_written_to() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from spymaster.atomic_output import write_whole; write_whole('/dev/stdout', b'new')"],
        capture_output=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (b"new", b"")


def test_a_folder_that_cannot_be_written_is_the_system_s_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        write_whole(tmp_path / "file" / "out", b"new")
