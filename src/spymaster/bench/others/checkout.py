"""``bench --against``: another checkout of this program, asked for the same rows in turn with this one."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

import spymaster
from spymaster.errors import ExitCode, UserError

_WORKER: Final = """
import json, os, sys
from pathlib import Path
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
import msgspec
import spymaster
from spymaster.bench.measures import NAMES, measure
print(json.dumps({"package": spymaster.__file__, "names": NAMES}), file=answers)
for line in sys.stdin:
    ask = json.loads(line)
    try:
        rows = measure(Path(ask["path"]), ask["middle"], 1, ask["records"], (ask["row"],), ask["seconds"])
        answer = {"rows": json.loads(msgspec.json.encode(rows))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers)
"""
"""Asks whatever that checkout calls ``measure``; what it cannot do it says."""


class Ask(msgspec.Struct, frozen=True):
    """What a checkout is asked to measure once: a file of ``records`` records whose price is around ``middle``."""

    path: str
    middle: float
    records: int
    seconds: float


class Compared(msgspec.Struct, frozen=True):
    """One figure of both: medians of the rounds, and ours as a multiple of theirs. ``missing``: who could not be
    measured and why, empty where both were; the figures of that one are NaN."""

    name: str
    meaning: str
    unit: str
    theirs: float
    ours: float
    ratio: float
    missing: str = ""


class Checkout:
    """One checkout in a process of its own, which measures what it is asked. Use as a context manager.

    Raises UserError for a folder that holds no checkout, or whose rows cannot be asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        source = self.folder / "src"
        if not (source / "spymaster" / "bench" / "measures.py").is_file():
            remedy = "name the folder of a checkout, which holds src/spymaster"
            raise UserError(f"--against {folder}", "is no checkout of this program", remedy, code=ExitCode.USAGE)
        paths = (str(source), os.environ.get("PYTHONPATH", ""))
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        self._process = subprocess.Popen(
            (sys.executable, "-c", _WORKER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        self._said = self._answer()
        package = Path(str(self._said.get("package", "")))
        if not package.is_relative_to(source):
            self._end()
            why = f"its package is not the one that is imported ({package})" if self._said else "it ends at once"
            raise UserError(f"--against {folder}", why, "try 'spymaster-tui bench' in that checkout")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def knows(self, row: str) -> bool:
        """Whether it has a row of that name."""
        return row in self._said["names"]

    def measure(self, row: str, ask: Ask) -> list[dict[str, Any]]:
        """The figures of a row, measured once. Raises ChildProcessError with the reason where that fails."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(msgspec.to_builtins(ask) | {"row": row}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ChildProcessError("it has ended") from None
        answer = self._answer()
        if "rows" not in answer:
            raise ChildProcessError(answer.get("error", "it ended while measuring"))
        return list(answer["rows"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line else {}

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()


def this_checkout() -> Path:
    """Where this program itself was checked out. Raises UserError where it was installed from a wheel."""
    folder = Path(spymaster.__file__).resolve().parents[2]
    if not (folder / "src" / "spymaster").is_dir():
        raise UserError("--against", "this program was not started from a checkout", "start it from one")
    return folder


def compared(theirs: Checkout, ours: Checkout, rows: Sequence[str], rounds: int, ask: Ask) -> Iterator[Compared]:
    """Each row of both in turn, so often; a row at a time, so that what disturbs one disturbs the other."""
    for row in rows:
        absent = [side.folder for side in (theirs, ours) if not side.knows(row)]
        if absent:
            yield Compared(row, "", "", math.nan, math.nan, math.nan, f"{absent[0]} has no such row")
            continue
        yield from _row(theirs, ours, row, rounds, ask)


def _row(theirs: Checkout, ours: Checkout, row: str, rounds: int, ask: Ask) -> Iterator[Compared]:
    values: dict[str, tuple[list[float], list[float]]] = {}
    said: dict[str, dict[str, Any]] = {}
    for _ in range(rounds):
        for side, checkout in enumerate((theirs, ours)):
            try:
                figures = checkout.measure(row, ask)
            except ChildProcessError as error:
                yield Compared(row, "", "", math.nan, math.nan, math.nan, f"{checkout.folder}: {error}")
                return
            for figure in figures:
                values.setdefault(figure["name"], ([], []))[side].append(figure["median"])
                said[figure["name"]] = figure
    for name, both in values.items():
        before, after = (statistics.median(each) if each else math.nan for each in both)
        ratio = after / before if before else math.nan
        missing = "" if all(both) else "measured by one of the two only"
        yield Compared(name, said[name]["meaning"], said[name]["unit"], before, after, ratio, missing)
