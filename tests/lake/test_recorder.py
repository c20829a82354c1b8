"""A run written into a lake: durable hour by hour, resumable without doubles, and complete only when sealed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from spymaster.journal.format import FormatError, Position, StoredFrame
from spymaster.lake.run_manifest import config_hash
from spymaster.lake.sidecar.recorder import LakeRecorder
from spymaster.lake.storage.files import LocalStorage, Upload
from spymaster.market.frames import FeedState, FeedStatusFrame, GapFrame, MappingFrame, UserLevel, WatermarkFrame
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RunGap, RunStatus, TrustChange
from spymaster.market.rows import Trust, TrustReason
from tests.support.dbn import records
from tests.support.journals import T0_NS
from tests.support.lakes import (
    HOUR_NS,
    RUN,
    Frames,
    config_frame,
    es_depth,
    lake_at,
    published,
    raised,
    record,
)


def three_hours() -> Frames:
    """Depth, signals, alerts, options, a mapping and watermarks over three hours."""
    frames = Frames()
    frames.add(config_frame(levels=(UserLevel("MINE", 4805_000_000_000),)))
    frames.add(MappingFrame(1, 18, "EW1F4 C4800"))
    for hour in range(3):
        start = T0_NS + hour * HOUR_NS
        frames.records(Kind.MBP10, es_depth(50, start))
        frames.records(Kind.MBP1, records(Kind.MBP1, 3, recv_ns=start, instrument_id=18, action=b"T"))
        frames.signals(*published(4, from_ns=start))
        frames.alerts(raised(start))
        frames.add(WatermarkFrame(start + 10**9), start + 10**9)
    return frames


def content(root: Path) -> dict[str, str]:
    """Every file of the lake and its hash."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_files_become_durable_when_the_clock_enters_another_hour(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(5))
    frames.records(Kind.MBP10, es_depth(5, T0_NS + HOUR_NS))
    recorder = LakeRecorder(LocalStorage(tmp_path), RUN)
    assert recorder.on_frame(frames.stored[0]) == ()
    assert list(tmp_path.rglob("*.parquet")) == []
    (file,) = recorder.on_frame(frames.stored[1])
    assert (tmp_path / file.path).is_file()
    assert [found.path for found in lake_at(tmp_path).run().manifest.files] == [file.path]


def test_the_start_of_the_open_hour_is_its_first_frame(tmp_path: Path) -> None:
    stored = three_hours().stored
    recorder = LakeRecorder(LocalStorage(tmp_path), RUN)
    assert recorder.open_hour_start is None
    starts: list[Position | None] = []
    for frame in stored:
        recorder.on_frame(frame)
        starts.append(recorder.open_hour_start)
    firsts = [stored[0].position, stored[7].position, stored[12].position]
    assert starts == [firsts[0]] * 7 + [firsts[1]] * 5 + [firsts[2]] * 5
    assert all(isinstance(start, Position) for start in starts)


@pytest.mark.parametrize("cut", range(1, 17))
def test_a_run_resumed_at_the_open_hour_equals_one_never_interrupted(cut: int, tmp_path: Path) -> None:
    stored = three_hours().stored
    record(tmp_path / "whole", stored)
    storage = LocalStorage(tmp_path / "cut")
    first = LakeRecorder(storage, RUN)
    for frame in stored[:cut]:
        first.on_frame(frame)
    start = first.open_hour_start
    assert start is not None
    del first
    again = LakeRecorder(storage, RUN)
    for frame in stored:
        if frame.position >= start:
            again.on_frame(frame)
    again.seal()
    whole, resumed = content(tmp_path / "whole"), content(tmp_path / "cut")
    assert {name: resumed[name] for name in whole} == whole


def test_what_an_interrupted_run_left_half_written_is_no_part_of_the_lake(tmp_path: Path) -> None:
    stored = three_hours().stored
    recorder = LakeRecorder(LocalStorage(tmp_path), RUN)
    for frame in stored[:5]:
        recorder.on_frame(frame)
    assert LocalStorage(tmp_path).names("bronze") == []
    assert lake_at(tmp_path).run().manifest.files == ()


def test_a_discarded_hour_leaves_nothing(tmp_path: Path) -> None:
    recorder = LakeRecorder(LocalStorage(tmp_path), RUN)
    for frame in three_hours().stored[:5]:
        recorder.on_frame(frame)
    recorder.discard()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "runs" / f"{RUN.id}.json"]


def test_a_refusing_disk_is_reported_and_the_hour_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = three_hours().stored
    record(tmp_path / "whole", stored)
    storage = LocalStorage(tmp_path / "full")
    recorder = LakeRecorder(storage, RUN)
    for frame in stored[:12]:
        recorder.on_frame(frame)
    with monkeypatch.context() as patch:
        patch.setattr(Upload, "write", refuse)
        with pytest.raises(OSError, match="No space left"):
            recorder.on_frame(stored[12])
    start = recorder.open_hour_start
    recorder.discard()
    assert start == stored[7].position
    again = LakeRecorder(storage, RUN)
    for frame in stored[7:]:
        again.on_frame(frame)
    again.seal()
    whole = content(tmp_path / "whole")
    assert {name: content(tmp_path / "full").get(name) for name in whole} == whole


