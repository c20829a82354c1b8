"""Where the packaged files are: the default configuration, the themes and the bundled recording.

In a wheel they are package data under ``spymaster/_data``. In a checkout, and in an editable install of one, they are
the checkout's own ``config.toml``, ``themes/`` and ``recordings/``: what is edited is what is used. The documents lie
in the package itself either way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from spymaster.errors import UserError

BUNDLED_RECORDING: Final = "first-look"
"""Folder name of the one recording that travels in the wheel."""

SPY_RECORDING: Final = "gamma-squeeze"
"""Folder name of the one with SPY and its options, of a checkout alone."""

_PACKAGE: Final = Path(__file__).resolve().parent


def data_root() -> Path:
    """The folder that holds ``config.toml``, ``themes/`` and ``recordings/``."""
    packaged = _PACKAGE / "_data"
    return packaged if packaged.is_dir() else _PACKAGE.parent.parent


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UserError(path, "is missing from this installation", "install spymaster-tui again")
    return path


def config_toml() -> str:
    """The text of the packaged default configuration. Raises UserError if it is missing."""
    return _existing(data_root() / "config.toml").read_text(encoding="utf-8")


def themes_dir() -> Path:
    """The folder of the packaged themes. Raises UserError if it is missing."""
    return _existing(data_root() / "themes")


def bundled_recording() -> Path:
    """The folder of the simulated recording shown by default. Raises UserError if it is missing."""
    return _existing(data_root() / "recordings" / BUNDLED_RECORDING)


def spy_recording() -> Path | None:
    """The folder of the simulated recording of SPY and its options; None in an installation, which has not got it."""
    folder = data_root() / "recordings" / SPY_RECORDING
    return folder if folder.is_dir() else None


def docs_dir() -> Path:
    """The folder of the documents, ``NAME.md`` each. Raises UserError if it is missing."""
    return _existing(_PACKAGE / "docs")
