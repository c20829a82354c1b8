#!/usr/bin/env bash
# Expected: a minor release of a calendar package gives the same hours for the same day. Observed: up to 5.3.2 the hours
# after the close of a half day have no length (post = 13:00), from 5.4.0 on they last to 17:00, as they do on the
# exchange; and 5.2.0 registers none of the package's own calendars, so that "CME Globex Equity" is unknown to it alone.
# It matters because ">=5.0" admits all three, and only one of them lets SPY trade on the afternoon of a half day.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"

for version in 5.2.0 5.3.2 5.4.0; do
    "$folder/venv/bin/pip" --quiet install "pandas_market_calendars==$version" 'pandas<3' 2>/dev/null
    "$folder/venv/bin/python" - "$version" <<'PY'
import sys
import warnings

import pandas_market_calendars

warnings.filterwarnings("ignore")
version = sys.argv[1]
try:
    nasdaq = pandas_market_calendars.get_calendar("NASDAQ")
    row = nasdaq.schedule("2026-11-27", "2026-11-27", tz="America/New_York", start="pre", end="post").iloc[0]
    found = f"{row['market_close']:%H:%M} to {row['post']:%H:%M}"
except RuntimeError as error:
    found = "NASDAQ is unknown"
print(version, "after the close of 2026-11-27:", found)
expected = {"5.2.0": "NASDAQ is unknown", "5.3.2": "13:00 to 13:00", "5.4.0": "13:00 to 17:00"}
sys.exit(0 if found == expected[version] else "the behaviour has changed")
PY
done
