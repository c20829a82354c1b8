#!/usr/bin/env bash
# Expected: the package's calendars of Cboe's options close early on every day on which its calendar of the New York
# stock exchange does, since options stop with the shares. Observed: they know the other half days but not Christmas Eve:
# for 24 December of 2024, 2025 and 2026 they give 16:00 and 16:15, three hours after the shares' 13:00. It matters
# because a program that watches a feed of options by them calls it dead all afternoon.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet install 'pandas_market_calendars==5.5.0' 'pandas<3' 2>/dev/null

"$folder/venv/bin/python" - <<'PY'
import sys
import warnings

import pandas_market_calendars

warnings.filterwarnings("ignore")
print("pandas_market_calendars", pandas_market_calendars.__version__)
days = ("2025-07-03", "2026-11-27", "2024-12-24", "2025-12-24", "2026-12-24")
closes = {}
for name in ("NYSE", "CBOE_Equity_Options", "CBOE_Index_Options"):
    calendar = pandas_market_calendars.get_calendar(name)
    closes[name] = [
        f"{calendar.schedule(day, day, tz='America/New_York').iloc[0]['market_close']:%H:%M}" for day in days
    ]
    print(f"{name:20}", *(f"{day} {close}" for day, close in zip(days, closes[name])), sep="  ")
expected = {
    "NYSE": ["13:00"] * 5,
    "CBOE_Equity_Options": ["13:00"] * 2 + ["16:00"] * 3,
    "CBOE_Index_Options": ["13:15"] * 2 + ["16:15"] * 3,
}
sys.exit(0 if closes == expected else "the behaviour has changed")
PY
