"""Levels and alerts of a moment as two text files for other programs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from spymaster.atomic_output import write_whole
from spymaster.signals.frame import Frame
from spymaster.tui.text.row_text import alerts_table, levels_table


def save_tables(frame: Frame | None, folder: Path) -> str:
    """Write both, named by the moment of writing; returns what to say of it."""
    if frame is None:
        return "nothing to export yet: wait for the first book"
    stem = f"spymaster-{datetime.now():%Y%m%d-%H%M%S}"
    for name, text in (("levels", levels_table(frame)), ("alerts", alerts_table(frame))):
        path = folder / f"{stem}-{name}.tsv"
        try:
            write_whole(path, text.encode())
        except OSError as error:
            return f"{path}: not saved: {error.strerror}"
    return f"saved {folder / stem}-levels.tsv and -alerts.tsv"
