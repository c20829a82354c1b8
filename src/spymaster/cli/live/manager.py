"""What starts and watches this process, told how it is: systemd by its notify protocol, containers by a file's time."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

ALIVE_VARIABLE: Final = "SPYMASTER_ALIVE"
"""Names a file whose time says when all was well last: for a health check that can only look at files."""
_TOUCH_S: Final = 1.0
_US: Final = 1e-6


class Manager:
    """Tells a service manager; nothing where there is none. ``environment``: of the process; ``now_s``: a monotonic
    clock. The watchdog is answered by whoever calls ``alive``, whatever the market does: a quiet feed is no reason to
    be killed. What cannot be told is left untold: a session does not end because nobody listens."""

    def __init__(
        self, environment: Mapping[str, str] = os.environ, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        alive = environment.get(ALIVE_VARIABLE, "")
        self._alive = Path(alive) if alive else None
        self._every_s = _watchdog_s(environment) / 2.0
        self._now_s = now_s
        self._answered_s = self._touched_s = float("-inf")
        self._status = ""

    def ready(self, status: str) -> None:
        """It has begun. ``status``: how it is, in words."""
        self._status = status
        self._tell(f"READY=1\nSTATUS={_line(status)}")

    def alive(self, status: str, *, well: bool = True) -> None:
        """Called again and again while it runs. ``well``: whether it does what it is for."""
        now_s = self._now_s()
        if status != self._status:
            self._status = status
            self._tell(f"STATUS={_line(status)}")
        if self._every_s and now_s - self._answered_s >= self._every_s:
            self._answered_s = now_s
            self._tell("WATCHDOG=1")
        if self._alive is not None and well and now_s - self._touched_s >= _TOUCH_S:
            self._touched_s = now_s
            with contextlib.suppress(OSError):
                self._alive.touch()

    def stopping(self) -> None:
        """It is ending, and may take its time to seal what it wrote."""
        self._tell("STOPPING=1\nSTATUS=ending")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        # a name that begins with @ is one of no file system
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.setblocking(False)
            to.sendto(message.encode(), address)


def _watchdog_s(environment: Mapping[str, str]) -> float:
    """How often systemd wants to hear of this process, 0 where it does not."""
    wanted = environment.get("WATCHDOG_USEC", "")
    pid = environment.get("WATCHDOG_PID", "")
    return int(wanted) * _US if wanted.isdecimal() and pid in ("", str(os.getpid())) else 0.0


def _line(text: str) -> str:
    return text.replace("\n", " ")
