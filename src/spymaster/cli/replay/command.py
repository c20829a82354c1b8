"""``replay``: a run without a screen, the cockpit, or a picture of it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from spymaster.cli.request import Moment, Prepared, Request, parse_speed, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.market.sessions import et_stamp
from spymaster.signals.headless import HeadlessResult

_USUAL_SIZE: Final = "120x40"
_USUAL_SCREEN: Final = "cockpit"

_TOLD: Final = 8


def run_replay(
    request: Request,
    *,
    headless: bool,
    as_json: bool,
    moment: Moment | None,
    colour: str = "auto",
    mouse: bool = True,
    cached: bool = True,
    alerts: bool = False,
) -> int:
    """Run what was asked for; returns the exit code."""
    if as_json and not headless:
        raise UserError(
            "--json", "prints the report of a replay without a screen", "add --headless", code=ExitCode.USAGE
        )
    if alerts and (headless or moment is not None):
        raise UserError("--alerts", "rings on a screen", "leave out --headless or --screenshot", code=ExitCode.USAGE)
    prepared = prepare(request)
    if request.gateway or request.listen:
        ways = _Ways(headless, as_json, moment, colour, mouse, alerts)
        return _serve(prepared, request, ways)
    if headless:
        return _run_headless(prepared, parse_speed(request.speed, None), as_json)
    from spymaster.cli.replay.cockpit import run_cockpit, write_screenshot

    if moment is not None:
        return write_screenshot(prepared, moment, request.theme, cached=cached)
    speed = parse_speed(request.speed, 1.0)
    wanted: list[bool] = []
    code = run_cockpit(
        prepared,
        speed,
        request.theme,
        colour=colour,
        mouse=mouse,
        cached=cached,
        config=request.config,
        alerts=alerts,
        on_open=lambda: wanted.append(True),
    )
    if not wanted:
        return code
    from spymaster.cli.replay.start import Screen, shown_until_left

    return shown_until_left(Screen(request.config, colour, mouse), None)


class _Ways(NamedTuple):
    """How a replay for browsers is shown here."""

    headless: bool
    as_json: bool
    moment: Moment | None
    colour: str
    mouse: bool
    alerts: bool


def _serve(prepared: Prepared, request: Request, ways: _Ways) -> int:
    """A replay for browsers, with a screen or without."""
    from spymaster.bus.serving import Serving
    from spymaster.cli.live.gateway import gateway_line, gateway_plan
    from spymaster.cli.replay.cockpit import run_cockpit, run_unseen

    if ways.as_json or ways.moment is not None:
        what = "--json" if ways.as_json else "--screenshot"
        problem = "asks for something that ends, and a gateway serves what goes on"
        raise UserError(what, problem, "leave out one of them", code=ExitCode.USAGE)
    plan = gateway_plan(prepared.config.gateway, wanted=request.gateway, listen=request.listen)
    serving = Serving(on_socket=False, gateway=plan)
    try:
        print(f"replay: {gateway_line(serving, plan)}", file=sys.stderr)
        speed = parse_speed(request.speed, 1.0)
        if ways.headless:
            return run_unseen(prepared, speed, serving)
        return run_cockpit(
            prepared,
            speed,
            request.theme,
            colour=ways.colour,
            mouse=ways.mouse,
            serving=serving,
            config=request.config,
            alerts=ways.alerts,
        )
    finally:
        serving.stop()


def moment_asked(file: Path | None, at: str | None, size: str | None, screen: str | None) -> Moment | None:
    """The picture of ``--screenshot``, or None. Raises UserError for what is said of a picture that nobody wants."""
    if file is not None:
        return Moment(file, at, size or _USUAL_SIZE, screen or _USUAL_SCREEN)
    for option, value in (("--at", at), ("--size", size), ("--screen", screen)):
        if value is not None:
            raise UserError(f"{option} {value}", "is of a picture", "add --screenshot FILE", code=ExitCode.USAGE)
    return None


def _run_headless(prepared: Prepared, speed: float | None, as_json: bool) -> int:
    from spymaster.physics.engine import SNAPS_PER_BLOCK, Engine
    from spymaster.physics.row_hash import FIRST_DIGEST
    from spymaster.session.before_run import have_kernels
    from spymaster.session.headless import RunTotals, drive, report
    from spymaster.session.progress import Progress
    from spymaster.session.replay.pacing import Pacer
    from spymaster.session.sources.forms import interval_ns_of, open_source

    have_kernels(sys.stderr)
    source = open_source(prepared.plan)
    # nobody reads the rows: all that is said of them is their hash
    engine = Engine(snaps_per_block=1 if speed is not None else SNAPS_PER_BLOCK, digest=FIRST_DIGEST)
    totals = RunTotals(interval_ns_of(source.config_frame()))
    progress = Progress(sys.stderr, "replay")
    span = max(source.last_ns - source.first_ns, 1)

    def show(_: Engine) -> None:
        progress.show((totals.last_snap_ns - source.first_ns) / span, f"{totals.tally.snaps} snaps")

    pacer = None if speed is None else Pacer(speed, time.monotonic_ns)
    started = time.perf_counter()
    try:
        drive(source, engine, [totals], pacer=pacer, after_frame=show, at_change=totals.count)
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
    return ExitCode.DATA if source.is_torn else os.EX_OK


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
    if result.ignored:
        told = [f"{one.records:,} {one.symbol} (publisher {one.publisher})" for one in result.ignored[:_TOLD]]
        rest = f" and {len(result.ignored) - _TOLD} more" if len(result.ignored) > _TOLD else ""
        lines.append(f"ignored  {', '.join(told)}{rest}")
    for name, spells in result.trust.items():
        told = [f"{s.state} {s.seconds:,.0f} s" + (f" ({s.reason})" if s.reason else "") for s in spells]
        lines.append(f"{name:<8} " + "; ".join(told))
    return lines
