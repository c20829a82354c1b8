"""Output to a link that is narrow, or not yet known to be wide: differences only, the newest first, little at a time.

So the answer to a key overtakes a picture that is still being sent, and what is under way before it takes a twentieth
of a second. Takes the time as an argument and touches no terminal.
"""

from __future__ import annotations

from typing import Final

from spymaster.tui.terminal.shadow import ShadowScreen
from spymaster.tui.terminal.window import SendWindow

WIDE_BYTES_PER_S: Final = 200_000
"""A link that takes so much gets whole frames: nothing waits on it long enough to be overtaken."""

_QUESTION: Final = "\x1b[6n"


class ThriftyOutput:
    """Sends pictures as differences. ``ask_row``: the row (from 0) the replies to the questions behind frames come
    from, which no other question may be asked from."""

    def __init__(self, width: int, height: int, ask_row: int, window: SendWindow) -> None:
        self._shadow = ShadowScreen(width, height)
        self._window = window
        self._ask_row = ask_row
        self._question = ""
        self.heeded = True
        """Whether the terminal answers; one that does not is sent everything at once."""

    def fits(self, width: int, height: int) -> bool:
        """True while the terminal has the size this began with."""
        return (self._shadow.width, self._shadow.height) == (width, height)

    @property
    def unsent(self) -> bool:
        """True while the newest picture has not been handed over whole, with its question."""
        return self._shadow.behind or bool(self._question)

    @property
    def is_wide(self) -> bool:
        """True once the link has shown that it needs no thrift."""
        rate = self._window.rate
        return not self.heeded or (rate is not None and rate >= WIDE_BYTES_PER_S)

    def frame(self, text: str, question: str) -> str:
        """Take a frame over; what is left of the one before is sent only where it still holds. Returns what of it is
        not for a cell and must be sent at once."""
        self._question = question
        return self._shadow.take(text)

    def piece(self, now: float) -> str:
        """What to hand over now; empty while the link holds enough or there is nothing to send."""
        size = self._window.piece if self.heeded else 1 << 30
        if size <= 0 or not self.unsent:
            return ""
        text = self._shadow.piece(size - len(_QUESTION))
        if self._shadow.behind:
            text += self._mark() if self.heeded else ""
        else:
            text += self._question
            self._question = ""
        self._window.sent(len(text.encode()), now)
        return text

    def _mark(self) -> str:
        """A question whose reply cannot be taken for that of a frame."""
        if self._shadow.row not in (self._ask_row, -1):
            return _QUESTION
        row = self._ask_row + 1
        self._shadow.moved(row, 0)
        return f"\x1b[{row + 1};1H{_QUESTION}"
