"""The real command in a terminal."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.interrupts import ENDING
from spymaster.tui.options import Ending
from tests.support.pty_terminal import PtyTerminal
from tests.support.signalled import await_handler

COMMAND = [sys.executable, "-c", "from spymaster.cli.entry import main; main()"]
KEYS = ("DATABENTO_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY")
STARTED_S = 240.0
MOUSE_ON, MOUSE_OFF = b"\x1b[?1000h", b"\x1b[?1000l"
SCREEN_ON = b"\x1b[?1049h"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PtyTerminal]:
    """The command without arguments, keys or a configuration of the user's."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    with PtyTerminal(COMMAND, cwd=tmp_path, env={"XDG_CONFIG_HOME": str(tmp_path)}) as terminal:
        yield terminal


def test_the_bare_command_shows_the_bundled_recording_as_simulated(bare: PtyTerminal) -> None:
    bare.wait_for("SIMULATED", STARTED_S)
    bare.wait_for("this is a simulated recording", STARTED_S)
    bare.send("q")
    assert bare.wait() == Ending.QUIT
    assert bare.restored()


def test_keys_are_answered_while_the_engine_starts(bare: PtyTerminal) -> None:
    bare.wait_for("? help", STARTED_S)
    bare.send("?")
    bare.wait_for("what each does, and where")


@pytest.mark.parametrize("sent", ENDING, ids=lambda number: number.name)
def test_a_signal_gives_the_terminal_back_without_a_traceback(bare: PtyTerminal, sent: signal.Signals) -> None:
    bare.wait_for("SIMULATED", STARTED_S)
    bare.signal(sent)
    assert bare.wait() == 128 + sent
    assert bare.restored()
    assert MOUSE_OFF in bytes(bare.raw)[bytes(bare.raw).rfind(MOUSE_ON) :]
    assert b"Traceback" not in bare.raw


@pytest.mark.parametrize("sent", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("after_s", [0.05, 0.3, 0.5, 0.8])
def test_a_signal_in_the_first_second_leaves_the_terminal_usable(
    bare: PtyTerminal, sent: signal.Signals, after_s: float
) -> None:
    """Before the screen, while it is being set up, and just after."""
    await_handler(bare.process.pid, signal.SIGTERM)
    time.sleep(after_s)
    bare.signal(sent)
    assert bare.wait() == 128 + sent
    assert SCREEN_ON not in bare.raw or bare.restored()
    assert b"Traceback" not in bare.raw


@pytest.mark.parametrize("sent", ENDING, ids=lambda number: number.name)
def test_a_signal_while_the_event_loop_is_made_ends_the_program_without_a_word_of_the_loops(
    tmp_path: Path, sent: signal.Signals
) -> None:
    """The loop is half made then; what tears it apart is reported by its finalizers, after the program's own line."""
    signalled = f"""
import asyncio, os
made = asyncio.SelectorEventLoop._make_self_pipe
def signalled(loop):
    os.kill(os.getpid(), {int(sent)})
    made(loop)
asyncio.SelectorEventLoop._make_self_pipe = signalled
from spymaster.cli.entry import main
main()
"""
    with PtyTerminal([sys.executable, "-c", signalled], cwd=tmp_path) as terminal:
        assert terminal.wait() == 128 + sent
        assert SCREEN_ON not in terminal.raw or terminal.restored()
        assert b"never awaited" not in terminal.raw
        assert b"Traceback" not in terminal.raw


def test_a_closed_terminal_ends_the_replay(bare: PtyTerminal) -> None:
    bare.wait_for("SIMULATED", STARTED_S)
    bare.hang_up()
    assert bare.wait() == Ending.HANGUP


def test_with_a_key_the_command_asks_first(tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path), "DATABENTO_API_KEY": "db-not-a-key"}
    with PtyTerminal(COMMAND, cwd=tmp_path, env=env) as terminal:
        terminal.wait_for("DEMO", STARTED_S)
        terminal.send("q")
        assert terminal.wait() == Ending.QUIT
