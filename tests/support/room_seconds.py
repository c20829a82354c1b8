"""How long the tests of each room take: ``python -m tests.support.room_seconds`` prints the table.

Every room is run alone, one process, from a warm kernel cache, as a developer runs it: without slow tests. Rooms may
be named; ``--write`` puts the table into AGENTS.md. The seconds hold for the machine that measured them: they say which
room is worth a thought, and no test depends on them.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import time
from typing import Final, NamedTuple

from tests.support.room_map import GUIDE, ROOT, between

BEGIN: Final = "<!-- seconds of rooms: begin -->"
END: Final = "<!-- seconds of rooms: end -->"
OF_THE_HOUSE: Final = "tests/test_*.py"
_COUNTED: Final = re.compile(r"(\d+) passed")


class Timed(NamedTuple):
    """One room's run: its folder of tests, how many passed, seconds from start to end, and of processor time."""

    room: str
    passed: int
    seconds: float
    processor_s: float


def rooms() -> list[str]:
    """Folders of tests, and the tests of the house as a whole."""
    folders = sorted(path for path in (ROOT / "tests").iterdir() if any(path.rglob("test_*.py")) and path.is_dir())
    return [OF_THE_HOUSE, *(f"tests/{path.name}" for path in folders)]


def timed(room: str) -> Timed:
    """Run a room's tests. Raises RuntimeError with the end of what was said where they do not pass."""
    paths = sorted(map(str, ROOT.glob(room)))
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    began, busy_s = time.perf_counter(), children_s()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not slow", *paths],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    counted = _COUNTED.search(done.stdout)
    if done.returncode or counted is None:
        raise RuntimeError(f"{room}: {done.stdout[-2000:]}{done.stderr[-500:]}")
    return Timed(room, int(counted.group(1)), seconds, children_s() - busy_s)


def children_s() -> float:
    """Processor seconds of all processes started here that have ended, those they started included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(runs: list[Timed]) -> str:
    """The runs as a table of Markdown, the sum last."""
    total = Timed("together", *(sum(column) for column in list(zip(*runs, strict=True))[1:]))
    rows = [f"| {room} | {passed:,} | {s:.0f} | {processor_s:.0f} |" for room, passed, s, processor_s in (*runs, total)]
    return "\n".join(["| tests | passed | seconds | of a processor |", "|---|---|---|---|", *rows])


def main() -> None:
    """Run the rooms, print the table, write it where asked to."""
    parser = argparse.ArgumentParser(description="how long the tests of each room take")
    parser.add_argument("rooms", nargs="*", help="folders of tests; all where none is named")
    parser.add_argument("--write", action="store_true", help="put the table into AGENTS.md")
    asked = parser.parse_args()
    if asked.write and asked.rooms:
        parser.error("--write takes all rooms")
    told = table([timed(room) for room in asked.rooms or rooms()])
    print(told)
    if asked.write:
        guide = GUIDE.read_text(encoding="utf-8")
        GUIDE.write_text(between(guide, BEGIN, END, told), encoding="utf-8")


if __name__ == "__main__":
    main()
