"""Notices when a file of a folder changes."""

from __future__ import annotations

from pathlib import Path


class FolderWatch:
    """Compares names, sizes and times of a folder's TOML files with those seen last."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._seen = self._look()

    def changed(self) -> bool:
        """True once after each change."""
        now = self._look()
        changed, self._seen = now != self._seen, now
        return changed

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        found: list[tuple[str, int, int]] = []
        for path in sorted(self._folder.glob("*.toml")) if self._folder is not None else ():
            try:
                status = path.stat()
            except OSError:
                # Replaced this very moment: the next look sees what came of it.
                continue
            found.append((path.name, status.st_size, status.st_mtime_ns))
        return tuple(found)
