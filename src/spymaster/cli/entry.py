"""Entry point of the ``spymaster-tui`` command: signals are taken over before anything that takes time is imported."""

from __future__ import annotations

import sys

from spymaster.interrupts import ended_by_signals


def main() -> None:
    """Run the command line; INT, TERM and HUP end it in order, with exit code 128 and the signal's number."""
    with ended_by_signals():
        from spymaster.cli.main import asked

        asked(sys.argv[1:])()
