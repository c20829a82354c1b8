"""Text for the terminal's clipboard (OSC 52), wrapped for the multiplexer it has to pass, and what to say of it.

No terminal answers, so nothing tells whether the text arrived; what is known not to work is said.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Final, NamedTuple

_SCREEN_PIECE: Final = 240
"""GNU screen passes strings on in pieces no longer than this."""

_LONGEST: Final = 74_994
"""Bytes of text: xterm takes 100,000 of them encoded, and many terminals no more."""


class Copy(NamedTuple):
    """``sequence`` is written to the terminal, empty where that is of no use; ``note`` is said behind "copied", or in
    its place where nothing was."""

    sequence: str
    note: str = ""


def copy_of(text: str, environment: Mapping[str, str]) -> Copy:
    """How a text reaches the clipboard from a program that runs in this environment."""
    term = environment.get("TERM", "")
    data = text.encode()
    if len(data) > _LONGEST:
        return Copy("", f"not copied: {len(data):,} bytes are more than terminals take; export it as a file")
    if environment.get("TERM_PROGRAM") == "Apple_Terminal" or term in ("linux", "dumb", ""):
        return Copy("", "not copied: this terminal has no clipboard for programs; export it as a file")
    encoded = b64encode(data).decode()
    plain = f"\x1b]52;c;{encoded}\x07"
    if environment.get("TMUX") or term.startswith("tmux"):
        passed = plain.replace("\x1b", "\x1b\x1b")
        note = "if tmux lets it through: set -s set-clipboard on, or set -g allow-passthrough on"
        return Copy(f"{plain}\x1bPtmux;{passed}\x1b\\", note)
    if environment.get("STY") or term.startswith("screen"):
        pieces = [plain[at : at + _SCREEN_PIECE] for at in range(0, len(plain), _SCREEN_PIECE)]
        return Copy("".join(f"\x1bP{piece}\x1b\\" for piece in pieces), "if the terminal around screen allows it")
    return Copy(plain)
