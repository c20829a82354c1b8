"""``replay``: from the command line's words to a plan, then a run without a screen or the cockpit."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.failures import DATA, UsageError
from spymaster.config.loader import load_config
from spymaster.config.structs import Config
from spymaster.market.levels import MAX_USER_LEVELS
from spymaster.market.manifest import MANIFEST_NAME, RecordingManifest, load_manifest
from spymaster.market.sessions import et_stamp
from spymaster.session.replay_source import ReplayPlan
from spymaster.session.user_levels import LevelError, levels_from_file, levels_from_flags, unique_levels
from spymaster.signals.headless import HeadlessResult
from spymaster.tui.colour import CHOICES

_SLOWEST: Final = 0.25
_FASTEST: Final = 64.0
_DEFAULT_PROFILE: Final = "spy"


class Request(msgspec.Struct, frozen=True):
    """What was asked for, as written."""

    sources: tuple[Path, ...]
    config: Path | None
    profile: str | None
    symbol: str | None
    level: tuple[str, ...]
    levels: Path | None
    speed: str
    chunk: int | None
    theme: str | None


class Moment(msgspec.Struct, frozen=True):
    """A screen at a moment, as written."""

    file: Path
    at: str | None
    size: str
    screen: str


class Prepared(msgspec.Struct, frozen=True):
    """A request understood: its configuration, its plan, and what its recordings say about themselves."""

    config: Config
    plan: ReplayPlan
    manifests: tuple[RecordingManifest, ...]

    @property
    def simulated(self) -> bool:
        """Whether any of it is simulated; then it must say so wherever it is shown."""
        return any(manifest.simulated for manifest in self.manifests)


def prepare(request: Request) -> Prepared:
    """Read configuration, manifests and levels. Raises ConfigError, LevelError, UsageError or ManifestError."""
    if request.chunk is not None and request.chunk < 1:
        raise UsageError(f"--chunk {request.chunk}: at least one record is read at a time")
    config = load_config(request.config)
    manifests = tuple(load_manifest(source) for source in request.sources if (source / MANIFEST_NAME).is_file())
    recorded = next((manifest.profile for manifest in manifests), _DEFAULT_PROFILE)
    levels = [level for manifest in manifests for level in manifest.user_levels]
    if request.levels is not None:
        levels += levels_from_file(request.levels)
    levels += levels_from_flags(request.level)
    levels = unique_levels(levels)
    if len(levels) > MAX_USER_LEVELS:
        raise LevelError(f"{len(levels)} levels were asked for; at most {MAX_USER_LEVELS} fit, leave some out")
    plan = ReplayPlan(
        sources=request.sources,
        profile=config.profile(request.profile or recorded),
        symbol=request.symbol,
        user_levels=tuple(levels),
        records_per_chunk=request.chunk,
    )
    return Prepared(config, plan, manifests)


def parse_speed(text: str, default: float | None) -> float | None:
    """Event seconds per second, or None for max. Raises UsageError for anything else."""
    if not text:
        return default
    if text == "max":
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not _SLOWEST <= speed <= _FASTEST:
        raise UsageError(f"--speed {text}: give a number from {_SLOWEST} to {_FASTEST:g}, or max")
    return speed


def run_replay(
    request: Request, *, headless: bool, as_json: bool, moment: Moment | None, colour: str = "auto", mouse: bool = True
) -> int:
    """Run what was asked for; returns the exit code."""
    if as_json and not headless:
        raise UsageError("--json prints the report of a replay without a screen; add --headless")
    if colour not in CHOICES:
        raise UsageError(f"--color {colour}: choose from {', '.join(CHOICES)}")
    prepared = prepare(request)
    if headless:
        return _run_headless(prepared, parse_speed(request.speed, None), as_json)
    from spymaster.cli.cockpit import run_cockpit, write_screenshot

    if moment is not None:
        return write_screenshot(prepared, moment, request.theme)
    return run_cockpit(prepared, parse_speed(request.speed, 1.0), request.theme, colour=colour, mouse=mouse)


def _run_headless(prepared: Prepared, speed: float | None, as_json: bool) -> int:
    from spymaster.physics.engine import Engine
    from spymaster.session.headless import RunTotals, drive, report
    from spymaster.session.pacing import Pacer
    from spymaster.session.progress import Progress
    from spymaster.session.replay_source import ReplaySource

    source = ReplaySource(prepared.plan)
    engine = Engine(snaps_per_block=1 if speed is not None else 16)
    totals = RunTotals(prepared.plan.profile.snap_ms * 1_000_000)
    progress = Progress(sys.stderr, "replay")
    span = max(source.last_ns - source.first_ns, 1)

    def show(_: Engine) -> None:
        progress.show((totals.last_snap_ns - source.first_ns) / span, f"{totals.tally.snaps} snaps")

    pacer = None if speed is None else Pacer(speed, time.monotonic_ns)
    started = time.perf_counter()
    try:
        drive(source, engine, [totals], pacer=pacer, after_frame=show)
    finally:
        progress.close()
    result = report(source, engine, totals, time.perf_counter() - started)
    for line in result.problems:
        print(f"warning: {line}", file=sys.stderr)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        for line in _summary(result, prepared.simulated):
            print(line)
    return DATA if source.is_torn else os.EX_OK


def _summary(result: HeadlessResult, simulated: bool) -> list[str]:
    """The report for people."""
    lines = ["SIMULATED data"] if simulated else []
    first, last = (et_stamp(t) if t is not None else "none" for t in (result.first_ns, result.last_ns))
    lines += [
        f"records  {result.records:,} ({result.trades:,} trades) from {first} to {last}",
        f"snaps    {result.snaps:,}; {result.signals} signals, {result.alerts} alerts",
        f"speed    {result.records_per_s:,.0f} records/s, {result.snaps_per_s:,.0f} snaps/s, {result.wall_s:.2f} s",
        f"hash     {result.signal_hash}",
    ]
    if result.trades_missing or result.trades_extra:
        lines.append(f"trades   {result.trades_missing} missing from the depth, {result.trades_extra} only there")
    if result.rejected:
        lines.append("rejected " + ", ".join(f"{count} {reason}" for reason, count in result.rejected.items()))
    for name, spells in result.trust.items():
        told = [f"{s.state} {s.seconds:,.0f} s" + (f" ({s.reason})" if s.reason else "") for s in spells]
        lines.append(f"{name:<8} " + "; ".join(told))
    return lines
