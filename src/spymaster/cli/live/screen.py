"""A live session behind the cockpit. The screen may go; the session ends when it is told to."""

from __future__ import annotations

import dataclasses
import logging
from typing import Final

from spymaster.cli.live.request import LiveRequest
from spymaster.cli.live.work import forget, run_live
from spymaster.config.loader import load_config
from spymaster.config.structs import Config
from spymaster.interrupts import Interrupted
from spymaster.session.live.days import LiveDays
from spymaster.session.malloc import fix_mmap_threshold

_DEMO: Final = "a simulated day, live from a vendor played on this machine; q ends it"
_OF_SIGNALS: Final = 128
_REST_S: Final = 0.5


def run_live_screen(request: LiveRequest, theme: str | None, *, colour: str, mouse: bool, is_kept: bool) -> int:
    """Show a live session until the user leaves; returns the exit code. Raises UserError.

    ``is_kept``: whether the recording stays.
    """
    try:
        return _show(request, theme, colour=colour, mouse=mouse)
    finally:
        if not is_kept:
            forget(request.out)


def _show(request: LiveRequest, theme: str | None, *, colour: str, mouse: bool) -> int:
    from spymaster.cli.replay.cockpit import app_options, with_usual

    notice = _DEMO if request.demo else f"recording into {request.out}"
    config = load_config(request.config)
    options = app_options(config, theme, colour=colour, mouse=mouse, notice=notice)
    from spymaster.cli.live.rules import alert_watch
    from spymaster.tui.options import Ending
    from spymaster.tui.run import run_app
    from spymaster.tui.terminal.driver import terminal_fileno

    fix_mmap_threshold()
    terminal_fileno()

    def show(days: LiveDays, config: Config, lines: tuple[str, ...]) -> None:
        lost = [line for line in lines if "Lost: " in line]
        given = dataclasses.replace(options, notice="; ".join([notice, *lost]))
        ending = run_app(days, with_usual(given, config, config.profile(request.profile or "spy")))
        if ending is Ending.HANGUP and config.live.on_hangup == "continue":
            logging.getLogger("spymaster").info("the terminal is gone; the session goes on")
            while not days.ended.wait(_REST_S):
                pass
        elif int(ending) > _OF_SIGNALS:
            raise Interrupted(int(ending) - _OF_SIGNALS)

    rules = alert_watch(config, request.config, is_market=not request.demo)
    options = dataclasses.replace(options, alerts=rules)
    return run_live(request, as_json=False, show=show, rules=rules)
