"""The recording that travels with the program: whole, small, marked as simulated, made again by its own manifest."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import databento
import numpy as np
import pytest

from spymaster.feeds.discover import discover
from spymaster.feeds.front_month import choose_instrument
from spymaster.market.instruments import TickSource
from spymaster.market.manifest import RecordingManifest, load_manifest
from spymaster.market.sessions import ET, session_of, sessions_between
from spymaster.resources import bundled_recording
from spymaster.sim.plain import PlainSession, generate, write_truth
from spymaster.sim.plain_plan import named_plan
from spymaster.sim.recording import write_plain_recording

LIMIT_BYTES = 1_500_000


@pytest.fixture(scope="module")
def folder() -> Path:
    return bundled_recording()


@pytest.fixture(scope="module")
def manifest(folder: Path) -> RecordingManifest:
    return load_manifest(folder)


@pytest.fixture(scope="module")
def stored(folder: Path) -> databento.DBNStore:
    return databento.DBNStore.from_file(folder / "ESM6.mbp-10.dbn.zst")


def test_it_says_that_it_is_simulated(manifest: RecordingManifest) -> None:
    assert manifest.simulated
    assert manifest.note.startswith("SIMULATED")
    assert manifest.generator == "plain"


def test_it_is_whole_and_small(folder: Path, manifest: RecordingManifest) -> None:
    for file in manifest.files:
        assert hashlib.sha256((folder / file.path).read_bytes()).hexdigest() == file.sha256
    assert sum(path.stat().st_size for path in folder.iterdir()) <= LIMIT_BYTES


def test_the_vendors_reader_opens_it(manifest: RecordingManifest, stored: databento.DBNStore) -> None:
    assert (str(stored.schema), stored.dataset, stored.symbols) == ("mbp-10", "GLBX.MDP3", [manifest.symbol])
    assert len(stored.to_ndarray()) == manifest.records


def test_the_manifests_seed_gives_its_records_again(manifest: RecordingManifest, stored: databento.DBNStore) -> None:
    assert manifest.seed is not None
    assert manifest.plan is not None
    minutes = (manifest.end - manifest.start).total_seconds() / 60
    again = generate(manifest.seed, minutes, manifest.start_ns, named_plan(manifest.plan, manifest.seed, minutes))
    assert again.records.tobytes() == stored.to_ndarray().tobytes()


def test_writing_it_anew_gives_the_same_manifest_and_truth(
    folder: Path, manifest: RecordingManifest, tmp_path: Path
) -> None:
    assert manifest.seed is not None
    written = write_plain_recording(tmp_path / manifest.name, manifest.seed)
    assert (written.records, written.levels, written.start, written.end) == (
        manifest.records,
        manifest.levels,
        manifest.start,
        manifest.end,
    )
    assert load_manifest(tmp_path / manifest.name) == written
    assert (tmp_path / manifest.name / "truth.json").read_bytes() == (folder / "truth.json").read_bytes()


def test_it_is_the_front_month_around_a_regular_opening(folder: Path, manifest: RecordingManifest) -> None:
    table = sessions_between("CME Globex Equity", manifest.start_ns, manifest.end_ns, use_cache=False)
    session = table[session_of(table, manifest.start_ns)]
    assert manifest.start_ns == session["rth_open_ns"] - 120 * 10**9
    assert manifest.end_ns <= session["or_end_ns"]
    assert manifest.start == datetime(2026, 3, 17, 9, 28, tzinfo=ET)
    instrument = choose_instrument(discover([folder]).files)
    assert (instrument.symbol, instrument.tick_e9, instrument.multiplier) == ("ESM6", 250_000_000, 50)
    assert instrument.tick_source is TickSource.DEFINITION


def test_the_definition_is_readable_and_expires_in_june(folder: Path) -> None:
    [row] = databento.DBNStore.from_file(folder / "ESM6.definition.dbn.zst").to_ndarray()
    assert (row["raw_symbol"], row["instrument_class"], row["asset"], row["currency"]) == (b"ESM6", b"F", b"ES", b"USD")
    assert row["min_price_increment"] == 250_000_000
    expiration = datetime.fromtimestamp(int(row["expiration"]) // 10**9, tz=ET)
    assert expiration == datetime(2026, 6, 18, 9, 30, tzinfo=ET)


def test_the_price_reaches_most_of_its_levels(manifest: RecordingManifest, stored: databento.DBNStore) -> None:
    records = stored.to_ndarray()
    low, high = records["bid_px_00"].min(), records["ask_px_00"].max()
    reached = [level for level in manifest.user_levels if low <= level.price_e9 <= high]
    assert len(reached) >= 7


def test_every_planted_price_is_a_level_whose_name_does_not_tell_what_was_planted(
    folder: Path, manifest: RecordingManifest
) -> None:
    planted = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["mechanisms"]
    assert {m["price"] for m in planted} == {float(level.price) for level in manifest.levels}
    assert all(level.id == f"USER_{level.price}" for level in manifest.levels)


def test_the_full_truth_can_be_kept_beside_a_recording(opening: PlainSession, tmp_path: Path) -> None:
    write_truth(tmp_path / "truth.npz", opening)
    with np.load(tmp_path / "truth.npz") as truth:
        assert truth["buckets"]["filled"].sum() == opening.flows["size"][opening.flows["kind"] == 2].sum()
        assert len(truth["work"]) == len(opening.work)
