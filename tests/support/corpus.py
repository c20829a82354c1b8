"""Tiny lakes in every version of their formats that was ever written, made up by hand, and what is in them.

``python -m tests.support.corpus`` writes those of the present versions. What is there already is never written again:
a change that would ask for it needs a new version.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from spymaster.lake.bronze.reader import BronzeReader
from spymaster.lake.catalog import Lake
from spymaster.lake.gold.schema import GOLD_VERSION
from spymaster.lake.silver.compact import SILVER_VERSION, compact
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.schema import BRONZE_VERSION
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import (
    FeedState,
    FeedStatusFrame,
    GapFrame,
    MappingFrame,
    RecordsFrame,
    UserLevel,
    WatermarkFrame,
)
from spymaster.market.kinds import MBP10_WORDS, Kind
from tests.support.dbn import FIRST_RTYPES
from tests.support.journals import T0_NS
from tests.support.lakes import SPY, Frames, config_frame, published, raised, record

CORPUS = Path(__file__).parent.parent / "lake" / "corpus"
DESCRIPTION = "description.json"
KINDS = (
    *(Kind.DEF, Kind.MAPPING, Kind.STATUS, Kind.STAT, Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.CMBP1),
    *(Kind.BBO, Kind.CBBO, Kind.SYSTEM, Kind.ERROR, Kind.BAR),
)
"""The kinds of the first version. A kind that came later is in the corpus from the next version on."""
CURRENT = {"bronze": BRONZE_VERSION, "gold": GOLD_VERSION, "silver": SILVER_VERSION}


def session() -> Frames:
    """Two records of each of ``KINDS``, every frame between them, and what was published."""
    frames = Frames()
    frames.add(config_frame("spy", levels=[UserLevel("MINE", 4805 * 10**9)], share=SPY))
    frames.add(MappingFrame(1, 18, "EW1F4 C4800"), T0_NS)
    for place, kind in enumerate(KINDS):
        rng = np.random.default_rng(place)
        rows = rng.integers(0, 256, 2 * DTYPES[kind].itemsize, np.uint8).view(DTYPES[kind])
        rows["length"], rows["rtype"] = rows.dtype.itemsize // 4, FIRST_RTYPES.get(kind, 200 + place)
        rows["publisher_id"], rows["instrument_id"], rows["ts_event"] = 1, 17, T0_NS + place
        if "ts_recv" in (rows.dtype.names or ()):
            rows["ts_recv"] = T0_NS + place
        if kind is Kind.DEF:
            rows["raw_symbol"], rows["underlying"], rows["instrument_class"] = b"ESH4", b"", b"F"
        frames.records(kind, rows.view(np.int64).reshape(-1, MBP10_WORDS) if kind is Kind.MBP10 else rows)
    frames.add(FeedStatusFrame("depth", FeedState.RECONNECTED, T0_NS + 90, "again"))
    frames.add(GapFrame("depth", T0_NS + 80, T0_NS + 90, "reconnect"))
    frames.add(WatermarkFrame(T0_NS + 100), T0_NS + 100)
    frames.signals(*published(2, 2))
    frames.alerts(raised())
    return frames


def describe(tier: str, root: Path) -> dict[str, Any]:
    """What a reader makes of one tier of a lake."""
    tables = {}
    for path in sorted((root / tier).rglob("*.parquet")):
        table = pq.ParquetFile(path).read()
        rows = table.slice(0, 1).to_pylist()
        columns = {field.name: str(field.type) for field in table.schema}
        tables[path.relative_to(root).as_posix()] = {"columns": columns, "rows": len(table), "first": _plain(rows)}
    found: dict[str, Any] = {"tables": tables}
    if tier == "bronze":
        found["frames"] = _lived(root)
    return found


def _lived(root: Path) -> list[Any]:
    lake = Lake(LocalStorage(root))
    frames: list[Any] = []
    for frame in BronzeReader(lake.storage, lake.run()).frames():
        if isinstance(frame, RecordsFrame):
            for kind, rows in sorted(frame.batch.arrays.items()):
                digest = hashlib.sha256(rows.tobytes()).hexdigest()
                frames.append([kind.name, frame.batch.first_seq, len(rows), digest])
        else:
            frames.append(type(frame).__name__)
    return frames


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(value, default=lambda other: other.hex() if isinstance(other, bytes) else str(other)))


def make(folder: Path) -> list[str]:
    """Write what is not there yet; the names of what was written."""
    written = []
    for tier, version in CURRENT.items():
        place = folder / f"{tier}-{version}"
        if place.exists():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            record(root, session().stored)
            list(compact(Lake(LocalStorage(root))))
            kept = [*(root / tier).rglob("*.parquet"), *(root / "runs").iterdir()]
            for path in kept:
                target = place / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
            text = json.dumps(describe(tier, root), indent=1)
            (place / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
        written.append(place.name)
    return written


if __name__ == "__main__":
    print("\n".join(make(CORPUS)) or "nothing new", file=sys.stderr)
