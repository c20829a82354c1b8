"""What lies beside a vendor's files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from spymaster.feeds.choice.discover import discover
from spymaster.feeds.choice.front_month import choose_instrument
from spymaster.feeds.dbn.vendor_folder import Condition, is_own_manifest, vendor_notes
from tests.support.dbn import MS, START_NS, dbn_file, depth, put

OWN = {"name": "a", "simulated": True, "profile": "es", "symbol": "ESH4", "records": 1, "files": []}
VENDOR = {"job_id": "GLBX-20240107-ABCDEFGHIJ", "files": [{"filename": "a.dbn", "size": 1, "hash": "sha256:00"}]}


@pytest.mark.parametrize(("content", "own"), [(json.dumps(OWN), True), (json.dumps(VENDOR), False), ("{tor", True)])
def test_a_manifest_is_told_by_its_content(tmp_path: Path, content: str, own: bool) -> None:
    put(tmp_path / "manifest.json", content.encode())
    assert is_own_manifest(tmp_path) is own


def test_no_manifest_is_none_of_ours(tmp_path: Path) -> None:
    assert not is_own_manifest(tmp_path)


def test_days_that_are_degraded_or_missing_are_known(tmp_path: Path) -> None:
    days = [("2024-01-04", "available"), ("2024-01-05", "degraded"), ("2024-01-08", "missing")]
    content = [{"date": day, "condition": what, "last_modified_date": "2024-02-01"} for day, what in days]
    put(tmp_path / "condition.json", json.dumps(content).encode())
    assert vendor_notes(tmp_path).conditions == {
        dt.date(2024, 1, 5): Condition.DEGRADED,
        dt.date(2024, 1, 8): Condition.MISSING,
    }


@pytest.mark.parametrize("name", ["condition.json", "symbology.json"])
def test_what_is_not_understood_is_said_with_what_follows(tmp_path: Path, name: str) -> None:
    put(tmp_path / name, b"[1, 2")
    (line,) = vendor_notes(tmp_path).problems
    assert line.startswith(f"{tmp_path / name}: not understood (")
    assert "known" in line


@pytest.mark.parametrize(
    "result",
    [
        {"ESH4": [{"d0": "2023-12-20", "d1": "2024-01-20", "s": "17077"}]},
        {"17077": [{"d0": "2023-12-20", "d1": "2024-01-20", "s": "ESH4"}]},
    ],
)
def test_the_folder_names_ids_where_the_files_do_not(tmp_path: Path, result: dict[str, object]) -> None:
    put(tmp_path / "symbology.json", json.dumps({"result": result, "status": 0}).encode())
    dbn_file(tmp_path / "a.mbp-10.dbn", "mbp-10", depth(3), symbol_map={})
    assert choose_instrument(discover([tmp_path]).files, product="ES").symbol == "ESH4"


def test_parts_that_bear_the_header_of_the_whole_are_told_apart_by_their_records(tmp_path: Path) -> None:
    both = {1: "ESH4", 2: "ESM4"}
    dbn_file(tmp_path / "a.dbn", "mbp-10", depth(50, instrument_id=1), symbol_map=both)
    dbn_file(tmp_path / "b.dbn", "mbp-10", depth(50, instrument_id=2, recv_ns=START_NS + MS), symbol_map=both)
    assert len(discover([tmp_path]).files) == 2
