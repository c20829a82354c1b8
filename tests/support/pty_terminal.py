"""A terminal to run a program in: a real pty, a screen to read, a reader as slow as wanted.

It answers what a terminal answers (cursor position, synchronized output), counts and keeps every byte, and shows the
screen through pyte. The reader is a thread; queries are answered in the order of the bytes, so a slow reader answers
late, just as a slow link does.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyte

PATIENCE_S = 120.0
DRAINED_S = 15.0
"""How long the last bytes of a program may take, where something else keeps the terminal open after it."""
SYNC_REPLY = b"\x1b[?2026;2$y"
QUERY = re.compile(rb"\x1b\[\?2026\$p|(?:\x1b\[(\d+);(\d+)H)?\x1b\[6n")
SOMEWHERE = b"\x1b[9;1R"
"""Where the cursor is when it is asked from no known place: any row but the one frames are asked from."""


RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1004l", b"\x1b[?2004l")
"""What a program must have written last for the terminal to be usable again."""


@dataclass
class PtyTerminal:
    """One program in one terminal. Use as a context manager: leaving kills what is left of the program.

    ``rate``: bytes per second the terminal takes, None for no limit. ``answers``: whether it answers the cursor
    position query; ``sync``: whether it knows synchronized output. ``arrivals``: (monotonic time, total bytes so far).
    """

    argv: Sequence[str]
    columns: int = 120
    rows: int = 40
    env: Mapping[str, str] = field(default_factory=dict)
    rate: float | None = None
    answers: bool = True
    sync: bool = True
    cwd: Path | None = None

    def __enter__(self) -> PtyTerminal:
        self._master, slave = pty.openpty()
        self._set_size(slave)
        environment = {
            **{k: v for k, v in os.environ.items() if k not in {"TMUX", "STY", "NO_COLOR", "COLUMNS", "LINES"}},
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            **self.env,
        }
        self.raw = bytearray()
        self.arrivals: list[tuple[float, int]] = []
        self._screen: Any = pyte.Screen(self.columns, self.rows)
        self._stream: Any = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._scanned = 0
        self._done = threading.Event()
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            list(self.argv), stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=self.cwd,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the terminal's side, as a dropped connection does."""
        self._done.set()
        self._reader.join()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def send(self, keys: str) -> float:
        """Type; returns the moment."""
        at = time.monotonic()
        os.write(self._master, keys.encode())
        return at

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the program is told by a signal as in any terminal."""
        with self._lock:
            self.columns, self.rows = columns, rows
            self._screen.resize(rows, columns)
        self._set_size(self._master)

    def clear(self) -> None:
        """Forget what the screen shows, as if another program had cleared it."""
        with self._lock:
            self._screen.reset()

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def wait_stopped(self) -> None:
        """Until the program has stopped itself, some moments after it gave the terminal back: a signal to go on that
        came before would be lost, and it would never be heard of again."""
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """Exit status of the program once it has ended and everything it wrote has been read."""
        status = self.process.wait(timeout)
        deadline = time.monotonic() + DRAINED_S
        while self._master >= 0 and not self._done.is_set() and time.monotonic() < deadline:
            time.sleep(0.02)
        return status

    def lines(self) -> list[str]:
        """The screen's rows as text."""
        with self._lock:
            return list(self._screen.display)

    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.lines())

    def cell(self, column: int, row: int) -> Any:
        """One cell of the screen: pyte's character with its colours."""
        with self._lock:
            return self._screen.buffer[row][column]

    def wait_for(self, wanted: str | Callable[[str], bool], timeout: float = PATIENCE_S) -> float:
        """Wait until the screen shows a text (or satisfies a test); returns the moment it was seen."""
        shows = wanted if callable(wanted) else lambda text: wanted in text
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if shows(self.text()):
                return time.monotonic()
            time.sleep(0.005)
        raise AssertionError(f"never shown within {timeout} s: {wanted!r}; the screen is\n{self.text()}")

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, f"never came true; the screen is\n{self.text()}"
            time.sleep(0.005)

    def restored(self) -> bool:
        """True when the last thing the program did to the terminal was to give it back."""
        end = bytes(self.raw)[bytes(self.raw).rfind(b"\x1b[?1049h") :]
        typed_into_the_shell = b"^[[" in self.raw
        return all(sequence in end for sequence in RESTORED) and not typed_into_the_shell

    def _set_size(self, fileno: int) -> None:
        fcntl.ioctl(fileno, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    def _read(self) -> None:
        started, total = time.monotonic(), 0
        while not self._done.is_set():
            wanted = 65536
            if self.rate is not None:
                now = time.monotonic()
                allowed = int((now - started) * self.rate) - total
                if allowed > self.rate * 0.05:
                    started, total = now - 0.02, 0
                    allowed = int(self.rate * 0.02)
                if allowed < 1:
                    time.sleep(0.004)
                    continue
                wanted = min(allowed, 4096)
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self._master, wanted)
            except OSError:
                break
            if not data:
                break
            total += len(data)
            self._take(data)
        self._done.set()

    def _take(self, data: bytes) -> None:
        now = time.monotonic()
        with self._lock:
            self.raw += data
            self.arrivals.append((now, len(self.raw)))
            self._stream.feed(data)
        self._answer()

    def _answer(self) -> None:
        view = bytes(self.raw[self._scanned :])
        end = 0
        for match in QUERY.finditer(view):
            end = match.end()
            if match.group().endswith(b"$p"):
                if self.sync:
                    os.write(self._master, SYNC_REPLY)
            elif self.answers:
                place = b"\x1b[%b;%bR" % (match.group(1), match.group(2)) if match.group(1) else SOMEWHERE
                os.write(self._master, place)
        self._scanned += max(end, len(view) - 32)
