"""What a pasted text means where one line is typed."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 64
"""Characters: no price, time or command is longer."""


def pasted_line(text: str) -> tuple[str, str]:
    """The first line with anything in it, without the blanks around it and without control characters; and what was
    left out, in words, empty where nothing was."""
    lines = [line for line in map(_printable, text.splitlines()) if line]
    if not lines:
        return "", "nothing pasted: the text has no line to take"
    line = lines[0]
    left = []
    if len(lines) > 1:
        left.append(f"the first of {len(lines)} lines")
    if len(line) > LONGEST:
        left.append(f"its first {LONGEST} of {len(line)} characters")
    return line[:LONGEST], f"pasted {' and '.join(left)}" if left else ""


def _printable(line: str) -> str:
    return "".join(char for char in line.replace("\t", " ") if char.isprintable()).strip()
