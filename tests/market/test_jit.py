"""Kernels: kept under a hash of all they depend on, loaded without numba, compiled as whole programs or numba's way."""

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
from spymaster.market.kernel_cache import cache_folder, host_hash
from spymaster.market.kernels.sources import Sources, kernel_source_hash
from spymaster.physics.maths.elementary import hundredths, smoothing

SOURCE = Path(jit.__file__).parents[2]

KERNEL = "from spymaster.market.jit import kernel\n\n\n@kernel\ndef f(x):\n    return x + 1\n"
USE_A_KERNEL = """
import json, sys
from spymaster.market.kernel_cache import CACHE_FOLDER, kernel_folder, unkept
from spymaster.physics.maths.elementary import hundredths, smoothing
value = hundredths(2.5)
print(json.dumps({
    "value": value,
    "compiled": hundredths.compiled,
    "with numba": "numba" in sys.modules,
    "cache": str(CACHE_FOLDER),
    "folder": str(kernel_folder()),
    "unkept": unkept(),
    "smoothing": smoothing(0.25, 2.0),
}))
"""
USE_CALLER = """
import json
from spymaster.physics.caller import f
from spymaster.physics.bystander import g
print(json.dumps({"f": f(1.0), "compiled": f.compiled, "g": g(1.0), "g compiled": g.compiled}))
"""


