"""``simulate``: a recording out of nothing, marked as simulated."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from spymaster.errors import ExitCode, UserError
from spymaster.interrupts import Interrupted
from spymaster.market.manifest import MANIFEST_NAME

PLAIN: Final = "plain"
_PROFILES: Final = ("es", "spy")
_TELL_EVERY_S: Final = 0.5


def run_simulate(
    out: Path,
    *,
    seed: int,
    minutes: float,
    scenario: str,
    intensity: str,
    profile: str,
    with_options: bool,
    with_truth: bool,
    oracle_moments: int,
) -> None:
    """Write a recording folder: of the plain generator, or of the order book market."""
    if profile not in _PROFILES:
        raise UserError(
            f"--profile {profile}", "there is no such profile", f"choose {' or '.join(_PROFILES)}", code=ExitCode.USAGE
        )
    if scenario.lower() == PLAIN:
        if with_options:
            raise UserError(
                "--options", "the plain generator has none", "choose another --scenario", code=ExitCode.USAGE
            )
        from spymaster.sim.second.recording import write_plain_recording

        with _unfinished(out):
            manifest = write_plain_recording(out, seed, minutes)
    else:
        from spymaster.sim.market.intensities import INTENSITIES
        from spymaster.sim.recording.session import Order, default_settings, write_recording

        if intensity not in INTENSITIES:
            remedy = f"there are {', '.join(INTENSITIES)}"
            raise UserError(f"--intensity {intensity}", "there is no such intensity", remedy, code=ExitCode.USAGE)
        settings = default_settings(seed, scenario.lower(), intensity, profile if with_options else "")
        order = Order(
            folder=out,
            minutes=minutes,
            settings=settings,
            profile=profile,
            with_truth=with_truth,
            oracle_moments=oracle_moments,
        )
        with _unfinished(out):
            manifest = write_recording(order, _ProgressPrinter())
    print(f"{manifest.records:,} SIMULATED records in {out}", file=sys.stderr)


@contextmanager
def _unfinished(out: Path) -> Iterator[None]:
    """The manifest makes a recording: an old one goes first, so that it never vouches for files that are not its own.

    Without one, what an interruption leaves is no recording; that is said, and a folder with nothing in it goes.
    """
    is_new = not out.exists()
    (out / MANIFEST_NAME).unlink(missing_ok=True)
    try:
        yield
    except (Interrupted, KeyboardInterrupt):
        if is_new and out.is_dir() and not any(out.iterdir()):
            out.rmdir()
        if out.exists():
            print(f"{out}: not finished and no recording; simulate it again or delete it", file=sys.stderr)
        raise


class _ProgressPrinter:
    """Progress on stderr, a line that overwrites itself on a terminal; silent elsewhere."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __call__(self, share: float, records: int) -> None:
        if not sys.stderr.isatty() or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _TELL_EVERY_S
        print(f"\r{share:4.0%}  {records:,} records", end="\r", file=sys.stderr, flush=True)
