#!/usr/bin/env bash
# Two writers add the same Parquet file to an Iceberg table at once, both with add_files and its default check for
# duplicates. One expects the loser of the race to be told so, or to be checked again. pyiceberg sends the loser's
# commit again by itself, after rebuilding it on the winner's snapshot and without the check: the file is in the table
# twice, every row counts double, and nobody sees an error. Whoever publishes files has to turn the table's
# commit.retry.num-retries to 0 and begin anew from what the table has become.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    'pyiceberg[sql-sqlite]==0.12.0' 'pyarrow==26.0.1'
cd "$work"
venv/bin/python - <<'PY'
import logging
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pyiceberg
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog

logging.getLogger("pyiceberg").setLevel(logging.ERROR)
SETTINGS = {"type": "sql", "uri": "sqlite:///catalog.db", "warehouse": f"file://{os.getcwd()}/warehouse"}
FILE = f"{os.getcwd()}/rows.parquet"
rows = pa.table({"t": pa.array([1, 2, 3], pa.int64())})
pq.write_table(rows, FILE)


def raced(name, properties):
    """Add the file by two writers, the second of which commits while the first is about to."""
    mine, other = (load_catalog("c", **SETTINGS) for _ in range(2))
    mine.create_namespace_if_not_exists("n")
    table = mine.create_table(f"n.{name}", rows.schema, properties=properties)
    commit = SqlCatalog.commit_table
    waiting = [lambda: other.load_table(f"n.{name}").add_files([FILE])]

    def after_the_other(self, *arguments):
        if waiting:
            waiting.pop()()
        return commit(self, *arguments)

    SqlCatalog.commit_table = after_the_other
    try:
        table.add_files([FILE], check_duplicate_files=True)
        said = "no error"
    except Exception as error:
        said = type(error).__name__
    finally:
        SqlCatalog.commit_table = commit
    read = mine.load_table(f"n.{name}").scan()
    return said, [task.file.file_path for task in read.plan_files()].count(FILE), read.to_arrow().num_rows


print(f"pyiceberg {pyiceberg.__version__}; a file of 3 rows, added by two writers at once with the check for duplicates")
usual = raced("usual", {})
print(f"  as it comes:                  {usual[0]}; in the table {usual[1]} times, {usual[2]} rows")
once = raced("once", {"commit.retry.num-retries": "0"})
print(f"  commit.retry.num-retries = 0: {once[0]}; in the table {once[1]} times, {once[2]} rows")
late = load_catalog("c", **SETTINGS).load_table("n.once")
try:
    late.add_files([FILE])
    later = "no error"
except ValueError as error:
    later = f"ValueError: {str(error)[:60]}"
print(f"  added again afterwards:       {later}")
if usual != ("no error", 2, 6) or once != ("CommitFailedException", 1, 3) or not later.startswith("ValueError"):
    sys.exit("the behaviour has changed")
PY
