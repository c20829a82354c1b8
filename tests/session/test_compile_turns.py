"""Two processes with nothing compiled share the work: one compiles, the other waits and hears how far it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from spymaster.session.compile_turns import NAME, turn

HOLD = """
import sys
from pathlib import Path
from spymaster.session.compile_turns import turn
with turn(Path(sys.argv[1]), lambda symbol: None) as told:
    told("its first")
    print("at it", flush=True)
    sys.stdin.read()
"""


def never() -> NoReturn:
    """Nobody is waited for."""
    raise AssertionError("it waited")


def test_one_who_is_alone_does_not_wait_and_hears_its_own(tmp_path: Path) -> None:
    heard: list[str] = []
    with turn(tmp_path, heard.append, never) as told:
        told("first")
        told("second")
    assert heard == ["first", "second"]


def test_one_who_comes_meanwhile_waits_and_hears_what_the_other_does(tmp_path: Path) -> None:
    heard: list[str] = []
    first = turn(tmp_path, lambda symbol: None)
    told = first.__enter__()
    does = ["a", "b", "c"]
    waited = []

    def pause() -> None:
        waited.append(list(heard))
        if does:
            told(does.pop(0))
        else:
            first.__exit__(None, None, None)

    with turn(tmp_path, heard.append, pause):
        assert waited == [[], ["a"], ["a", "b"], ["a", "b", "c"]]
    assert heard == ["a", "b", "c"]


def test_half_a_line_is_not_heard(tmp_path: Path) -> None:
    heard: list[str] = []
    first = turn(tmp_path, lambda symbol: None)
    first.__enter__()
    (tmp_path / NAME).write_bytes(b"whole\nha")

    def pause() -> None:
        first.__exit__(None, None, None)

    with turn(tmp_path, heard.append, pause):
        assert heard == ["whole"]


def test_nothing_of_an_earlier_turn_is_heard_as_done(tmp_path: Path) -> None:
    with turn(tmp_path, lambda symbol: None, never) as told:
        told("long ago")
    heard: list[str] = []
    with turn(tmp_path, heard.append, never):
        assert (tmp_path / NAME).read_bytes() == b""
    assert heard == []


def test_where_nothing_can_be_kept_nobody_is_waited_for(tmp_path: Path) -> None:
    heard: list[str] = []
    with turn(tmp_path / "file that is not there", heard.append, never) as told:
        told("kernel")
    assert heard == ["kernel"]


def test_one_whose_process_was_killed_is_not_waited_for_any_longer(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == "at it\n"
    heard: list[str] = []

    def pause() -> None:
        other.kill()
        other.wait()

    with other.stdin, other.stdout, turn(tmp_path, heard.append, pause):
        assert heard == ["its first"]
