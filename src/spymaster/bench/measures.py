"""The rows of ``bench``: the program against floors measured in the same run, in turn, medians of the rounds."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Final

from spymaster.bench import asked_for, journal, screen
from spymaster.bench import engine as rows
from spymaster.bench.figures import Row, figure, measured, ratios
from spymaster.session.sources.replay_source import ReplayPlan

OF_ENGINE: Final = ("zstd", "read", "replay", "ledger", "snap", "quiet", "options", "compile")
USUAL: Final = (*OF_ENGINE, "help", "seek", "lake", "journal", "live", "paint", "frame", "cpu")
INVARIANTS: Final = "invariants"
"""It says whether, not how fast."""
DAYS: Final = "days"
RESEARCH: Final = "research"
LONG: Final = ("memory", "crash", "narrow", DAYS, RESEARCH, INVARIANTS)
"""Rows that take minutes: measured only when they are named."""
SERVED: Final = ("attach", "clients")
"""Rows that need the extras ``nats`` and ``gateway``: likewise."""
LEARNT: Final = ("trees",)
"""Rows that need the extra ``learn``: likewise."""
PEERS: Final = "peers"
"""Other programs on the same file: likewise, and measured by an interpreter that has them."""

NAMES: Final = (*USUAL, *LONG, *SERVED, *LEARNT, PEERS)


def measure(path: Path, middle: float, rounds: int, records: int, wanted: tuple[str, ...], seconds: float) -> list[Row]:
    """The wanted rows, measured on a file of ``records`` records whose price is around ``middle``.

    ``seconds``: how long a live session is put under load.
    """
    table: list[Row] = []
    plan = rows.plan_for(path, middle)
    if {"zstd", "read", "replay"} & set(wanted):
        table += _against_floor(path, plan, rounds, records, wanted)
    if {"ledger", "snap", "quiet", "options", "lake", DAYS} & set(wanted):
        memory = rows.InMemory(plan)
        memory.run(memory.engine())
        if "ledger" in wanted:
            table.append(
                measured("ledger", "book and ledger in memory", "ns/rec", rounds, rows.ledger_ns_per_record, memory)
            )
        if "snap" in wanted:
            levels = rows.snap_us(memory)[1]
            meaning = f"one snap of {levels} levels"
            table.append(measured("snap", meaning, "us", rounds, lambda m: rows.snap_us(m)[0], memory))
        if "quiet" in wanted:
            meaning = f"{rows.QUIET_SNAPS:,} snaps with one record a minute"
            table.append(measured("quiet", meaning, "s", min(rounds, 3), rows.quiet_seconds, memory))
        if "options" in wanted:
            table.append(_of_options(memory, rounds))
        if "lake" in wanted:
            table += _of_lake(memory, rounds)
        if DAYS in wanted:
            table += _of_days(memory, rounds)
    if "compile" in wanted:
        table.append(
            measured("compile", "every kernel, nothing cached", "s", 1, lambda _: rows.cold_compile_seconds(), None)
        )
    if "help" in wanted:
        table.append(measured("help", "--help, the whole process", "s", rounds, lambda _: rows.help_seconds(), None))
    if "seek" in wanted:
        table += _of_seeking(plan, min(rounds, 3))
    if {"paint", "frame", "cpu"} & set(wanted):
        table += _of_screen(min(rounds, 3), wanted)
    if "live" in wanted:
        table += _of_live(path, rounds, records) + _of_load(seconds)
    if "narrow" in wanted:
        table += asked_for.of_narrow_links()
    if RESEARCH in wanted:
        table += asked_for.of_research(path)
    if "attach" in wanted:
        table += asked_for.of_attaching(seconds)
    if "clients" in wanted:
        table += asked_for.of_clients(seconds)
    if "trees" in wanted:
        table += asked_for.of_trees()
    return table + _of_journal(plan, rounds, wanted)


def peers(path: Path, middle: float, records: int, python: str) -> list[Row]:
    """Peers on the file that we replay; ``python``: an interpreter that has them. A row without figures says why."""
    from spymaster.bench.others.peers import peer_figures

    plan = rows.plan_for(path, middle)
    ours, *others = peer_figures(path, records, lambda: rows.replay_seconds(plan), python)
    table = _of_peer("replay", f"whole replay of {ours.records:,} records, all hashed", ours.wall_ns, ours.cpu_ns)
    for peer in others:
        name = f"peer {peer.name}"
        if peer.missing:
            table.append(Row(name, peer.missing, "", math.nan, math.nan, math.nan))
            continue
        table += _of_peer(name, f"{peer.version}, {peer.records:,} records", peer.wall_ns, peer.cpu_ns)
        for what, theirs, own in (("wall", peer.wall_ns, ours.wall_ns), ("CPU", peer.cpu_ns, ours.cpu_ns)):
            ratios = [a / b for a, b in zip(theirs, own, strict=True)]
            meaning = f"{what} of it / of our whole replay, per record, {len(ratios)} rounds"
            table.append(figure(f"{name} / replay {what}", meaning, "ratio", ratios))
    return table


def _of_peer(name: str, meaning: str, wall_ns: list[float], cpu_ns: list[float]) -> list[Row]:
    return [
        figure(name, f"{meaning}; wall", "ns/rec", wall_ns),
        figure(f"{name} CPU", f"{meaning}; CPU of all threads", "ns/rec", cpu_ns),
    ]


def _of_live(path: Path, rounds: int, records: int) -> list[Row]:
    """From the socket to the journal; each round the vendor's iterator reads the same bytes in turn."""
    from spymaster.bench.live.ingest import live_pace

    paces = [live_pace(path, records) for _ in range(rounds)]
    meaning = "CPU of ours to the journalled batch / of a bare `for record in live`"
    return [
        figure("live", meaning, "ratio", [pace.ours_us / pace.iterator_us for pace in paces]),
        figure("live ingest", "CPU from the socket to the journalled batch", "us/rec", [p.ours_us for p in paces]),
        figure("live iterator", "CPU of that iterator, nothing done", "us/rec", [p.iterator_us for p in paces]),
    ]


