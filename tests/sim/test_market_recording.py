"""A written session is a recording like any other, with its truth in a folder of its own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import databento
import numpy as np
import pytest
from typer.testing import CliRunner

from spymaster.cli.main import app
from spymaster.market.dtypes import by_name
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingManifest, load_manifest
from spymaster.sim.market.simulation import Session, simulate
from spymaster.sim.options.exposure import TrueExposure
from spymaster.sim.recording.option_records import equity_records, option_quotes, option_trades
from spymaster.sim.recording.session import Order, default_settings, write_recording
from spymaster.sim.truth.files import read_truth
from tests.sim.market_support import settings

RECORDINGS = Path(__file__).parents[2] / "recordings"
SHIPPED = ("opening-drive", "wall-holds", "gamma-squeeze", "first-look")
WITH_OPTIONS = {"gamma-squeeze": ("SPY-options", "tcbbo", "cbbo-1s"), "first-look": ("ES-options", "tbbo", "bbo-1s")}
TOGETHER_BYTES = 25_000_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RecordingManifest]:
    folder = tmp_path_factory.mktemp("made") / "short"
    order = Order(folder=folder, minutes=6, settings=settings(3, "wall", "open"), oracle_moments=1, oracle_paths=20)
    return folder, write_recording(order)


def test_it_says_that_it_is_simulated_and_how_it_was_made(written: tuple[Path, RecordingManifest]) -> None:
    manifest = load_manifest(written[0])
    assert manifest == written[1]
    assert manifest.simulated
    assert manifest.note.startswith("SIMULATED")
    assert (manifest.generator, manifest.seed, manifest.plan) == ("order-book", 3, "wall open")


def test_the_vendors_reader_opens_depth_and_trades(written: tuple[Path, RecordingManifest]) -> None:
    folder, manifest = written
    depth = databento.DBNStore.from_file(folder / "ESM6.mbp-10.dbn.zst").to_ndarray()
    trades = databento.DBNStore.from_file(folder / "ESM6.trades.dbn.zst").to_ndarray()
    assert len(depth) == manifest.records
    inside = depth[depth["action"] == b"T"]
    assert (trades["price"] == inside["price"]).all()
    assert (trades["size"] == inside["size"]).all()


def test_a_levels_name_tells_its_price_and_nothing_else(written: tuple[Path, RecordingManifest]) -> None:
    planted = {price / 1e9 for price in read_truth(written[0], "levels")["price_e9"].to_pylist()}
    assert {float(level.price) for level in written[1].levels} == planted
    assert all(level.id == f"USER_{level.price}" for level in written[1].levels)


def test_the_oracles_answers_lie_beside_the_truth(written: tuple[Path, RecordingManifest]) -> None:
    [row] = read_truth(written[0], "oracle").to_pylist()
    assert row["paths"] == 20
    assert row["p_break"] + row["p_bounce"] + row["p_chop"] == pytest.approx(1.0)


def test_in_the_spy_profile_levels_are_in_its_unit(tmp_path: Path) -> None:
    order = Order(folder=tmp_path / "spy", minutes=1, settings=settings(3), profile="spy", with_truth=False)
    manifest = write_recording(order)
    assert manifest.profile == "spy"
    assert all(600 < level.price < 800 for level in manifest.levels)
    assert not (tmp_path / "spy" / "truth").exists()


def test_the_command_writes_one_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(app, ["simulate", str(tmp_path / "a"), "--minutes", "0.2", "--intensity", "quiet"])
    assert done.exit_code == 0
    assert load_manifest(tmp_path / "a").plan == "mix quiet"
    for option, value in (("--intensity", "frantic"), ("--scenario", "crash"), ("--profile", "nq")):
        refused = runner.invoke(app, ["simulate", str(tmp_path / "b"), "--minutes", "0.2", option, value])
        assert refused.exit_code == 2
        assert value in refused.output
        assert not (tmp_path / "b").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recording_is_whole_and_made_again_by_its_own_manifest(name: str) -> None:
    manifest = load_manifest(RECORDINGS / name)
    for file in manifest.files:
        assert hashlib.sha256((RECORDINGS / name / file.path).read_bytes()).hexdigest() == file.sha256
    assert manifest.simulated
    again = made_again(manifest)
    assert by_name(Kind.MBP10, np.ascontiguousarray(again.records)).tobytes() == stored(name, "ESM6.mbp-10")


def made_again(manifest: RecordingManifest) -> Session:
    """The session of a manifest, simulated anew."""
    scenario, intensity, *options = (manifest.plan or "").split()
    minutes = (manifest.end - manifest.start).total_seconds() / 60
    profile = manifest.profile if options else ""
    return simulate(default_settings(manifest.seed or 0, scenario, intensity, profile), minutes)


def stored(name: str, file: str) -> bytes:
    """The records of a shipped file."""
    records: bytes = databento.DBNStore.from_file(RECORDINGS / name / f"{file}.dbn.zst").to_ndarray().tobytes()
    return records


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_OPTIONS)
def test_a_shipped_recordings_options_are_made_again_too(name: str) -> None:
    prefix, trades, quotes = WITH_OPTIONS[name]
    again = made_again(load_manifest(RECORDINGS / name))
    assert option_trades(again.options, again.rows).tobytes() == stored(name, f"{prefix}.{trades}")
    assert option_quotes(again.options, again.rows).tobytes() == stored(name, f"{prefix}.{quotes}")
    if prefix.startswith("SPY"):
        assert equity_records(again.rows).tobytes() == stored(name, "SPY.mbp-1")


def test_the_shipped_recordings_are_small() -> None:
    sizes = {
        name: sum(path.stat().st_size for path in (RECORDINGS / name).rglob("*") if path.is_file()) for name in SHIPPED
    }
    assert sum(sizes.values()) <= TOGETHER_BYTES
    assert sizes["wall-holds"] <= 3_000_000


def test_the_shipped_recordings_show_what_they_are_named_after() -> None:
    drive, hold, squeeze, _ = (read_truth(RECORDINGS / name, "levels").to_pylist() for name in SHIPPED)
    assert sum(row["kind"] == "VACUUM" and row["outcome"] == "BREAK" for row in drive) >= 3
    walls = [row for row in hold if row["kind"] == "WALL"]
    assert walls
    assert all(row["outcome"] != "BREAK" for row in walls)
    assert any(row["touched_ns"] for row in walls)
    exposure = TrueExposure.of_recording(RECORDINGS / "gamma-squeeze")
    broken = [row for row in squeeze if row["kind"] == "GAMMA_MINUS" and row["outcome"] == "BREAK"]
    hedges = [exposure.hedge(row["touched_ns"], row["price_e9"] / 1e9 / exposure.ratio[0]) for row in broken]
    assert min(hedges) < -100
