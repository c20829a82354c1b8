"""From names to files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.feeds.choice.discover import Discovery, discover
from spymaster.feeds.errors import SourceError
from spymaster.market.kinds import Kind
from tests.support.dbn import MS, START_NS, dbn_file, depth, header, put, records

HOUR_NS = 3_600_000_000_000


def _names(found: Discovery) -> list[str]:
    return [file.path.name for file in found.files]


def _depth_file(
    path: Path, *, at_ns: int = START_NS, count: int = 5, end_ns: int | None = None, number: int = 1
) -> Path:
    symbols = {number: f"ES{number}"}
    return dbn_file(path, "mbp-10", depth(count, recv_ns=at_ns), symbol_map=symbols, start_ns=at_ns, end_ns=end_ns)


def test_named_files_come_sorted_by_base_name(tmp_path: Path) -> None:
    first = dbn_file(tmp_path / "z" / "a.dbn", "trades")
    second = dbn_file(tmp_path / "a" / "b.dbn.zst", "mbp-10")
    assert _names(discover([second, first])) == _names(discover([first, second])) == ["a.dbn", "b.dbn.zst"]


def test_a_folder_of_vendor_files(tmp_path: Path) -> None:
    dbn_file(tmp_path / "b.mbp-10.dbn.zst", "mbp-10")
    dbn_file(tmp_path / "a.trades.dbn", "trades")
    put(tmp_path / "condition.json", b"{}")
    put(tmp_path / ".hidden.dbn", b"")
    assert _names(discover([tmp_path])) == ["a.trades.dbn", "b.mbp-10.dbn.zst"]


def test_a_folder_with_a_subfolder_for_each_schema(tmp_path: Path) -> None:
    dbn_file(tmp_path / "MBP-10" / "day.mbp-10.dbn.zst", "mbp-10")
    dbn_file(tmp_path / "trades" / "day.trades.dbn.zst", "trades")
    dbn_file(tmp_path / "old stuff" / "other.dbn", "trades")
    assert _names(discover([tmp_path])) == ["day.mbp-10.dbn.zst", "day.trades.dbn.zst"]


def test_a_recording_gives_the_dbn_files_below_it(tmp_path: Path) -> None:
    put(tmp_path / "manifest.json", b"{}")
    dbn_file(tmp_path / "dbn" / "es" / "a.dbn.zst", "mbp-10")
    put(tmp_path / "bronze" / "part.parquet", b"PAR1")
    assert _names(discover([tmp_path])) == ["a.dbn.zst"]


def test_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    path = dbn_file(tmp_path / "a.dbn", "trades", records(Kind.TRADE, 3))
    (tmp_path / "other.dbn").symlink_to(path)
    assert len(discover([path, tmp_path, str(path)]).files) == 1


def test_files_of_no_use_in_a_folder_are_passed_over_and_told(tmp_path: Path) -> None:
    dbn_file(tmp_path / "a.dbn", "trades")
    put(tmp_path / "b.dbn", header("mbo"))
    put(tmp_path / "c.dbn", b"rubbish, not DBN")
    found = discover([tmp_path])
    assert _names(found) == ["a.dbn"]
    assert [line.split(": ")[1].split(";")[0] for line in found.skipped] == [
        "holds mbo records, which this program has no use for",
        "this is text, not DBN",
    ]


def test_a_named_file_of_no_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds mbo records"):
        discover([put(tmp_path / "b.dbn", header("mbo"))])


def test_a_folder_with_nothing_usable(tmp_path: Path) -> None:
    put(tmp_path / "b.dbn", header("mbo"))
    with pytest.raises(SourceError, match=r"no usable DBN file among 1; begin with the first: .*holds mbo records"):
        discover([tmp_path])


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"no \.dbn or \.dbn\.zst files in this folder; name a folder that holds some"
    ):
        discover([tmp_path])


def test_a_folder_of_folders_names_those_that_hold_files(tmp_path: Path) -> None:
    dbn_file(tmp_path / "es" / "a.dbn", "trades")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"name one of its subfolders: es$"):
        discover([tmp_path])


def test_nothing_named() -> None:
    with pytest.raises(SourceError, match="nothing was named"):
        discover([])


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        discover([tmp_path / "nothing"])


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SourceError, match="cannot be listed"):
        discover([tmp_path])


def test_overlapping_files_of_one_schema_and_instrument_are_refused(tmp_path: Path) -> None:
    _depth_file(tmp_path / "a.dbn", count=100)
    _depth_file(tmp_path / "b.dbn", at_ns=START_NS + 50 * MS)
    with pytest.raises(SourceError, match=r"b\.dbn: overlaps .*a\.dbn in time") as refused:
        discover([tmp_path])
    assert refused.value.remedy == "leave one of the two out"


def test_a_copy_of_a_file_overlaps_it(tmp_path: Path) -> None:
    _depth_file(tmp_path / "a.dbn")
    _depth_file(tmp_path / "a (1).dbn")
    with pytest.raises(SourceError, match="overlaps"):
        discover([tmp_path])


def test_an_overlap_inside_a_span_the_headers_leave_open(tmp_path: Path) -> None:
    _depth_file(tmp_path / "a.dbn", count=20_000)
    _depth_file(tmp_path / "b.dbn", at_ns=START_NS + 19_998 * MS)
    with pytest.raises(SourceError, match="overlaps"):
        discover([tmp_path])


@pytest.mark.parametrize("end_ns", [None, START_NS + 100 * MS, START_NS + HOUR_NS])
def test_files_that_follow_each_other_or_touch_are_fine(tmp_path: Path, end_ns: int | None) -> None:
    _depth_file(tmp_path / "a.dbn", count=100, end_ns=end_ns)
    _depth_file(tmp_path / "b.dbn", at_ns=START_NS + 99 * MS if end_ns is None else START_NS + 100 * MS)
    assert len(discover([tmp_path]).files) == 2


def test_a_file_that_names_no_instrument_may_hold_any(tmp_path: Path) -> None:
    _depth_file(tmp_path / "a.dbn", count=100)
    dbn_file(tmp_path / "b.dbn", "mbp-10", depth(5, recv_ns=START_NS + 50 * MS), symbol_map={})
    with pytest.raises(SourceError, match="overlaps"):
        discover([tmp_path])


def test_an_overlap_is_found_behind_files_of_other_instruments(tmp_path: Path) -> None:
    _depth_file(tmp_path / "a.dbn", count=100)
    _depth_file(tmp_path / "b.dbn", at_ns=START_NS + 10 * MS, number=2)
    _depth_file(tmp_path / "c.dbn", at_ns=START_NS + 20 * MS, number=1)
    with pytest.raises(SourceError, match=r"c\.dbn: overlaps .*a\.dbn"):
        discover([tmp_path])


def test_other_instruments_and_schemas_may_overlap(tmp_path: Path) -> None:
    _depth_file(tmp_path / "a.dbn")
    _depth_file(tmp_path / "b.dbn", number=2)
    dbn_file(tmp_path / "c.dbn", "trades", records(Kind.TRADE, 5))
    assert len(discover([tmp_path]).files) == 3


def test_real_files_of_a_folder_that_overlap(data: Path) -> None:
    with pytest.raises(SourceError, match="overlaps"):
        discover([data / "es"])


def test_real_depth_and_trades(data: Path) -> None:
    files = [data / "es" / f"esh4-20231225-2300-2330.{schema}.dbn.zst" for schema in ("trades", "mbp-10")]
    assert [file.kind for file in discover(files).files] == [Kind.MBP10, Kind.TRADE]
