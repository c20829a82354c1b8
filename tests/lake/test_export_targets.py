"""An export appears whole or not at all, and what cannot be written is said in one line."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.lake.export.export import ExportFormat, TableSink

WRITE_FOR_EVER = """
import sys
import numpy as np
from spymaster.lake.export.export import TableSink
piece = {"n": np.arange(100_000)}
try:
    with TableSink("-", sys.argv[1]) as sink:
        while True:
            sink.write(piece)
except BrokenPipeError:
    sys.stderr.write("nobody reads")
    sys.stderr.flush()
    import os
    os._exit(0)
"""


class Boom(Exception):
    """Something went wrong elsewhere."""


def some() -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    return {"n": np.arange(3)}


def break_off(sink: TableSink) -> None:
    """Write 32 MB, then meet an error."""
    with sink:
        for _ in range(40):
            sink.write({"n": np.arange(100_000)})
        raise Boom


@pytest.mark.parametrize("name", [ExportFormat.CSV, ExportFormat.PARQUET, ExportFormat.ARROW])
def test_a_file_appears_only_when_it_is_whole(name: ExportFormat, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    with TableSink(path) as sink:
        sink.write(some())
        assert not path.exists()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", list(ExportFormat))
def test_an_error_on_the_way_leaves_nothing_behind(name: ExportFormat, tmp_path: Path) -> None:
    if name is ExportFormat.DUCKDB:
        pytest.importorskip("duckdb")
    with pytest.raises(Boom):
        break_off(TableSink(tmp_path / f"out.{name}"))
    assert list(tmp_path.iterdir()) == []


def test_an_error_on_the_way_keeps_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("as it was")
    with pytest.raises(Boom):
        break_off(TableSink(path))
    assert path.read_text() == "as it was"


def test_a_whole_export_replaces_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("as it was")
    with TableSink(path) as sink:
        sink.write(some())
    assert path.read_text() == "n\n0\n1\n2\n"


def test_an_export_through_a_symbolic_link_replaces_what_the_link_names(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("as it was")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    with TableSink(link) as sink:
        sink.write(some())
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("n\n")


def test_a_device_is_written_to_and_stays_a_device() -> None:
    with TableSink("/dev/null", "csv") as sink:
        sink.write(some())
    assert Path("/dev/null").is_char_device()


def test_a_full_disk_is_said_in_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(UserError, match=r"^/dev/full: cannot be written \(no space left on device\); free some space"):
        break_off(TableSink("/dev/full", "csv"))


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder; name a file in it"):
        TableSink(tmp_path, "csv")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"there is no folder {tmp_path}/no; make it or choose another --out"):
        TableSink(tmp_path / "no" / "out.csv")


def test_a_folder_that_may_not_be_written_is_said_with_the_system_s_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(UserError, match=r"out\.csv: cannot be written \(permission denied\); .*another --out"):
        TableSink(tmp_path / "out.csv")


@pytest.mark.parametrize("name", [ExportFormat.PARQUET, ExportFormat.ARROW])
def test_a_binary_format_refuses_a_terminal(name: ExportFormat) -> None:
    ours, theirs = pty.openpty()
    with (
        os.fdopen(ours, "rb", 0),
        os.fdopen(theirs, "wb", 0) as terminal,
        pytest.raises(UserError, match=f"standard output: {name} is not for a terminal; give --out FILE"),
    ):
        TableSink("-", name, stdout=terminal)


def test_text_may_go_to_a_terminal() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", 0) as screen, os.fdopen(theirs, "wb", 0) as terminal:
        with TableSink("-", "csv", stdout=terminal) as sink:
            sink.write(some())
        assert screen.readline().strip() == b"n"


@pytest.mark.parametrize("place", ["-", "/dev/null"])
def test_a_database_needs_a_file_of_its_own(place: str) -> None:
    pytest.importorskip("duckdb")
    with pytest.raises(UserError, match="a DuckDB export is a database file; give --out FILE"):
        TableSink(place, "duckdb", stdout=io.BytesIO())


def test_standard_output_stays_open() -> None:
    out = io.BytesIO()
    with TableSink("-", "csv", stdout=out) as sink:
        sink.write(some())
    out.write(b"after")
    assert out.getvalue() == b"n\n0\n1\n2\nafter"


@pytest.mark.parametrize("name", [ExportFormat.PARQUET, ExportFormat.ARROW])
def test_half_an_export_on_standard_output_does_not_look_whole(name: ExportFormat) -> None:
    out = io.BytesIO()
    with pytest.raises(Boom):
        break_off(TableSink("-", name, stdout=out))
    begun = out.getvalue()
    assert len(begun) > 1000
    assert not begun.endswith((b"PAR1", b"\xff\xff\xff\xff\x00\x00\x00\x00"))


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "arrow"])
def test_a_reader_that_goes_away_is_a_broken_pipe_not_a_full_disk(name: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.read(10)
        writer.stdout.close()
        assert writer.stderr.read() == b"nobody reads"


def test_a_pipe_shows_something_long_before_the_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    seen = threading.Event()

    def read() -> None:
        with pipe.open("rb") as reader:
            if reader.readline() == b"n\n":
                seen.set()
            reader.read()

    reading = threading.Thread(target=read)
    reading.start()
    with TableSink(pipe) as sink:
        sink.write({"n": np.arange(100_000)})
        assert seen.wait(timeout=120)
    reading.join(timeout=120)
    assert pipe.is_fifo()
