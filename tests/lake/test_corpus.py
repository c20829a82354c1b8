"""Every version of the lake's formats that was ever written stays readable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spymaster.lake.catalog import check_version
from spymaster.lake.errors import LakeError
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.parquet_file import opened
from tests.support.corpus import CORPUS, CURRENT, DESCRIPTION, describe, make

LAKES = sorted(path for path in CORPUS.iterdir() if path.is_dir())


@pytest.mark.parametrize("root", LAKES, ids=lambda path: path.name)
def test_it_reads_as_it_is_described(root: Path) -> None:
    tier = root.name.partition("-")[0]
    assert describe(tier, root) == json.loads((root / DESCRIPTION).read_text(encoding="utf-8"))


def test_the_present_versions_are_in_the_corpus() -> None:
    missing = {f"{tier}-{version}" for tier, version in CURRENT.items()} - {path.name for path in LAKES}
    assert not missing, "python -m tests.support.corpus adds them"


def test_the_present_versions_still_write_what_is_in_the_corpus(tmp_path: Path) -> None:
    known = {path.name for path in LAKES}
    for name in known.intersection(make(tmp_path)):
        made, kept = (json.loads((root / name / DESCRIPTION).read_text("utf-8")) for root in (tmp_path, CORPUS))
        for place, table in kept["tables"].items():
            assert made["tables"][place]["columns"] == table["columns"], place
        assert made.get("frames") == kept.get("frames"), name


def test_a_file_of_a_newer_program_is_refused_in_one_line() -> None:
    path = next((CORPUS / "bronze-1").rglob("*.parquet"))
    with opened(LocalStorage(path.parent), path.name) as parquet:
        with pytest.raises(LakeError, match="was written in version 1 of bronze; update the program to read it"):
            check_version(str(path), parquet.metadata, "bronze", 0)
        with pytest.raises(LakeError, match="is not a file of gold; take it out of the lake"):
            check_version(str(path), parquet.metadata, "gold", 9)
