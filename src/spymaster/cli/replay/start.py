"""The bare command: the bundled recording at once, or with keys a choice. No vendor connection is opened here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from spymaster.cli.request import Request, prepare
from spymaster.config.loader import load_config
from spymaster.resources import bundled_recording

GO_LIVE: Final = "this is a simulated recording; live: set DATABENTO_API_KEY, or spymaster-tui live --demo"
_DEMO_SPEED: Final = 1.0


def start(config: Path | None, colour: str, mouse: bool) -> int:
    """Show the bundled recording, or, where a vendor's key is set, let the user choose; returns the exit code."""
    from spymaster.session.live.keys import KEY_VARIABLES, find_key

    if find_key(KEY_VARIABLES) is not None and load_config(config).live.autostart:
        return _live(config, colour, mouse)
    if find_key(KEY_VARIABLES) is not None:
        return _choose(config, colour, mouse)
    return _show(config, bundled_recording(), colour, mouse, GO_LIVE)


def _show(config: Path | None, recording: Path, colour: str, mouse: bool, notice: str) -> int:
    from spymaster.cli.replay.cockpit import run_cockpit

    request = Request((recording,), config, None, None)
    return run_cockpit(prepare(request), _DEMO_SPEED, None, colour=colour, mouse=mouse, notice=notice)


def _live(config: Path | None, colour: str, mouse: bool) -> int:
    from spymaster.cli.live.request import LiveRequest, default_out
    from spymaster.cli.live.screen import run_live_screen

    request = LiveRequest(default_out(demo=False), config, None, None)
    return run_live_screen(request, None, colour=colour, mouse=mouse, is_kept=True)


def _choose(config: Path | None, colour: str, mouse: bool) -> int:
    from spymaster.cli.replay.cockpit import app_options

    options = app_options(load_config(config), None, colour=colour, mouse=mouse)
    from spymaster.session.live.keys import DATABENTO, find_key
    from spymaster.tui.run import run_start_screen
    from spymaster.tui.screens.start import Kind, StartChoice

    gives = "ES depth and 0DTE options" if find_key(DATABENTO) is not None else "SPY and its 0DTE options, no ES depth"
    demo = bundled_recording()
    recordings = tuple(
        StartChoice(Kind.RECORDING, folder.name, str(folder), folder)
        for folder in sorted(Path.cwd().glob("*/"))
        if (folder / "manifest.json").is_file()
    )
    choices = (
        StartChoice(Kind.LIVE, "Live", gives),
        *recordings,
        StartChoice(Kind.DEMO, "Demo", "the bundled recording, simulated", demo),
    )
    ending, choice = run_start_screen(choices, options)
    if choice is not None and choice.kind is Kind.LIVE:
        return _live(config, colour, mouse)
    if choice is None or choice.path is None:
        return int(ending)
    return _show(config, choice.path, colour, mouse, GO_LIVE if choice.kind is Kind.DEMO else "")
