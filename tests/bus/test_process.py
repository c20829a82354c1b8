"""A recording and its sidecar, with a bus that is there, comes late, or never: the lake is the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from spymaster.bus.nats.names import LEVELS_STREAM, MARKET_STREAM
from spymaster.journal.format import segments_in
from spymaster.journal.mirror_plan import EMBEDDED, BusAddress, MirrorPlan
from spymaster.journal.mirror_status import MirrorState, read_mirror_status
from spymaster.lake.run_manifest import RunInfo
from spymaster.lake.sidecar.progress import read_status
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.session.record.recording import JOURNAL_FOLDER, RunRecording
from spymaster.session.record.sidecar_watch import SidecarHealth
from tests.support.blocks import alert, block, level
from tests.support.journals import T0_NS, mixed_batch
from tests.support.nats_server import NatsServer, stored_in, until

if TYPE_CHECKING:
    from spymaster.physics.engine import SnapBlock

RUN = RunInfo(
    id="20260105T143000Z-000001",
    mode="live",
    profile="es",
    symbol="ESH4",
    underlying="ES",
    started_ns=T0_NS,
    code_version="1",
    config={},
    simulated=True,
    note="",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    yield server
    server.stop()


def recording_of(out: Path, plan: MirrorPlan, *, delete: bool = False) -> RunRecording:
    return RunRecording(out, RUN, clock_ns=T0_NS, mirror=plan, delete_segments=delete, segment_bytes=20_000)


def write(recording: RunRecording, start: int, count: int) -> None:
    for step in range(start, start + count):
        at_ns = T0_NS + step * NS_PER_S
        recording.on_frame(RecordsFrame(mixed_batch(12, from_ns=at_ns, seed=step)))
        recording.publish(cast("SnapBlock", block([level()], first_ns=at_ns, alerts=[alert(t_ns=at_ns)])))


def finished(recording: RunRecording) -> SidecarHealth:
    recording.close()
    return recording.finish(600.0, lambda _health: None)


async def test_a_run_is_in_the_lake_and_on_the_bus(tmp_path: Path, server: NatsServer) -> None:
    recording = recording_of(tmp_path / "out", MirrorPlan(server.address, "ESH4"))
    write(recording, 0, 10)
    health = finished(recording)
    assert health.complete
    assert health.mirror is not None
    assert (health.mirror.state, health.mirror.counts.acked, health.mirror.fault) == (MirrorState.DONE, 20, "")
    assert recording.light.bus == "20 messages; up to date"
    assert len(await stored_in(server.url, LEVELS_STREAM)) == 20


async def test_a_sidecar_that_is_killed_leaves_neither_hole_nor_repetition(tmp_path: Path, server: NatsServer) -> None:
    out = tmp_path / "out"
    recording = recording_of(out, MirrorPlan(server.address, "ESH4", market=True))
    write(recording, 0, 10)
    until(lambda: (found := read_mirror_status(out / JOURNAL_FOLDER)) is not None and found.counts.acked > 0, "sent")
    status = read_status(out / JOURNAL_FOLDER)
    assert status is not None
    os.kill(status.pid, signal.SIGKILL)
    write(recording, 10, 10)
    assert finished(recording).complete
    levels = [message.headers["Nats-Msg-Id"] for message in await stored_in(server.url, LEVELS_STREAM)]
    assert len(levels) == len(set(levels)) == 40
    frames = [message.headers["Spymaster-Frame"] for message in await stored_in(server.url, MARKET_STREAM)]
    assert sorted({int(frame) for frame in frames}) == list(range(21))


def test_a_bus_that_is_never_there_costs_the_lake_nothing_and_is_said(tmp_path: Path) -> None:
    nobody = MirrorPlan(BusAddress("nats://127.0.0.1:1"), "ESH4", patience_s=0.0)
    recording = recording_of(tmp_path / "out", nobody, delete=True)
    write(recording, 0, 10)
    health = finished(recording)
    assert health.complete
    assert health.mirror is not None
    assert health.mirror.state is MirrorState.LEFT
    assert health.mirror.fault == "the bus: nats://127.0.0.1:1: nobody listens there"
    # what the bus has not got stays in the journal, though the lake would let it go
    assert segments_in(tmp_path / "out" / JOURNAL_FOLDER)[0] == 1


async def test_a_server_of_our_own_runs_as_long_as_the_sidecar_and_keeps_what_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spymaster.bus.nats.embedded import embedded_server, found_server

    home = tmp_path / "home"
    plan = MirrorPlan(BusAddress(EMBEDDED, str(home), 0), "ESH4")
    recording = recording_of(tmp_path / "out", plan, delete=True)
    write(recording, 0, 3)
    assert finished(recording).complete
    assert found_server(home) is None
    assert segments_in(tmp_path / "out" / JOURNAL_FOLDER) == []
    with embedded_server(home, 0) as running:
        assert len(await stored_in(running.url, LEVELS_STREAM)) == 6
