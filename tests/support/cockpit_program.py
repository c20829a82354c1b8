"""A program that shows the cockpit on the scripted market: what terminal tests run.

Arguments: a mode of ``Mode``, or ``start`` for the start screen; then ``compile=SECONDS``, ``color=DEPTH``,
``save=FOLDER``, ``hangup=FILE`` (written by the hangup callback), ``fast`` (64 frames per second of event time).
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from tests.support.scripted_source import ScriptedSource


def _note(path: Path) -> None:
    path.write_text("gone", encoding="utf-8")


def main() -> int:
    """Run and return the exit status."""
    from spymaster.tui.terminal.colour import prepare_colour

    mode = sys.argv[1]
    given = dict(argument.partition("=")[::2] for argument in sys.argv[2:])
    depth = prepare_colour(given.get("color", "auto"), os.environ)

    from spymaster.signals.frame import Mode
    from spymaster.tui.keys.keymap import load_keymap
    from spymaster.tui.options import AppOptions
    from spymaster.tui.run import run_app, run_start_screen
    from spymaster.tui.screens.start import Kind, StartChoice

    hangup = Path(given.get("hangup", os.devnull))
    options = AppOptions(
        keymap=load_keymap("default"),
        colour=depth,
        notice="to go live, set DATABENTO_API_KEY and start spymaster-tui live",
        save_folder=Path(given.get("save", ".")),
        on_hangup=partial(_note, hangup),
    )
    if mode == "start":
        places = (
            StartChoice(Kind.LIVE, "Live", missing="no key: set DATABENTO_API_KEY"),
            StartChoice(Kind.RECORDING, "first-look", "simulated, 7 min", Path("first-look")),
            StartChoice(Kind.DEMO, "Demo", "the bundled simulated recording"),
        )
        ending, place = run_start_screen(places, options)
        print("took", place.title if place is not None else "nothing")
        return ending
    source = ScriptedSource(
        Mode(mode), wall=True, compiling_s=float(given.get("compile", 0)), steps_per_s=64 if "fast" in given else 4
    )
    return run_app(source, options)


if __name__ == "__main__":
    sys.exit(main())
