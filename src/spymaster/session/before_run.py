"""Kernels compiled before a run without a screen begins: by two processes, and not counted as part of the run."""

from __future__ import annotations

import time
from typing import Final, TextIO

from spymaster.session.progress import Progress
from spymaster.session.warmup import compiling_elsewhere, is_warm

_LOOK_S: Final = 0.1


def have_kernels(stream: TextIO) -> None:
    """Compile what is not compiled yet, saying on a stream how far it is. What fails here the run will say."""
    if is_warm():
        return
    progress = Progress(stream, "compile")
    try:
        with compiling_elsewhere() as work:
            while work.is_at_it:
                progress.show(work.share, work.words)
                time.sleep(_LOOK_S)
    finally:
        progress.close()
