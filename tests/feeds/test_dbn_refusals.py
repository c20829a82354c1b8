"""A file that cannot be used is refused in one line that names it and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from tests.support.dbn import body, depth, header, put, zstd

WHOLE = header("mbp-10") + body(depth(3))
DBZ = b"\x51\x2a\x4d\x18" + (144).to_bytes(4, "little") + b"DBZ\x01" + bytes(140)


def _refusal(path: Path) -> str:
    with pytest.raises(SourceError) as refused:
        DbnFile.open(path)
    line = str(refused.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert refused.value.place == str(path)
    assert refused.value.remedy
    assert line.endswith(refused.value.remedy)
    return refused.value.problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"time,price,size\n1,2,3\n", "this is text, not DBN"),
        (bytes(range(200, 256)) * 4, "this is not a DBN file"),
        (DBZ, "this is DBZ, the vendor's format before DBN"),
        (WHOLE[len(header("mbp-10")) :], "records without a DBN header (a fragment)"),
        (zstd(body(depth(3))), "records without a DBN header (a fragment)"),
        (zstd(b"hello, this is text inside"), "this is text, not DBN"),
        (
            zstd(WHOLE)[:9],
            "not readable: the file ends inside a compressed frame: it was cut, or is still being written",
        ),
        (b"DBN", "this is text, not DBN"),
        (b"DBN\x04" + WHOLE[4:], "is of DBN version 4; this program knows versions 1 to 3"),
        (b"DBN\x00" + WHOLE[4:], "its DBN header is corrupt (its first bytes make no sense)"),
        (b"DBN\x03\xff\xff\xff\xff", "its DBN header is corrupt (its first bytes make no sense)"),
        (WHOLE[:60], "its DBN header is corrupt (the file ends inside it)"),
        (zstd(WHOLE[:60]), "its DBN header is corrupt (the file ends inside it)"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_content_that_is_no_dbn_file(tmp_path: Path, content: bytes, problem: str) -> None:
    assert _refusal(put(tmp_path / "a.dbn", content)) == problem


@pytest.mark.parametrize("schema", ["mbo", "ohlcv-1s", "ohlcv-1h", "ohlcv-1d", "imbalance"])
def test_a_schema_of_no_use(tmp_path: Path, schema: str) -> None:
    problem = _refusal(put(tmp_path / "a.dbn", header(schema)))
    assert problem == f"holds {schema} records, which this program has no use for"


def test_a_header_whose_counts_are_wrong(tmp_path: Path) -> None:
    head = bytearray(header("mbp-10"))
    place = head.index(b"ESH4") - 4
    head[place : place + 4] = (2**31).to_bytes(4, "little")
    assert _refusal(put(tmp_path / "a.dbn", bytes(head))).startswith("its DBN header is corrupt (")


def test_a_missing_file(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "nothing.dbn") == "no such file"


def test_a_folder(tmp_path: Path) -> None:
    assert _refusal(tmp_path) == "this is a folder, not a DBN file"


def test_something_that_is_neither_file_nor_folder() -> None:
    assert _refusal(Path("/dev/null")) == "this is not a regular file"


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    assert _refusal(tmp_path / ("x" * 5000)).startswith("cannot be opened (")


def test_a_name_with_a_line_break_stays_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        DbnFile.open(tmp_path / "two\nlines.dbn")
    assert "\n" not in str(refused.value)
