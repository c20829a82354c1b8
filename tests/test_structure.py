"""What keeps the house liveable: small files and functions, small rooms, no circles, a map that is true."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.room_map import GUIDE, PACKAGE, mapped

MOST_LINES: Final = 400
MOST_FUNCTION_LINES: Final = 60
MOST_FILES: Final = 20


@cache
def trees() -> dict[str, tuple[Path, ast.Module]]:
    """Every module of the package by name, with its syntax tree."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        found[name] = (path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def imported(tree: ast.Module, known: frozenset[str]) -> set[str]:
    """The modules of ours that a file imports, wherever in it, for types alone too."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = (f"{node.module}.{alias.name}" for alias in node.names)
            names.update(name if name in known else node.module for name in inside)
    return names & known


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a ring, the first again at the end; empty where there is none."""
    done: set[str] = set()

    def search(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if ring := search(other, [*way, name]):
                return ring
        done.add(name)
        return []

    return next((ring for name in sorted(graph) if (ring := search(name, []))), [])


def test_the_search_finds_a_circle_and_its_way() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_file_imports_another_in_a_circle() -> None:
    known = frozenset(trees())
    graph = {name: imported(tree, known) - {name} for name, (_, tree) in trees().items()}
    assert circle_in(graph) == []


def test_no_module_is_longer_than_a_person_reads() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, (path, _) in trees().items()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{name}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, (_, tree) in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_FUNCTION_LINES} == {}


def test_no_room_holds_more_files_than_one_can_look_through() -> None:
    """Of modules, that is: documents stand in one folder, and `docs` lists them by their first lines."""
    folders = [folder for folder in (PACKAGE, *PACKAGE.rglob("*/")) if any(folder.glob("*.py"))]
    counts = {str(folder.relative_to(PACKAGE)): sum(path.is_file() for path in folder.iterdir()) for folder in folders}
    assert {name: files for name, files in counts.items() if files > MOST_FILES} == {}


def test_every_folder_of_modules_is_a_package() -> None:
    assert [path for path, _ in trees().values() if not (path.parent / "__init__.py").is_file()] == []


def test_the_map_in_the_guide_is_the_tree() -> None:
    """Mended by ``python -m tests.support.room_map``."""
    guide = GUIDE.read_text(encoding="utf-8")
    assert guide == mapped(guide)
