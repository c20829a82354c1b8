"""The option market in the vendor's layouts: its own reader opens it, definitions say what is what."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import databento
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from spymaster.cli.main import app
from spymaster.feeds.choice.discover import discover
from spymaster.feeds.choice.equities import choose_equity
from spymaster.feeds.choice.front_month import choose_instrument
from spymaster.market.kinds import UNDEF_PRICE, UNDEF_TIMESTAMP
from spymaster.market.manifest import RecordingManifest, load_manifest
from spymaster.market.venues import is_option
from spymaster.sim.market.simulation import simulate
from spymaster.sim.options.exposure import TrueExposure
from spymaster.sim.recording.session import Order, write_recording
from spymaster.sim.truth.files import read_truth
from tests.sim.market_support import settings

S = 1_000_000_000
MINUTES = 3.5
FILES = {
    "es": ("ES-options", "tbbo", "bbo-1s"),
    "spy": ("SPY-options", "tcbbo", "cbbo-1s"),
}


def written(folder: Path, profile: str) -> RecordingManifest:
    order = Order(
        folder=folder, minutes=MINUTES, settings=settings(3, "gamma", "open", options=profile), profile=profile
    )
    return write_recording(order)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {profile: tmp_path_factory.mktemp("made") / profile for profile in FILES}
    for profile, folder in made.items():
        written(folder, profile)
    return made


def read(folders: dict[str, Path], profile: str, schema: str) -> NDArray[np.void]:
    """The records of an option file, by the vendor's reader."""
    found: NDArray[np.void] = databento.DBNStore.from_file(
        folders[profile] / f"{FILES[profile][0]}.{schema}.dbn.zst"
    ).to_ndarray()
    return found


@pytest.mark.parametrize("profile", FILES)
def test_the_vendors_reader_opens_every_file_of_the_manifest(folders: dict[str, Path], profile: str) -> None:
    manifest = load_manifest(folders[profile])
    counts = {}
    for file in manifest.files:
        store = databento.DBNStore.from_file(folders[profile] / file.path)
        assert str(store.schema) in file.path
        counts[file.path] = len(store.to_ndarray())
    assert counts == {file.path: file.records for file in manifest.files}
    assert min(counts.values()) > 0


