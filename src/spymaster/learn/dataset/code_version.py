"""Which sources decide what is in a row: a data set says by which of them it was made."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

import spymaster

DECIDING: Final = (
    "features", "labels", "ledger", "market", "physics", "learn/event_prices.py", "learn/dataset/columns.py",
    "learn/dataset/gather.py", "learn/dataset/label_columns.py", "learn/dataset/row_columns.py",
)  # fmt: skip
"""Rooms and modules, below the package: records to snaps, snaps to features, prices to labels, and these to rows."""


def code_version() -> str:
    """The program's version."""
    return version("spymaster-tui")


def code_sha256() -> str:
    """SHA-256 of the deciding sources, by name."""
    package = Path(spymaster.__file__).parent
    digest = hashlib.sha256()
    for name in DECIDING:
        place = package / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(f"{path.relative_to(package).as_posix()} ".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
