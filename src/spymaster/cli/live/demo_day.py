"""The simulated day of SPY and its options that the demo plays: a checkout's own, else one made once and kept."""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import platformdirs

from spymaster.market.manifest import MANIFEST_NAME
from spymaster.resources import SPY_RECORDING, spy_recording

_SEED: Final = 297
_MINUTES: Final = 10.0
_SCENARIO: Final = "gamma"
_INTENSITY: Final = "open"
"""As the recording of a checkout was made."""


def day_of_spy() -> Path:
    """The folder of the recording. Made in the user's cache folder where an installation has none; raises OSError."""
    shipped = spy_recording()
    if shipped is not None:
        return shipped
    cache = Path(platformdirs.user_cache_dir("spymaster-tui", appauthor=False)) / "demo" / version("spymaster-tui")
    kept = cache / SPY_RECORDING
    if (kept / MANIFEST_NAME).is_file():
        return kept
    print(f"live: simulating the demo's day of SPY and its options, once per version, into {kept}", file=sys.stderr)
    cache.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
    try:
        _simulate(made / SPY_RECORDING)
        shutil.rmtree(kept, ignore_errors=True)
        (made / SPY_RECORDING).rename(kept)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return kept


def _simulate(folder: Path) -> None:
    from spymaster.sim.recording.session import Order, default_settings, write_recording

    settings = default_settings(_SEED, _SCENARIO, _INTENSITY, "spy")
    write_recording(Order(folder=folder, minutes=_MINUTES, settings=settings, profile="spy", with_truth=False))
