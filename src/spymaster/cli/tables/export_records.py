"""``export events`` and ``export dbn``: what happened record by record, and the records themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spymaster.cli.moments import span_ns
from spymaster.cli.request import Request, prepare, refuse_recorded
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.choice.discover import discover
from spymaster.feeds.dbn.vendor_folder import is_own_manifest
from spymaster.feeds.merge import merge
from spymaster.lake.catalog import Lake
from spymaster.lake.export.dbn import DbnExport, lake_batches, lake_symbols
from spymaster.lake.export.export import TableSink, format_of
from spymaster.lake.run_manifest import RUNS
from spymaster.lake.storage.opening import bucket_url, open_storage
from spymaster.market.batches import Batch
from spymaster.market.manifest import MANIFEST_NAME, load_manifest
from spymaster.physics.engine import Engine
from spymaster.session.flow_events import flow_events
from spymaster.session.progress import Progress
from spymaster.session.sources.replay_source import ReplaySource
from spymaster.signals.columns import select


def run_events(request: Request, out: str, file_format: str | None, since: str | None, until: str | None) -> int:
    """Write the ledger event by event; returns the exit code. Raises UserError."""
    chosen = format_of(out, file_format if file_format or out != "-" else "csv")
    refuse_recorded(request, "export events")
    prepared = prepare(request)
    source = ReplaySource(prepared.plan)
    first, last = span_ns(since, until, source)
    progress = Progress(sys.stderr, "export events")
    span = max(source.last_ns - source.first_ns, 1)
    rows = 0
    try:
        with TableSink(out, chosen, table="events") as table:
            for columns in flow_events(source, Engine(snaps_per_block=1)):
                times = np.asarray(columns["ts_event_ns"])
                kept = select(columns, (times >= first) & (times < last))
                table.write(kept)
                rows += len(kept["ts_event_ns"])
                if len(times):
                    progress.show((int(times[-1]) - source.first_ns) / span, f"{rows} rows")
    finally:
        progress.close()
    for line in source.problems:
        print(f"warning: {line}", file=sys.stderr)
    mark = "SIMULATED " if prepared.simulated else ""
    print(f"{rows:,} {mark}rows of events{'' if out == '-' else f' in {out}'}", file=sys.stderr)
    return ExitCode.DATA if source.is_torn else os.EX_OK


def run_dbn(sources: tuple[Path, ...], prefix: str, run_id: str | None, config: Path | None) -> int:
    """Write native files; returns the exit code. Raises UserError."""
    lakes = [source for source in sources if _is_lake(source)]
    if lakes and len(sources) > 1:
        raise UserError(lakes[0], "a lake is exported by itself", "name it alone", code=ExitCode.USAGE)
    if lakes:
        lake = Lake(open_storage(lakes[0], s3_endpoint=load_config(config).lake.s3_endpoint))
        run = lake.run(run_id)
        export = DbnExport(prefix, lake_symbols(lake.storage, run))
        return _write(export, lake_batches(lake.storage, run), simulated=run.manifest.simulated, frames=True)
    if run_id is not None:
        raise UserError(f"--run {run_id}", "only a lake has runs", "name a lake's root", code=ExitCode.USAGE)
    files = discover(sources).files
    symbols = {number: symbol for file in files for number, symbol in file.symbols_by_id().items()}
    manifests = [load_manifest(source) for source in sources if is_own_manifest(source)]
    export = DbnExport(prefix, symbols, files[0].dataset if len({file.dataset for file in files}) == 1 else None)
    code = _write(export, merge(files), simulated=any(manifest.simulated for manifest in manifests), frames=False)
    for line in (line for file in files for line in file.problems):
        print(f"warning: {line}", file=sys.stderr)
    return ExitCode.DATA if any(file.torn_at is not None for file in files) else code


def _write(export: DbnExport, batches: Iterator[Batch], *, simulated: bool, frames: bool) -> int:
    with export:
        for batch in batches:
            export.on_batch(batch)
        written = export.close()
    mark = "SIMULATED " if simulated else ""
    for file in written:
        print(f"{file.records:,} {mark}records in {file.path}", file=sys.stderr)
    for line in export.losses(frames=frames):
        print(f"note: {line}", file=sys.stderr)
    return os.EX_OK


def _is_lake(source: Path) -> bool:
    if bucket_url(source) is not None or (source / RUNS).is_dir():
        return True
    return (source / "bronze").is_dir() and (source / MANIFEST_NAME).is_file()
