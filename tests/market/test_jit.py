"""The kernel cache: a folder for each set of kernel sources, used wherever the sources lie, never in the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spymaster.market import jit, kernel_cache
from spymaster.market.kernel_cache import cache_folder, kernel_source_hash
from spymaster.physics.maths.elementary import hundredths

SOURCE = Path(jit.__file__).parents[2]

KERNEL = "from spymaster.market.jit import kernel\n\n\n@kernel\ndef f(x):\n    return x + 1\n"
USE_A_KERNEL = """
import json
from spymaster.market.kernel_cache import CACHE_FOLDER, kernel_folder, unkept
from spymaster.physics.maths.elementary import hundredths
value = hundredths(2.5)
print(json.dumps({
    "value": value,
    "hits": sum(hundredths.stats.cache_hits.values()),
    "cache": str(CACHE_FOLDER),
    "folder": str(kernel_folder()),
    "unkept": unkept(),
}))
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


def use_a_kernel(base: Path, source: Path = SOURCE, program: str = USE_A_KERNEL) -> tuple[dict[str, Any], str]:
    """Call a kernel in a process of its own, its cache below ``base``; what it told and what it said on stderr."""
    environment = {**os.environ, kernel_cache.CACHE_DIR_VARIABLE: str(base), "PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_a_kernel_is_kept_by_its_place_in_the_package(tmp_path: Path) -> None:
    told, said = use_a_kernel(tmp_path)
    assert (told["hits"], said) == (0, "")
    folder = Path(told["folder"])
    assert folder.parent == tmp_path
    assert list((folder / "physics" / "maths").glob("elementary.hundredths-*.nbi"))


def test_a_kept_kernel_is_used_by_the_next_process(tmp_path: Path) -> None:
    use_a_kernel(tmp_path)
    assert use_a_kernel(tmp_path)[0]["hits"] == 1


def test_a_second_checkout_of_the_same_sources_uses_the_same_kernels(tmp_path: Path) -> None:
    """So that a cache said to be complete is complete for it too."""
    use_a_kernel(tmp_path / "cache")
    shutil.copytree(SOURCE / "spymaster", tmp_path / "src" / "spymaster")
    told, _ = use_a_kernel(tmp_path / "cache", tmp_path / "src")
    assert told["hits"] == 1


@pytest.mark.parametrize("damage", [b"", b"no pickle", None])
def test_a_damaged_cache_costs_compiling_and_is_mended(tmp_path: Path, damage: bytes | None) -> None:
    """``None``: the index has become something that cannot even be read."""
    for index in Path(use_a_kernel(tmp_path)[0]["folder"]).rglob("*.nbi"):
        index.unlink()
        if damage is None:
            index.symlink_to(index)
        else:
            index.write_bytes(damage)
    told, _ = use_a_kernel(tmp_path)
    assert (told["value"], told["hits"]) == (hundredths(2.5), 0)
    assert use_a_kernel(tmp_path)[0]["hits"] == (0 if damage is None else 1)


def test_where_nothing_can_be_kept_kernels_are_compiled_for_the_run_in_a_folder_that_goes_with_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    told, said = use_a_kernel(tmp_path / "file")
    assert told["value"] == hundredths(2.5)
    assert said == f"kernels are compiled for this run only: {told['cache']} cannot be written (not a directory)\n"
    assert told["unkept"]
    assert told["folder"] != told["cache"]
    assert not Path(told["folder"]).parent.exists()


def test_where_not_even_a_temporary_folder_can_be_made_kernels_are_compiled_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refuse = "import tempfile\ndef refuse(**_): raise OSError(30, 'Read-only file system')\n"
    told, said = use_a_kernel(tmp_path / "file", program=f"{refuse}tempfile.mkdtemp = refuse\n{USE_A_KERNEL}")
    assert told["value"] == hundredths(2.5)
    assert told["folder"] == told["cache"]
    assert len(said.splitlines()) == 1


def test_a_disk_that_fills_up_while_kernels_are_kept_costs_no_more_than_keeping_them(tmp_path: Path) -> None:
    full = "import numba.core.caching as c\ndef refuse(*_): raise OSError(28, 'No space left on device')\n"
    told, said = use_a_kernel(tmp_path, program=f"{full}c.IndexDataCacheFile.save = refuse\n{USE_A_KERNEL}")
    assert told["value"] == hundredths(2.5)
    assert told["unkept"]
    assert said.endswith("cannot be written (no space left on device)\n")


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
