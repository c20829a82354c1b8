"""``bench``: the program against floors measured in the same run, floor and case in turn, medians of the rounds."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from spymaster.cli import bench_rows as rows
from spymaster.cli import bench_screen as screen
from spymaster.cli.bench_file import RECORDS_PER_S, write_bench_file
from spymaster.cli.failures import UsageError
from spymaster.session.replay_source import ReplayPlan

T = TypeVar("T")

NAMES: Final = ("zstd", "read", "replay", "ledger", "snap", "quiet", "compile", "help", "paint", "frame", "cpu")
INVARIANTS: Final = "invariants"
"""Measured when it is asked for: it says whether, not how fast."""


class Row(msgspec.Struct, frozen=True):
    """One measured figure: median, smallest and largest of the rounds."""

    name: str
    meaning: str
    unit: str
    median: float
    low: float
    high: float


def run_bench(sources: tuple[Path, ...], rounds: int, records: int, only: tuple[str, ...], as_json: bool) -> None:
    """Measure and print. Raises UsageError for a row that does not exist."""
    unknown = [name for name in only if name not in (*NAMES, INVARIANTS)]
    if unknown:
        raise UsageError(f"--only {unknown[0]}: there is no such row; choose from {', '.join((*NAMES, INVARIANTS))}")
    wanted = only or NAMES
    if wanted == (INVARIANTS,):
        _print(_invariants(records), "SIMULATED depth", records, 1, as_json)
        return
    with tempfile.TemporaryDirectory() as folder:
        print(f"writing {records:,} records at {RECORDS_PER_S:g} a second of event time", file=sys.stderr)
        path, middle = write_bench_file(Path(folder), sources, records)
        table = _measure(path, middle, rounds, records, wanted)
    if INVARIANTS in wanted:
        table += _invariants(records)
    _print(table, "real depth, repeated with new times" if sources else "SIMULATED depth", records, rounds, as_json)


def _print(table: list[Row], source: str, records: int, rounds: int, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(table), indent=2).decode())
        return
    print(f"{records:,} records of {source}; median [min..max] of {rounds} rounds")
    for row in table:
        print(f"{row.name:<16}{row.median:>12.4g} [{row.low:.4g}..{row.high:.4g}] {row.unit:<8} {row.meaning}")


def _measure(path: Path, middle: float, rounds: int, records: int, wanted: tuple[str, ...]) -> list[Row]:
    table: list[Row] = []
    plan = rows.plan_for(path, middle)
    if {"zstd", "read", "replay"} & set(wanted):
        table += _against_floor(path, plan, rounds, records, wanted)
    if {"ledger", "snap", "quiet"} & set(wanted):
        memory = rows.InMemory(plan)
        memory.run(memory.engine())
        if "ledger" in wanted:
            table.append(
                _row("ledger", "book and ledger in memory", "ns/rec", rounds, rows.ledger_ns_per_record, memory)
            )
        if "snap" in wanted:
            levels = rows.snap_us(memory)[1]
            meaning = f"one snap of {levels} levels"
            table.append(_row("snap", meaning, "us", rounds, lambda m: rows.snap_us(m)[0], memory))
        if "quiet" in wanted:
            meaning = f"{rows.QUIET_SNAPS:,} snaps in which nothing happens"
            table.append(_row("quiet", meaning, "s", min(rounds, 3), rows.quiet_seconds, memory))
    if "compile" in wanted:
        table.append(
            _row("compile", "every kernel, nothing cached", "s", 1, lambda _: rows.cold_compile_seconds(), None)
        )
    if "help" in wanted:
        table.append(_row("help", "--help, the whole process", "s", rounds, lambda _: rows.help_seconds(), None))
    if {"paint", "frame", "cpu"} & set(wanted):
        table += _of_screen(min(rounds, 3), wanted)
    return table


def _invariants(records: int) -> list[Row]:
    """The ledger against what every order of simulated markets did."""
    from spymaster.cli.bench_invariants import check_simulated

    found = check_simulated(records)
    meaning = f"in {found.cells:,} cells of {found.records:,} simulated records: fills, sums, signs"
    share = 100.0 * found.wrong / max(found.moved, 1)
    return [
        _figure(INVARIANTS, meaning, "broken", [float(found.violations)]),
        _figure("added, pulled", f"told otherwise, of {found.moved:,} contracts in sight", "%", [share]),
    ]


def _against_floor(path: Path, plan: ReplayPlan, rounds: int, records: int, wanted: tuple[str, ...]) -> list[Row]:
    """Floor, reading and replay in turn; each round gives one ratio."""
    rows.replay_seconds(plan)
    floors, reads, replays, paces = [], [], [], []
    for _ in range(rounds):
        floor = rows.zstd_seconds(path)
        floors.append(floor * 1e9 / records)
        if "read" in wanted:
            reads.append(floor / rows.read_seconds(path))
        if "replay" in wanted:
            seconds, _snaps = rows.replay_seconds(plan)
            replays.append(floor / seconds)
            paces.append(records / seconds / 1e6)
    table = [
        _figure("zstd", f"decompression alone, {path.stat().st_size / records:.1f} bytes a record", "ns/rec", floors)
    ]
    if reads:
        table.append(_figure("read", "decompression alone / reading into batches", "ratio", reads))
    if replays:
        meaning = f"decompression alone / whole replay, {rows.LEVELS} levels in the band, all hashed"
        table += [_figure("replay", meaning, "ratio", replays), _figure("replay pace", "", "M rec/s", paces)]
    return table


def _of_screen(rounds: int, wanted: tuple[str, ...]) -> list[Row]:
    """The cockpit in a terminal; a first start, not counted, leaves the kernels compiled and the files read."""
    screen.screen_figures(watch_s=0)
    watch_s = screen.WATCH_S if {"frame", "cpu"} & set(wanted) else 0.0
    runs = [screen.screen_figures(watch_s=watch_s) for _ in range(rounds)]
    size = f"{screen.COLUMNS}x{screen.ROWS}"
    table: list[Row] = []
    if "paint" in wanted:
        table.append(_figure("paint", "start of the process to the first paint, warm", "s", [r.paint_s for r in runs]))
    if "frame" in wanted:
        table.append(_figure("frame", f"written per frame, {size} at 4 Hz", "kB", [r.frame_bytes / 1e3 for r in runs]))
    each = [r.frame_cpu_ms for r in runs if r.frame_cpu_ms is not None]
    shares = [r.cpu_percent for r in runs if r.cpu_percent is not None]
    if "frame" in wanted and each:
        table.append(_figure("frame ms", "CPU of the whole process per frame", "ms", each))
    if "cpu" in wanted and shares:
        table.append(_figure("cpu", f"of one core, replay at {screen.SPEED}x, 4 Hz", "%", shares))
    if {"frame", "cpu"} & set(wanted) and not screen.has_process_times():
        print("frame ms, cpu: left out, the CPU time of a process is read on Linux only", file=sys.stderr)
    return table


def _row(name: str, meaning: str, unit: str, rounds: int, measure: Callable[[T], float], what: T) -> Row:
    return _figure(name, meaning, unit, [measure(what) for _ in range(rounds)])


def _figure(name: str, meaning: str, unit: str, values: list[float]) -> Row:
    return Row(name, meaning, unit, statistics.median(values), min(values), max(values))
