"""Gold computed again from Bronze is the Gold that was recorded while it happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.lake.errors import LakeError
from spymaster.lake.gold.rebuild import rebuild_gold
from spymaster.lake.storage.files import LocalStorage
from spymaster.ledger.follow import LevelTests
from spymaster.market.batches import Batch
from spymaster.market.dtypes import by_name
from spymaster.market.frames import Frame, RecordsFrame, UserLevel, WatermarkFrame
from spymaster.market.kinds import Kind
from spymaster.market.manifest import encode_manifest
from spymaster.market.rows import LEVEL_ROW, SNAP
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from tests.support.lakes import Frames, lake_at, record
from tests.support.market import START_NS
from tests.support.small_files import Words, busy_words, depth_file

LEVELS = tuple(UserLevel(f"USER_{price}", price * 10**9) for price in (4798, 4800, 4802))


def lived(words: Words, folder: Path, chunk: int) -> Frames:
    """A session as a journal would hold it: records, then what the engine made of them."""
    plan = ReplayPlan((depth_file(folder / "a.mbp-10.dbn", words),), load_config().profile("es"), user_levels=LEVELS)
    frames = Frames()
    engine, tests = Engine(snaps_per_block=5), LevelTests(0.25)
    source = ReplaySource(plan)
    take(frames, engine, tests, source.config_frame())
    for at in range(0, len(words), chunk):
        take(frames, engine, tests, RecordsFrame(Batch.of(Kind.MBP10, words[at : at + chunk])))
    take(frames, engine, tests, WatermarkFrame(frames.clock_ns + 3 * 10**9))
    publish(frames, tests, engine.finish())
    frames.signals(np.zeros(0, SNAP), np.zeros(0, LEVEL_ROW), tests.finish())
    return frames


def take(frames: Frames, engine: Engine, tests: LevelTests, frame: Frame) -> None:
    clock_ns = None
    if isinstance(frame, RecordsFrame):
        clock_ns = int(by_name(Kind.MBP10, frame.batch.arrays[Kind.MBP10])["ts_event"].max())
    elif isinstance(frame, WatermarkFrame):
        clock_ns = frame.clock_ns
    frames.add(frame, clock_ns)
    publish(frames, tests, engine.feed(frame))


def publish(frames: Frames, tests: LevelTests, blocks: Iterator[SnapBlock]) -> None:
    for block in blocks:
        used = np.arange(block.rows.shape[1]) < block.snaps["levels"][:, np.newaxis]
        frames.signals(block.snaps.copy(), block.rows[used], tests.on_block(block))
        if len(block.alerts):
            frames.alerts(block.alerts)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    """Some seconds before and after a full hour."""
    hour_ns = 3_600_000_000_000
    start_ns = (START_NS // hour_ns + 1) * hour_ns - 8_000_000_000
    words = busy_words(600, start_ns=start_ns)
    return lived(words, tmp_path_factory.mktemp("day"), 37)


def test_it_is_byte_for_byte_the_same(frames: Frames, tmp_path: Path) -> None:
    record(tmp_path, frames.stored)
    lake = lake_at(tmp_path)
    done = rebuild_gold(lake.storage, lake.run(), LocalStorage(tmp_path / "scratch"))
    assert done.changed == ()
    assert sum(file.records for file in done.files) > 200
    assert {file.sha256 for file in done.files} == {
        file.sha256 for file in lake.run().manifest.files if file.path.startswith("gold/")
    }
    assert {file.kind for file in done.files} >= {"SIGNALS", "LEVEL_TESTS"}


def test_lost_gold_comes_back_in_the_lake_and_in_its_manifest(frames: Frames, tmp_path: Path) -> None:
    record(tmp_path, frames.stored)
    lake = lake_at(tmp_path)
    run = lake.run()
    whole = {path: path.read_bytes() for path in (tmp_path / "gold").rglob("*.parquet")}
    for path in whole:
        path.unlink()
    manifest = msgspec.structs.replace(
        run.manifest, files=tuple(file for file in run.manifest.files if file.path.startswith("bronze/"))
    )
    lake.storage.put(run.name, encode_manifest(manifest))
    lake = lake_at(tmp_path)
    done = rebuild_gold(lake.storage, lake.run(), lake.storage)
    assert {path: path.read_bytes() for path in whole} == whole
    assert len(done.changed) == len(whole)
    assert lake_at(tmp_path).run().manifest.files == run.manifest.files


def test_gold_that_is_not_what_bronze_says_is_found(frames: Frames, tmp_path: Path) -> None:
    other = [frame for frame in frames.stored if frame.kind.name != "ALERT"][:-1]
    record(tmp_path, other)
    lake = lake_at(tmp_path)
    done = rebuild_gold(lake.storage, lake.run(), LocalStorage(tmp_path / "scratch"))
    assert done.changed != ()


def test_a_run_without_a_configuration_is_refused(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(WatermarkFrame(START_NS), START_NS)
    record(tmp_path, frames.stored)
    lake = lake_at(tmp_path)
    with pytest.raises(LakeError, match="no configuration to compute with"):
        rebuild_gold(lake.storage, lake.run(), LocalStorage(tmp_path / "scratch"))


def test_a_configuration_of_another_version_is_refused(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path, frames.stored)
    lake = lake_at(tmp_path)
    monkeypatch.setattr("spymaster.lake.gold.rebuild.PARAMS", np.dtype([("monitor_band", "<f8")]))
    with pytest.raises(LakeError, match="configured by another version of the program; use that version"):
        rebuild_gold(lake.storage, lake.run(), LocalStorage(tmp_path / "scratch"))
