"""What a user is told is one line with place, problem and remedy, and carries the exit code."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

import spymaster
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.errors import SourceError
from spymaster.journal.errors import JournalDamage, JournalError

SOURCES = sorted(Path(spymaster.__file__).parent.rglob("*.py"))


def test_the_line_names_place_problem_and_remedy() -> None:
    error = UserError(Path("a/b.dbn"), "no such file", "check the path")
    assert str(error) == "a/b.dbn: no such file; check the path"
    assert (error.place, error.problem, error.remedy) == ("a/b.dbn", "no such file", "check the path")


def test_it_stays_one_line_and_moves_no_cursor_whatever_a_file_is_called() -> None:
    assert str(UserError("a\n\x1b[2J.dbn", "is\tbad", "fetch\r it")) == "a  [2J.dbn: is bad; fetch  it"


def test_the_code_is_the_one_given_else_that_of_the_class() -> None:
    assert UserError("a", "b", "c").code is ExitCode.FAILURE
    assert UserError("a", "b", "c", code=ExitCode.USAGE).code is ExitCode.USAGE
    assert SourceError("a", "b", "c").code is ExitCode.DATA
    assert SourceError("a", "b", "c", code=ExitCode.USAGE).code is ExitCode.USAGE
    assert JournalError("a", "b", "c").code is ExitCode.FAILURE
    assert JournalDamage(Path("a"), 4, "b").code is ExitCode.DATA


@pytest.mark.parametrize(
    "error",
    [
        UserError("a", "b", "c", code=ExitCode.USAGE),
        SourceError(Path("a"), "b", "c"),
        JournalDamage(Path("a"), 4096, "a frame is torn"),
    ],
)
def test_it_crosses_to_another_process_whole(error: UserError) -> None:
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert (str(other), other.code) == (str(error), error.code)


def test_nobody_makes_one_with_a_part_missing() -> None:
    """A class of its own has the same three parts; only damage to a journal says its remedy itself."""
    names = {"UserError", *(kind.__name__ for kind in _kinds(UserError))} - {"JournalDamage"}
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names:
                empty = [part for part in call.args if isinstance(part, ast.Constant) and not part.value]
                assert (len(call.args), empty) == (3, []), f"{path.name}:{call.lineno}"


def _kinds(kind: type[UserError]) -> set[type[UserError]]:
    below = set(kind.__subclasses__())
    return below.union(*(_kinds(each) for each in below))
