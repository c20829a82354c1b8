"""Compiling ahead: a mark says that it was done for these sources, and a warm cache is only read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spymaster.market import kernel_cache
from spymaster.market.kernels.lowered import lowered_kernels
from spymaster.session import compile_turns, warmup
from spymaster.session.warmup import start_compiling


def cached(folder: Path) -> dict[str, int]:
    """The compiled kernels of a cache folder, each with the number of its file: one that is kept anew has another."""
    return {str(path): path.stat().st_ino for path in folder.iterdir()}


@pytest.fixture
def copied(tmp_path: Path, warm: None) -> Path:
    """A copy of the complete cache: other tests may be compiling into the one they share."""
    copy = tmp_path / kernel_cache.CACHE_FOLDER.name
    shutil.copytree(kernel_cache.kernel_folder(), copy)
    return copy


def compile_into(base: Path, program: str = "") -> subprocess.CompletedProcess[bytes]:
    """Compile what is missing in a folder below ``base``."""
    how = ["-c", program] if program else ["-m", "spymaster.session.warmup"]
    return subprocess.run(
        [sys.executable, *how],
        env={**os.environ, kernel_cache.CACHE_DIR_VARIABLE: str(base)},
        capture_output=True,
        check=False,
    )


def test_the_mark_says_that_the_kernels_are_ready(tmp_path: Path) -> None:
    assert not kernel_cache.is_complete(tmp_path)
    (tmp_path / kernel_cache.mark_name()).touch()
    assert kernel_cache.is_complete(tmp_path)


def test_compiling_everything_leaves_the_mark(copied: Path, tmp_path: Path) -> None:
    (copied / kernel_cache.mark_name()).unlink()
    assert compile_into(tmp_path).returncode == 0
    assert kernel_cache.is_complete(copied)


def test_with_a_warm_cache_nothing_is_compiled_again(copied: Path, tmp_path: Path) -> None:
    before = cached(copied)
    done = compile_into(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert cached(copied) == before
    assert len(before) > 20


@pytest.mark.slow
def test_kernels_that_could_not_all_be_kept_leave_no_mark(copied: Path, tmp_path: Path) -> None:
    (copied / kernel_cache.mark_name()).unlink()
    full = "from spymaster.market import kernel_cache; kernel_cache.say_not_kept('disk full');"
    done = compile_into(tmp_path, f"{full} from spymaster.session.warmup import main; raise SystemExit(main([]))")
    assert done.returncode == os.EX_CANTCREAT
    assert b"kernels are compiled for this run only" in done.stderr
    assert not kernel_cache.is_complete(copied)


@pytest.mark.usefixtures("warm")
def test_compiling_ends_with_the_one_who_waits_for_it() -> None:
    process = start_compiling()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=600) == os.EX_TEMPFAIL


@pytest.mark.usefixtures("warm")
def test_compiling_in_a_process_of_its_own_says_when_it_is_ready() -> None:
    process = start_compiling()
    try:
        assert process.wait(timeout=600) == 0
    finally:
        process.kill()
        _, errors = process.communicate()
    assert errors == b""


def test_what_is_compiled_for_models_is_told_within_the_turn_and_nothing_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the kernels hears of them; nobody hears of one when the turn is over."""
    heard: list[str] = []
    kernels, folder = lowered_kernels(), tmp_path / "kernels"
    folder.mkdir()
    monkeypatch.setattr(kernels, "tell", heard.append)
    monkeypatch.setattr(warmup, "_all_kept", lambda: False)
    monkeypatch.setattr(warmup, "_compile_in_two", lambda: kernels.tell("engine"))
    monkeypatch.setattr(warmup, "load_models", lambda: kernels.tell("models"))
    monkeypatch.setattr(kernel_cache, "kernel_folder", lambda: folder)
    monkeypatch.setattr(kernel_cache, "unkept", lambda: ("none of it",))
    warmup.compile_all()
    assert heard == ["engine", "models"]
    assert (folder / compile_turns.NAME).read_text() == "engine\nmodels\n"
    assert kernels.tell == heard.append
