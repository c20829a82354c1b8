"""The acceptance list on half an hour of real ES depth; every test is skipped without the folder of real data."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from spymaster.config.loader import load_config
from spymaster.feeds.dbn.writer import write_dbn
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.market import dtypes as dt
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, RecordsFrame
from spymaster.market.kinds import ACTION_ADD, ACTION_CANCEL, ACTION_MODIFY, ACTION_TRADE, Kind
from spymaster.market.rows import BarrierState
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.headless import RunTotals, drive, report
from spymaster.session.levels.user import levels_from_flags
from spymaster.session.replay.session import ReplaySession
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.signals.frame import Frame, HeatColumns
from spymaster.signals.hash import SignalHash
from spymaster.signals.headless import HeadlessResult
from spymaster.view.layout import layout_for

pytestmark = pytest.mark.slow

Words = NDArray[np.int64]
S = 1_000_000_000
INTERVAL_NS = S // 4
DEPTH = "es/esh4-20231225-2300-2330.mbp-10.dbn.zst"
TRADES = "es/esh4-20231225-2300-2330.trades.dbn.zst"
AT_2320_NS = 1_703_546_400 * S
"""2023-12-25 23:20 UTC."""
OPEN_NS = 1_703_545_200 * S
"""2023-12-25 18:00 in New York."""
RECORDS, RECORDED_TRADES = 24_169, 1_864
CHANGED_PLACES = 3
CUTS = 50
CHECKPOINT_RECORDS = 2_000


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder of real market data."""
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        pytest.skip("SPYMASTER_DATA does not name a folder of market data")
    return Path(folder)


@pytest.fixture(scope="module")
def depth(data: Path) -> Path:
    return data / DEPTH


@pytest.fixture(scope="module")
def trades(data: Path) -> Path:
    return data / TRADES


def plan_of(*sources: Path, symbol: str | None = None) -> ReplayPlan:
    return ReplayPlan(sources, load_config().profile("es"), symbol=symbol)


def replayed(*sources: Path, symbol: str | None = None) -> HeadlessResult:
    """A replay without a screen, in this process."""
    source, engine, totals = ReplaySource(plan_of(*sources, symbol=symbol)), Engine(), RunTotals(INTERVAL_NS)
    drive(source, engine, [totals])
    return report(source, engine, totals, 1.0)


