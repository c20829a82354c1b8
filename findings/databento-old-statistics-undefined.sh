#!/usr/bin/env bash
# Expected: one DBNStore tells one value for a statistic's undefined quantity, however it is asked. With a file of DBN
# version 1 or 2 iteration gives 9223372036854775807 (records upgraded to version 3), while to_df() and to_ndarray() of
# the same store give 2147483647: a filter for the documented undefined value passes it as 2.1 billion contracts of open
# interest or cleared volume, and figures differ by the method that read them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check databento==0.88.0 databento-dbn==0.70.0
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import sys
from importlib.metadata import version
from pathlib import Path

import databento
import databento_dbn as dbn
import numpy as np

NS = 1_704_376_800 * 10**9


def statistics(number: int) -> bytes:
    """Two statistics of version 1 or 2 (64 bytes): open interest of 41 contracts, and one whose quantity is undefined."""
    rows = np.zeros((2, 64), np.uint8)
    rows[:, 0], rows[:, 1], rows[:, 2] = 64 // 4, 24, 1  # length in words of four bytes, record type, publisher
    rows.view("<u4")[:, 1] = 17077
    words = rows.view("<i8")
    words[:, 1] = words[:, 2] = words[:, 3] = NS
    words[:, 4] = 2**63 - 1
    rows.view("<i4")[:, 10] = (41, 2**31 - 1)
    rows.view("<u2")[:, 26] = 9  # open interest
    header = dbn.Metadata(
        dataset="GLBX.MDP3", start=NS, end=NS + 10**9, stype_in=dbn.SType.RAW_SYMBOL, stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.STATISTICS, symbols=["ESH4"], partial=[], not_found=[], mappings=[], version=number,
    ).encode()
    return header + rows.tobytes()


print("databento", version("databento"), "databento-dbn", version("databento-dbn"))
for number in (1, 2):
    path = Path(sys.argv[1]) / f"v{number}.statistics.dbn"
    path.write_bytes(statistics(number))
    store = databento.DBNStore.from_file(path)
    iterated = [record.quantity for record in store]
    framed = store.to_df()["quantity"].tolist()
    array = store.to_ndarray()["quantity"]
    print(f"version {number}: iteration {iterated}, to_df {framed}, to_ndarray {array.tolist()} ({array.dtype})")
    assert iterated == [41, dbn.UNDEF_STAT_QUANTITY] == [41, 2**63 - 1]
    assert framed == array.tolist() == [41, 2**31 - 1]
PY