def _of_load(seconds: float) -> list[Row]:
    """Five readers of the same busy market one after the other, once: a bare socket loop, the vendor's, ours, with
    engine, with screen."""
    from spymaster.bench.busy_reel import BURST_PER_S, PER_S
    from spymaster.bench.live import load

    floor_ms = load.floor_ms(seconds)
    bare, journal = load.iterator_figures(seconds), load.journal_figures(seconds)
    engine, screen = (load.load_figures(seconds, with_screen=drawn) for drawn in (False, True))
    market = f"{PER_S:,} a second, bursts of {BURST_PER_S:,}"
    dropped = [float(engine.dropped), float(screen.dropped)]
    ratio = [journal.cpu_us / bare.cpu_us]
    table = [
        figure("load records", f"under load, {market}, screen drawing", "records", [float(screen.records)]),
        figure("load dropped", "of them sent and not journalled, without and with screen", "records", dropped),
        figure("load ratio", "CPU of ours to the journal / of the vendor's iterator, both under load", "ratio", ratio),
    ]
    table += _lateness("floor", "read", "to a bare socket loop, from the vendor's write", floor_ms)
    for name, who in (("iterator", bare), ("journal", journal), ("engine", engine), ("screen", screen)):
        table.append(figure(f"load {name}", f"CPU of a process that goes as far as {name}", "us/rec", [who.cpu_us]))
        table += _lateness(name, "handed over" if who is bare else "journalled", _FROM_WRITE, who.journalled_ms)
        if who is engine or who is screen:
            table += _lateness(name, "computed", f"{_FROM_WRITE} until the engine has it", who.computed_ms)
            table += _lateness(name, "published", f"{_FROM_WRITE} of the record that made it due", who.published_ms)
            added = f"{_FROM_WRITE} until the engine has it, less the floor's: at its p99 each"
            table.append(figure(f"load {name} added p99", added, "ms", [who.computed_ms[1] - floor_ms[1]]))
            table.append(figure(f"load {name} memory", "settled, and at the end", "MB", list(who.memory_mb)))
    return table


_FROM_WRITE: Final = "from the vendor's write to the socket"


def _lateness(name: str, what: str, meaning: str, lateness_ms: tuple[float, float, float]) -> list[Row]:
    """Median, 99th percentile and largest of how late something is."""
    return [
        figure(f"load {name} {what} {share}", meaning, "ms", [value])
        for share, value in zip(("p50", "p99", "max"), lateness_ms, strict=True)
    ]


def _of_journal(plan: ReplayPlan, rounds: int, wanted: tuple[str, ...]) -> list[Row]:
    """Writing a journal, and what happens to it."""
    table: list[Row] = []
    if "journal" in wanted:
        records = rows.InMemory(plan).records
        paces = [journal.journal_pace(records) for _ in range(rounds)]
        meaning = "plain write and fsync of the same bytes / append with group fsync"
        table += [
            figure("journal", meaning, "ratio", [pace.plain_s / pace.append_s for pace in paces]),
            figure("journal pace", "", "MB/s", [pace.size / pace.append_s / 1e6 for pace in paces]),
        ]
    if "memory" in wanted:
        use = journal.memory_use()
        meaning = f"more held after {journal.MEMORY_RECORDS:,} records through journal and lake than after a tenth"
        table += [
            figure("memory", meaning, "MB", [(use.late - use.early) / 1e6]),
            figure("memory peak", "", "MB", [use.late / 1e6]),
        ]
    if "crash" in wanted:
        kills = journal.survived_kills()
        table.append(figure("crash", "writers and sidecars killed, nothing lost or doubled", "kills", [float(kills)]))
    return table


def _of_options(memory: rows.InMemory, rounds: int) -> Row:
    """Quotes and trades of options on top of everything else."""
    from spymaster.bench.options import QUOTES_PER_S, TRADES_PER_S, options_share_of_core

    options_share_of_core(memory)
    meaning = f"of a core for {QUOTES_PER_S:,} option quotes and {TRADES_PER_S} trades a second"
    return measured("options", meaning, "%", rounds, options_share_of_core, memory)


