"""What ``lake publish`` does: open lake and catalog, publish, print."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.failures import half_done
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.lake.catalog import Lake
from spymaster.lake.storage.opening import open_storage
from spymaster.market.manifest import RunStatus

_NAMESPACE: Final = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")


def run_publish(
    config_path: Path | None,
    root: str | None,
    uri: str | None,
    warehouse: str | None,
    namespace: str,
    bronze: bool,
    as_json: bool,
) -> int:
    """Publish a lake; returns the exit code. Raises UserError."""
    from spymaster.lake.publish.catalog import open_catalog, reported
    from spymaster.lake.publish.publish import publish

    config = load_config(config_path)
    where = root or config.lake.path
    if not where:
        remedy = "give its root, or set [lake] path in the configuration"
        raise UserError("lake", "none was named", remedy, code=ExitCode.USAGE)
    if not _NAMESPACE.fullmatch(namespace):
        remedy = "use letters, digits, _ and dots between them"
        raise UserError(f"--namespace {namespace}", "is no name", remedy, code=ExitCode.USAGE)
    storage = open_storage(where, s3_endpoint=config.lake.s3_endpoint)
    lake = Lake(storage)
    lake.check_there_is_one()
    for problem in lake.problems:
        print(f"warning: {problem}", file=sys.stderr)
    catalog = open_catalog(storage, uri, warehouse, config.lake.s3_endpoint)
    tables = []
    with half_done(f"{storage.name}: what is published so far stands; run lake publish again"), reported(namespace):
        for table in publish(lake, catalog, namespace, lambda name: print(name, file=sys.stderr), with_bronze=bronze):
            tables.append(table)
            if not as_json:
                print(
                    f"{table.table:<44} {table.rows:>13,} rows {table.files:>6} files   "
                    f"{table.added} added, {table.removed} taken out"
                )
    if as_json:
        print(msgspec.json.format(msgspec.json.encode({"tables": tables}), indent=2).decode())
    open_runs = sum(run.run.status is not RunStatus.SEALED for run in lake.runs)
    if open_runs:
        print(f"note: {open_runs} runs are not sealed; nothing of them but Silver is published", file=sys.stderr)
    if not tables:
        print(f"{storage.name}: nothing to publish; Silver is made by lake compact", file=sys.stderr)
    return os.EX_OK
