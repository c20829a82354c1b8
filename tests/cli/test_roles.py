"""A session in parts, joined by a real server: what core publishes is what one process would have published."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from spymaster.bus.nats.level_messages import block_of_signals
from spymaster.bus.nats.names import LEVELS_STREAM, SIGNALS
from spymaster.journal.codec import decode_signals
from spymaster.journal.format import FrameKind
from spymaster.resources import bundled_recording
from spymaster.signals.hash import SignalHash
from spymaster.tui.options import Ending
from tests.support.journals import read_journal
from tests.support.nats_server import NatsServer, stored_in, until
from tests.support.pty_terminal import PtyTerminal

pytestmark = pytest.mark.slow
STARTED_S = 240.0
PROGRAM = (sys.executable, "-c", "from spymaster.cli.entry import main; main()")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    yield server
    server.stop()


class Desk:
    """Runs the program's roles as processes of their own, all of one configuration. They end with the context."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []
        self.config = folder / "desk.toml"
        self.config.write_text(f'[nats]\nurl = "{url}"\n', encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [*PROGRAM, "--config", str(self.config), *arguments]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._started.append(subprocess.Popen(command, text=True, env=os.environ, cwd=self.folder, **pipes))
        return self._started[-1]

    def end(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def run(self, *arguments: str) -> dict[str, Any]:
        """To its end; what it reports."""
        process = self.start(*arguments, "--json")
        out, err = process.communicate()
        assert process.returncode == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    def ingest(self) -> subprocess.Popen[str]:
        source = str(bundled_recording())
        return self.start("run", "ingest", "--role", "ingest", "--source", source, "--speed", "0", "--json")


@pytest.fixture
def desk(tmp_path: Path, server: NatsServer) -> Iterator[Desk]:
    desk = Desk(tmp_path, server.url)
    yield desk
    desk.end()


def single_process() -> dict[str, Any]:
    command = [*PROGRAM, "replay", str(bundled_recording()), "--headless", "--json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def journals_of(core: Path) -> list[Path]:
    return list(core.glob("*/journal"))


def written(core: Path) -> int:
    """Bytes of the journal of a role."""
    return sum(file.stat().st_size for journal in journals_of(core) for file in journal.glob("*.journal"))


def hash_of(journal: Path) -> str:
    """Of every snap that a journal holds, as one process computes it."""
    found = SignalHash()
    for frame in read_journal(journal):
        if frame.kind is FrameKind.SIGNAL:
            found.update(block_of_signals(decode_signals(frame)))
    return found.hexdigest()


def killed_after(desk: Desk, least: int, number: signal.Signals) -> None:
    """Be core until its journal has so many bytes, or to the end where that comes first; then end it."""
    core = desk.start("run", "core", "--role", "core")
    until(lambda: core.poll() is not None or written(desk.folder / "core") > least, "it has begun")
    core.send_signal(number)
    core.communicate()
    assert core.returncode in (0, -number, 128 + number)


async def test_core_publishes_what_one_process_would_killed_as_often_as_you_like(
    tmp_path: Path, server: NatsServer, desk: Desk
) -> None:
    ingest = desk.ingest()
    for least in (1_000_000, 12_000_000, 24_000_000):
        killed_after(desk, least, signal.SIGKILL)
    last = desk.run("run", "core", "--role", "core")
    assert (last["complete"], last["problem"]) == (True, "")
    assert json.loads(ingest.communicate()[0])["complete"]
    [journal] = journals_of(tmp_path / "core")
    alone = single_process()
    assert hash_of(journal) == alone["signal_hash"]
    signals = [one for one in await stored_in(server.url, LEVELS_STREAM) if one.subject == SIGNALS]
    times = [json.loads(one.data)["ts_event_ns"] for one in signals]
    assert len(times) == alone["snaps"]
    assert times == sorted(set(times))
    assert {one.headers["Spymaster-Mode"] for one in signals} == {"SIMULATED"}


def test_a_core_that_is_ended_in_order_goes_on_as_if_it_had_not_been(
    tmp_path: Path, server: NatsServer, desk: Desk
) -> None:
    ingest = desk.ingest()
    killed_after(desk, 4_000_000, signal.SIGTERM)
    last = desk.start("run", "core", "--role", "core")
    said = last.communicate()
    assert last.returncode == 0, said
    ingest.communicate()
    [journal] = journals_of(tmp_path / "core")
    assert hash_of(journal) == single_process()["signal_hash"]


def test_the_lake_of_the_bus_holds_the_records_of_its_run(tmp_path: Path, server: NatsServer, desk: Desk) -> None:
    ingest = desk.ingest()
    lake = desk.run("run", "lake", "--role", "lake")
    published = json.loads(ingest.communicate()[0])
    assert (lake["complete"], lake["records"]) == (True, published["records"])
    assert lake["lake_files"] == published["lake_files"]


def test_gateway_and_screens_see_what_core_publishes_from_anywhere(
    tmp_path: Path, server: NatsServer, desk: Desk
) -> None:
    source = str(bundled_recording())
    roles = [
        desk.start("run", "ingest", "--role", "ingest", "--source", source, "--speed", "1"),
        desk.start("run", "core", "--role", "core"),
        desk.start("run", "east", "--role", "gateway", "--listen", "127.0.0.1:0"),
    ]
    stderr = roles[2].stderr
    assert stderr is not None
    line = next(line for line in stderr if "gateway on" in line)
    url = line.partition("http")[2].partition(",")[0]
    subjects: set[str] = set()
    with connect(f"ws{url}/ws/stream", proxy=None, open_timeout=STARTED_S) as reader:
        while {"levels.signals", "market.flow"} - subjects:
            subjects.add(json.loads(reader.recv(STARTED_S))["subject"])
    for target in (server.url, f"http{url}"):
        with PtyTerminal([*PROGRAM, "attach", target], cwd=tmp_path) as screen:
            screen.wait_for("ATTACHED", STARTED_S)
            screen.wait_for("ESM6", STARTED_S)
            screen.send("q")
            assert screen.wait() == Ending.QUIT
            assert screen.restored()


def test_the_server_is_killed_under_ingest_and_core_and_nothing_is_missing(
    tmp_path: Path, server: NatsServer, desk: Desk
) -> None:
    ingest = desk.ingest()
    core = desk.start("run", "core", "--role", "core", "--json")
    until(lambda: core.poll() is not None or written(tmp_path / "core") > 2_000_000, "it has begun")
    server.stop(kill=True)
    server.start()
    whole = json.loads(core.communicate()[0])
    assert json.loads(ingest.communicate()[0])["complete"]
    assert whole["signal_hash"] == single_process()["signal_hash"]
