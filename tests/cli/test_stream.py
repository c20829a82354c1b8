"""``stream`` prints JSON lines: those of a replay, and those that are new on a bus, each once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from spymaster.bus.gateway.bind import GatewayPlan
from spymaster.bus.socket.places import own_folder
from spymaster.resources import bundled_recording
from spymaster.signals.feed_words import FeedWords
from tests.cli.conftest import COMMAND, Spawn
from tests.support import blocks
from tests.support.bus import CONFIG, served
from tests.support.mirrored import MirrorScene, mirror_to
from tests.support.nats_server import NatsServer, on_server, until

pytestmark = pytest.mark.slow


def test_a_replay_gives_a_line_for_each_snap_and_alert(spawn: Spawn) -> None:
    done = spawn("stream", bundled_recording())
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    alone = json.loads(spawn("replay", bundled_recording(), "--headless", "--json").stdout)
    signals = [line for line in lines if "levels" in line]
    assert len(signals) == alone["snaps"]
    assert sum(line["event"] == "raised" for line in lines if "levels" not in line) == alone["alerts"]
    times = [line["ts_event_ns"] for line in signals]
    assert times == sorted(set(times))


async def test_what_is_new_on_the_bus_comes_once_over_a_restart_of_the_server(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    scene = MirrorScene(tmp_path / "journal")
    scene.step(1)
    scene.writer.close()
    await mirror_to(scene, server.address, market=False).run()
    out = tmp_path / "lines"
    with out.open("wb") as lines:
        reading = subprocess.Popen([*COMMAND, "stream", "--url", server.url], stdout=lines, stderr=subprocess.DEVNULL)

    async def readers() -> int:
        return len(await on_server(server.url, lambda js: js.consumers_info("SPYMASTER_LEVELS")))

    while not await readers():
        assert reading.poll() is None
    for number in (2, 3):
        other = MirrorScene(tmp_path / f"journal-{number}", session=f"run-{number}")
        other.step(1)
        other.writer.close()
        await mirror_to(other, server.address, market=False).run()
        until(lambda number=number: out.read_bytes().count(b"\n") >= 2 * (number - 1), "printed")  # type: ignore[misc]
        server.stop(kill=True)
        server.start()
    reading.terminate()
    reading.wait()
    server.stop()
    assert out.read_bytes().count(b"\n") == 4


def test_a_session_behind_a_gateway_gives_its_lines(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    out = tmp_path / "lines"
    with served(own_folder(tmp_path / "run"), GatewayPlan("127.0.0.1", 0)) as (_, serving), out.open("wb") as lines:
        assert serving.address is not None
        serving.begins(CONFIG, FeedWords())
        url = f"http://127.0.0.1:{serving.address[1]}"
        reading = subprocess.Popen([*COMMAND, "stream", url], stdout=lines)
        try:
            for k in range(3):
                block = blocks.block([blocks.level()], first_ns=blocks.T0_NS + k * blocks.SNAP_NS)
                serving.on_block(block)
                until(lambda k=k: out.read_bytes().count(b"\n") > k, "printed")  # type: ignore[misc]
        finally:
            reading.terminate()
            reading.wait()
    times = [json.loads(line)["ts_event_ns"] for line in out.read_bytes().splitlines()]
    assert times == [blocks.T0_NS + k * blocks.SNAP_NS for k in range(3)]


def test_without_a_session_on_this_machine_it_says_what_to_do(spawn: Spawn) -> None:
    done = spawn("stream")
    assert done.returncode == 2
    assert "no session is mirrored on this machine; begin one with: run OUT --nats" in done.stderr