def command(*arguments: object) -> dict[str, Any]:
    """What ``replay --headless --json`` prints with the es profile."""
    from spymaster.cli.main import app

    words = ["replay", *map(str, arguments), "--headless", "--json", "--profile", "es"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


@pytest.fixture(scope="module")
def whole(depth: Path) -> HeadlessResult:
    """The half hour, replayed."""
    return replayed(depth)


@pytest.fixture(scope="module")
def config(depth: Path) -> ConfigFrame:
    return ReplaySource(plan_of(depth)).config_frame()


@pytest.fixture(scope="module")
def words(depth: Path) -> Words:
    """The half hour's records in memory."""
    frames = ReplaySource(plan_of(depth)).frames()
    return np.concatenate([f.batch.arrays[Kind.MBP10].copy() for f in frames if isinstance(f, RecordsFrame)])


def configured(config: ConfigFrame) -> Engine:
    engine = Engine()
    for _ in engine.feed(config):
        raise AssertionError("a CONFIG frame makes no snaps")
    return engine


def frame_of(words: Words) -> RecordsFrame:
    """The records in memory of their own: nothing that follows them can be read."""
    return RecordsFrame(Batch.of(Kind.MBP10, np.array(words, np.int64, order="C")))


def hash_of(config: ConfigFrame, words: Words) -> str:
    engine, chain = configured(config), SignalHash()
    for block in engine.feed(frame_of(words)):
        chain.update(block)
    for block in engine.finish():
        chain.update(block)
    return chain.hexdigest()


def actions_of(words: Words) -> Words:
    return words[:, dt.W_SIZE] >> dt.ACTION_SHIFT & 0xFF


def test_the_half_hour_lived_again_from_its_own_journal_publishes_the_same(
    depth: Path, trades: Path, whole: HeadlessResult, tmp_path: Path
) -> None:
    source, totals = ReplaySource(plan_of(depth, trades)), RunTotals(INTERVAL_NS)
    writer = JournalWriter(tmp_path, "test", clock_ns=source.begins_ns)
    drive(source, Engine(snaps_per_block=1), [totals], tap=JournalInlet(writer))
    writer.close()
    again = RunTotals(INTERVAL_NS)
    drive(JournalSource(tmp_path), Engine(), [again])
    assert totals.hash.hexdigest() == again.hash.hexdigest() == whole.signal_hash


def test_every_record_and_trade_is_counted_and_none_rejected(whole: HeadlessResult) -> None:
    assert (whole.records, whole.trades, whole.rejected) == (RECORDS, RECORDED_TRADES, {})


@pytest.mark.parametrize("turned", [False, True], ids=["depth first", "trades first"])
def test_the_trades_file_beside_the_depth_changes_nothing(
    whole: HeadlessResult, depth: Path, trades: Path, turned: bool
) -> None:
    beside = command(*((trades, depth) if turned else (depth, trades)))
    assert beside["signal_hash"] == whole.signal_hash
    assert (beside["trades"], beside["trades_missing"], beside["trades_extra"]) == (RECORDED_TRADES, 0, 0)


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_with_another_hash_seed_computes_the_same(
    whole: HeadlessResult, depth: Path, seed: str
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from spymaster.cli.entry import main; main()"),
            *("replay", str(depth), "--headless", "--json", "--profile", "es"),
        ],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["signal_hash"] == whole.signal_hash


@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_chunks_change_nothing(whole: HeadlessResult, depth: Path, chunk: int) -> None:
    assert command(depth, "--chunk", chunk)["signal_hash"] == whole.signal_hash


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_restored_engine_goes_on_the_same(
    whole: HeadlessResult, config: ConfigFrame, words: Words, seed: int
) -> None:
    cut = random.Random(seed).randrange(1, RECORDS)
    chain, first, second = SignalHash(), configured(config), configured(config)
    for block in first.feed(frame_of(words[:cut])):
        chain.update(block)
    second.restore(first.snapshot())
    for block in second.feed(frame_of(words[cut:])):
        chain.update(block)
    for block in second.finish():
        chain.update(block)
    assert chain.hexdigest() == whole.signal_hash


def places(words: Words, seed: int, action: int) -> list[int]:
    """Random records of an action."""
    return random.Random(seed).sample(np.flatnonzero(actions_of(words) == action).tolist(), CHANGED_PLACES)


@pytest.mark.parametrize("action", [ACTION_ADD, ACTION_CANCEL, ACTION_MODIFY, ACTION_TRADE], ids=chr)
def test_one_contract_more_in_a_record_s_own_size_is_another_hash(
    whole: HeadlessResult, config: ConfigFrame, words: Words, action: int
) -> None:
    for place in places(words, action, action):
        other = words.copy()
        other[place, dt.W_SIZE] += 1
        assert hash_of(config, other) != whole.signal_hash, place


@pytest.mark.parametrize("level", [0, 4, 9])
@pytest.mark.parametrize("side", [0, 1], ids=["bid", "ask"])
def test_one_contract_more_at_a_level_of_the_book_is_another_hash(
    whole: HeadlessResult, config: ConfigFrame, words: Words, level: int, side: int
) -> None:
    other = words.copy()
    place = random.Random(10 * level + side).randrange(RECORDS)
    other[place, dt.W_LEVELS + 4 * level + 2] += 1 << 32 * side
    assert hash_of(config, other) != whole.signal_hash


@pytest.mark.parametrize("place", [0, RECORDS - 1], ids=["first", "last"])
def test_one_contract_more_in_the_first_or_last_record_is_another_hash(
    whole: HeadlessResult, config: ConfigFrame, words: Words, place: int
) -> None:
    other = words.copy()
    other[place, dt.W_LEVELS + 4 * 9 + 2] += 1
    assert hash_of(config, other) != whole.signal_hash


def test_the_same_records_in_memory_have_the_same_hash(
    whole: HeadlessResult, config: ConfigFrame, words: Words
) -> None:
    assert hash_of(config, words) == whole.signal_hash


def test_fifty_trades_taken_out_of_the_depth_are_missed(tmp_path: Path, words: Words, trades: Path) -> None:
    lost = random.Random(50).sample(np.flatnonzero(actions_of(words) == ACTION_TRADE).tolist(), 50)
    copy = tmp_path / "esh4.mbp-10.dbn.zst"
    number = int(words[0, 0] >> 32 & 0xFFFFFFFF)
    write_dbn(
        copy,
        np.ascontiguousarray(np.delete(words, lost, axis=0)),
        schema="mbp-10",
        dataset="GLBX.MDP3",
        symbol_map={number: "ESH4"},
    )
    result = replayed(copy, trades)
    assert (result.trades_missing, result.trades_extra) == (50, 0)
    assert (result.records, result.trades) == (RECORDS - 50, RECORDED_TRADES - 50)


@pytest.fixture(scope="module")
def flows(depth: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The exported flow ledger by column."""
    from spymaster.cli.main import app

    out = tmp_path_factory.mktemp("flows") / "flows.parquet"
    result = CliRunner().invoke(app, ["export", "flows", str(depth), "--out", str(out), "--profile", "es"])
    assert result.exit_code == 0, result.stderr
    table = pyarrow.parquet.read_table(out)
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


def test_filled_and_off_book_volume_is_the_traded_volume(flows: dict[str, Any], words: Words) -> None:
    traded = int((words[actions_of(words) == ACTION_TRADE, dt.W_SIZE] & 0xFFFFFFFF).sum())
    assert traded > 0
    assert int(flows["filled"].sum() + flows["off_book"].sum()) == traded


def test_depth_changes_by_what_was_added_pulled_and_filled_where_it_was_seen_throughout(flows: dict[str, Any]) -> None:
    seen = (flows["visible_ns"] == INTERVAL_NS) & (flows["side"] != "N")
    change = flows["depth_end"] - flows["depth_start"]
    explained = flows["added"] - flows["pulled"] - flows["filled"]
    assert np.count_nonzero(seen) > 5_000
    assert np.count_nonzero(change[seen] != explained[seen]) == 0
    assert flows["depth_start"][seen].min() >= 0


def test_every_row_of_the_ledger_has_a_flow_and_none_is_negative(flows: dict[str, Any]) -> None:
    parts = ("added", "pulled", "filled", "off_book")
    assert min(int(flows[name].min()) for name in (*parts, "hidden")) == 0
    assert (sum(flows[name] for name in parts) > 0).all()
    assert (flows["hidden"] <= flows["filled"]).all()


def digests(block: SnapBlock) -> list[tuple[int, bytes]]:
    """For each snap of a block its time and a digest of all that was published at it."""
    found = []
    for k, snap in enumerate(block.snaps):
        rows = block.rows[k, : int(snap["levels"])]
        found.append((int(snap["t_ns"]), hashlib.blake2b(snap.tobytes() + rows.tobytes(), digest_size=16).digest()))
    return found


def test_what_was_published_rests_on_nothing_that_came_later(config: ConfigFrame, words: Words) -> None:
    """Each cut starts from a checkpoint before it, so that 50 of them cost no more than a few whole runs."""
    engine = configured(config)
    published: list[tuple[int, bytes]] = []
    checkpoints: list[tuple[bytes, int]] = []
    for at in range(0, RECORDS, CHECKPOINT_RECORDS):
        checkpoints.append((engine.snapshot(), len(published)))
        for block in engine.feed(frame_of(words[at : at + CHECKPOINT_RECORDS])):
            published += digests(block)
    clock = np.maximum.accumulate(words[:, dt.W_TS_EVENT])
    for cut in random.Random(6).sample(range(1, RECORDS), CUTS):
        number = (cut - 1) // CHECKPOINT_RECORDS
        image, first = checkpoints[number]
        short, again = configured(config), []
        short.restore(image)
        for block in short.feed(frame_of(words[number * CHECKPOINT_RECORDS : cut])):
            again += digests(block)
        due = sum(t_ns <= clock[cut - 1] for t_ns, _ in published)
        assert first + len(again) == due, cut
        assert again == published[first:due], cut


def test_the_whole_run_and_the_run_in_pieces_publish_the_same(config: ConfigFrame, words: Words) -> None:
    whole, pieces = configured(config), configured(config)
    at_once = [one for block in whole.feed(frame_of(words)) for one in digests(block)]
    edges = [0, *sorted(random.Random(7).sample(range(1, RECORDS), CUTS)), RECORDS]
    in_pieces: list[tuple[int, bytes]] = []
    for first, end in itertools.pairwise(edges):
        in_pieces += [one for block in pieces.feed(frame_of(words[first:end])) for one in digests(block)]
    assert in_pieces == at_once


BOOK_REASONS = ("book", "price levels", "trades outside the quotes")


def test_a_stream_joined_without_a_snapshot_is_never_trusted(data: Path) -> None:
    result = replayed(data / "robustness" / "clx5-20250924-coldstart.mbp-10.dbn.zst", symbol="CLX5")
    states = {spell.state for spell in result.trust["depth"]}
    assert states <= {"DEGRADED", "BLIND"}
    assert [spell for spell in result.trust["depth"] if not is_about_the_book(spell.reason)] == []
    assert sum(result.rejected.values()) < 0.01 * result.records
    assert result.alerts == 0


def is_about_the_book(reason: str | None) -> bool:
    return reason is not None and any(word in reason for word in BOOK_REASONS)


def test_before_the_open_nothing_is_raised(data: Path) -> None:
    class Raised:
        def __init__(self) -> None:
            self.times: list[int] = []
            self.first_snap_ns = 0

        def on_block(self, block: SnapBlock) -> None:
            self.first_snap_ns = self.first_snap_ns or int(block.snaps["t_ns"][0])
            self.times += block.alerts["t_ns"].tolist()

    raised = Raised()
    drive(ReplaySource(plan_of(data / "es/esh4-20231225-preopen-2330.mbp-10.dbn.zst")), Engine(), [raised])
    assert raised.first_snap_ns >= OPEN_NS
    assert [t_ns for t_ns in raised.times if t_ns < OPEN_NS] == []


@pytest.fixture(scope="module")
def picture(depth: Path) -> tuple[Frame, HeatColumns]:
    """The frame of 23:20 UTC and the heatmap that a screen of 200x60 has room for."""
    levels = tuple(levels_from_flags(["4805", "4807.5"]))
    plan = msgspec.structs.replace(plan_of(depth), user_levels=levels)
    session = ReplaySession(plan, simulated=False, speed=None, until_ns=AT_2320_NS)
    session.start()
    try:
        assert session.reached.wait(600)
        frame = session.latest()
        assert frame is not None
        assert session.failure == ""
        return frame, session.heat(layout_for(200, 60).heat_width)
    finally:
        session.stop()


def test_at_2320_at_least_three_levels_are_in_the_band(picture: tuple[Frame, HeatColumns]) -> None:
    frame, _ = picture
    assert frame.t_ns == AT_2320_NS
    assert np.count_nonzero(frame.levels["in_band"] == 1.0) >= 3


def test_at_2320_the_heatmap_shows_at_least_three_barrier_states(picture: tuple[Frame, HeatColumns]) -> None:
    _, heat = picture
    states = {BarrierState(int(state)).name for state in heat.marks["state"]}
    assert len(states) >= 3, states


def test_at_2320_at_least_sixty_heat_columns_are_filled(picture: tuple[Frame, HeatColumns]) -> None:
    _, heat = picture
    assert np.count_nonzero((heat.depth > 0).any(axis=1)) >= 60
