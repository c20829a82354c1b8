"""An engine compiled elsewhere is used without compiling where it fits; where it does not, it is said why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spymaster.market import kernel_cache
from spymaster.market.kernels.shipped import DESCRIPTION, ShippedEngine, description, refusal

USE = """
import json, sys
from spymaster.cli.doctor import _engine
from spymaster.session.warmup import _all_kept, is_warm
print(json.dumps([is_warm(), _all_kept(), "numba" in sys.modules, [f"{f.what}: {f.words}" for f in _engine()]]))
"""


def python(base: Path, *how: str) -> subprocess.CompletedProcess[str]:
    """A process whose kernels lie below ``base``."""
    environment = {**os.environ, kernel_cache.CACHE_DIR_VARIABLE: str(base)}
    return subprocess.run([sys.executable, *how], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, warm: None) -> Path:
    """A wheel with an engine for this machine, as ``hatch_build.py`` lays it out."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(kernel_cache.kernel_folder(), folder / "cache" / kernel_cache.CACHE_FOLDER.name)
    done = python(folder / "cache", "-m", "spymaster.session.ship", str(folder / "engines" / "machine"))
    assert (done.returncode, done.stderr) == (0, "")
    path = folder / "spymaster_tui-1-cp311-cp311-linux_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (folder / "engines").rglob("*.*"):
            archive.write(file, f"spymaster/_engine/{file.relative_to(folder / 'engines')}")
    return path


def take(base: Path, wheel: Path) -> subprocess.CompletedProcess[str]:
    """``warmup --from``."""
    start = "from spymaster.cli.entry import main; main()"
    return python(base, "-c", start, "warmup", "--from", str(wheel))


def test_an_engine_out_of_a_wheel_is_used_without_compiling_and_without_numba(wheel: Path, tmp_path: Path) -> None:
    done = take(tmp_path, wheel)
    assert done.stderr == f"ready: the engine is in {tmp_path / 'engine' / 'machine'}\n"
    assert done.returncode == 0
    warm, kept, with_numba, said = json.loads(python(tmp_path, "-c", USE).stdout)
    assert (warm, kept, with_numba) == (True, True, False)
    assert said == [f"engine: came compiled, in {tmp_path / 'engine' / 'machine'}"]


def test_an_engine_of_another_numba_is_not_used_and_doctor_says_why(wheel: Path, tmp_path: Path) -> None:
    take(tmp_path, wheel)
    path = tmp_path / "engine" / "machine" / DESCRIPTION
    path.write_text(json.dumps({**json.loads(path.read_text()), "numba": "0.1"}))
    warm, _, _, said = json.loads(python(tmp_path, "-c", USE).stdout)
    assert not warm
    assert said[0].startswith("shipped engine: not used: it was made with numba 0.1, here is ")


def here(**other: object) -> ShippedEngine:
    """What is said of an engine made here, but for something."""
    import llvmlite.binding as llvm

    said = description("", llvm.get_process_triple(), ())
    return ShippedEngine(**{**{name: getattr(said, name) for name in said.__struct_fields__}, **other})


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"engine": "another"}, "it was made from other sources"),
        ({"interpreter": "cpython-27"}, "it was made with interpreter cpython-27, here is "),
        ({"numpy": "1.0"}, "it was made with numpy 1.0, here is "),
        ({"triple": "pdp11-dec-unix"}, "it was made with triple pdp11-dec-unix, here is "),
        ({"features": ("hyperdrive",)}, "this processor lacks hyperdrive"),
    ],
)
def test_an_engine_that_does_not_fit_says_what_it_lacks(other: dict[str, object], reason: str) -> None:
    assert refusal(here()) == ""
    assert refusal(here(**other)).startswith(reason)


@pytest.mark.parametrize("carries", [None, {"spymaster/x.py": ""}])
def test_a_file_without_an_engine_is_refused_in_one_line(tmp_path: Path, carries: dict[str, str] | None) -> None:
    path = tmp_path / "other.whl"
    if carries is None:
        path.write_text("no archive")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in carries.items():
                archive.writestr(name, text)
    done = take(tmp_path / "cache", path)
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert str(path) in line
