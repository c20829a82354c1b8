"""The recording that travels with the program: whole, small, marked as simulated, alive at once, with options."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import databento
import pytest

from spymaster.feeds.choice.discover import discover
from spymaster.feeds.choice.front_month import choose_instrument
from spymaster.market.instruments import TickSource
from spymaster.market.manifest import RecordingManifest, load_manifest
from spymaster.market.sessions import ET, session_of, sessions_between
from spymaster.resources import bundled_recording
from spymaster.sim.truth.files import read_truth

LIMIT_BYTES = 3_500_000
S = 1_000_000_000


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
    assert manifest.plan == "mix midday options"


def test_it_is_whole_and_small(folder: Path, manifest: RecordingManifest) -> None:
    for file in manifest.files:
        assert hashlib.sha256((folder / file.path).read_bytes()).hexdigest() == file.sha256
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= LIMIT_BYTES


def test_the_vendors_reader_opens_it(manifest: RecordingManifest, stored: databento.DBNStore) -> None:
    assert (str(stored.schema), stored.dataset, stored.symbols) == ("mbp-10", "GLBX.MDP3", [manifest.symbol])
    said = {file.path: file.records for file in manifest.files}
    assert len(stored.to_ndarray()) == said["ESM6.mbp-10.dbn.zst"]


def test_it_is_the_front_month_within_regular_hours(folder: Path, manifest: RecordingManifest) -> None:
    table = sessions_between("CME Globex Equity", manifest.start_ns, manifest.end_ns, use_cache=False)
    session = table[session_of(table, manifest.start_ns)]
    assert session["rth_open_ns"] < manifest.start_ns < manifest.end_ns < session["rth_close_ns"]
    assert manifest.start == datetime(2026, 3, 17, 12, 30, tzinfo=ET)
    instrument = choose_instrument(discover([folder]).files)
    assert (instrument.symbol, instrument.tick_e9, instrument.multiplier) == ("ESM6", 250_000_000, 50)
    assert instrument.tick_source is TickSource.DEFINITION


def test_the_price_reaches_most_of_its_levels_the_first_within_half_a_minute(
    folder: Path, manifest: RecordingManifest
) -> None:
    levels = read_truth(folder, "levels").to_pylist()
    touched = [level["touched_ns"] for level in levels if level["touched_ns"]]
    assert len(touched) >= len(levels) / 2
    assert min(touched) < manifest.start_ns + 30 * S


def test_options_of_the_day_trade_around_the_price(folder: Path, stored: databento.DBNStore) -> None:
    trades = databento.DBNStore.from_file(folder / "ES-options.tbbo.dbn.zst").to_ndarray()
    definitions = databento.DBNStore.from_file(folder / "ES-options.definition.dbn.zst").to_ndarray()
    middle = stored.to_ndarray()["bid_px_00"][-1]
    assert definitions["strike_price"].min() < middle < definitions["strike_price"].max()
    assert len(trades) > 500
