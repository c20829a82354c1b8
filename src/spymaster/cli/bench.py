"""``bench``: parse what is to be measured, have it measured, print it."""

from __future__ import annotations

import contextlib
import math
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from spymaster.bench.depth_file import write_bench_file
from spymaster.bench.figures import Row
from spymaster.bench.measures import INVARIANTS, NAMES, PEERS, USUAL, invariants, measure, peers
from spymaster.bench.others.checkout import Ask, Checkout, Compared, compared, this_checkout
from spymaster.errors import ExitCode, UserError

_RECORDS = 1_000_000
_RECORDS_FOR_PEERS = 2_000_000


@dataclass(frozen=True, slots=True)
class BenchFile:
    """The file that is measured with: ``sources`` of real depth, none for a generated one; ``records``: None for the
    usual size; ``pace``: records a second of event time."""

    sources: tuple[Path, ...]
    records: int | None
    pace: float

    @property
    def source(self) -> str:
        """What is in it."""
        return "real depth, repeated with new times" if self.sources else "SIMULATED depth"

    @contextlib.contextmanager
    def written(self, records: int) -> Iterator[tuple[Path, float]]:
        """The file, for as long as it is measured, and a price near the middle of what it trades at."""
        with tempfile.TemporaryDirectory() as folder:
            print(f"writing {records:,} records at {self.pace:g} a second of event time", file=sys.stderr)
            yield write_bench_file(Path(folder), self.sources, records, self.pace)


def run_bench(
    file: BenchFile, rounds: int, only: tuple[str, ...], as_json: bool, seconds: float, peers_python: str | None
) -> None:
    """Measure and print. Raises UserError for a row that does not exist."""
    wanted = _known(only)
    records = file.records or (_RECORDS_FOR_PEERS if PEERS in wanted else _RECORDS)
    if wanted == (INVARIANTS,):
        _print(invariants(records), "SIMULATED depth", records, 1, as_json)
        return
    with file.written(records) as (path, middle):
        ours = tuple(name for name in wanted if name != PEERS)
        table = measure(path, middle, rounds, records, ours, seconds) if ours else []
        if PEERS in wanted:
            table += peers(path, middle, records, peers_python or sys.executable)
    if INVARIANTS in wanted:
        table += invariants(records)
    _print(table, file.source, records, rounds, as_json)


def run_against(
    folder: Path, file: BenchFile, rounds: int, only: tuple[str, ...], as_json: bool, seconds: float
) -> None:
    """Measure another checkout and this one in turn, and print both. Raises UserError for a row that does not exist,
    or that is not measured so."""
    wanted = _known(only)
    if apart := [name for name in wanted if name in (PEERS, INVARIANTS)]:
        raise UserError(f"--only {apart[0]}", "is not measured against a checkout", "leave out --against")
    records = file.records or _RECORDS
    table: list[Compared] = []
    with Checkout(folder) as theirs, Checkout(this_checkout()) as ours, file.written(records) as (path, middle):
        if not as_json:
            print(f"{records:,} records of {file.source}; medians of {rounds} rounds in turn: theirs, ours, ratio")
        for row in compared(theirs, ours, wanted, rounds, Ask(str(path), middle, records, seconds)):
            table.append(row)
            if not as_json:
                print(_compared_line(row), flush=True)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(table), indent=2).decode())


def _known(only: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in only if name not in NAMES]
    if unknown:
        raise UserError(
            f"--only {unknown[0]}", "there is no such row", f"choose from {', '.join(NAMES)}", code=ExitCode.USAGE
        )
    return only or USUAL


def _compared_line(row: Compared) -> str:
    if row.missing:
        return f"{row.name:<29}{'-':>12} {'-':>12} {'-':>8} {'':<8} {row.missing}"
    return f"{row.name:<29}{row.theirs:>12.4g} {row.ours:>12.4g} {row.ratio:>8.3f} {row.unit:<8} {row.meaning}"


def _print(table: list[Row], source: str, records: int, rounds: int, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(table), indent=2).decode())
        return
    print(f"{records:,} records of {source}; median [min..max] of {rounds} rounds")
    for row in table:
        if math.isnan(row.median):
            print(f"{row.name:<29}{'-':>12} {row.meaning}")
        else:
            print(f"{row.name:<29}{row.median:>12.4g} [{row.low:.4g}..{row.high:.4g}] {row.unit:<8} {row.meaning}")
