"""The map of rooms in AGENTS.md, made from the tree: ``python -m tests.support.room_map`` writes it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "src" / "spymaster"
GUIDE: Final = ROOT / "AGENTS.md"
BEGIN: Final = "<!-- map of rooms: begin -->"
END: Final = "<!-- map of rooms: end -->"


def first_line(folder: Path) -> str:
    """The first line of a room's own words. Raises ValueError for a room that says nothing."""
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    if not said:
        raise ValueError(f"{folder}/__init__.py: say in one line what is in it and what may be changed there")
    return said.splitlines()[0]


def room_map() -> str:
    """A table of the rooms, those inside a room below it."""
    rooms = sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)
    rows = [f"| `{room.relative_to(PACKAGE).as_posix()}` | {first_line(room).replace('``', '`')} |" for room in rooms]
    return "\n".join(["| room | what is in it, and what may be changed there |", "|---|---|", *rows])


def between(guide: str, begin: str, end: str, table: str) -> str:
    """The guide with a table between two marks. Raises ValueError where a mark is missing."""
    before, first, rest = guide.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise ValueError(f"AGENTS.md: a table stands between {begin} and {end}; a mark is missing")
    return f"{before}{begin}\n{table}\n{end}{after}"


def mapped(guide: str) -> str:
    """The guide with the map of today between its marks. Raises ValueError where a mark is missing."""
    return between(guide, BEGIN, END, room_map())


if __name__ == "__main__":
    GUIDE.write_text(mapped(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
