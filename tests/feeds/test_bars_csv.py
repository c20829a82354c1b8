"""CSV files of minute bars: headers, times and numbers as people's tools write them; mistakes named by their line."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.feeds.bars.bars import MINUTE_NS, Stamped
from spymaster.feeds.bars.csv_files import read_csv_bars
from spymaster.feeds.bars.files import find_bar_files, read_table
from spymaster.feeds.bars.headings import NO_TIME, epochs_ns, find_columns, new_york_to_utc, parse_time
from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.errors import SourceError
from tests.support.bars import NINE, POINT, at, csv_text, walk
from tests.support.dbn import zstd

ROW = "4800,4801,4799,4800.5,100"


def starts(text: str, folder: Path, stamped: Stamped = Stamped.START) -> list[int]:
    """When the bars of a CSV begin."""
    path = folder / "bars.csv"
    path.write_text(text, encoding="utf-8")
    return [int(ns) for piece in read_csv_bars(path, stamped) for ns in piece.start_ns]


def refusal(text: str | bytes, folder: Path) -> str:
    """The line that refuses a CSV, without its path."""
    path = folder / "bars.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError) as refused:
        list(read_csv_bars(path, Stamped.START))
    line = str(refused.value)
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "header",
    [
        "time,open,high,low,close,volume",
        "Timestamp,Open,High,Low,Close,Volume",
        "DATE,O,H,L,C,V",
        "ts_event,o,h,l,c,v",
        "t,o,h,l,c,v",
        "window_start,open,high,low,close,volume",
        ' "ts" , Open ,High,Low,Close,Vol',
    ],
)
def test_headers_are_known_by_name_in_any_case(tmp_path: Path, header: str) -> None:
    assert starts(f"{header}\n2024-01-04T09:00:00-05:00,{ROW}\n", tmp_path) == [NINE]


@pytest.mark.parametrize("name", ["bars.csv", "bars.csv.gz", "bars.csv.zst", "bars"])
@pytest.mark.parametrize("compress", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_a_compressed_file_is_told_by_its_content(
    tmp_path: Path, name: str, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(compress(csv_text(walk(20_000)).encode()))
    files = find_bar_files(path)
    assert files.tables == (path,)
    times = [int(ns) for piece in read_table(path, Stamped.START) for ns in piece.start_ns]
    assert times == [NINE + n * MINUTE_NS for n in range(20_000)]


@pytest.mark.parametrize("name", ["bars.csv.gz", "bars.csv.zst"])
def test_compressed_bars_of_a_folder_are_found(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(csv_text(walk(3)).encode()))
    assert find_bar_files(tmp_path).tables == (path,)


@pytest.mark.parametrize("compress", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_a_compressed_file_that_is_cut_is_refused_with_the_reason(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    packed = compress(csv_text(walk(20_000)).encode())
    line = refusal(packed[: len(packed) // 2], tmp_path)
    assert line.startswith("its compressed text is damaged or cut (")


def test_a_compressed_file_whose_sum_is_wrong_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(csv_text(walk(2_000)).encode()))
    packed[-8] ^= 0xFF
    assert refusal(bytes(packed), tmp_path).startswith("its compressed text is damaged or cut (CRC check failed")


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("atr,volume,close,low,high,open,time\n9,100,4800.5,4799,4801,4800,2024-01-04T14:00:00Z\n")
    (piece,) = read_csv_bars(path, Stamped.START)
    assert (piece.prices_e9 / POINT).tolist() == [[4800.0, 4801.0, 4799.0, 4800.5]]
    assert piece.volume.tolist() == [100]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_that_of_the_header(tmp_path: Path, delimiter: str) -> None:
    text = f"time,open,high,low,close,volume\n2024-01-04T14:00:00Z,{ROW}\n".replace(",", delimiter)
    assert starts(text, tmp_path) == [NINE]


@pytest.mark.parametrize(
    "time",
    [
        "2024-01-04T09:00:00-05:00",
        "2024-01-04T14:00:00Z",
        "2024-01-04 14:00:00+00:00",
        "2024-01-04T14:00:00.000000000Z",
        "2024-01-04T09:00:00.000",
        "2024-01-04 09:00",
        "20240104 090000",
        "1704376800",
        "1704376800.0",
        "1704376800000",
        "1704376800000000",
        "1704376800000000000",
    ],
)
def test_times_with_a_zone_without_one_and_as_counts_mean_the_same(time: str) -> None:
    written = parse_time(time)
    ns = np.array([written.ns])
    assert (new_york_to_utc(ns) if written.local else ns).tolist() == [NINE]


@pytest.mark.parametrize(
    "time", ["", "soon", "2024-13-04T09:00", "2024-01-04", "20240104", "17", "1e9", "0001-01-01 01:00"]
)
def test_what_is_no_time_of_a_bar_is_said(tmp_path: Path, time: str) -> None:
    assert refusal(f"time,open,high,low,close,volume\n{time},{ROW}\n", tmp_path).startswith("line 2: ")


def test_date_and_time_may_stand_in_two_columns(tmp_path: Path) -> None:
    assert starts(f"Date,Time,Open,High,Low,Close,Volume\n2024-01-04,09:00,{ROW}\n", tmp_path) == [NINE]


def test_summer_and_winter_time_are_new_york_s() -> None:
    winter, summer = parse_time("2024-03-09 12:00"), parse_time("2024-03-11 12:00")
    utc = new_york_to_utc(np.array([winter.ns, summer.ns, NO_TIME]))
    assert utc.tolist() == [at("2024-03-09T17:00:00+00:00"), at("2024-03-11T16:00:00+00:00"), NO_TIME]


def test_an_hour_that_comes_twice_in_autumn_is_taken_the_first_time() -> None:
    utc = new_york_to_utc(np.array([parse_time("2024-11-03 01:30").ns]))
    assert utc.tolist() == [at("2024-11-03T05:30:00+00:00")]


def test_counts_of_a_column_are_told_apart_one_by_one() -> None:
    counts = np.array([1704376800, 1704376800_000, 1704376800_000_000, 1704376800_000_000_000, 5, -1, NO_TIME])
    assert epochs_ns(counts).tolist() == [NINE] * 4 + [NO_TIME] * 3


def test_bars_stamped_at_their_end_begin_a_minute_earlier(tmp_path: Path) -> None:
    text = csv_text(walk(3))
    assert starts(text, tmp_path, Stamped.END) == [ns - MINUTE_NS for ns in starts(text, tmp_path)]


def test_a_file_that_declares_itself_is_stamped_at_the_end_whatever_was_asked(tmp_path: Path) -> None:
    text = "#schema: NinjaDataExport/v2.3, volumetric=True\n" + csv_text(walk(3))
    assert starts(text, tmp_path) == [NINE - MINUTE_NS, NINE, NINE + MINUTE_NS]


def test_remarks_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    head, *rows = csv_text(walk(3)).splitlines()
    assert len(starts("\n".join(("\ufeff# bars", "", head, "# more", *rows, "")), tmp_path)) == 3


def test_more_rows_than_fit_one_piece_are_all_there(tmp_path: Path) -> None:
    times = starts(csv_text(walk(20_000)), tmp_path)
    assert times == [NINE + n * MINUTE_NS for n in range(20_000)]


def test_an_empty_price_is_a_missing_one_not_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("time,open,high,low,close,volume\n2024-01-04T14:00:00Z,,4801,4799,4800,\n")
    (piece,) = read_csv_bars(path, Stamped.START)
    assert piece.prices_e9[0, 0] == 2**63 - 1
    assert piece.volume[0] == -1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "holds no lines; "),
        ("# only a remark\n", "holds no lines; "),
        ("time,open,high,low\n", "line 1: has no column for close, volume; "),
        ("a,b\n1,2\n", "line 1: has no column for time, open, high, low, close, volume; "),
        (f"# bars\ntime,open,high,low,close,volume\n2024-01-04T14:00Z,{ROW}\n2024,x\n", "line 4: has 2 columns, "),
        ("time,open,high,low,close,volume\n2024-01-04T14:00Z,4800,48O1,1,1,1\n", "line 2: '48O1' is not a number; "),
        (b"\xff\xfetime", "is not UTF-8 text; "),
        ("time,open,high,low,close,volume\n" + "9" * 70_000, "line 2: is too long for a bar; "),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, text: str | bytes, line: str) -> None:
    assert refusal(text, tmp_path).startswith(line)


def test_the_words_for_what_a_header_lacks() -> None:
    assert find_columns(["time", "open", "high", "low", "close"]) == "has no column for volume"


def read_or_refuse(path: Path) -> tuple[list[BarColumns], str]:
    """The bars of a file, or the line that refuses it."""
    try:
        return list(read_csv_bars(path, Stamped.START)), ""
    except SourceError as error:
        return [], str(error)


CELL = st.one_of(
    st.text(max_size=12),
    st.floats().map(str),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["2024-01-04T14:00:00Z", "4800.25", "", '"', "#", "nan", "-0", "1_0", "\u0663"]),
)
LINES = st.lists(st.lists(CELL, max_size=8).map(",".join), max_size=12)


@settings(max_examples=150)
@given(lines=LINES, header=st.sampled_from(["time,open,high,low,close,volume,symbol", "ts,o,h,l,c,v", ""]))
def test_any_text_gives_bars_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], header: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_text("\n".join([header, *lines]), encoding="utf-8", errors="replace")
    pieces, said = read_or_refuse(path)
    assert "\n" not in said
    for piece in pieces:
        assert len(piece.start_ns) == len(piece.prices_e9) == len(piece.volume)
        assert (piece.prices_e9 > 0).all()
        assert (piece.volume >= -1).all()


@settings(max_examples=60)
@given(content=st.binary(max_size=400))
def test_any_bytes_give_bars_or_one_line(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.bin"
    path.write_bytes(content)
    assert "\n" not in read_or_refuse(path)[1]
