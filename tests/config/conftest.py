"""Configuration tests never see the machine's own configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.config import loader


@pytest.fixture(autouse=True)
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's own file would be; it does not exist."""
    path = tmp_path / "home" / "config.toml"
    monkeypatch.setattr(loader, "user_config_path", lambda: path)
    return path
