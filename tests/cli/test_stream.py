"""``stream`` prints JSON lines: those of a replay, and those that are new on a bus, each once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from spymaster.resources import bundled_recording
from tests.cli.conftest import COMMAND, Spawn
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


def test_without_a_session_on_this_machine_it_says_what_to_do(spawn: Spawn) -> None:
    done = spawn("stream")
    assert done.returncode == 2
    assert "no session is mirrored on this machine; begin one with: run OUT --nats" in done.stderr
