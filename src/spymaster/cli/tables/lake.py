"""What the ``lake`` commands do: open the lake, call, print."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.failures import half_done
from spymaster.config.loader import load_config
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.lake.catalog import BRONZE, SILVER, Lake, LakeRun, date_of_file, table_of_file
from spymaster.lake.gold.rebuild import Rebuilt, rebuild_gold
from spymaster.lake.predictions import PREDICTIONS_KIND
from spymaster.lake.retention import prune
from spymaster.lake.silver.compact import compact
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.storage.opening import open_storage
from spymaster.lake.verify import verify
from spymaster.session.progress import Progress

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_GB: Final = 1_000_000_000
_MB: Final = 1_000_000


class RunLine(msgspec.Struct, frozen=True):
    """A run as ``lake ls`` shows it."""

    id: str
    mode: str
    status: str
    simulated: bool
    symbol: str
    start: str
    end: str
    records: int
    files: int
    bytes: int


class TableLine(msgspec.Struct, frozen=True):
    """A table as ``lake ls`` shows it."""

    table: str
    first_date: str
    last_date: str
    files: int
    bytes: int


def run_ls(config_path: Path | None, root: str | None, as_json: bool) -> None:
    """Print runs and tables. Raises LakeError."""
    lake = _open(config_path, root)[1]
    runs = [_run_line(run) for run in lake.runs]
    tables = _tables(lake)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode({"runs": runs, "tables": tables}), indent=2).decode())
        return
    if not runs:
        print(f"{lake.storage.name}: no run is recorded here", file=sys.stderr)
        return
    for line in runs:
        mark = "SIMULATED" if line.simulated else ""
        print(
            f"{line.id:<32} {line.mode:<10} {line.status:<7} {line.symbol:<6} {line.start} to {line.end} "
            f"{line.records:>13,} records {line.files:>5} files {line.bytes / _MB:>10,.1f} MB {mark}".rstrip()
        )
    print()
    for table in tables:
        span = table.first_date if table.first_date == table.last_date else f"{table.first_date} to {table.last_date}"
        print(f"{table.table:<32} {span:<24} {table.files:>5} files {table.bytes / _MB:>10,.1f} MB")


def run_verify(config_path: Path | None, root: str | None, as_json: bool) -> int:
    """Print what is wrong, a line each; returns the exit code. Raises LakeError."""
    lake = _open(config_path, root, warn=False)[1]
    findings = []
    for finding in verify(lake):
        findings.append(finding)
        if not as_json:
            print(finding, file=sys.stdout if finding.is_damage else sys.stderr)
    damage = sum(finding.is_damage for finding in findings)
    if as_json:
        report = {"runs": len(lake.runs), "damage": damage, "findings": findings}
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    files = sum(len(run.manifest.files) for run in lake.runs)
    print(f"{len(lake.runs)} runs, {files} files: {f'{damage} damaged' if damage else 'sound'}", file=sys.stderr)
    return ExitCode.DATA if damage else os.EX_OK


def run_compact(config_path: Path | None, root: str | None, date: str | None) -> int:
    """Write Silver, then let old runs go. Raises UserError."""
    if date is not None and not _DATE.fullmatch(date):
        raise UserError(f"--date {date}", "is not a date", "give a UTC date as YYYY-MM-DD", code=ExitCode.USAGE)
    config, lake = _open(config_path, root)
    lake.run(lake.runs[0].run.id if lake.runs else None)
    records, doubles, files = 0, 0, 0
    with half_done(f"{lake.storage.name}: Silver is not whole; run lake compact again"):
        for done in compact(lake, date, lambda folder: print(folder, file=sys.stderr)):
            records, doubles, files = records + done.records, doubles + done.doubles, files + 1
    print(f"{records:,} records in {files} files, {doubles:,} doubles left out", file=sys.stderr)
    keep = config.lake
    if keep.keep_days or keep.max_gb:
        gone = prune(lake, time.time_ns(), keep_days=keep.keep_days, max_bytes=round(keep.max_gb * _GB))
        if gone.files:
            print(f"let go: {len(gone.runs)} runs, {gone.files} files, {gone.bytes / _MB:,.1f} MB", file=sys.stderr)
    return os.EX_OK


def run_rebuild(config_path: Path | None, root: str | None, run_id: str | None, check: bool) -> int:
    """Compute Gold of one run or of all; returns the exit code. Raises LakeError."""
    lake = _open(config_path, root)[1]
    kept = tuple(run for run in lake.runs if BRONZE not in run.run.let_go)
    chosen = kept if run_id is None and kept else (lake.run(run_id),)
    differing = 0
    for run in chosen:
        done = _rebuild(lake, run, check)
        rows = sum(file.records for file in done.files)
        differing += bool(done.changed)
        same = "as recorded" if not done.changed else f"{len(done.changed)} files differ from what was recorded"
        print(f"{run.run.id}: {rows:,} rows in {len(done.files)} files, {same}", file=sys.stderr)
        for name in done.changed:
            print(lake.storage.url(name))
    return ExitCode.DATA if check and differing else os.EX_OK


def _rebuild(lake: Lake, run: LakeRun, check: bool) -> Rebuilt:
    """Into the lake, or into a scratch folder where it is only checked."""
    progress = Progress(sys.stderr, f"rebuild-gold {run.run.id}")
    with tempfile.TemporaryDirectory() as scratch:
        target = LocalStorage(Path(scratch)) if check else lake.storage
        left = "nothing was changed" if check else "its Gold is not whole; run lake rebuild-gold again"
        try:
            with half_done(f"{run.run.id}: {left}"):
                return rebuild_gold(
                    lake.storage, run, target, lambda at, of: progress.show(at / of, f"hour {at} of {of}")
                )
        finally:
            progress.close()


def open_lake(config_path: Path | None, root: str | None, *, warn: bool = True) -> Lake:
    """The lake that is meant. ``warn``: say which manifests are not used. Raises UserError for no lake."""
    return _open(config_path, root, warn=warn)[1]


def _open(config_path: Path | None, root: str | None, *, warn: bool = True) -> tuple[Config, Lake]:
    """The configuration and the lake. ``warn``: say which manifests are not used. Raises UserError for no lake."""
    config = load_config(config_path)
    where = root or config.lake.path
    if not where:
        remedy = "give its root, or set [lake] path in the configuration"
        raise UserError("lake", "none was named", remedy, code=ExitCode.USAGE)
    lake = Lake(open_storage(where, s3_endpoint=config.lake.s3_endpoint))
    lake.check_there_is_one()
    for problem in lake.problems if warn else ():
        print(f"warning: {problem}", file=sys.stderr)
    return config, lake


def _run_line(found: LakeRun) -> RunLine:
    manifest, run = found.manifest, found.run
    return RunLine(
        id=run.id,
        mode=run.mode,
        status=run.status,
        simulated=manifest.simulated,
        symbol=manifest.symbol,
        start=manifest.start.isoformat(timespec="seconds"),
        end=manifest.end.isoformat(timespec="seconds"),
        records=manifest.records,
        files=len(manifest.files),
        bytes=sum(file.bytes for file in manifest.files),
    )


def _tables(lake: Lake) -> list[TableLine]:
    """Tables of all tiers by name."""
    files_of_runs = [file for run in lake.runs for file in run.manifest.files]
    named = [(file.path, file.bytes) for file in files_of_runs if file.kind != PREDICTIONS_KIND]
    named += [(name, lake.storage.size(name)) for name in lake.storage.names(SILVER)]
    files: dict[str, list[tuple[str, int]]] = {}
    for name, size in named:
        files.setdefault(f"{name.partition('/')[0]}/{table_of_file(name)}", []).append((name, size))
    lines = []
    for table, parts in sorted(files.items()):
        dates = sorted(date_of_file(name) or "" for name, _ in parts)
        lines.append(TableLine(table, dates[0], dates[-1], len(parts), sum(size for _, size in parts)))
    return lines
