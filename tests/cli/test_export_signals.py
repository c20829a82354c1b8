"""Every export, in every format, that is interrupted or finds the disk full leaves the old file and nothing else."""

from __future__ import annotations

import errno
import signal
import sys
from pathlib import Path

import pytest

from spymaster.cli.entry import main
from spymaster.interrupts import taken_back
from tests.support.signalled import Seam, run_struck

OLD = "as it was"
TABLES = ("signals", "alerts", "flows", "events", "option-flow")
FORMATS = ("csv", "jsonl", "parquet", "arrow", "duckdb")
EXPORTS = [("signals", name) for name in FORMATS] + [(what, "parquet") for what in TABLES[1:]]


def left(folder: Path) -> dict[str, str]:
    """What lies in a folder."""
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(("what", "form"), EXPORTS)
def test_an_interrupted_export_leaves_the_old_file(
    what: str, form: str, small: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the last moment: everything is written, nothing is visible yet."""
    if form == "duckdb":
        pytest.importorskip("duckdb")
    out = here / f"out.{form}"
    out.write_text(OLD)
    seam = Seam("spymaster.lake.export.target:Target.commit")
    assert run_struck(monkeypatch, ["export", what, small, "--out", out], seam, signal.SIGTERM) == 128 + signal.SIGTERM
    assert left(here) == {out.name: OLD}


@pytest.mark.parametrize(("what", "form"), EXPORTS)
def test_an_export_that_finds_the_disk_full_leaves_the_old_file(
    what: str, form: str, small: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if form == "duckdb":
        pytest.importorskip("duckdb")
    out = here / f"out.{form}"
    out.write_text(OLD)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("spymaster.atomic_output._sync", full)
    monkeypatch.setattr(sys, "argv", ["spymaster-tui", "export", what, str(small), "--out", str(out)])
    with taken_back(), pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 1
    assert "cannot be written (no space left on device)" in capfd.readouterr().err.splitlines()[-1]
    assert left(here) == {out.name: OLD}


@pytest.mark.parametrize(
    "seam",
    [
        Seam("spymaster.feeds.dbn.writer:DbnWriter.write", 2),
        Seam("spymaster.feeds.dbn.writer:DbnWriter.complete"),
        Seam("spymaster.feeds.dbn.writer:DbnWriter.complete", 2),
    ],
    ids=["writing", "completing the first", "completing the second"],
)
def test_an_interrupted_export_of_native_files_leaves_all_old_ones(
    seam: Seam, depth_and_trades: tuple[Path, Path], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for schema in ("mbp-10", "trades"):
        (here / f"mine.{schema}.dbn.zst").write_text(OLD)
    before = left(here)
    arguments = ["export", "dbn", *depth_and_trades, "--out", here / "mine"]
    assert run_struck(monkeypatch, arguments, seam, signal.SIGHUP) == 128 + signal.SIGHUP
    assert left(here) == before


@pytest.mark.parametrize("moment", ["spymaster.tui.screenshot:picture", "spymaster.cli.replay.cockpit:write_whole"])
def test_an_interrupted_picture_leaves_the_old_one(
    moment: str, small: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = here / "out.svg"
    out.write_text(OLD)
    arguments = ["replay", small, "--no-cache", "--screenshot", out]
    assert run_struck(monkeypatch, arguments, Seam(moment), signal.SIGINT) == 128 + signal.SIGINT
    assert left(here) == {out.name: OLD}
