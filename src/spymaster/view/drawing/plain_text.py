"""Text that fits the cells it is given: one cell a character, and plain ASCII where that was asked for."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

UNKNOWN: Final = "?"
"""What stands for a character that cannot be shown."""

_ASCII: Final = {
    **dict.fromkeys("−–—─━┄╌╸╺╶╴▔▬", "-"),
    **dict.fromkeys("│┃┊╎╽╿╷╵╻╹▎▏▍▌┤├", "|"),
    **dict.fromkeys("╭╮╯╰┌┐└┘┼┏┓┗┛", "+"),
    **dict.fromkeys("▁▂▃", "_"),
    **dict.fromkeys("▄▅▆▇█▀▊▋▉■◼", "#"),
    **dict.fromkeys("●•◆", "*"),
    **dict.fromkeys("○□◇", "o"),
    **dict.fromkeys("·…◦▫", "."),
    **dict.fromkeys("▲▴△↑", "^"),
    **dict.fromkeys("▼▾▽↓", "v"),
    **dict.fromkeys("▶▸→≥»", ">"),
    **dict.fromkeys("◀◂←≤«", "<"),
    **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("×✕╳", "x"),
    **dict.fromkeys("✓✔", "+"),
    **dict.fromkeys("░▒▓", ":"),
    "╱": "/",
    "╲": "\\",
    "±": "~",
    "≈": "~",
    "½": "h",
    "²": "2",
    "³": "3",
    "µ": "u",
    "μ": "u",
    "Σ": "=",
    "Δ": "d",
    "δ": "d",
    "γ": "g",
    "σ": "s",
    "°": "o",
    "€": "E",
    "ß": "s",
}
"""The characters of the program's own words and marks, and those that people write in names."""


@lru_cache(maxsize=8192)
def one_cell_each(text: str) -> str:
    """The text with every character one cell wide: what is wider, narrower or no character to be shown, such as a
    control character in a file's name, is a question mark."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() and _cells(char) == 1 else UNKNOWN for char in text)


@lru_cache(maxsize=8192)
def ascii_text(text: str) -> str:
    """The text in plain ASCII, of the same width: a letter loses its accent, a character without a likeness is a
    question mark for each of its cells."""
    if text.isascii():
        return text
    return "".join(char if char.isascii() else _ASCII.get(char) or _likeness(char) for char in text)


def _likeness(char: str) -> str:
    base = unicodedata.normalize("NFKD", char)[:1]
    cells = _cells(char)
    return base if cells == 1 and base.isascii() and base.isprintable() else UNKNOWN * cells


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
