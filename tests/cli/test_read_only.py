"""As in a container: home, caches and the installation cannot be written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import spymaster
from spymaster.market import kernel_cache
from spymaster.physics.maths.elementary import hundredths
from spymaster.resources import bundled_recording
from tests.cli.conftest import COMMAND, one_line
from tests.support.read_only import run_read_only

SEEKING = "seeking is not made faster: {} cannot be written (read-only file system)"

Contained = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with a complete cache of kernels."""
    from spymaster.session.warmup import compile_all, is_warm

    if not is_warm():
        compile_all()
    base = tmp_path_factory.mktemp("kernels")
    shutil.copytree(kernel_cache.kernel_folder(), base / kernel_cache.CACHE_FOLDER.name)
    return base


@pytest.fixture
def contained(tmp_path: Path) -> Contained:
    """Run the command with ``kernels`` as its cache; home, cache and installation are read-only."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "out").mkdir()

    def start(kernels: Path, *arguments: object, command: tuple[str, ...] = COMMAND) -> object:
        return run_read_only(
            [home, kernels, Path(spymaster.__file__).parent],
            [*command, *arguments],
            {
                "HOME": str(home),
                "XDG_CACHE_HOME": str(home / "cache"),
                "XDG_CONFIG_HOME": str(home / "config"),
                kernel_cache.CACHE_DIR_VARIABLE: str(kernels),
                "TMPDIR": str(tmp_path / "out"),
            },
        )

    return start  # type: ignore[return-value]


def test_a_replay_uses_the_kernels_that_are_there(contained: Contained, kernels: Path, small: Path) -> None:
    done = contained(kernels, "replay", small, "--headless")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("records")


def test_warmup_says_that_all_is_there(contained: Contained, kernels: Path) -> None:
    done = contained(kernels, "warmup")
    assert done.returncode == 0
    folder = kernels / kernel_cache.CACHE_FOLDER.name
    said = f"ready: the kernels are in {folder}, which cannot be written (read-only file system)"
    assert one_line(done.stderr) == said


@pytest.mark.slow
def test_a_picture_is_made_and_one_line_says_what_is_slower(
    contained: Contained, kernels: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "out" / "first-look.svg"
    done = contained(kernels, "replay", bundled_recording(), "--screenshot", picture, "--at", "12:33")
    assert done.returncode == 0, done.stderr
    slower, made = done.stderr.splitlines()
    assert slower == SEEKING.format(tmp_path / "home" / "cache" / "spymaster-tui" / "replay")
    assert made == f"{picture}: 120x40 cockpit"
    assert picture.read_text().startswith("<svg")


@pytest.mark.slow
def test_a_recording_is_made(contained: Contained, kernels: Path, small: Path, tmp_path: Path) -> None:
    done = contained(kernels, "record", tmp_path / "out" / "mine", "--source", small)
    assert (done.returncode, done.stderr) == (0, "")
    assert "complete" in done.stdout


def test_what_is_not_compiled_is_compiled_for_this_run_and_one_line_says_so(
    contained: Contained, tmp_path: Path
) -> None:
    (tmp_path / "cold").mkdir()
    call = "from spymaster.physics.maths.elementary import hundredths; print(hundredths(2.5))"
    done = contained(tmp_path / "cold", command=(sys.executable, "-c", call))
    assert (done.returncode, done.stdout) == (0, f"{hundredths(2.5)}\n")
    folder = tmp_path / "cold" / kernel_cache.CACHE_FOLDER.name
    said = f"kernels are compiled for this run only: {folder} cannot be written (read-only file system)"
    assert one_line(done.stderr) == said
    assert list((tmp_path / "out").iterdir()) == []


def test_warmup_that_cannot_keep_anything_says_where_it_could(contained: Contained, tmp_path: Path) -> None:
    (tmp_path / "cold").mkdir()
    done = contained(tmp_path / "cold", "warmup")
    assert done.returncode == 1
    folder = tmp_path / "cold" / kernel_cache.CACHE_FOLDER.name
    assert one_line(done.stderr) == (
        f"error: {folder}: cannot be written (read-only file system); "
        f"name a folder that can be with {kernel_cache.CACHE_DIR_VARIABLE}"
    )


def test_a_setting_that_is_to_be_written_there_is_refused_in_one_line(contained: Contained, kernels: Path) -> None:
    done = contained(kernels, "config", "init")
    assert done.returncode == 1
    assert "read-only file system; check the path, its permissions" in one_line(done.stderr).lower()
