#!/usr/bin/env bash
# Expected: the symbol mappings of a DBN header come back in the order in which the header holds them, as its symbols do.
# What happens: Metadata.mappings is a new dict in another order at every access, within one process and for one object.
# It matters because "the first contract of the file" then means another contract from run to run: sort before choosing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "databento-dbn==0.70.0"
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import sys
from dataclasses import dataclass
from importlib.metadata import version

from databento_dbn import Metadata, Schema, SType


@dataclass
class Interval:
    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass
class Mapping:
    raw_symbol: str
    intervals: list


names = [f"ES{month}{year}" for year in (3, 4, 5) for month in "HMUZ"]
january = (dt.date(2024, 1, 1), dt.date(2024, 2, 1))
header = Metadata(
    dataset="GLBX.MDP3", start=0, end=None, schema=Schema.from_str("trades"), symbols=names, ts_out=False, version=3,
    stype_in=SType.from_str("raw_symbol"), stype_out=SType.from_str("instrument_id"),
    mappings=[Mapping(name, [Interval(*january, str(100 + k))]) for k, name in enumerate(names)],
).encode()
decoded = Metadata.decode(header)
orders = {tuple(decoded.mappings) for _ in range(20)}
print(f"databento-dbn {version('databento-dbn')}: {len(names)} symbols, {len(orders)} orders in 20 looks at one object")
for order in sorted(orders)[:3]:
    print("  mappings begin with", ", ".join(order[:4]))
print("  symbols keep theirs:", tuple(decoded.symbols) == tuple(names))
print("  the bytes keep it too:", decoded.encode() == header)
if len(orders) == 1 or tuple(decoded.symbols) != tuple(names):
    sys.exit("the behaviour has changed")
PY
