"""What ``bench`` measures of the screen: the real program in a pseudo terminal, replaying the bundled recording.

The terminal answers at once, so that nothing but the program sets the pace.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from spymaster.resources import bundled_recording

COLUMNS: Final = 200
ROWS: Final = 60
SPEED: Final = 4
"""Event time passes this many times as fast as the clock; the screen keeps its own 4 frames a second."""

SETTLE_S: Final = 2.0
WATCH_S: Final = 8.0

_TIMEOUT_S: Final = 60.0
_CLOSE_TIMEOUT_S: Final = 5.0
_SHOWN: Final = b"HEATMAP"
_PING_COLUMN: Final = 65
"""Column of the question that has no frame before it; a frame's own question comes from a column before this one."""

_QUESTION: Final = re.compile(rb"\x1b\[\?2026\$p|(?:\x1b\[(\d+);(\d+)H)?\x1b\[6n")
_FRAME_ROW: Final = 2
_SOMEWHERE: Final = b"\x1b[9;1R"
"""The reply to a question behind a part of a frame: any row but that of the frames."""

_LONGEST_QUESTION: Final = 24
_SYNC_KNOWN: Final = b"\x1b[?2026;2$y"


class ScreenFigures(msgspec.Struct, frozen=True):
    """One run of the cockpit.

    ``paint_s``: from the start of the process to the end of the first frame with the cockpit in it. The others are of
    the watched time and 0 when nothing was watched: ``frame_bytes`` counts everything written, per frame; the CPU time
    is that of the whole process (Linux only; None elsewhere), per frame and per second of the clock.
    """

    paint_s: float
    frame_bytes: float
    frame_cpu_ms: float | None
    cpu_percent: float | None


class OutputCount:
    """Counts what a program writes to its terminal, and knows what the terminal has to answer."""

    def __init__(self) -> None:
        self.total_bytes = 0
        self.frames = 0
        self.painted = False
        self._rest = b""
        self._shown = False

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes, cut anywhere; returns the answers to the questions that ended in them, in order."""
        self.total_bytes += len(data)
        view = self._rest + data
        answers = []
        end = 0
        for match in _QUESTION.finditer(view):
            self._shown = self._shown or _SHOWN in view[end : match.start()]
            end = match.end()
            if match.group().endswith(b"$p"):
                answers.append(_SYNC_KNOWN)
                continue
            if match.group(1) is None:
                answers.append(_SOMEWHERE)
                continue
            answers.append(b"\x1b[%b;%bR" % (match.group(1), match.group(2)))
            if int(match.group(1)) == _FRAME_ROW and int(match.group(2)) < _PING_COLUMN:
                self.frames += 1
                self.painted = self.painted or self._shown
        self._shown = self._shown or _SHOWN in view[end:]
        self._rest = view[max(end, len(view) - _LONGEST_QUESTION) :]
        return b"".join(answers)


class Cockpit:
    """A cockpit in its terminal. Leaving the context ends it: politely, and by force where that does not help."""

    def __init__(self, config_home: str, command: Sequence[str], size: tuple[int, int] = (COLUMNS, ROWS)) -> None:
        self.count = OutputCount()
        self._terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        left_out = {"TMUX", "STY", "NO_COLOR", "COLUMNS", "LINES", "TERM_PROGRAM"}
        environment = {key: value for key, value in os.environ.items() if key not in left_out}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_CONFIG_HOME": config_home}
        self.started = time.perf_counter()
        try:
            self._process = subprocess.Popen(
                command, stdin=inner, stdout=inner, stderr=inner, env=environment, start_new_session=True
            )
        except OSError:
            os.close(self._terminal)
            raise
        finally:
            os.close(inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.leave(_CLOSE_TIMEOUT_S)
        finally:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            os.close(self._terminal)

    def first_paint(self) -> float:
        """Wait for the cockpit; returns the seconds since the start. Raises TimeoutError if it does not come."""
        deadline = self.started + _TIMEOUT_S
        while not self.count.painted:
            if time.perf_counter() > deadline or not self._take(0.5):
                raise TimeoutError(errno.ETIMEDOUT, "it ended or took too long before its first paint", "cockpit")
        return time.perf_counter() - self.started

    def watch(self, seconds: float) -> None:
        """Read and answer for a while. Raises TimeoutError if the program ends before."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if not self._take(left):
                raise TimeoutError(errno.ETIMEDOUT, "it ended while it was being measured", "cockpit")

    def leave(self, timeout_s: float) -> None:
        """Ask it to end, and read on until it has, at most so long."""
        if self._process.poll() is not None:
            return
        os.write(self._terminal, b"q")
        deadline = time.perf_counter() + timeout_s
        while self._process.poll() is None and time.perf_counter() < deadline:
            self._take(0.05)

    def cpu_seconds(self) -> float | None:
        """CPU time of all threads of the process so far; None where the system has no ``/proc``."""
        if not has_process_times():
            return None
        after_name = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def _take(self, timeout_s: float) -> bool:
        """Read once and answer; False once the program has closed its terminal."""
        if not select.select([self._terminal], [], [], timeout_s)[0]:
            return self._process.poll() is None
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            return False
        if answers := self.count.feed(data):
            os.write(self._terminal, answers)
        return bool(data)


def has_process_times() -> bool:
    """Whether the CPU time of another process can be read here (Linux only)."""
    return sys.platform.startswith("linux")


def screen_figures(settle_s: float = SETTLE_S, watch_s: float = WATCH_S) -> ScreenFigures:
    """Run the cockpit once; ``watch_s`` 0 measures the first paint alone. Raises TimeoutError if it does not paint."""
    start = "from spymaster.cli.entry import main; main()"
    command = [sys.executable, "-c", start, "replay", str(bundled_recording()), "--speed", str(SPEED)]
    with tempfile.TemporaryDirectory() as config_home, Cockpit(config_home, command) as cockpit:
        paint_s = cockpit.first_paint()
        if watch_s <= 0:
            return ScreenFigures(paint_s, 0.0, None, None)
        cockpit.watch(settle_s)
        size, frames, cpu_before = cockpit.count.total_bytes, cockpit.count.frames, cockpit.cpu_seconds()
        started = time.perf_counter()
        cockpit.watch(watch_s)
        elapsed_s, cpu_after = time.perf_counter() - started, cockpit.cpu_seconds()
        painted = cockpit.count.frames - frames
        if not painted:
            raise TimeoutError(errno.ETIMEDOUT, f"it painted nothing for {watch_s:g} s", "cockpit")
        frame_bytes = (cockpit.count.total_bytes - size) / painted
    if cpu_before is None or cpu_after is None:
        return ScreenFigures(paint_s, frame_bytes, None, None)
    cpu_s = cpu_after - cpu_before
    return ScreenFigures(paint_s, frame_bytes, cpu_s * 1e3 / painted, cpu_s * 100 / elapsed_s)
