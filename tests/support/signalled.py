"""The command with a signal at a chosen place of it: always the same moment, however fast the machine is."""

from __future__ import annotations

import importlib
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spymaster.cli.entry import main
from spymaster.interrupts import taken_back


@dataclass(frozen=True)
class Seam:
    """A function, ``module:name`` or ``module:Class.name``, and which call of it; ``after``: when it has returned."""

    function: str
    call: int = 1
    after: bool = False

    def strike(self, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> list[int]:
        """Do something at that moment; the list says how often it was reached in the end."""
        module, _, name = self.function.partition(":")
        owner: Any = importlib.import_module(module)
        *path, last = name.split(".")
        for part in path:
            owner = getattr(owner, part)
        original = getattr(owner, last)
        reached: list[int] = []
        count = 0

        def struck(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count != self.call:
                return original(*arguments, **named)
            reached.append(count)
            if not self.after:
                act()
            result = original(*arguments, **named)
            if self.after:
                act()
            return result

        monkeypatch.setattr(owner, last, struck)
        return reached


def run_struck(monkeypatch: pytest.MonkeyPatch, arguments: Sequence[object], seam: Seam, number: signal.Signals) -> int:
    """Run the command in this process and send it a signal at the seam; its exit code."""
    reached = seam.strike(monkeypatch, lambda: signal.raise_signal(number))
    monkeypatch.setattr(sys, "argv", ["spymaster-tui", *map(str, arguments)])
    with taken_back(), pytest.raises(SystemExit) as ending:
        main()
    assert reached, f"{seam.function} was never called"
    assert isinstance(ending.value.code, int)
    return ending.value.code


def await_handler(pid: int, number: signal.Signals, patience_s: float = 240.0) -> None:
    """Until a process has taken a signal over: before that it is an interpreter that has not begun to run us."""
    give_up = time.monotonic() + patience_s
    while not _takes(pid, number):
        assert time.monotonic() < give_up, f"process {pid} never took {number.name} over"
        time.sleep(0.005)


def _takes(pid: int, number: signal.Signals) -> bool:
    if sys.platform != "linux":
        time.sleep(0.3)
        return True
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False
