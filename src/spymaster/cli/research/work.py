"""What the ``research`` commands do: plans and pools chosen here, computed in ``research``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.failures import half_done
from spymaster.errors import ExitCode, UserError
from spymaster.research.compare import compared, comparison_text
from spymaster.research.local_pool import LocalPool
from spymaster.research.plan import read_plan
from spymaster.research.report import Report, encoded, report_of, report_text
from spymaster.research.run import Pool, run_plan
from spymaster.research.tasks import State, tasks_of
from spymaster.session.before_run import have_kernels
from spymaster.session.progress import Progress

_MOST_WORKERS: Final = 512


def run_research(path: Path, config: Path | None, workers: str, as_json: bool) -> int:
    """Run a plan; returns the exit code. Raises UserError."""
    plan = read_plan(path, config)
    pool = _pool(workers, config)
    progress = Progress(sys.stderr, f"research {path.stem}")

    def note(line: str) -> None:
        progress.close()
        print(f"warning: {line}", file=sys.stderr)

    def before() -> None:
        # workers elsewhere have their own
        if isinstance(pool, LocalPool):
            have_kernels(sys.stderr)

    with half_done(f"{path}: not all of it is computed; run it again to go on"):
        try:
            report = run_plan(plan, pool, progress.show, note, before)
        finally:
            progress.close()
    there = report.counts[State.DONE] - report.computed
    return _told(report, as_json, [f"{report.computed} computed now, {there} were there"])


def run_status(path: Path, config: Path | None, as_json: bool) -> int:
    """Say how far a plan is; returns the exit code. Raises UserError."""
    plan = read_plan(path, config)
    return _told(report_of(plan, tasks_of(plan, only_looks=True)), as_json, [])


def run_worker(url: str, config: Path | None) -> int:
    """Work until ended. Raises UserError."""
    from spymaster.cli.research.queues import queue_at
    from spymaster.research.bus_worker import BusWorker

    have_kernels(sys.stderr)
    with queue_at(url, config, "research worker") as queue:
        print(f"worker {os.getpid()}: waits for days on {url}", file=sys.stderr)
        BusWorker(queue, lambda line: print(line, file=sys.stderr)).run()
    return os.EX_OK


def run_compare(a: str, b: str, as_json: bool) -> None:
    """Print what differs. Raises UserError."""
    found = compared(a, b)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(comparison_text(found))


def _pool(workers: str, config: Path | None) -> Pool:
    """The pool that ``--workers`` names. Raises UserError."""
    if "://" in workers:
        from spymaster.cli.research.queues import bus_pool

        return bus_pool(workers, config)
    if not workers:
        return LocalPool(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    if not workers.isdecimal() or not 1 <= int(workers) <= _MOST_WORKERS:
        remedy = f"give a number from 1 to {_MOST_WORKERS}, or nats://HOST[:PORT][/NAME]"
        raise UserError(f"--workers {workers}", "is no number of processes", remedy, code=ExitCode.USAGE)
    return LocalPool(int(workers))


def _told(report: Report, as_json: bool, more: list[str]) -> int:
    if as_json:
        sys.stdout.buffer.write(encoded(report))
        sys.stdout.flush()
    else:
        print("\n".join([report_text(report), *more]))
    return os.EX_OK if report.is_whole else ExitCode.DATA
