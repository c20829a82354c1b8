"""The times within which it is asked what price does at a level: the same for labels, models and what is shown."""

from __future__ import annotations

from typing import Final

HORIZONS_S: Final = (15, 30, 60, 120, 240, 480)
