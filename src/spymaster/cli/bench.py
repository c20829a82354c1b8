"""``bench``: parse what is to be measured, have it measured, print it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec

from spymaster.bench.depth_file import write_bench_file
from spymaster.bench.measures import INVARIANTS, NAMES, USUAL, Row, invariants, measure
from spymaster.errors import ExitCode, UserError


def run_bench(
    sources: tuple[Path, ...],
    rounds: int,
    records: int,
    pace: float,
    only: tuple[str, ...],
    as_json: bool,
    seconds: float,
) -> None:
    """Measure and print. Raises UserError for a row that does not exist."""
    unknown = [name for name in only if name not in NAMES]
    if unknown:
        raise UserError(
            f"--only {unknown[0]}", "there is no such row", f"choose from {', '.join(NAMES)}", code=ExitCode.USAGE
        )
    wanted = only or USUAL
    if wanted == (INVARIANTS,):
        _print(invariants(records), "SIMULATED depth", records, 1, as_json)
        return
    with tempfile.TemporaryDirectory() as folder:
        print(f"writing {records:,} records at {pace:g} a second of event time", file=sys.stderr)
        path, middle = write_bench_file(Path(folder), sources, records, pace)
        table = measure(path, middle, rounds, records, wanted, seconds)
    if INVARIANTS in wanted:
        table += invariants(records)
    _print(table, "real depth, repeated with new times" if sources else "SIMULATED depth", records, rounds, as_json)


def _print(table: list[Row], source: str, records: int, rounds: int, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(table), indent=2).decode())
        return
    print(f"{records:,} records of {source}; median [min..max] of {rounds} rounds")
    for row in table:
        print(f"{row.name:<29}{row.median:>12.4g} [{row.low:.4g}..{row.high:.4g}] {row.unit:<8} {row.meaning}")
