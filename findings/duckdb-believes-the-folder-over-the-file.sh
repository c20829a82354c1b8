#!/usr/bin/env bash
# A Parquet file that holds a column "symbol" is read by its exact name, out of a folder called symbol=SPY (copied there,
# or filed under another name than its rows have). One expects the values that were written. DuckDB gives the folder's
# text for every row in place of the file's column, for one exactly named file too, without a word; filters and counts
# by it then say something else than the file. hive_partitioning = false gives the file's, as pyarrow does by itself.
# Whoever keeps a column in files must not file them under its name, or has to turn the guess off.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'duckdb==2.0.1' 'pyarrow==26.0.1'
cd "$work"
venv/bin/python - <<'PY'
import os
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

FILE = "symbol=SPY/rows.parquet"
os.makedirs("symbol=SPY")
pq.write_table(pa.table({"symbol": ["ES", "ES", "NQ"], "size": [1, 2, 3]}), FILE)


def symbols(options=""):
    return [row[0] for row in duckdb.sql(f"SELECT symbol FROM read_parquet('{FILE}'{options}) ORDER BY size").fetchall()]


usual, off = symbols(), symbols(", hive_partitioning = false")
found = duckdb.sql(f"SELECT count(*) FROM '{FILE}' WHERE symbol = 'ES'").fetchall()[0][0]
by_pyarrow = pq.read_table(FILE, partitioning=None)["symbol"].to_pylist()
print(f"duckdb {duckdb.__version__}, pyarrow {pa.__version__}; {FILE} holds ES, ES, NQ")
print(f"  duckdb, as it comes:               {usual}; rows where symbol = 'ES': {found}")
print(f"  duckdb, hive_partitioning = false: {off}")
print(f"  pyarrow, the file alone:           {by_pyarrow}")
if (usual, found, off, by_pyarrow) != (["SPY"] * 3, 0, ["ES", "ES", "NQ"], ["ES", "ES", "NQ"]):
    sys.exit("the behaviour has changed")
PY
