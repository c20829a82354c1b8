"""The kernel cache: a folder for each set of kernel sources, named before numba is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spymaster.market import jit, kernel_cache
from spymaster.market.kernel_cache import cache_folder, kernel_source_hash

KERNEL = "from spymaster.market.jit import kernel\n\n\n@kernel\ndef f(x):\n    return x + 1\n"
WATCH_NUMBA = """
import json, os, sys
seen = []
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "numba":
            seen.append(os.environ.get("NUMBA_CACHE_DIR"))
        return None
sys.meta_path.insert(0, Watch())
import spymaster.market.jit as jit
import numba
print(json.dumps({"seen": seen, "folder": str(jit.CACHE_FOLDER), "config": numba.config.CACHE_DIR}))
"""


def divide(a: float, b: float) -> float:
    """Made a kernel below."""
    return a / b


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A little package: two kernel modules, two of the vocabulary, one that has nothing to do with kernels."""
    root = tmp_path / "spymaster"
    for name, text in {
        "physics/book.py": KERNEL,
        "sim/market.py": KERNEL,
        "market/kinds.py": "NS_PER_S = 1_000_000_000\n",
        "market/rows.py": "FIELDS = 3\n",
        "physics/state.py": "LEDGER_TICKS = 1024\n",
        "tui/app.py": "TITLE = 'cockpit'\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def changed(package: Path, name: str) -> bool:
    """Whether the folder's name changes with one more line in a module."""
    base = Path("/cache")
    before = cache_folder(package, base)
    path = package / name
    path.write_text(path.read_text() + "# another line\n")
    return cache_folder(package, base) != before


@pytest.mark.parametrize("name", ["physics/book.py", "sim/market.py"])
def test_a_changed_kernel_has_another_folder(package: Path, name: str) -> None:
    assert changed(package, name)


@pytest.mark.parametrize("name", ["market/kinds.py", "market/rows.py", "physics/state.py"])
def test_a_changed_constant_that_kernels_freeze_has_another_folder(package: Path, name: str) -> None:
    assert changed(package, name)


def test_a_module_without_kernels_makes_no_difference(package: Path) -> None:
    assert not changed(package, "tui/app.py")


def test_a_renamed_kernel_module_has_another_folder(package: Path) -> None:
    before = kernel_source_hash(package)
    (package / "physics" / "book.py").rename(package / "physics" / "ledger.py")
    assert kernel_source_hash(package) != before


def test_a_new_kernel_module_has_another_folder(package: Path) -> None:
    before = kernel_source_hash(package)
    (package / "physics" / "tape.py").write_text(KERNEL)
    assert kernel_source_hash(package) != before


def test_the_place_of_the_package_makes_no_difference(package: Path, tmp_path: Path) -> None:
    before = kernel_source_hash(package)
    moved = package.rename(tmp_path / "elsewhere")
    assert kernel_source_hash(moved) == before


def test_another_numba_has_another_folder(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache_folder(package, Path("/cache"))
    monkeypatch.setattr(kernel_cache, "version", lambda name: f"{name} of tomorrow")
    assert cache_folder(package, Path("/cache")) != before


def test_another_cpu_has_another_folder(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache_folder(package, Path("/cache"))
    monkeypatch.setattr(kernel_cache, "cpu_name", lambda: "a CPU of tomorrow")
    assert cache_folder(package, Path("/cache")) != before


def test_the_folder_lies_under_the_base(package: Path) -> None:
    assert cache_folder(package, Path("/cache")).parent == Path("/cache")


def test_numba_is_told_of_the_folder_before_it_is_imported(tmp_path: Path) -> None:
    environment = {**os.environ, kernel_cache.CACHE_DIR_VARIABLE: str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", WATCH_NUMBA], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Path(told["folder"]).parent == tmp_path
    assert told["seen"][0] == told["config"] == told["folder"]


def test_numba_is_imported_nowhere_else() -> None:
    """A kernel made without the mark would not be seen by the hash, and served stale."""
    package = Path(jit.__file__).parent.parent
    importers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import numba", "from numba"))
    }
    assert importers == {"market/jit.py"}


def test_a_kernel_divides_by_zero_as_the_standard_says() -> None:
    assert jit.kernel(divide)(1.0, 0.0) == float("inf")
