"""From native files into Bronze and out again: the same bytes, which every reader of the format opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.feeds.dbn.files import DbnFile
from spymaster.lake.export.dbn import DbnExport, lake_batches, lake_symbols
from spymaster.market.batches import Batch
from spymaster.market.dtypes import SCHEMA_KINDS, SCHEMA_RTYPES
from spymaster.market.frames import MappingFrame
from spymaster.market.kinds import Kind
from tests.support.dbn import records
from tests.support.journals import T0_NS
from tests.support.lakes import Frames, config_frame, es_depth, es_trades, lake_at, record


def noise(schema: str, count: int = 50) -> NDArray[Any]:
    """Records of a schema, everything random but header and time."""
    kind = SCHEMA_KINDS[schema]
    rtype = SCHEMA_RTYPES[schema]
    rows = records(kind, count, recv_ns=T0_NS, instrument_id=17, rtype=rtype)
    rng = np.random.default_rng(3)
    head = 16
    raw = rows.view(np.uint8).reshape(count, -1)
    kept = rows["ts_recv"].copy() if "ts_recv" in (rows.dtype.names or ()) else None
    raw[:, head:] = rng.integers(0, 256, raw[:, head:].shape, np.uint8)
    if kept is not None:
        rows["ts_recv"] = kept
    if "action" in (rows.dtype.names or ()) and schema != "status":
        rows["action"] = b"T" if schema in ("tbbo", "tcbbo") else b"A"
    if schema == "definition":
        rows["raw_symbol"] = b"ESH4"
    return rows


def exported(frames: Frames, folder: Path) -> dict[str, DbnFile]:
    """A run written to a lake and from there to native files, by schema."""
    record(folder / "lake", frames.stored)
    lake = lake_at(folder / "lake")
    run = lake.run()
    with DbnExport(str(folder / "out"), lake_symbols(lake.storage, run)) as export:
        for batch in lake_batches(lake.storage, run):
            export.on_batch(batch)
        written = export.close()
    return {one.path.name: DbnFile.open(one.path) for one in written}


def content(file: DbnFile) -> bytes:
    return b"".join(rows.tobytes() for batch in file.chunks() for rows in batch.arrays.values())


@pytest.mark.parametrize("schema", [name for name in SCHEMA_KINDS if name not in ("bbo-1m", "cbbo-1m")])
def test_every_schema_comes_out_as_it_went_in(schema: str, tmp_path: Path) -> None:
    rows = noise(schema)
    frames = Frames()
    frames.add(config_frame(), T0_NS)
    frames.records(SCHEMA_KINDS[schema], rows)
    files = exported(frames, tmp_path)
    assert list(files) == [f"out.{schema}.dbn.zst"]
    (file,) = files.values()
    assert file.schema == schema
    assert content(file) == rows.tobytes()


def test_the_announced_record_type_of_tbbo_is_written_as_version_3_has_it(tmp_path: Path) -> None:
    rows = records(Kind.MBP1, 4, rtype=np.array([197, 1, 197, 197]), action=b"T")
    with DbnExport(str(tmp_path / "out"), {17077: "ESH4"}) as export:
        export.on_batch(Batch.of(Kind.MBP1, rows, 0))
        (written,) = export.close()
    assert written.path.name == "out.tbbo.dbn.zst"
    (batch,) = DbnFile.open(written.path).chunks()
    assert batch.arrays[Kind.MBP1]["rtype"].tolist() == [1] * 4
    assert batch.arrays[Kind.MBP1]["sequence"].tolist() == [1, 2, 3, 4]
    assert rows["rtype"].tolist() == [197, 1, 197, 197]


def test_each_schema_has_a_file_of_its_own(tmp_path: Path) -> None:
    depth, trades = es_depth(30), es_trades(20)
    frames = Frames()
    frames.add(config_frame())
    frames.records(Kind.MBP10, depth)
    frames.records(Kind.TRADE, trades)
    files = exported(frames, tmp_path)
    assert {name: content(file) for name, file in files.items()} == {
        "out.mbp-10.dbn.zst": depth.tobytes(),
        "out.trades.dbn.zst": trades.tobytes(),
    }


def test_another_venues_records_are_told_by_the_name(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame())
    frames.records(Kind.TRADE, es_trades(5))
    frames.records(Kind.TRADE, es_trades(5, instrument_id=900, publisher_id=2))
    files = exported(frames, tmp_path)
    assert {name: file.dataset for name, file in files.items()} == {
        "out.trades.dbn.zst": "GLBX.MDP3",
        "out.xnas-itch.trades.dbn.zst": "XNAS.ITCH",
    }


@pytest.mark.parametrize(
    ("publisher", "dataset"),
    [(22, "OPRA.PILLAR"), (109, "OPRA.PILLAR"), (38, "IEXG.TOPS"), (95, "EQUS.MINI"), (999, "GLBX.MDP3")],
)
def test_records_go_to_the_dataset_of_their_publisher_an_unknown_ones_to_the_runs_own(
    publisher: int, dataset: str, tmp_path: Path
) -> None:
    with DbnExport(str(tmp_path / "out"), {}, "GLBX.MDP3") as export:
        export.on_batch(Batch.of(Kind.TRADE, es_trades(5, publisher_id=publisher)))
        (written,) = export.close()
    assert DbnFile.open(written.path).dataset == dataset


def test_quotes_of_listed_options_by_an_unknown_exchange_are_the_consolidated_tapes(tmp_path: Path) -> None:
    with DbnExport(str(tmp_path / "out"), {}, "GLBX.MDP3") as export:
        export.on_batch(Batch.of(Kind.CBBO, records(Kind.CBBO, 3, publisher_id=999)))
        (written,) = export.close()
    assert DbnFile.open(written.path).dataset == "OPRA.PILLAR"


def test_symbols_are_in_the_header(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame())
    frames.add(MappingFrame(1, 18, "ESM4"))
    frames.records(Kind.TRADE, es_trades(5))
    (file,) = exported(frames, tmp_path).values()
    assert file.symbols_by_id() == {17: "ESH4", 18: "ESM4"}


def test_the_vendors_reader_opens_it(tmp_path: Path) -> None:
    databento = pytest.importorskip("databento")
    depth = es_depth(30)
    frames = Frames()
    frames.add(config_frame())
    frames.records(Kind.MBP10, depth)
    exported(frames, tmp_path)
    store = databento.DBNStore.from_file(tmp_path / "out.mbp-10.dbn.zst")
    assert (store.schema, store.dataset, len(store.to_ndarray())) == ("mbp-10", "GLBX.MDP3", 30)
    assert store.to_ndarray().tobytes() == depth.tobytes()


def test_what_has_no_native_form_is_said(tmp_path: Path) -> None:
    export = DbnExport(str(tmp_path / "out"), {})
    export.on_batch(Batch({Kind.RAW: np.zeros(3, np.uint8)}, np.full(3, int(Kind.RAW), np.uint8)))
    assert export.close() == ()
    assert list(export.losses(frames=True)) == [
        "3 RAW records have no native form: frames as a vendor sent them are not in the files",
        "native files hold records alone: watermarks, feed status, gaps and configuration are not in them, nor the"
        " order between schemas",
    ]


def break_off(export: DbnExport) -> None:
    """Write some records, then meet an error."""
    with export:
        export.on_batch(Batch.of(Kind.TRADE, es_trades(5)))
        raise ZeroDivisionError


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        break_off(DbnExport(str(tmp_path / "out"), {}))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        DbnExport(str(tmp_path / "nowhere" / "out"), {})
