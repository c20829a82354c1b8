"""How the output driver and the application hold together where several threads and an ending meet."""

from __future__ import annotations

import asyncio
import contextvars
import signal

import pytest
from textual.app import App

from spymaster.tui.terminal import driver
from spymaster.tui.terminal.driver import PacedDriver


async def test_what_output_threads_report_is_dealt_with_in_the_applications_context(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A widget that is being taken down finds its application nowhere else."""
    monkeypatch.setattr(driver, "terminal_fileno", lambda: 1)
    whose = contextvars.ContextVar("whose", default="nobody's")
    whose.set("the application's")
    paced, heard = PacedDriver(App()), asyncio.Event()
    found = []

    def lost() -> None:
        found.append(whose.get())
        heard.set()

    paced.on_lost = lost
    await asyncio.to_thread(contextvars.Context().run, paced._terminal_lost)
    await heard.wait()
    assert found == ["the application's"]


async def test_a_signal_to_go_on_waits_for_what_it_came_into_the_midst_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that is gone sends one; met at once it would wait for a lock that its own thread holds, for ever."""
    monkeypatch.setattr(driver, "terminal_fileno", lambda: 1)
    paced, resumed = PacedDriver(App()), asyncio.Event()
    monkeypatch.setattr(paced, "resume_application_mode", resumed.set)
    paced._auto_restart = True
    with paced._lock:
        signal.raise_signal(signal.SIGCONT)
        assert not resumed.is_set()
    await resumed.wait()
