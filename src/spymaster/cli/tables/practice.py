"""``export practice``: the journal of paper brackets as a table."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from spymaster.errors import ExitCode, UserError
from spymaster.session.replay.practice import journal_path, read_journal, write


def run_practice(out: str, file_format: str | None, journal: Path | None) -> int:
    """Write the journal; returns the exit code. Raises UserError."""
    path = journal if journal is not None else journal_path()
    if journal is not None and not journal.exists():
        raise UserError(journal, "no such file", "name a journal, or leave it out", code=ExitCode.USAGE)
    lines, unreadable = read_journal(path)
    write(lines, out, file_format if file_format or out != "-" else "csv")
    if unreadable:
        print(f"warning: {path}: {unreadable} lines are no brackets and were left out", file=sys.stderr)
    print(f"{len(lines):,} rows of practice{'' if out == '-' else f' in {out}'}", file=sys.stderr)
    return ExitCode.DATA if unreadable else os.EX_OK
