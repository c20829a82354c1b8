"""``simulate``: a recording out of nothing, marked as simulated."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from spymaster.errors import ExitCode, UserError
from spymaster.interrupts import Interrupted
from spymaster.market.manifest import MANIFEST_NAME, RecordingManifest

MARKETS: Final = ("first", "orders", "second")
"""``orders`` is the older name of ``first``."""
_PROFILES: Final = ("es", "spy")
_TELL_EVERY_S: Final = 0.5


def run_simulate(
    out: Path,
    *,
    seed: int,
    minutes: float,
    market: str,
    scenario: str | None,
    intensity: str | None,
    profile: str | None,
    with_options: bool,
    with_truth: bool,
    oracle_moments: int,
    world: int | None = None,
) -> None:
    """Write a recording folder: of the market of single orders, or of the second one. Raises UserError."""
    _check("--market", "market", market, MARKETS)
    if profile is not None:
        _check("--profile", "profile", profile, _PROFILES)
    if world is not None:
        _refuse_for_world({"--scenario": scenario, "--intensity": intensity, "--options": with_options})
        if market == "second":
            _refuse_for_second({"--oracle": oracle_moments > 0})
            manifest = _write_second_world(out, world, minutes, profile, with_truth)
        else:
            manifest = _write_world(out, world, minutes, profile, with_truth, oracle_moments)
        print(f"{manifest.records:,} SIMULATED records in {out}", file=sys.stderr)
        return
    profile = profile or "es"
    if market == "second":
        asked = {
            "--intensity": intensity is not None,
            "--options": with_options,
            "--profile spy": profile != "es",
            "--oracle": oracle_moments > 0,
        }
        _refuse_for_second(asked)
        manifest = _write_second(out, seed, minutes, scenario, with_truth)
    else:
        manifest = _write_of_orders(
            out,
            seed,
            minutes,
            scenario=scenario or "mix",
            intensity=intensity or "midday",
            profile=profile,
            with_options=with_options,
            with_truth=with_truth,
            oracle_moments=oracle_moments,
        )
    print(f"{manifest.records:,} SIMULATED records in {out}", file=sys.stderr)


def _check(option: str, what: str, value: str, known: Collection[str]) -> None:
    """Raise UserError for a value that does not exist."""
    if value not in known:
        remedy = f"there are {', '.join(known)}"
        raise UserError(f"{option} {value}", f"there is no such {what}", remedy, code=ExitCode.USAGE)


def _refuse_for_second(asked: Mapping[str, bool]) -> None:
    """Raise UserError for the first option that the second market cannot follow."""
    for option, is_asked in asked.items():
        if is_asked:
            problem = "the second market has none: it is ES depth at a pace of its own"
            raise UserError(option, problem, "leave it out, or choose --market orders", code=ExitCode.USAGE)


def _refuse_for_world(asked: Mapping[str, object]) -> None:
    """Raise UserError for the first option that a world decides itself."""
    for option, is_asked in asked.items():
        if is_asked:
            raise UserError(
                option, "a world decides that itself", "leave it out, or leave out --world", code=ExitCode.USAGE
            )


def _write_world(
    out: Path, seed: int, minutes: float, profile: str | None, with_truth: bool, oracle_moments: int
) -> RecordingManifest:
    """A random world; ``profile``: another than its own. Its options, if any, are those of the profile."""
    from dataclasses import replace

    from spymaster.sim.recording.session import Order, world_settings, write_recording

    settings = world_settings(seed, minutes)
    assert settings.world is not None
    chosen = profile or settings.world.profile
    order = Order(
        folder=out,
        minutes=minutes,
        settings=replace(settings, options=chosen if settings.options else ""),
        profile=chosen,
        with_truth=with_truth,
        oracle_moments=oracle_moments,
    )
    with _unfinished(out):
        return write_recording(order, _ProgressPrinter())


def _write_second_world(
    out: Path, seed: int, minutes: float, profile: str | None, with_truth: bool
) -> RecordingManifest:
    """A random world in the second market, without options; ``profile``: another than its own."""
    from msgspec.structs import replace

    from spymaster.sim.recording.second import write_second_recording
    from spymaster.sim.worlds import draw_world

    world = draw_world(seed, minutes)
    with _unfinished(out):
        return write_second_recording(
            out, seed, minutes, with_truth=with_truth, world=replace(world, profile=profile or world.profile)
        )


def _write_second(out: Path, seed: int, minutes: float, plan: str | None, with_truth: bool) -> RecordingManifest:
    from spymaster.sim.recording.second import write_second_recording
    from spymaster.sim.second.plan import PLANS, SCATTERED

    chosen = (plan or SCATTERED).lower()
    _check("--scenario", "scenario of the second market", chosen, PLANS)
    with _unfinished(out):
        return write_second_recording(out, seed, minutes, plan=chosen, with_truth=with_truth)


def _write_of_orders(
    out: Path,
    seed: int,
    minutes: float,
    *,
    scenario: str,
    intensity: str,
    profile: str,
    with_options: bool,
    with_truth: bool,
    oracle_moments: int,
) -> RecordingManifest:
    from spymaster.sim.market.intensities import INTENSITIES
    from spymaster.sim.recording.session import Order, default_settings, write_recording

    _check("--intensity", "intensity", intensity, INTENSITIES)
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
        return write_recording(order, _ProgressPrinter())


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
