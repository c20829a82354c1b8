"""Whoever installs the package gets everything it imports: nothing rests on what the test extra happens to bring."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
SOURCES = sorted((CHECKOUT / "src").rglob("*.py"))
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PROVIDERS = metadata.packages_distributions()
FOR_DEVELOPERS = {"test", "dev"}
_SPECIFIER = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?[^;]*(;.*extra.*)?")

WITHOUT = """
import importlib.machinery, json, pkgutil, sys
class Declared(importlib.machinery.PathFinder):
    missing = set({missing})
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in cls.missing else super().find_spec(name, path, target)
sys.meta_path = [Declared if finder is importlib.machinery.PathFinder else finder for finder in sys.meta_path]
"""
IMPORT_ALL = """
import importlib, spymaster
for module in pkgutil.walk_packages(spymaster.__path__, "spymaster."):
    importlib.import_module(module.name)
"""
RUN = """
sys.argv = ["spymaster-tui", *{arguments}]
from spymaster.cli.entry import main
main()
"""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(specifiers: list[str]) -> set[str]:
    """The distributions that are named, without those for an extra of theirs."""
    matches = [_SPECIFIER.match(each) for each in specifiers]
    return {canonical(match[1]) for match in matches if match is not None and match[2] is None}


DEPENDENCIES = required(PROJECT["dependencies"])
EXTRAS = required(
    [each for name, extra in PROJECT["optional-dependencies"].items() if name not in FOR_DEVELOPERS for each in extra]
)


def distributions(module: str) -> set[str]:
    """Who provides a top-level module; its own name where nothing installed does."""
    return {canonical(name) for name in PROVIDERS.get(module, (module,))}


class _Imports(ast.NodeVisitor):
    """Top-level modules of others: those imported with the module, and those only when a function runs."""

    def __init__(self) -> None:
        self.at_once: set[str] = set()
        self.later: set[str] = set()
        self._depth = 0

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            for each in node.orelse:
                self.visit(each)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module is not None and node.level == 0:
            self._add(node.module)

    def _add(self, module: str) -> None:
        top = module.partition(".")[0]
        if top not in sys.stdlib_module_names and top != "spymaster":
            (self.later if self._depth else self.at_once).add(top)


def imports_of(path: Path) -> _Imports:
    found = _Imports()
    found.visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def undeclared() -> Iterator[str]:
    for path in SOURCES:
        found = imports_of(path)
        for modules, declared in ((found.at_once, DEPENDENCIES), (found.later, DEPENDENCIES | EXTRAS)):
            yield from (f"{path.name}: {module}" for module in sorted(modules) if not distributions(module) & declared)


def test_everything_the_sources_import_is_declared_and_extras_only_where_they_are_used() -> None:
    assert list(undeclared()) == []


def test_an_import_for_types_alone_and_one_of_an_extra_in_a_function_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text(
        "import os, numpy.linalg\nfrom typing import TYPE_CHECKING\nfrom . import own\n"
        "if TYPE_CHECKING:\n    import _typeshed\ndef f():\n    from duckdb import connect\n"
        "async def g():\n    import uvicorn\n"
    )
    found = imports_of(path)
    assert (found.at_once, found.later) == ({"numpy"}, {"duckdb", "uvicorn"})


@pytest.fixture(scope="module")
def without_extras() -> str:
    """Code that hides every package that an installation without extras would not bring."""
    needed: set[str] = set()
    waiting = set(DEPENDENCIES)
    while waiting:
        name = waiting.pop()
        needed.add(name)
        try:
            waiting |= required(metadata.requires(name) or []) - needed
        except metadata.PackageNotFoundError:
            continue  # not for this system: its marker left it out
    missing = [module for module, names in PROVIDERS.items() if not needed & {canonical(name) for name in names}]
    assert "pytest" in missing
    assert "numpy" not in missing
    return WITHOUT.format(missing=json.dumps([module for module in missing if module != "spymaster"]))


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def test_every_module_can_be_imported_without_any_extra(without_extras: str, tmp_path: Path) -> None:
    done = run(without_extras + IMPORT_ALL, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["config", "show"], "[profile.es]"),
        (["config", "schema"], '"$schema"'),
        (["export", "schema"], "levels.signals"),
    ],
)
def test_a_command_works_without_any_extra(
    without_extras: str, tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = run(without_extras + RUN.format(arguments=arguments), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert says in done.stdout
