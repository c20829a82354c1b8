"""What ``bench`` measures of narrow links: how soon a key is answered on a terminal that takes few bytes a second.

The real program replays the bundled recording at four times its pace into a terminal that reads no faster than the
link. A key is answered when the cell it changes has changed on the screen.
"""

from __future__ import annotations

import errno
import os
import re
import select
import sys
import tempfile
import time
from codecs import getincrementaldecoder
from typing import Final

from spymaster.bench.screen import SPEED, Cockpit
from spymaster.resources import bundled_recording

BAUD_9600: Final = 960
KB_50: Final = 50_000
UNLIMITED: Final = 1_000_000_000
SIZE: Final = (120, 40)
PRESSES: Final = 12

_SETTLE_S: Final = 10.0
_PATIENCE_S: Final = 60.0
_TICK_S: Final = 0.002
_BURST_S: Final = 0.02
"""A link hands bytes on as they come; read at longer intervals they would arrive in lumps."""

_SEQUENCE: Final = re.compile(r"\x1b(?:\[([0-9;?<>=]*)([A-Za-z])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[78=>])")


class TextScreen:
    """The characters of a terminal, as far as the cockpit's output needs: cursor moves and text, colours left out."""

    def __init__(self, columns: int, rows: int) -> None:
        self._cells = [[" "] * columns for _ in range(rows)]
        self._row = self._column = 0
        self._rest = ""
        self._kept = (0, 0)
        self._decode = getincrementaldecoder("utf-8")("replace").decode

    def row(self, index: int) -> str:
        """The text of a row; negative ones count from the last."""
        return "".join(self._cells[index])

    def feed(self, data: bytes) -> None:
        """Take the next bytes, cut anywhere."""
        text = self._rest + self._decode(data)
        end = 0
        for found in _SEQUENCE.finditer(text):
            self._put(text[end : found.start()])
            self._move(found.group(), found.group(1) or "", found.group(2) or "")
            end = found.end()
        tail = text.rfind("\x1b", end)
        self._put(text[end:] if tail < 0 else text[end:tail])
        self._rest = "" if tail < 0 else text[tail:]

    def _move(self, whole: str, codes: str, letter: str) -> None:
        if letter == "H":
            row, _, column = codes.partition(";")
            self._row, self._column = int(row or 1) - 1, int(column or 1) - 1
        elif letter == "C":
            self._column += int(codes or 1)
        elif whole == "\x1b7":
            self._kept = (self._row, self._column)
        elif whole == "\x1b8":
            self._row, self._column = self._kept

    def _put(self, text: str) -> None:
        for char in text:
            if char.isprintable() and self._row < len(self._cells) and self._column < len(self._cells[0]):
                self._cells[self._row][self._column] = char
                self._column += 1


class NarrowCockpit(Cockpit):
    """A cockpit behind a link of ``rate`` bytes a second."""

    def __init__(self, config_home: str, command: list[str], rate: float) -> None:
        super().__init__(config_home, command, SIZE)
        self.screen = TextScreen(*SIZE)
        self._rate = rate
        self._credit = 0.0
        self._read_at = time.perf_counter()

    def until(self, shows: str) -> None:
        """Until the last row shows that. Raises TimeoutError."""
        began = time.perf_counter()
        while shows not in self.screen.row(-1):
            if time.perf_counter() - began > _PATIENCE_S or not self._take(_TICK_S):
                problem = f"it did not show {shows!r} within {_PATIENCE_S:g} s"
                raise TimeoutError(errno.ETIMEDOUT, problem, "cockpit")

    def press(self, key: bytes, shows: str) -> float:
        """Press a key and wait until the last row shows its answer; returns the seconds. Raises TimeoutError."""
        pressed = time.perf_counter()
        os.write(self._terminal, key)
        self.until(shows)
        return time.perf_counter() - pressed

    def _take(self, timeout_s: float) -> bool:
        """Read what the link would have carried by now, and answer."""
        until = time.perf_counter() + min(timeout_s, 0.5)
        while True:
            now = time.perf_counter()
            self._credit = min(self._credit + (now - self._read_at) * self._rate, max(self._rate * _BURST_S, 1.0))
            self._read_at = now
            if self._credit >= 1.0 and select.select([self._terminal], [], [], 0.0)[0]:
                return self._read(int(self._credit))
            if now >= until:
                return self._process.poll() is None
            time.sleep(_TICK_S)

    def _read(self, most: int) -> bool:
        try:
            data = os.read(self._terminal, most)
        except OSError:
            return False
        self._credit -= len(data)
        self.screen.feed(data)
        if answers := self.count.feed(data):
            os.write(self._terminal, answers)
        return bool(data)


def answer_ms(rate: float, presses: int = PRESSES) -> list[float]:
    """Milliseconds from pressing Space to the other word in the footer, again and again. Raises TimeoutError."""
    start = "from spymaster.cli.entry import main; main()"
    command = [sys.executable, "-c", start, "replay", str(bundled_recording()), "--speed", str(SPEED)]
    found = []
    with tempfile.TemporaryDirectory() as config_home, NarrowCockpit(config_home, command, rate) as cockpit:
        cockpit.until("Space pause")
        cockpit.watch(_SETTLE_S)
        for press in range(presses):
            found.append(cockpit.press(b" ", "Space play" if press % 2 == 0 else "Space pause") * 1e3)
            # Not in step with the frames.
            cockpit.watch(0.6 + 0.07 * press)
    return found
