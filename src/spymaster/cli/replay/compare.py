"""``replay --compare``: two configurations over the same records."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.market.sessions import et_time
from spymaster.session.compare import Comparison, Difference, compare
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_source

_SHOWN: Final = 200
_ABSENT: Final = "not published"


def run_compare(request: Request, other: Path, as_json: bool) -> int:
    """Print where two configurations differ; returns the exit code. Raises UserError, SourceError or CompareError."""
    if not other.exists():
        raise UserError(f"--compare {other}", "no such file", "name a configuration", code=ExitCode.USAGE)
    first, second = prepare(request), prepare(msgspec.structs.replace(request, config=other))
    source, twin = open_source(first.plan), open_source(second.plan)
    configs = (source.config_frame(), twin.config_frame())
    twin.close()
    progress = Progress(sys.stderr, "compare")
    span = max(source.last_ns - source.first_ns, 1)
    names = (str(request.config) if request.config is not None else "the present configuration", str(other))
    try:
        result = compare(source, configs, names, lambda t_ns: progress.show((t_ns - source.first_ns) / span, ""))
    finally:
        progress.close()
    for line in result.problems:
        print(f"warning: {line}", file=sys.stderr)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        for line in _table(result, first.simulated):
            print(line)
    return ExitCode.DATA if source.is_torn else os.EX_OK


def _table(result: Comparison, simulated: bool) -> list[str]:
    lines = ["SIMULATED data"] if simulated else []
    for letter, side in (("A", result.a), ("B", result.b)):
        lines.append(f"{letter}  {side.name}: {side.signals} signals, {side.alerts} alerts, hash {side.signal_hash}")
    if not result.differences:
        return [*lines, f"The same signals at all {result.a.snaps:,} snaps."]
    share = result.snaps_that_differ / max(result.a.snaps, 1)
    lines.append(f"Signals differ at {result.snaps_that_differ:,} of {result.a.snaps:,} snaps ({share:.1%}).")
    lines += ["", f"{'from':<12} {'for':>8}  {'level':<16} {'A':<14} {'score':>6}  {'B':<14} {'score':>6}"]
    lines += [_line(difference) for difference in result.differences[:_SHOWN]]
    if len(result.differences) > _SHOWN:
        lines.append(f"and {len(result.differences) - _SHOWN} more; --json has all of them")
    return lines


def _line(found: Difference) -> str:
    begin = et_time(found.from_ns)
    seconds = (found.to_ns - found.from_ns) / 1e9
    a, b = (signal or _ABSENT for signal in (found.signal_a, found.signal_b))
    score_a, score_b = (f"{score:.1f}" if score is not None else "" for score in (found.score_a, found.score_b))
    moment = f"{begin:%H:%M:%S}.{begin.microsecond // 1000:03d}"
    return f"{moment:<12} {seconds:>6.2f} s  {found.level:<16} {a:<14} {score_a:>6}  {b:<14} {score_b:>6}"
