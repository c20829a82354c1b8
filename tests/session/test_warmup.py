"""Compiling ahead: a mark says that it was done for these sources, and a warm cache is only read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spymaster.market import kernel_cache
from spymaster.session.warmup import compile_all, is_warm, start_compiling


def cached(folder: Path) -> dict[str, int]:
    """The compiled kernels of a cache folder and when each was written."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*.nb[ci]")}


def test_without_the_mark_the_kernels_are_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cache, "CACHE_FOLDER", tmp_path)
    assert not is_warm()


def test_the_mark_says_that_the_kernels_are_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cache, "CACHE_FOLDER", tmp_path)
    (tmp_path / kernel_cache.WARM_MARK).touch()
    assert is_warm()


def test_compiling_everything_leaves_the_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cache, "CACHE_FOLDER", tmp_path)
    compile_all()
    assert is_warm()


@pytest.mark.usefixtures("warm")
def test_with_a_warm_cache_nothing_is_compiled_again(tmp_path: Path) -> None:
    """In a copy of the cache: other tests may be compiling into the one they share."""
    copy = tmp_path / kernel_cache.CACHE_FOLDER.name
    shutil.copytree(kernel_cache.CACHE_FOLDER, copy)
    before = cached(copy)
    done = subprocess.run(
        [sys.executable, "-m", "spymaster.session.warmup"],
        env={**os.environ, kernel_cache.CACHE_DIR_VARIABLE: str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert cached(copy) == before
    assert len(before) > 20


@pytest.mark.usefixtures("warm")
def test_compiling_in_a_process_of_its_own_says_when_it_is_ready() -> None:
    process = start_compiling()
    try:
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
        _, errors = process.communicate()
    assert errors == b""
