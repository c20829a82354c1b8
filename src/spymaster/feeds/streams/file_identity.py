"""What tells a file from every other, and from itself after a change, without reading all of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

_SAMPLE_BYTES: Final = 64 * 1024


def file_identity(path: Path) -> bytes:
    """Hash of a file's size, time of change, and first and last bytes; its name and place do not count. 32 bytes."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        digest = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode())
        digest.update(file.read(_SAMPLE_BYTES))
        file.seek(max(status.st_size - _SAMPLE_BYTES, 0))
        digest.update(file.read(_SAMPLE_BYTES))
    return digest.digest()
