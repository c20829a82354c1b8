"""Where the real data are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real market data named by ``SPYMASTER_DATA``; tests that need it skip without it."""
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        pytest.skip("SPYMASTER_DATA does not name a folder of market data")
    return Path(folder)
