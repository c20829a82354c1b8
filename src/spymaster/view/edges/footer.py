"""The last row: the keys that matter here; and the row above it with one plain sentence."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from spymaster.view.drawing.cells import Line, Row, clip
from spymaster.view.state import QUALITY_SENTENCES, Keys

COCKPIT_KEYS: Final[Keys] = (
    ("c", "centre"),
    ("+/-", "zoom"),
    ("1/2", "layer"),
    ("Tab", "panel"),
    ("Enter", "level"),
    ("n/N", "alert"),
    ("a", "ack"),
    ("f", "jump"),
    (":", "go to"),
    ("Ctrl+P", "palette"),
    ("h", "health"),
)

REPLAY_KEYS: Final[Keys] = (
    ("Space", "pause"),
    (". ,", "snap"),
    ("; '", "record"),
    ("[ ]", "speed"),
    ("n N", "alert"),
    ("t T", "touch"),
    (":", "go to"),
    ("r", "loop"),
    ("m", "compare"),
    ("L", "to live"),
)

HELP: Final = ("?", "help")
_SAID_FROM: Final = 100
"""Columns of a footer with room for a sentence beside the keys."""
UNMEASURED: Final = "predictive value: not measured"


@lru_cache(maxsize=64)
def footer_row(keys: Keys, width: int, ground: str = "ground", quality: int = 0) -> Row:
    """Keys and their words, cut at the last whole pair; help always fits. ``quality``: what is drawn less finely
    because the link is slow is said at the right, where the record stands otherwise."""
    line = Line(width, ground)
    loud, soft = ("bright", "muted") if ground == "ground" else (ground.replace("band", "text"),) * 2
    said = QUALITY_SENTENCES[quality]
    # Half a wide footer goes to keys even where there is something to be said.
    kept = len(said) + 4 if said and width >= _SAID_FROM else 0
    room = width - 1 - len(HELP[0]) - len(HELP[1]) - 1 - kept
    x = 1
    for key, word in keys:
        if x + len(key) + 1 + len(word) + 3 > room:
            break
        x = line.runs(x, [(key, f"{loud}*"), (f" {word}", soft)]) + 3
    x = line.runs(x, [(HELP[0], f"{loud}*"), (f" {HELP[1]}", soft)])
    if kept:
        line.right(width - 2, said, "degraded" if ground == "ground" else f"{soft}*")
    elif width - x >= len(UNMEASURED) + 5:
        line.right(width - 2, UNMEASURED, soft)
    return line.row()


@lru_cache(maxsize=64)
def note_row(name: str, sentence: str, role: str, mark: str, width: int) -> Row:
    """One sentence, with a mark in its signal's colour. ``name``: of the level it is about, empty for none."""
    line = Line(width)
    if not sentence:
        return line.row()
    line.put(0, mark, role)
    x = line.put(2, name, "bright", bold=True) + 2 if name else 2
    line.put(x, clip(sentence, width - x), "text")
    return line.row()
