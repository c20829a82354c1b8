"""Promoting: a good set becomes the next version of a name, and no version is ever changed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from spymaster.errors import UserError
from spymaster.lake.catalog import TRAINING, Lake
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.verify import verify
from spymaster.learn.dataset.card import card_text
from spymaster.learn.dataset.findings import Finding, Grade
from spymaster.learn.dataset.promote import promote, promoted_sets, versions
from spymaster.learn.dataset.read import load
from spymaster.learn.dataset.set_manifest import read_set_manifest
from tests.learn.dataset.conftest import built, files_of, requests_of

GOOD = (Finding("schema", Grade.OK, "as in the table"), Finding("balance", Grade.WARNING, "few breaks"))
BAD = (*GOOD, Finding("one feature alone", Grade.FAILED, "it knows the future"))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    root = tmp_path / "lake"
    root.mkdir()
    return root


@pytest.fixture(scope="module")
def other(recordings: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("other") / "one"
    built(out, requests_of(recordings[0]))
    return out


def test_a_promoted_set_is_the_same_rows_with_its_card_and_its_checks(data_set: Path, lake: Path) -> None:
    place = promote(data_set, lake, "levels", GOOD)
    assert place == lake / TRAINING / "levels" / "v0001"
    assert load(place).design.tobytes() == load(data_set).design.tobytes()
    manifest = read_set_manifest(place)
    assert (manifest.name, manifest.promoted_from) == ("levels v0001", load(data_set).id)
    assert "few breaks" in (place / "validation.json").read_text()
    assert (place / "card.md").read_text() == card_text(data_set, manifest, GOOD)


def test_another_set_is_the_next_version_and_the_first_stays(data_set: Path, other: Path, lake: Path) -> None:
    first = promote(data_set, lake, "levels", GOOD)
    before = files_of(first)
    second = promote(other, lake, "levels", GOOD)
    assert [number for number, _ in versions(lake, "levels")] == [1, 2]
    assert second.name == "v0002"
    assert files_of(first) == before
    assert [manifest.name for _, manifest in promoted_sets(lake)] == ["levels v0001", "levels v0002"]


def test_the_same_set_is_not_promoted_twice(data_set: Path, lake: Path) -> None:
    promote(data_set, lake, "levels", GOOD)
    with pytest.raises(UserError, match="is version 1 of levels already"):
        promote(data_set, lake, "levels", GOOD)


def test_a_set_whose_checks_failed_is_not_promoted(data_set: Path, lake: Path) -> None:
    with pytest.raises(UserError, match="is not promoted: one feature alone: it knows the future"):
        promote(data_set, lake, "levels", BAD)
    assert files_of(lake) == {}


@pytest.mark.parametrize("name", ["", "Levels", "../levels", "a b", "x" * 41])
def test_a_name_that_is_no_folder_of_the_lake_is_refused(data_set: Path, lake: Path, name: str) -> None:
    with pytest.raises(UserError, match="is no name for a data set"):
        promote(data_set, lake, name, GOOD)


def test_what_a_stopped_promotion_left_is_no_version_and_its_number_is_not_used_again(
    data_set: Path, lake: Path
) -> None:
    (lake / TRAINING / "levels" / "v0001").mkdir(parents=True)
    assert versions(lake, "levels") == []
    assert promote(data_set, lake, "levels", GOOD).name == "v0002"


def test_no_file_of_a_version_can_be_written(data_set: Path, lake: Path) -> None:
    place = promote(data_set, lake, "levels", GOOD)
    for folder, _, files in os.walk(place):
        for name in files:
            assert not stat.S_IMODE((Path(folder) / name).stat().st_mode) & 0o222


def test_a_promoted_set_is_nothing_the_lake_wonders_about(data_set: Path, lake: Path) -> None:
    promote(data_set, lake, "levels", GOOD)
    assert list(verify(Lake(LocalStorage(lake)))) == []


def test_sets_in_a_folder_are_listed_too(data_set: Path) -> None:
    found = [place for place, _ in promoted_sets(data_set.parent)]
    assert found == [data_set]


def test_a_card_of_simulated_markets_says_so_and_counts(data_set: Path) -> None:
    manifest = read_set_manifest(data_set)
    card = card_text(data_set, manifest, GOOD)
    assert "Simulated markets only. Not measured on real markets." in card
    assert f"{manifest.rows:,} rows of {manifest.attempts:,} attempts" in card
    for reason, count in manifest.excluded.items():
        assert f"| {reason} | {count:,} |" in card
    assert "| balance | warning | few breaks |" in card
