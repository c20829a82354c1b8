"""What systemd and containers are told of a session that runs without a screen."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.cli.live.manager import Manager


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def heard(runtime: Path) -> Iterator[socket.socket]:
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(str(runtime / "notify"))
        there.setblocking(False)
        yield there


def messages(heard: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(heard.recv(4096).decode())
        except BlockingIOError:
            return found


def test_ready_changes_of_words_and_the_end_are_told_once_each(heard: socket.socket) -> None:
    manager = Manager({"NOTIFY_SOCKET": heard.getsockname()})
    manager.ready("recording into out")
    for words in ("all is well", "all is well", "no records\nfor 5 s", "all is well"):
        manager.alive(words)
    manager.stopping()
    assert messages(heard) == [
        "READY=1\nSTATUS=recording into out",
        "STATUS=all is well",
        "STATUS=no records for 5 s",
        "STATUS=all is well",
        "STOPPING=1\nSTATUS=ending",
    ]


def test_the_watchdog_is_answered_twice_as_often_as_it_asks(heard: socket.socket) -> None:
    clock = Clock()
    asked = {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
    manager = Manager({"NOTIFY_SOCKET": heard.getsockname(), **asked}, clock)
    manager.ready("")
    for _ in range(61):
        manager.alive("")
        clock.now_s += 1.0
    assert messages(heard).count("WATCHDOG=1") == 5


def test_a_watchdog_that_is_meant_for_another_process_is_not_answered(heard: socket.socket) -> None:
    manager = Manager({"NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"})
    manager.alive("")
    assert messages(heard) == []


def test_the_file_of_a_health_check_is_touched_only_while_all_is_well(tmp_path: Path) -> None:
    clock = Clock()
    file = tmp_path / "alive"
    manager = Manager({"SPYMASTER_ALIVE": str(file)}, clock)
    manager.alive("NOT RECORDING: no space", well=False)
    assert not file.exists()
    manager.alive("all is well")
    assert file.exists()
    file.unlink()
    clock.now_s += 0.5
    manager.alive("all is well")
    assert not file.exists()
    clock.now_s += 0.5
    manager.alive("all is well")
    assert file.exists()


def test_a_manager_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    manager = Manager({"NOTIFY_SOCKET": str(tmp_path / "gone"), "SPYMASTER_ALIVE": str(tmp_path / "no" / "file")})
    manager.ready("")
    manager.alive("well")
    manager.stopping()
