"""What the engine publishes from known recordings, column by column: a hash of each column's values, as a table.

A change of layout, order or speed must leave the table alone. A change of rules or of a recording makes it anew:
``python -m tests.support.values`` writes the tables of all recordings (names of some may be given), and the diff then
shows which columns changed. The half hour of real depth is read where ``SPYMASTER_DATA`` names the folder of it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from spymaster.cli.request import Request, prepare
from spymaster.market.rows import ALERT_ROW, FLOW_ROW, LEVEL_ROW, SNAP
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.sources.forms import open_source

TABLES: Final = Path(__file__).parent.parent / "physics" / "values"
_RECORDINGS: Final = Path(__file__).parents[2] / "recordings"
SHIPPED: Final = ("first-look", "gamma-squeeze", "opening-drive", "wall-holds")
REAL: Final = "real-half-hour"
_REAL_FILES: Final = ("es/esh4-20231225-2300-2330.mbp-10.dbn.zst", "es/esh4-20231225-2300-2330.trades.dbn.zst")
_REAL_LEVELS: Final = tuple(f"{4801 + k / 2:g}" for k in range(40))
"""Half a point apart, over all prices of that half hour."""

Columns = dict[str, dict[str, str]]
"""Table -> column -> hash of its values, 16 hexadecimal digits."""


def request_for(name: str) -> Request | None:
    """What is replayed under a name; None for real data that are not here."""
    if name != REAL:
        return Request((_RECORDINGS / name,), None, None, None)
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        return None
    return Request(tuple(Path(folder) / file for file in _REAL_FILES), None, "es", None, _REAL_LEVELS)


def published_columns(request: Request) -> Columns:
    """Every column that an engine publishes from a recording: levels, snaps, flows, alerts and strikes."""
    sums = ColumnSums()
    source = open_source(prepare(request).plan)
    engine = Engine(snaps_per_block=64, with_flows=True)
    try:
        for frame in source.frames():
            sums.take(engine.feed(frame))
        sums.take(engine.finish())
    finally:
        source.close()
    return sums.columns()


class ColumnSums:
    """Hashes of columns, block by block."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[str, xxhash.xxh3_64]] = {}

    def take(self, blocks: Iterable[SnapBlock]) -> None:
        """Take in blocks of snaps."""
        for block in blocks:
            for table, column, values in _columns_of(block):
                held = self._sums.setdefault(table, {})
                held.setdefault(column, xxhash.xxh3_64()).update(values.tobytes())

    def columns(self) -> Columns:
        """The hashes so far."""
        return {table: {name: held.hexdigest() for name, held in sums.items()} for table, sums in self._sums.items()}


def _columns_of(block: SnapBlock) -> Iterator[tuple[str, str, NDArray[Any]]]:
    """(table, column, its values) of a block. What the rows look like in memory is known here alone."""
    snaps = block.snaps
    published = np.arange(block.rows.shape[1]) < snaps["levels"][:, None]
    levels = block.rows[published]
    strikes = block.strikes[np.arange(block.strikes.shape[1]) < snaps["options"]["strikes"][:, None]]
    for name in LEVEL_ROW.names or ():
        yield "levels", name, levels[name]
    for name in SNAP.names or ():
        if name != "options":
            yield "snaps", name, snaps[name]
    for table, rows in (("options", snaps["options"]), ("strikes", strikes)):
        for name in rows.dtype.names or ():
            yield table, name, rows[name]
    for table, rows, dtype in (("flows", block.flows, FLOW_ROW), ("alerts", block.alerts, ALERT_ROW)):
        for name in dtype.names or ():
            yield table, name, rows[name]


def recorded_columns(name: str) -> Columns:
    """The table as it was written."""
    table: Columns = json.loads((TABLES / f"{name}.json").read_text())
    return table


def differing(found: Columns, recorded: Columns) -> list[str]:
    """``table.column`` of every column that is not in both, or not the same in both."""
    flat = [
        {f"{table}.{name}": value for table, held in each.items() for name, value in held.items()}
        for each in (found, recorded)
    ]
    return sorted(name for name in flat[0].keys() | flat[1].keys() if flat[0].get(name) != flat[1].get(name))


def main(names: list[str]) -> None:
    """Write tables, and say which columns changed."""
    TABLES.mkdir(exist_ok=True)
    for name in names or [*SHIPPED, REAL]:
        request = request_for(name)
        if request is None:
            print(f"{name}: left as it is, SPYMASTER_DATA is not set")
            continue
        found, path = published_columns(request), TABLES / f"{name}.json"
        changed = differing(found, recorded_columns(name)) if path.exists() else ["all"]
        path.write_text(json.dumps(found, indent=1) + "\n")
        print(f"{name}: {', '.join(changed) or 'nothing'} changed")


if __name__ == "__main__":
    main(sys.argv[1:])