def invariants(records: int) -> list[Row]:
    """The ledger against what every order of simulated markets did."""
    from spymaster.bench.invariants import check_simulated

    found = check_simulated(records)
    meaning = f"in {found.cells:,} cells of {found.records:,} simulated records: fills, sums, signs"
    share = 100.0 * found.wrong / max(found.moved, 1)
    return [
        figure(INVARIANTS, meaning, "broken", [float(found.violations)]),
        figure("added, pulled", f"told otherwise, of {found.moved:,} contracts in sight", "%", [share]),
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
        figure("zstd", f"decompression alone, {path.stat().st_size / records:.1f} bytes a record", "ns/rec", floors)
    ]
    if reads:
        table.append(figure("read", "decompression alone / reading into batches", "ratio", reads))
    if replays:
        meaning = f"decompression alone / whole replay, {rows.LEVELS} levels in the band, all hashed"
        table += [figure("replay", meaning, "ratio", replays), figure("replay pace", "", "M rec/s", paces)]
    return table


def _of_seeking(plan: ReplayPlan, rounds: int) -> list[Row]:
    """Random moments of a recording seen once; each round plays it anew."""
    from spymaster.bench.seek import seek_figures

    runs = [seek_figures(plan) for _ in range(rounds)]
    meaning = f"to a random moment of {runs[0].hours:.1f} hours seen once"
    return [
        figure("seek", meaning, "s", [seek for run in runs for seek in run.seeks_s]),
        figure(
            "seek index", "CPU of a first pass that remembers / one that does not", "ratio", [r.overhead for r in runs]
        ),
    ]


def _of_lake(memory: rows.InMemory, rounds: int) -> list[Row]:
    """Writing Bronze and Gold; each round writes the same table plainly in turn."""
    from spymaster.bench.lakes import writing as lake

    table: list[Row] = []
    for name, measure, than in (
        ("bronze", lake.bronze_figures, "the same records as .dbn.zst"),
        ("gold", lake.gold_figures, "pyarrow's file"),
    ):
        figures = [measure(memory) for _ in range(rounds)]
        table.append(figure(name, "pyarrow writing the same table / ours", "ratio", [f.ratio for f in figures]))
        table.append(figure(f"{name} pace", "rows written", "M rows/s", [f.pace for f in figures]))
        table.append(figure(f"{name} size", f"bytes / bytes of {than}", "ratio", [f.size for f in figures]))
    return table


def _of_days(memory: rows.InMemory, rounds: int) -> list[Row]:
    """One kind of level on three dates of sixty, in turn with a scan of all and with DuckDB on the right files."""
    from spymaster.bench.lakes.days import DATES, days_figures

    found = days_figures(memory, rounds)
    asked = f"3 columns of {found.kind} on 3 of {DATES} dates of half an hour"
    table = [
        figure("days", f"{asked}, from the manifests on", "ms", [1e3 * s for s in found.ours_s]),
        figure("days read", f"{asked}: bytes read / bytes of those dates", "ratio", [found.three_share]),
        figure("days read all", f"the same, all columns of {found.kind}", "ratio", [found.all_share]),
        figure(
            "days / scan", "a scan of those columns of all dates / ours", "ratio", ratios(found.scan_s, found.ours_s)
        ),
    ]
    if not found.duckdb_s:
        nothing = (math.nan, math.nan, math.nan)
        return [*table, Row("days / duckdb", "DuckDB is not installed: pip install duckdb", "", *nothing)]
    meaning = "ours / DuckDB on the files of those dates, picked by hand"
    return [*table, figure("days / duckdb", meaning, "ratio", ratios(found.ours_s, found.duckdb_s))]


def _of_screen(rounds: int, wanted: tuple[str, ...]) -> list[Row]:
    """The cockpit in a terminal; a first start, not counted, leaves the kernels compiled and the files read."""
    screen.screen_figures(watch_s=0)
    watch_s = screen.WATCH_S if {"frame", "cpu"} & set(wanted) else 0.0
    runs = [screen.screen_figures(watch_s=watch_s) for _ in range(rounds)]
    size = f"{screen.COLUMNS}x{screen.ROWS}"
    table: list[Row] = []
    if "paint" in wanted:
        table.append(figure("paint", "start of the process to the first paint, warm", "s", [r.paint_s for r in runs]))
    if "frame" in wanted:
        table.append(figure("frame", f"written per frame, {size} at 4 Hz", "kB", [r.frame_bytes / 1e3 for r in runs]))
    each = [r.frame_cpu_ms for r in runs if r.frame_cpu_ms is not None]
    shares = [r.cpu_percent for r in runs if r.cpu_percent is not None]
    if "frame" in wanted and each:
        table.append(figure("frame ms", "CPU of the whole process per frame", "ms", each))
    if "cpu" in wanted and shares:
        table.append(figure("cpu", f"of one core, replay at {screen.SPEED}x, 4 Hz", "%", shares))
    if {"frame", "cpu"} & set(wanted) and not screen.has_process_times():
        print("frame ms, cpu: left out, the CPU time of a process is read on Linux only", file=sys.stderr)
    return table