def divide(a: float, b: float) -> float:
    """Made a kernel below."""
    return a / b


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A little package: kernels that call and import one another, and a module that has nothing to do with them."""
    root = tmp_path / "spymaster"
    for name, text in {
        "physics/walk.py": f"from spymaster.physics import book\n{KERNEL}",
        "physics/__init__.py": "",
        "physics/book.py": f"from spymaster.market.kinds import (\n    NS_PER_S,\n)\n{KERNEL}",
        "physics/tape.py": KERNEL,
        "sim/market.py": KERNEL,
        "market/kinds.py": "from spymaster.market.rows import FIELDS\nNS_PER_S = 1_000_000_000\n",
        "market/rows.py": "FIELDS = 3\n",
        "tui/app.py": "TITLE = 'cockpit'\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def another_line(package: Path, name: str) -> None:
    """Change a module."""
    path = package / name
    path.write_text(path.read_text() + "# another line\n")


@pytest.mark.parametrize("name", ["physics/walk.py", "physics/book.py", "market/kinds.py", "market/rows.py"])
def test_a_kernel_has_another_name_when_anything_it_imports_has_changed(package: Path, name: str) -> None:
    before = Sources(package).hash_of("physics/walk.py")
    another_line(package, name)
    assert Sources(package).hash_of("physics/walk.py") != before


@pytest.mark.parametrize("name", ["physics/walk.py", "physics/tape.py", "sim/market.py", "tui/app.py"])
def test_a_kernel_keeps_its_name_when_something_else_has_changed(package: Path, name: str) -> None:
    before = Sources(package).hash_of("physics/book.py")
    another_line(package, name)
    assert Sources(package).hash_of("physics/book.py") == before


def test_a_module_outside_the_package_has_no_name(package: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(KERNEL)
    assert Sources(package).name_of(str(tmp_path / "mine.py")) is None
    assert Sources(package).name_of(str(package / "physics" / "book.py")) == "physics/book.py"


@pytest.mark.parametrize("name", ["physics/book.py", "sim/market.py", "market/kinds.py", "market/rows.py"])
def test_the_hash_of_all_kernels_changes_with_a_kernel_or_a_constant(package: Path, name: str) -> None:
    before = kernel_source_hash(package)
    another_line(package, name)
    assert kernel_source_hash(package) != before


def test_the_hash_of_all_kernels_is_blind_to_a_module_without_any(package: Path) -> None:
    before = kernel_source_hash(package)
    another_line(package, "tui/app.py")
    assert kernel_source_hash(package) == before


def test_the_hash_of_all_kernels_changes_with_the_name_of_one(package: Path) -> None:
    before = kernel_source_hash(package)
    (package / "physics" / "book.py").rename(package / "physics" / "ledger.py")
    assert kernel_source_hash(package) != before


def test_the_place_of_the_package_makes_no_difference(package: Path, tmp_path: Path) -> None:
    before = kernel_source_hash(package), Sources(package).hash_of("physics/walk.py")
    moved = package.rename(tmp_path / "elsewhere")
    assert (kernel_source_hash(moved), Sources(moved).hash_of("physics/walk.py")) == before


def test_another_numba_has_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = host_hash()
    monkeypatch.setattr(kernel_cache, "version", lambda name: f"{name} of tomorrow")
    assert host_hash() != before


def test_another_cpu_has_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache_folder(Path("/cache"))
    monkeypatch.setattr(kernel_cache, "cpu_name", lambda: "a CPU of tomorrow")
    assert cache_folder(Path("/cache")) != before
    assert before.parent == Path("/cache")


def use_a_kernel(base: Path, source: Path = SOURCE, program: str = USE_A_KERNEL) -> tuple[dict[str, Any], str]:
    """Call a kernel in a process of its own, its cache below ``base``; what it told and what it said on stderr."""
    environment = {**os.environ, kernel_cache.CACHE_DIR_VARIABLE: str(base), "PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_a_kept_kernel_is_used_by_the_next_process_without_numba(tmp_path: Path) -> None:
    first, said = use_a_kernel(tmp_path)
    assert (first["compiled"], first["with numba"], said) == (1, True, "")
    assert Path(first["folder"]).parent == tmp_path
    then, _ = use_a_kernel(tmp_path)
    assert (then["compiled"], then["with numba"]) == (0, False)
    assert (then["value"], then["smoothing"]) == (first["value"], first["smoothing"])


def test_a_second_checkout_of_the_same_sources_uses_the_same_kernels(tmp_path: Path) -> None:
    """So that a cache said to be complete is complete for it too."""
    use_a_kernel(tmp_path / "cache")
    shutil.copytree(SOURCE / "spymaster", tmp_path / "src" / "spymaster")
    told, _ = use_a_kernel(tmp_path / "cache", tmp_path / "src")
    assert told["compiled"] == 0


def test_a_kernel_whose_callee_has_changed_is_compiled_anew_and_no_other(tmp_path: Path) -> None:
    source, cache = tmp_path / "src", tmp_path / "cache"
    shutil.copytree(SOURCE / "spymaster", source / "spymaster")
    callee = source / "spymaster" / "physics" / "callee.py"
    callee.write_text(KERNEL.replace("x + 1", "2 * x"))
    caller = KERNEL.replace("f(x)", "f(x)").replace("x + 1", "called(x) + 1")
    called = "from spymaster.physics.callee import f as called\n"
    (source / "spymaster" / "physics" / "caller.py").write_text(called + caller)
    (source / "spymaster" / "physics" / "bystander.py").write_text(KERNEL.replace("f(x)", "g(x)"))
    told, _ = use_a_kernel(cache, source, USE_CALLER)
    assert told == {"f": 3.0, "compiled": 1, "g": 2.0, "g compiled": 1}
    callee.write_text(KERNEL.replace("x + 1", "3 * x"))
    told, _ = use_a_kernel(cache, source, USE_CALLER)
    assert told == {"f": 4.0, "compiled": 1, "g": 2.0, "g compiled": 0}


@pytest.mark.parametrize("damage", [b"", b"no kernel", None])
def test_a_damaged_cache_costs_compiling_and_is_mended(tmp_path: Path, damage: bytes | None) -> None:
    """``None``: what was kept has become something that cannot even be read."""
    for kept in Path(use_a_kernel(tmp_path)[0]["folder"]).iterdir():
        kept.unlink()
        if damage is None:
            kept.symlink_to(kept)
        else:
            kept.write_bytes(damage)
    told, _ = use_a_kernel(tmp_path)
    assert (told["value"], told["compiled"]) == (hundredths(2.5), 1)
    assert use_a_kernel(tmp_path)[0]["compiled"] == 0


def test_a_kept_kernel_with_a_bit_turned_over_is_not_used(tmp_path: Path) -> None:
    for kept in Path(use_a_kernel(tmp_path)[0]["folder"]).iterdir():
        data = bytearray(kept.read_bytes())
        data[-20] ^= 1
        kept.write_bytes(data)
    assert use_a_kernel(tmp_path)[0]["compiled"] == 1


def test_with_a_numba_that_was_not_tested_kernels_compile_in_its_own_way_to_the_same_values(tmp_path: Path) -> None:
    other = "from spymaster.market.kernels import numba_internals as n\nn.NEWEST = (0, 0)\n"
    for _ in range(2):
        told, said = use_a_kernel(tmp_path, program=other + USE_A_KERNEL)
        assert (told["value"], told["smoothing"]) == (hundredths(2.5), smoothing(0.25, 2.0))
        assert said.endswith("was not tested with this version: kernels compile in its own way, slower\n")
    assert list(Path(told["folder"]).rglob("*.nbi"))


def test_with_a_numba_that_is_wrong_about_a_small_kernel_they_do_so_too(tmp_path: Path) -> None:
    other = "from spymaster.market.kernels import numba_internals as n\nn._check_item = lambda values, index: 0.0\n"
    told, said = use_a_kernel(tmp_path, program=other + USE_A_KERNEL)
    assert (told["value"], told["smoothing"]) == (hundredths(2.5), smoothing(0.25, 2.0))
    assert said.endswith("compiles kernels in its own way here, slower\n")


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
    full = "import pathlib\ndef refuse(*_): raise OSError(28, 'No space left on device')\n"
    told, said = use_a_kernel(tmp_path, program=f"{full}pathlib.Path.write_bytes = refuse\n{USE_A_KERNEL}")
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
    assert importers == {"market/kernels/numba_internals.py", "market/kernels/numba_shortcuts.py"}


def test_a_kernel_divides_by_zero_as_the_standard_says() -> None:
    assert jit.kernel(divide)(1.0, 0.0) == float("inf")
