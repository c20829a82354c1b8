"""Kernels that nothing has used for a while are forgotten; what is used, and what is not ours, stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spymaster.market import kernel_cache
from spymaster.market.kernels import unused
from spymaster.market.kernels.unused import KEPT_DAYS, forget_unused, kept_below, note_use

DAY_S = 86_400.0
NOW_S = 1_800_000_000.0


def kept(base: Path, name: str, days: float, size: int = 10) -> Path:
    """A file that was last used so many days ago."""
    path = base / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (NOW_S - days * DAY_S,) * 2)
    return path


def left(base: Path) -> list[str]:
    """The files that are there."""
    return sorted(path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file())


def test_a_kernel_that_nothing_uses_is_kept_for_a_while_and_then_goes(tmp_path: Path) -> None:
    kept(tmp_path, "kernels-a/new.root", 0.0)
    kept(tmp_path, "kernels-a/idle.lowered", KEPT_DAYS - 0.1)
    kept(tmp_path, "kernels-a/old.root", KEPT_DAYS + 0.1, size=7)
    kept(tmp_path, "kernels-a/complete-of-old-sources", 90.0, size=0)
    assert forget_unused(tmp_path, NOW_S) == (2, 7)
    assert left(tmp_path) == ["kernels-a/idle.lowered", "kernels-a/new.root"]
    assert forget_unused(tmp_path, NOW_S) == (0, 0)


def test_kernels_of_another_version_go_with_their_folder(tmp_path: Path) -> None:
    kept(tmp_path, "kernels-old/f.root", 40.0)
    kept(tmp_path, "kernels-new/f.root", 1.0)
    forget_unused(tmp_path, NOW_S)
    assert [path.name for path in tmp_path.iterdir()] == ["kernels-new"]


def test_nothing_else_in_the_cache_is_looked_at(tmp_path: Path) -> None:
    kept(tmp_path, "engine/machine/f.root", 400.0)
    kept(tmp_path, "seek/checkpoint", 400.0)
    assert forget_unused(tmp_path, NOW_S) == (0, 0)
    assert kept_below(tmp_path) == (0, 0)
    assert left(tmp_path) == ["engine/machine/f.root", "seek/checkpoint"]


def test_what_numba_keeps_in_its_own_way_goes_as_a_whole(tmp_path: Path) -> None:
    for name, newest in (("numba-a", 31.0), ("numba-b", 29.0)):
        kept(tmp_path, f"kernels-a/{name}/f.nbi", 50.0)
        kept(tmp_path, f"kernels-a/{name}/f.nbc", newest)
        os.utime(tmp_path / "kernels-a" / name, (NOW_S - 50 * DAY_S,) * 2)
    assert forget_unused(tmp_path, NOW_S) == (2, 20)
    assert left(tmp_path) == ["kernels-a/numba-b/f.nbc", "kernels-a/numba-b/f.nbi"]


def test_beyond_a_size_what_was_used_longest_ago_goes_but_never_what_was_used_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unused, "MOST_BYTES", 25)
    for name, days in (("a", 5.0), ("b", 4.0), ("c", 3.0), ("d", 2.0)):
        kept(tmp_path, f"kernels-a/{name}.root", days)
    assert forget_unused(tmp_path, NOW_S) == (2, 20)
    assert left(tmp_path) == ["kernels-a/c.root", "kernels-a/d.root"]
    for name in ("e", "f", "g"):
        kept(tmp_path, f"kernels-a/{name}.root", 0.5)
    forget_unused(tmp_path, NOW_S)
    assert left(tmp_path) == ["kernels-a/e.root", "kernels-a/f.root", "kernels-a/g.root"]


def test_a_use_is_noted_once_a_day(tmp_path: Path) -> None:
    used = kept(tmp_path, "kernels-a/f.root", 1.1)
    today = kept(tmp_path, "kernels-a/g.root", 0.9)
    for path in (used, today, tmp_path / "not there"):
        note_use(path, NOW_S)
    assert used.stat().st_mtime == NOW_S
    assert today.stat().st_mtime == NOW_S - 0.9 * DAY_S


def test_reading_a_kernel_and_the_mark_of_a_whole_engine_are_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_cache, "kernel_folder", lambda: tmp_path)
    assert kernel_cache.keep("f.root", {"returns": "i64"}, b"code")
    (tmp_path / kernel_cache.mark_name()).touch()
    for name in ("f.root", kernel_cache.mark_name()):
        os.utime(tmp_path / name, (0.0, 0.0))
    assert kernel_cache.read_kept("f.root") == ({"returns": "i64"}, b"code")
    assert kernel_cache.is_complete(tmp_path)
    assert [(tmp_path / name).stat().st_mtime > 0.0 for name in ("f.root", kernel_cache.mark_name())] == [True, True]


def test_a_kernel_that_came_with_the_program_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cache, "kernel_folder", lambda: tmp_path)
    kernel_cache.keep("f.root", {}, b"code")
    os.utime(tmp_path / "f.root", (0.0, 0.0))
    assert kernel_cache.read_kept("f.root", tmp_path) == ({}, b"code")
    assert (tmp_path / "f.root").stat().st_mtime == 0.0