def refuse(*_: Any) -> int:
    raise OSError(28, "No space left on device")


def test_the_manifest_tells_what_was_recorded(tmp_path: Path) -> None:
    record(tmp_path, three_hours().stored)
    manifest = lake_at(tmp_path).run().manifest
    run = manifest.run
    assert run is not None
    assert (run.id, run.mode, run.status, run.code_version) == (RUN.id, "record", RunStatus.SEALED, "0.1.0")
    assert run.counts == {"MBP1": 9, "MBP10": 150}
    assert (run.last_seq, manifest.records, manifest.simulated, manifest.note) == (158, 159, True, "made by a test")
    assert (manifest.profile, manifest.symbol) == ("es", "ESH4")
    assert manifest.start_ns == T0_NS
    assert manifest.end_ns == T0_NS + 2 * HOUR_NS + 10**9
    assert (run.config, run.config_sha256) == (RUN.config, config_hash({"ui": {"theme": "dark"}}))


def test_every_file_is_named_with_its_hash_and_size(tmp_path: Path) -> None:
    record(tmp_path, three_hours().stored)
    manifest = lake_at(tmp_path).run().manifest
    hashes = {file.path: (file.sha256, file.bytes) for file in manifest.files}
    found = {name: (value, (tmp_path / name).stat().st_size) for name, value in content(tmp_path).items()}
    assert hashes == {name: value for name, value in found.items() if not name.startswith("runs/")}
    assert {file.kind for file in manifest.files} == {"MBP10", "MBP1", "CONTROL", "SIGNALS", "ALERTS"}


def test_a_run_that_goes_on_is_open(tmp_path: Path) -> None:
    record(tmp_path, three_hours().stored, status=None)
    run = lake_at(tmp_path).run().run
    assert (run.status, run.ended) == (RunStatus.OPEN, None)


def test_a_torn_run_says_why(tmp_path: Path) -> None:
    recorder = LakeRecorder(LocalStorage(tmp_path), RUN)
    for frame in three_hours().stored:
        recorder.on_frame(frame)
    recorder.seal(RunStatus.TORN, "the disk was full for 3 s")
    run = lake_at(tmp_path).run().run
    assert (run.status, run.reason) == (RunStatus.TORN, "the disk was full for 3 s")


def test_gaps_are_in_the_manifest_once(tmp_path: Path) -> None:
    frames = three_hours()
    for _ in range(2):
        frames.add(GapFrame("depth", T0_NS, T0_NS + 5, "reconnect"))
    record(tmp_path, frames.stored)
    assert lake_at(tmp_path).run().run.gaps == (RunGap("depth", T0_NS, T0_NS + 5, "reconnect"),)


def test_trust_changes_are_in_the_manifest(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(1))
    snaps, levels = published(6, 0)
    snaps["trust"] = (Trust.GREEN, Trust.GREEN, Trust.ABSENT, Trust.ABSENT)
    snaps["trust_reason"] = (0, 0, TrustReason.NOT_CONFIGURED, TrustReason.NOT_CONFIGURED)
    snaps["trust"][3:5, 0], snaps["trust_reason"][3:5, 0] = Trust.BLIND, TrustReason.FEED_DOWN
    for part in np.array_split(np.arange(6), 3):
        frames.signals(snaps[part], levels)
    record(tmp_path, frames.stored)
    run = lake_at(tmp_path).run().run
    assert len(run.trust) == 6
    assert run.trust[4:] == (
        TrustChange(int(snaps["t_ns"][3]), "depth", "BLIND", "the feed is down"),
        TrustChange(int(snaps["t_ns"][5]), "depth", "GREEN"),
    )


def test_a_trust_change_that_a_feed_explains_is_in_its_words(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(1))
    frames.add(FeedStatusFrame("depth", FeedState.DOWN, T0_NS, "silent: mbp-10: nothing for 5.0 s"))
    snaps, levels = published(1, 0)
    snaps["trust"], snaps["trust_reason"] = Trust.BLIND, TrustReason.FEED_DOWN
    frames.signals(snaps, levels)
    record(tmp_path, frames.stored)
    said = {change.input: change.reason for change in lake_at(tmp_path).run().run.trust}
    assert said["depth"] == said["tape"] == "silent: mbp-10: nothing for 5.0 s"
    assert said["options"] == "the feed is down"


def test_a_run_without_a_record_can_be_sealed(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame())
    record(tmp_path, frames.stored)
    run = lake_at(tmp_path).run().run
    assert (run.status, run.counts, run.last_seq) == (RunStatus.SEALED, {}, None)


def test_frames_are_written_once_whatever_the_row_groups(tmp_path: Path) -> None:
    stored: list[StoredFrame] = three_hours().stored
    record(tmp_path / "a", stored, group_rows=7)
    record(tmp_path / "b", stored)
    names = [name for name in content(tmp_path / "a") if not name.startswith("runs")]
    assert names == [name for name in content(tmp_path / "b") if not name.startswith("runs")]


def test_a_configuration_of_another_version_is_refused(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(msgspec.structs.replace(config_frame(), params=b"short"), T0_NS)
    with pytest.raises(FormatError, match="another version of the program"):
        record(tmp_path, frames.stored)
