"""The cockpit program in a terminal of the test's choice."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.pty_terminal import PtyTerminal
from tests.support.snapshots import plain_colours, snap, snap_panels

__all__ = ["Launch", "launch", "plain_colours", "snap", "snap_panels"]

ROOT = Path(__file__).parents[2]

Launch = Callable[..., PtyTerminal]


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Start the cockpit program: ``launch("REPLAY", "compile=2", columns=80, rows=24, rate=50_000)``."""
    with ExitStack() as stack:

        def start(*arguments: str, env: dict[str, str] | None = None, **terminal: Any) -> PtyTerminal:
            argv = [sys.executable, "-m", "tests.support.cockpit_program", *arguments]
            path = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
            return stack.enter_context(PtyTerminal(argv, cwd=ROOT, env={**path, **(env or {})}, **terminal))

        yield start
