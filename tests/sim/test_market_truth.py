"""The truth is what the orders did: it adds up, and the engine's ledger reads it off the ten levels."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.market.dtypes import by_name
from spymaster.market.kinds import NS_PER_S, SIDE_ASK, SIDE_BID, Kind
from spymaster.market.rows import BarrierState
from spymaster.market.sessions import SESSION
from spymaster.sim.market.simulation import Session, simulate
from spymaster.sim.truth.files import TruthWriter, read_truth
from spymaster.sim.truth.schema import FILES
from tests.sim.market_support import session, settings
from tests.support.engine import run as run_engine

BUCKET_NS = 250_000_000
HOUR_NS = 3600 * NS_PER_S


@pytest.fixture(scope="module", params=["midday", "open"])
def run(request: pytest.FixtureRequest) -> Session:
    return session(5, 3, "mix", request.param)


def test_a_prices_depth_changes_by_what_was_added_pulled_and_filled(run: Session) -> None:
    depth: dict[tuple[int, int], int] = defaultdict(int)
    for _, side, tick, added, pulled, filled, _, depth_end in run.flows.tolist():
        assert depth_end - depth[side, tick] == added - pulled - filled
        assert min(added, pulled, filled, depth_end) >= 0
        depth[side, tick] = depth_end


def test_all_traded_volume_is_filled(run: Session) -> None:
    fields = by_name(Kind.MBP10, run.records)
    traded = fields["size"][fields["action"] == b"T"].sum()
    assert traded == run.flows["filled"].sum() > 1_000


def test_no_bucket_is_missing(run: Session) -> None:
    times = run.touches["ts_bucket_ns"]
    assert times[0] == run.settings.start_ns
    assert times[-1] == run.end_ns
    assert (np.diff(times) == BUCKET_NS).all()


def one_long_session(start_ns: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """A calendar with a single session around the simulated one."""
    rows = np.zeros(1, SESSION)
    rows[0] = (20260317, start_ns - HOUR_NS, start_ns + 10 * HOUR_NS, 0, 0, 0, 0)
    return rows


def test_the_engines_ledger_finds_what_the_orders_did(run: Session) -> None:
    calendar = one_long_session(run.settings.start_ns)
    found = run_engine(run.records, sessions=calendar, instrument_id=run.settings.instrument_id, chunk=4096).flows
    sides = {SIDE_BID: 0, SIDE_ASK: 1}
    ledger = {(int(row["ts_bucket_ns"]), sides.get(int(row["side"]), 2), int(row["tick"])): row for row in found}
    truth = {
        (int(row["ts_bucket_ns"]), int(row["side"]), int(row["tick"])): row
        for row in run.flows[run.flows["ts_bucket_ns"] > run.settings.start_ns]
    }
    fills = {key: int(row["filled"]) for key, row in truth.items() if row["filled"]}
    assert fills == {key: int(row["filled"]) for key, row in ledger.items() if row["filled"]}
    in_sight = [key for key, row in ledger.items() if row["visible_ns"] >= BUCKET_NS and key in truth]
    assert len(in_sight) > 3_000
    for name in ("added", "pulled"):
        wrong = sum(abs(int(ledger[key][name]) - int(truth[key][name])) for key in in_sight)
        assert wrong <= 0.005 * sum(int(truth[key][name]) for key in in_sight)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Session]:
    from spymaster.sim.market.simulation import Market

    folder = tmp_path_factory.mktemp("recording")
    chosen = settings(6, "vacuum")
    market = Market(chosen)
    with TruthWriter(folder) as truth:
        for chunk in market.run(chosen.start_ns + 35 * 60 * NS_PER_S):
            truth.add(chunk)
    return folder, simulate(chosen, 35)


def test_every_file_of_the_truth_can_be_read_and_says_what_it_means(written: tuple[Path, Session]) -> None:
    for name in FILES:
        if name != "oracle":
            table = read_truth(written[0], name)
            assert all(field.metadata[b"meaning"] for field in table.schema)


def test_written_flows_are_those_of_the_market(written: tuple[Path, Session]) -> None:
    table = read_truth(written[0], "flows")
    for name in ("ts_bucket_ns", "added", "pulled", "filled", "depth_end"):
        assert (table[name].to_numpy() == written[1].flows[name]).all()


def test_every_level_has_an_outcome_and_a_chance_noted_beforehand(written: tuple[Path, Session]) -> None:
    table = read_truth(written[0], "levels").to_pylist()
    assert len(table) == len(written[1].planted) > 10
    for row in table:
        assert row["outcome"] in {"BREAK", "BOUNCE", "CHOP", "EXPIRED", "OPEN"}
        assert (row["outcome"] in {"BREAK", "BOUNCE", "CHOP"}) <= (row["touched_ns"] > row["planted_ns"])
        assert 0.0 < row["p_break_before"] < 1.0


def test_states_cover_a_levels_life_and_name_the_vacuum_while_it_is_made(written: tuple[Path, Session]) -> None:
    table = read_truth(written[0], "states")
    states = {name: table[name].to_numpy() for name in ("ts_ns", "level", "state", "mechanism_on")}
    levels = read_truth(written[0], "levels")
    found: dict[str, list[bool]] = defaultdict(list)
    for level, kind in zip(levels["level"].to_pylist(), levels["kind"].to_pylist(), strict=True):
        own = states["level"] == level
        assert (np.diff(states["ts_ns"][own]) == BUCKET_NS).all()
        if (states["mechanism_on"][own] == 1).any():
            found[kind].append(bool((states["state"][own] == int(BarrierState.VACUUM)).any()))
    assert np.mean(found["VACUUM"]) >= 0.6 > 0.3 > np.mean(found["PLACEBO"])


def test_a_recording_without_truth_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such truth"):
        read_truth(tmp_path, "flows")