@pytest.mark.parametrize(("profile", "multiplier"), [("es", 50), ("spy", 100)])
def test_definitions_name_strike_right_expiry_and_underlying(
    folders: dict[str, Path], profile: str, multiplier: int
) -> None:
    rows = read(folders, profile, "definition")
    strikes = rows["strike_price"] / 1e9
    step = 5 if profile == "es" else 1
    assert set(np.diff(np.unique(strikes))) == {step}
    assert sorted(set(rows["instrument_class"])) == [b"C", b"P"]
    days = {dt.datetime.fromtimestamp(int(ns) // S, tz=dt.UTC).date() for ns in rows["expiration"]}
    assert days == {dt.date(2026, 3, 17)}
    assert set(rows["underlying"]) == {b"ESM6" if profile == "es" else b"SPY"}
    stated = rows["unit_of_measure_qty"] // S if profile == "es" else rows["contract_multiplier"]
    assert set(stated) == {multiplier}
    assert all(is_option(name.decode()) for name in rows["raw_symbol"])
    assert len(set(rows["instrument_id"])) == len(rows)


def test_symbols_are_those_of_the_venues(folders: dict[str, Path]) -> None:
    es, spy = (read(folders, profile, "definition") for profile in FILES)
    assert b"E3BH6 C6870" in es["raw_symbol"]
    assert b"SPY   260317P00687000" in spy["raw_symbol"]


@pytest.mark.parametrize("profile", FILES)
def test_every_record_is_of_a_defined_contract(folders: dict[str, Path], profile: str) -> None:
    known = set(read(folders, profile, "definition")["instrument_id"].tolist())
    for schema in (*FILES[profile][1:], "statistics"):
        assert set(read(folders, profile, schema)["instrument_id"].tolist()) <= known


def test_trades_on_the_future_have_a_side_and_those_on_the_share_none(folders: dict[str, Path]) -> None:
    assert set(read(folders, "es", "tbbo")["side"]) == {b"A", b"B"}
    assert set(read(folders, "spy", "tcbbo")["side"]) == {b"N"}
    share = databento.DBNStore.from_file(folders["spy"] / "SPY.mbp-1.dbn.zst").to_ndarray()
    assert set(share["side"]) == {b"N"}
    assert set(share["action"]) == {b"T", b"M"}


@pytest.mark.parametrize("profile", FILES)
def test_a_trade_lies_within_the_quote_it_carries(folders: dict[str, Path], profile: str) -> None:
    rows = read(folders, profile, FILES[profile][1])
    bid = np.where(rows["bid_px_00"] == UNDEF_PRICE, 0, rows["bid_px_00"])
    assert ((bid <= rows["price"]) & (rows["price"] <= rows["ask_px_00"])).all()
    at_quote = (rows["price"] == bid) | (rows["price"] == rows["ask_px_00"])
    assert 0.7 < at_quote.mean() < 1.0


@pytest.mark.parametrize("profile", FILES)
def test_quotes_keep_to_the_venues_steps(folders: dict[str, Path], profile: str) -> None:
    rows = read(folders, profile, FILES[profile][2])
    for price in (rows["bid_px_00"], rows["ask_px_00"]):
        known = price[price != UNDEF_PRICE]
        step = np.where(known < 5 * S, 50_000_000, 250_000_000) if profile == "es" else 10_000_000
        assert (known % step == 0).all()
    assert (rows["bid_px_00"] < rows["ask_px_00"])[rows["bid_px_00"] != UNDEF_PRICE].all()


@pytest.mark.parametrize("profile", FILES)
def test_a_seconds_quote_is_timed_by_its_end_and_carries_the_last_trade(folders: dict[str, Path], profile: str) -> None:
    quotes, trades = (read(folders, profile, FILES[profile][k]) for k in (2, 1))
    assert (quotes["ts_recv"] % S == 0).all()
    never = quotes["ts_event"] == UNDEF_TIMESTAMP
    assert (quotes["price"][never] == UNDEF_PRICE).all()
    assert (quotes["ts_event"][~never] < quotes["ts_recv"][~never]).all()
    last = quotes[~never][-1]
    [traded] = trades[(trades["ts_event"] == last["ts_event"]) & (trades["instrument_id"] == last["instrument_id"])]
    assert (traded["price"], traded["size"]) == (last["price"], last["size"])


@pytest.mark.parametrize("profile", FILES)
def test_what_arrives_is_received_later_and_in_order(folders: dict[str, Path], profile: str) -> None:
    rows = read(folders, profile, FILES[profile][1])
    assert (rows["ts_recv"] > rows["ts_event"]).all()
    assert (np.diff(rows["ts_recv"].astype(np.int64)) > 0).all()


@pytest.mark.parametrize("profile", FILES)
def test_open_interest_is_published_for_every_contract(folders: dict[str, Path], profile: str) -> None:
    rows = read(folders, profile, "statistics")
    truth = read_truth(folders[profile], "options")
    assert set(rows["stat_type"]) == {9}
    assert rows["quantity"].tolist() == truth["open_interest"].to_pylist()


def test_options_on_the_share_are_quoted_from_half_past_nine(folders: dict[str, Path]) -> None:
    opening_ns = settings(3, "gamma", "open").start_ns + 120 * S
    assert int(read(folders, "spy", "cbbo-1s")["ts_recv"][0]) == opening_ns
    assert int(read(folders, "es", "bbo-1s")["ts_recv"][0]) == opening_ns - 119 * S


@pytest.mark.parametrize("profile", FILES)
def test_the_future_is_still_the_instrument_and_the_share_is_found(folders: dict[str, Path], profile: str) -> None:
    files = discover([folders[profile]]).files
    assert choose_instrument(files).symbol == "ESM6"
    equity = choose_equity(files, "SPY")
    assert (equity is not None) == (profile == "spy")


@pytest.mark.parametrize("profile", FILES)
def test_exposure_read_from_the_truth_is_that_of_the_session(folders: dict[str, Path], profile: str) -> None:
    stored = TrueExposure.of_recording(folders[profile])
    session = simulate(settings(3, "gamma", "open", options=profile), MINUTES)
    lived = TrueExposure.of_session(session)
    assert (stored.positions == lived.positions).all()
    prices = np.linspace(stored.strikes[0], stored.strikes[-1], 9)
    for ns in (session.end_ns - 60 * S, session.end_ns):
        found = stored.profile(ns, prices, strike_range=2.0)
        assert found.tobytes() == lived.profile(ns, prices, strike_range=2.0).tobytes()


@pytest.mark.parametrize("profile", FILES)
def test_the_same_settings_write_the_same_bytes(folders: dict[str, Path], profile: str, tmp_path: Path) -> None:
    again = written(tmp_path / profile, profile)
    assert again == load_manifest(folders[profile])


def test_the_command_writes_options_and_refuses_them_of_the_second_market(tmp_path: Path) -> None:
    runner = CliRunner()
    command = ["simulate", str(tmp_path / "a"), "--minutes", "0.2", "--options", "--intensity", "quiet"]
    assert runner.invoke(app, command).exit_code == 0
    assert load_manifest(tmp_path / "a").plan == "mix quiet options"
    refused = runner.invoke(app, [*command[:4], "--options", "--market", "second"])
    assert refused.exit_code == 2
    assert "--options" in refused.output
