"""A session of the second market, written: a recording like any other, with the truth files of the first market."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import databento
import pytest
from typer.testing import CliRunner

from spymaster.cli.main import app
from spymaster.market.manifest import RecordingManifest, load_manifest
from spymaster.market.sessions import ET
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.recording.second import write_second_recording
from spymaster.sim.second.plan import OPENING, Mechanism, MechanismKind, Plan, Side, named_plan
from spymaster.sim.second.session import SecondSession, bucket_flows, generate, stream
from spymaster.sim.truth.files import read_truth
from spymaster.sim.truth.schema import FILES
from spymaster.sim.truth.second import SecondTruth

MINUTES = 6.0
SEED = 58
BUCKET_NS = 250_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("second") / "six-minutes"
    write_second_recording(made, SEED, MINUTES, plan=OPENING)
    return made


@pytest.fixture(scope="module")
def manifest(folder: Path) -> RecordingManifest:
    return load_manifest(folder)


@pytest.fixture(scope="module")
def session(manifest: RecordingManifest) -> SecondSession:
    """The session of the manifest, drawn again."""
    plan = named_plan(manifest.plan or "", manifest.seed or 0, MINUTES)
    return generate(manifest.seed or 0, MINUTES, manifest.start_ns, plan)


def columns(folder: Path, name: str) -> dict[str, Any]:
    table = read_truth(folder, name)
    return {column: table[column].to_numpy() for column in table.column_names}


def test_it_says_that_it_is_simulated_and_by_which_market(manifest: RecordingManifest) -> None:
    assert manifest.simulated
    assert manifest.note.startswith("SIMULATED")
    assert (manifest.generator, manifest.seed, manifest.plan) == ("second", SEED, OPENING)


def test_the_manifests_seed_gives_its_records_again(folder: Path, session: SecondSession) -> None:
    stored = databento.DBNStore.from_file(folder / "ESM6.mbp-10.dbn.zst").to_ndarray()
    assert session.records.tobytes() == stored.tobytes()


def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / folder.name
    write_second_recording(again, SEED, MINUTES, plan=OPENING)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert len(files) == 10
    for name in files:
        assert (
            hashlib.sha256((again / name).read_bytes()).digest()
            == hashlib.sha256((folder / name).read_bytes()).digest()
        )


def test_the_definition_is_readable_and_expires_in_june(folder: Path) -> None:
    [row] = databento.DBNStore.from_file(folder / "ESM6.definition.dbn.zst").to_ndarray()
    assert (row["raw_symbol"], row["instrument_class"], row["asset"], row["currency"]) == (b"ESM6", b"F", b"ES", b"USD")
    assert row["min_price_increment"] == 250_000_000
    expiration = datetime.fromtimestamp(int(row["expiration"]) // 10**9, tz=ET)
    assert expiration == datetime(2026, 6, 18, 9, 30, tzinfo=ET)


def test_every_planted_price_is_a_level_whose_name_does_not_tell_what_was_planted(
    manifest: RecordingManifest, session: SecondSession
) -> None:
    planted = {m.price_e9 for m in session.mechanisms}
    assert {int(level.price * 10**9) for level in manifest.levels} == planted
    assert all(level.id == f"USER_{level.price}" for level in manifest.levels)


def test_its_truth_is_in_the_files_of_the_first_market(folder: Path) -> None:
    for name in FILES:
        if name != "oracle":
            assert read_truth(folder, name).num_rows > 0 or name == "linear_gamma"


def test_written_flows_are_those_of_the_orders(folder: Path, session: SecondSession) -> None:
    written = columns(folder, "flows")
    true = bucket_flows(session.flows)
    for name in ("ts_bucket_ns", "side", "added", "pulled", "filled", "depth_end"):
        assert (written[name] == true[name]).all()
    assert (written["price_e9"] == true["tick"] * TICK_E9).all()


def test_levels_are_those_of_the_plan_that_the_session_reached(folder: Path, session: SecondSession) -> None:
    rows = read_truth(folder, "levels").to_pylist()
    begun = [m for m in session.mechanisms if m.start_s < MINUTES * 60]
    assert sorted((r["kind"], r["side"], r["price_e9"]) for r in rows) == sorted(
        (MechanismKind(m.kind).name, int(m.side), m.price_e9) for m in begun
    )
    for row in rows:
        m = session.mechanisms[row["level"]]
        assert 0 <= row["planted_ns"] - session.start_ns - m.start_s * 10**9 < 10_000


def test_every_level_is_planted_once_and_what_becomes_of_it_does_not_end_it(folder: Path) -> None:
    events = read_truth(folder, "events").to_pylist()
    counts = Counter((event["level"], event["event"]) for event in events)
    outcomes = {event["level"]: event for event in events if event["event"] in {"BREAK", "BOUNCE", "CHOP", "EXPIRED"}}
    for row in read_truth(folder, "levels").to_pylist():
        assert counts[row["level"], "PLANTED"] == 1
        assert counts[row["level"], "ON"] - counts[row["level"], "OFF"] in (0, 1)
        if row["level"] in outcomes:
            assert (row["outcome"], row["decided_ns"]) == (
                outcomes[row["level"]]["event"],
                outcomes[row["level"]]["ts_ns"],
            )
        else:
            assert (row["outcome"], counts[row["level"], "GONE"]) == ("OPEN", 0)
    states = columns(folder, "states")
    gone = {event["level"] for event in events if event["event"] == "GONE"}
    early = [level for level, event in outcomes.items() if event["event"] in {"BREAK", "BOUNCE"} and level not in gone]
    for level in early:
        assert states["ts_ns"][states["level"] == level].max() > outcomes[level]["ts_ns"]


def test_states_cover_every_snap_of_a_levels_life_in_which_the_market_kept_its_orders(
    folder: Path, session: SecondSession
) -> None:
    states = columns(folder, "states")
    touches = session.touches
    judged = 0
    for row in read_truth(folder, "levels").to_pylist():
        m = session.mechanisms[row["level"]]
        reach = touches["ask_reach"] if m.side is Side.ASK else -touches["bid_reach"]
        sign = 1 if m.side is Side.ASK else -1
        expected = [
            int(touches["ts_bucket_ns"][k])
            for k in range(40, len(touches))
            if row["planted_ns"] < touches["ts_bucket_ns"][k] <= session.start_ns + m.end_s * 10**9
            and reach[k - 39 : k + 1].min() >= sign * m.tick + 2
        ]
        assert states["ts_ns"][states["level"] == row["level"]].tolist() == expected
        judged += len(expected)
    assert judged == len(states["ts_ns"]) > 5_000


def test_a_level_far_beyond_the_kept_orders_has_no_states(tmp_path: Path) -> None:
    near = Mechanism("near", MechanismKind.PLACEBO, Side.ASK, 6_872_250_000_000, 0, 60)
    far = Mechanism("far", MechanismKind.PLACEBO, Side.ASK, 6_890_250_000_000, 0, 60)
    plan = Plan("two", 6_870_250_000_000, mechanisms=(near, far))
    with SecondTruth(tmp_path, plan) as truth:
        for chunk in stream(1, 1, 1_773_754_080 * 10**9, plan):
            truth.add(chunk)
    assert set(columns(tmp_path, "states")["level"].tolist()) == {0}
    assert columns(tmp_path, "levels")["level"].tolist() == [0, 1]


@pytest.mark.parametrize("records_per_chunk", [1, 5_000])
def test_how_a_session_is_cut_into_chunks_changes_no_truth(
    folder: Path, session: SecondSession, tmp_path: Path, records_per_chunk: int
) -> None:
    with SecondTruth(tmp_path, session.plan) as truth:
        for chunk in stream(SEED, MINUTES, session.start_ns, session.plan, records_per_chunk=records_per_chunk):
            truth.add(chunk)
    for name in FILES:
        if name != "oracle":
            assert read_truth(tmp_path, name).equals(read_truth(folder, name)), name


def test_the_command_writes_one_and_its_truth_only_if_wanted(tmp_path: Path) -> None:
    command = ["simulate", str(tmp_path / "a"), "--minutes", "0.2", "--market", "second"]
    assert CliRunner().invoke(app, [*command, "--no-truth"]).exit_code == 0
    assert load_manifest(tmp_path / "a").plan == "scattered"
    assert not (tmp_path / "a" / "truth").exists()
    assert CliRunner().invoke(app, [*command, "--scenario", "opening"]).exit_code == 0
    assert load_manifest(tmp_path / "a").plan == "opening"
    assert (tmp_path / "a" / "truth" / "states.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--market", "third"], "--market third: there is no such market; there are first, orders, second"),
        (["--market", "second", "--scenario", "mix"], "--scenario mix: there is no such scenario of the second market"),
        (["--market", "second", "--intensity", "open"], "--intensity: the second market has none"),
        (["--market", "second", "--profile", "spy"], "--profile spy: the second market has none"),
        (["--market", "second", "--options"], "--options: the second market has none"),
        (["--market", "second", "--oracle", "3"], "--oracle: the second market has none"),
        (["--scenario", "opening"], "--scenario: no scenario is named 'opening'"),
    ],
)
def test_what_a_market_does_not_have_is_refused_in_one_line(tmp_path: Path, arguments: list[str], named: str) -> None:
    refused = CliRunner().invoke(app, ["simulate", str(tmp_path / "a"), "--minutes", "0.2", *arguments])
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"error: {named}")
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "a").exists()
