"""The bare command: the bundled recording at once, or with keys a choice. No vendor connection is opened here."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.request import Request, prepare
from spymaster.config.loader import load_config
from spymaster.errors import UserError
from spymaster.resources import bundled_recording
from spymaster.view.pages.start import Kind, StartChoice

GO_LIVE: Final = (
    "this is a simulated recording; O opens others; live: set DATABENTO_API_KEY, or spymaster-tui live --demo"
)
_DEMO_SPEED: Final = 1.0


class Screen(msgspec.Struct, frozen=True):
    """What was said of the screen: the configuration's file, the depth of colour, whether there is a mouse."""

    config: Path | None
    colour: str
    mouse: bool


def start(config: Path | None, colour: str, mouse: bool) -> int:
    """Show the bundled recording, or, where a vendor's key is set, let the user choose; returns the exit code."""
    from spymaster.session.live.keys import KEY_VARIABLES, find_key

    screen = Screen(config, colour, mouse)
    if find_key(KEY_VARIABLES) is None:
        demo = StartChoice(Kind.DEMO, "Demo", path=bundled_recording())
        return shown_until_left(screen, demo)
    if load_config(config).live.autostart:
        return _live(screen, StartChoice(Kind.LIVE, "Live"))
    return shown_until_left(screen, None)


def shown_until_left(screen: Screen, choice: StartChoice | None) -> int:
    """Show what was chosen, or the start screen where that is None; again as often as the user asks for it."""
    notes: tuple[str, ...] = ()
    while True:
        if choice is None:
            ending, choice = _choose(screen, notes)
            if choice is None:
                return ending
        code, wants_more, refused = _shown(screen, choice)
        if not wants_more:
            return code
        choice, notes = None, (refused,) if refused else ()


def _shown(screen: Screen, choice: StartChoice) -> tuple[int, bool, str]:
    """Exit code, whether the user wants to choose again, and what kept the choice from being opened."""
    if choice.kind in (Kind.LIVE, Kind.DEMO_DAY):
        return _live(screen, choice), False, ""
    from spymaster.cli.replay.cockpit import run_cockpit

    assert choice.path is not None
    wanted: list[bool] = []
    try:
        prepared = prepare(Request((choice.path,), screen.config, None, None))
        notice = GO_LIVE if choice.kind is Kind.DEMO else ""
        code = run_cockpit(
            prepared,
            *(_DEMO_SPEED, None),
            colour=screen.colour,
            mouse=screen.mouse,
            notice=notice,
            on_open=lambda: wanted.append(True),
        )
    except UserError as error:
        if choice.kind is Kind.DEMO:
            raise
        return int(error.code), True, str(error)
    return code, bool(wanted), ""


def _live(screen: Screen, choice: StartChoice) -> int:
    from spymaster.cli.live.request import LiveRequest, default_out
    from spymaster.cli.live.screen import run_live_screen

    demo = choice.kind is Kind.DEMO_DAY
    request = LiveRequest(default_out(demo=demo), screen.config, choice.profile or None, None, demo=demo)
    return run_live_screen(request, None, colour=screen.colour, mouse=screen.mouse, is_kept=not demo)


def _choose(screen: Screen, notes: tuple[str, ...]) -> tuple[int, StartChoice | None]:
    """The start screen; notes that it cannot show are printed."""
    from spymaster.cli.replay.choices import found_choices
    from spymaster.cli.replay.cockpit import app_options
    from spymaster.cli.replay.recent import recent_file

    config = load_config(screen.config)
    options = app_options(config, None, colour=screen.colour, mouse=screen.mouse)
    from spymaster.tui.run import run_start_screen

    choices, unread = found_choices(config, Path.cwd(), recent_file())
    ending, choice = run_start_screen(choices, options, (*notes, *unread))
    if choice is None and notes and int(ending) == os.EX_OK:
        print(f"error: {notes[0]}", file=sys.stderr)
    return int(ending), choice
