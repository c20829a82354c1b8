"""Entry points for the command line: run the cockpit or the start screen and say how it ended."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from spymaster.interrupts import held, taken_back
from spymaster.signals.frame import FrameSource
from spymaster.tui.app import SpymasterApp
from spymaster.tui.options import AppOptions, Ending
from spymaster.tui.screens.start import StartChoice, StartScreen
from spymaster.tui.terminal.driver import terminal_fileno
from spymaster.tui.terminal.paced_app import release_terminal

PACKAGE_LOGGER = "spymaster"


def run_app(source: FrameSource, options: AppOptions) -> Ending:
    """Show the cockpit on ``source`` until the user leaves, a signal comes or the terminal goes away.

    The terminal is given back in every case. On ``HANGUP`` the standard streams point nowhere when this returns, and
    ``options.on_hangup`` has been called; whether the Session goes on is the caller's to decide. Raises
    UserError where there is no terminal.
    """
    app = SpymasterApp(source, options)
    return _run(app, options)


def run_start_screen(
    choices: tuple[StartChoice, ...], options: AppOptions, notes: tuple[str, ...] = ()
) -> tuple[Ending, StartChoice | None]:
    """Let the user choose what to start. Nothing is opened here; the choice is None if the user left. ``notes``: what
    could not be read while the choices were put together."""
    taken: list[StartChoice] = []
    app = SpymasterApp(None, options, lambda theme: StartScreen(theme, options, choices, taken.append, notes))
    ending = _run(app, options)
    return ending, taken[0] if taken else None


def _run(app: SpymasterApp, options: AppOptions) -> Ending:
    terminal_fileno()
    # An event loop that is interrupted while it is made prints errors of its own: signals wait until they can be met.
    with held() as app.signals, _log_into(app), taken_back():
        ending = app.run(mouse=options.mouse)
    if ending is Ending.HANGUP:
        release_terminal()
        if options.on_hangup is not None:
            options.on_hangup()
    return Ending.FAILED if ending is None else ending


@contextlib.contextmanager
def _log_into(app: SpymasterApp) -> Iterator[None]:
    """Keep what the program logs, what it says to the user among it, for the log screen and away from the terminal."""
    logger = logging.getLogger(PACKAGE_LOGGER)
    propagate, logger.propagate = logger.propagate, False
    level = logger.level
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
    logger.addHandler(app.book)
    try:
        yield
    finally:
        logger.removeHandler(app.book)
        logger.propagate = propagate
        logger.setLevel(level)
