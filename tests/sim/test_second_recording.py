"""A session of the plain generator, written: a recording like any other, its truth in a file of its own."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import databento
import pytest

from spymaster.market.manifest import RecordingManifest, load_manifest
from spymaster.market.sessions import ET
from spymaster.sim.second.plan import named_plan
from spymaster.sim.second.recording import write_plain_recording
from spymaster.sim.second.session import generate

MINUTES = 2.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plain") / "two-minutes"
    write_plain_recording(made, 58, MINUTES)
    return made


@pytest.fixture(scope="module")
def manifest(folder: Path) -> RecordingManifest:
    return load_manifest(folder)


def test_it_says_that_it_is_simulated(manifest: RecordingManifest) -> None:
    assert manifest.simulated
    assert manifest.note.startswith("SIMULATED")
    assert manifest.generator == "plain"


def test_the_manifests_seed_gives_its_records_again(folder: Path, manifest: RecordingManifest) -> None:
    plan = named_plan(manifest.plan or "", manifest.seed or 0, MINUTES)
    again = generate(manifest.seed or 0, MINUTES, manifest.start_ns, plan)
    stored = databento.DBNStore.from_file(folder / "ESM6.mbp-10.dbn.zst").to_ndarray()
    assert again.records.tobytes() == stored.tobytes()


def test_the_definition_is_readable_and_expires_in_june(folder: Path) -> None:
    [row] = databento.DBNStore.from_file(folder / "ESM6.definition.dbn.zst").to_ndarray()
    assert (row["raw_symbol"], row["instrument_class"], row["asset"], row["currency"]) == (b"ESM6", b"F", b"ES", b"USD")
    assert row["min_price_increment"] == 250_000_000
    expiration = datetime.fromtimestamp(int(row["expiration"]) // 10**9, tz=ET)
    assert expiration == datetime(2026, 6, 18, 9, 30, tzinfo=ET)


def test_every_planted_price_is_a_level_whose_name_does_not_tell_what_was_planted(
    folder: Path, manifest: RecordingManifest
) -> None:
    planted = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["mechanisms"]
    assert {m["price"] for m in planted} == {float(level.price) for level in manifest.levels}
    assert all(level.id == f"USER_{level.price}" for level in manifest.levels)
