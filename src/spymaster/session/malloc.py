"""Large blocks of memory go back to the system as soon as they are freed.

glibc raises the size from which it does that with every large block it sees freed. A replay that is sent to and fro
frees an engine each time; without a fixed size the process would grow by the gaps between them.
"""

from __future__ import annotations

import ctypes
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 4 * 1024 * 1024


def fix_mmap_threshold() -> None:
    """Fix that size for this process. Does nothing where the C library knows no such setting."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
