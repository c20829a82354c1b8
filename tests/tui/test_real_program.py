"""The program itself in a real terminal, from the command line to the last byte it writes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from spymaster.resources import bundled_recording
from spymaster.session.warmup import compile_all, is_warm
from tests.support.pty_terminal import PtyTerminal

COMMAND = (sys.executable, "-c", "from spymaster.cli.entry import main; main()")
WITHOUT_KEYS = {"DATABENTO_API_KEY": "", "MASSIVE_API_KEY": "", "POLYGON_API_KEY": ""}


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """The kernels are compiled: a first start is another test's subject."""
    if not is_warm():
        compile_all()


@pytest.fixture
def cockpit() -> Iterator[PtyTerminal]:
    argv = [*COMMAND, "replay", str(bundled_recording()), "--speed", "8"]
    with PtyTerminal(argv, columns=120, rows=40, env=WITHOUT_KEYS) as terminal:
        terminal.wait_for(lambda text: "LADDER" in text and "ESM6" in text)
        yield terminal


def test_a_replay_shows_a_living_market(cockpit: PtyTerminal) -> None:
    clock = cockpit.lines()[0]
    cockpit.wait_for(lambda text: text.splitlines()[0] != clock)
    cockpit.wait_for(lambda text: "ROUND" in text and "SIMULATED" in text)


def test_space_holds_the_market_and_lets_it_go_on(cockpit: PtyTerminal) -> None:
    cockpit.send(" ")
    cockpit.wait_for("SIMULATED paused")
    cockpit.send(" ")
    cockpit.wait_for("SIMULATED 8")


def test_a_question_mark_brings_the_help(cockpit: PtyTerminal) -> None:
    cockpit.send("?")
    cockpit.wait_for("what each does, and where")


def test_q_leaves_with_the_terminal_as_it_was(cockpit: PtyTerminal) -> None:
    cockpit.send("q")
    assert cockpit.wait() == os.EX_OK
    assert cockpit.restored()


def test_sigterm_leaves_with_the_terminal_as_it_was(cockpit: PtyTerminal) -> None:
    cockpit.signal(signal.SIGTERM)
    assert cockpit.wait() == 128 + signal.SIGTERM
    assert cockpit.restored()


def test_a_terminal_that_goes_away_ends_a_replay(cockpit: PtyTerminal) -> None:
    cockpit.hang_up()
    assert cockpit.wait() == 129


def test_the_bare_command_shows_the_bundled_recording_and_how_to_go_on() -> None:
    with PtyTerminal(COMMAND, columns=120, rows=40, env=WITHOUT_KEYS) as terminal:
        terminal.wait_for(lambda text: "SIMULATED" in text and "simulated recording" in text)
        terminal.send("q")
        assert terminal.wait() == os.EX_OK
