"""A recording's manifest is read whole, or refused in one line that says what to do."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spymaster.market.frames import UserLevel
from spymaster.market.manifest import (
    ManifestError,
    RecordingFile,
    RecordingLevel,
    RecordingManifest,
    encode_manifest,
    load_manifest,
)

MANIFEST = RecordingManifest(
    name="a-day",
    simulated=False,
    profile="es",
    symbol="ESH4",
    start=dt.datetime(2023, 12, 25, 23, tzinfo=dt.UTC),
    end=dt.datetime(2023, 12, 25, 23, 30, 0, 250_000, tzinfo=dt.UTC),
    records=3,
    files=(RecordingFile("depth/ESH4.mbp-10.dbn.zst", "00", 3),),
    levels=(RecordingLevel("USER_4800.25", Decimal("4800.25")),),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording whose one file is there."""
    (tmp_path / "depth").mkdir()
    (tmp_path / MANIFEST.files[0].path).touch()
    (tmp_path / "manifest.json").write_bytes(encode_manifest(MANIFEST))
    return tmp_path


def rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, **changes}), encoding="utf-8")


def test_what_is_written_is_read_back(folder: Path) -> None:
    assert load_manifest(folder) == MANIFEST


def test_times_and_prices_are_exact(folder: Path) -> None:
    manifest = load_manifest(folder)
    assert (manifest.start_ns, manifest.end_ns) == (1_703_545_200_000_000_000, 1_703_547_000_250_000_000)
    assert manifest.user_levels == (UserLevel("USER_4800.25", 4_800_250_000_000),)


def test_prices_are_plain_numbers_in_the_file(folder: Path) -> None:
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert content["levels"] == [{"id": "USER_4800.25", "price": 4800.25}]
    assert "seed" not in content


def test_fields_of_a_newer_program_are_passed_over(folder: Path) -> None:
    rewrite(folder, weather="fine")
    assert load_manifest(folder) == MANIFEST


def test_a_folder_without_a_manifest_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"not a recording, it has no manifest\.json; name a recording folder"):
        load_manifest(tmp_path)


def test_a_file_named_in_place_of_a_folder_is_no_recording(folder: Path) -> None:
    with pytest.raises(ManifestError, match="name a recording folder"):
        load_manifest(folder / "depth" / "ESH4.mbp-10.dbn.zst")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b'{"name": "\xff"}'])
def test_damage_is_named_with_the_file(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ManifestError, match=r"manifest\.json: not a recording's manifest") as error:
        load_manifest(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("missing", ["name", "simulated", "files", "start"])
def test_a_missing_field_is_named(folder: Path, missing: str) -> None:
    content = msgspec.to_builtins(MANIFEST)
    del content[missing]
    (folder / "manifest.json").write_bytes(msgspec.json.encode(content))
    with pytest.raises(ManifestError, match=missing):
        load_manifest(folder)


def test_a_time_without_a_zone_is_refused(folder: Path) -> None:
    rewrite(folder, start="2023-12-25T23:00:00")
    with pytest.raises(ManifestError, match="timezone"):
        load_manifest(folder)


@pytest.mark.parametrize("path", ["../secret.dbn", "/etc/passwd", "a\\b.dbn"])
def test_a_path_out_of_the_folder_is_refused(folder: Path, path: str) -> None:
    rewrite(folder, files=[{"path": path, "sha256": "00", "records": 1}])
    with pytest.raises(ManifestError, match="lies outside the recording"):
        load_manifest(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / MANIFEST.files[0].path).unlink()
    with pytest.raises(ManifestError, match=r"ESH4\.mbp-10\.dbn\.zst is missing"):
        load_manifest(folder)
