"""The simulated future as both markets know it."""

from __future__ import annotations

from typing import Final

TICK_E9: Final = 250_000_000
"""Price step of ES, 1e-9 points."""
PUBLISHER_ID: Final = 1
"""GLBX.MDP3, as the vendor numbers it."""
INSTRUMENT_ID: Final = 260_306
