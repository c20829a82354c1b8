"""Real data for the tests that want it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def vendor_data() -> Path:
    """The folder of real market data; tests that need it are skipped without it."""
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        pytest.skip("SPYMASTER_DATA does not name a folder of real market data")
    return Path(folder)
