"""Silver is one account of what happened: the same from the same records, however they were stored."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from spymaster.lake.catalog import Lake
from spymaster.lake.silver.compact import Compacted, compact
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.arrow_records import records_of
from spymaster.lake.tables.part import file_metadata
from spymaster.lake.tables.schema import CONTENT_KEY
from spymaster.market.dtypes import DTYPES, by_name
from spymaster.market.frames import MappingFrame
from spymaster.market.kinds import Kind
from spymaster.market.manifest import encode_manifest
from tests.support.dbn import records
from tests.support.journals import T0_NS
from tests.support.lakes import HOUR_NS, RUN, Frames, config_frame, es_depth, es_trades, lake_at, record

SECOND = 10**9
OPRA = 30


def silver(root: Path) -> dict[str, str]:
    """Every file of Silver and its hash."""
    paths = sorted((root / "silver").rglob("*.parquet"))
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def compacted(root: Path) -> list[Compacted]:
    return list(compact(lake_at(root)))


def rows(root: Path, table: str) -> Any:
    """A table of Silver, its files one after the other."""
    paths = sorted((root / "silver" / table).rglob("*.parquet"))
    return [pq.ParquetFile(path).read() for path in paths]


def session(seed: int = 1) -> Frames:
    """Depth and trades over two hours, twins among them, and some that came late."""
    frames = Frames()
    frames.add(config_frame())
    rng = np.random.default_rng(seed)
    for step in range(30):
        start = T0_NS + step * 4 * 60 * SECOND
        depth = es_depth(200, start, step_ns=10**8)
        trades = es_trades(40, start, step_ns=5 * 10**8)
        trades["size"] = rng.integers(1, 9, 40)
        trades[1::10] = trades[0::10]
        frames.records(Kind.MBP10, depth)
        frames.records(Kind.TRADE, trades)
        frames.records(Kind.TRADE, es_trades(3, start - 90 * SECOND, size=7))
    return frames


def test_records_are_in_the_order_of_event_time(tmp_path: Path) -> None:
    record(tmp_path, session().stored)
    compacted(tmp_path)
    times = np.concatenate([table["ts_event"].to_numpy() for table in rows(tmp_path, "futures/trades")])
    assert (np.diff(times.astype(np.int64)) >= 0).all()


def test_nothing_is_lost_and_twins_stay_two(tmp_path: Path) -> None:
    record(tmp_path, session().stored)
    done = compacted(tmp_path)
    assert sum(one.records for one in done if "mbp10" in one.path) == 30 * 200
    assert sum(one.records for one in done if "trades" in one.path) == 30 * 43
    assert {one.doubles for one in done} == {0}


def test_the_footer_tells_other_rows_from_the_same(tmp_path: Path) -> None:
    said = []
    for place, size in enumerate((5, 5, 6)):
        frames = Frames()
        frames.records(Kind.TRADE, es_trades(3, size=size))
        root = tmp_path / str(place)
        record(root, frames.stored)
        (done,) = compacted(root)
        said.append(file_metadata(LocalStorage(root), done.path)[CONTENT_KEY])
    assert said[0] == said[1] != said[2]
    assert len(said[0]) == 64


def test_late_records_lie_in_the_hour_they_happened_in(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.TRADE, es_trades(2, T0_NS + HOUR_NS))
    frames.records(Kind.TRADE, es_trades(1))
    record(tmp_path, frames.stored)
    assert [(Path(one.path).parent.name, one.records) for one in compacted(tmp_path)] == [
        ("hour=14", 1),
        ("hour=15", 2),
    ]


def test_records_of_one_event_keep_the_order_they_came_in(tmp_path: Path) -> None:
    depth = es_depth(50, T0_NS, step_ns=0, sequence=1)
    frames = Frames()
    frames.records(Kind.MBP10, depth)
    record(tmp_path, frames.stored)
    compacted(tmp_path)
    (table,) = rows(tmp_path, "futures/mbp10")
    assert records_of(Kind.MBP10, table).tobytes() == depth.tobytes()


def renamed(root: Path, target: Path, seed: int) -> Path:
    """The same lake with other file names and the manifest's list in another order."""
    shutil.copytree(root / "bronze", target / "bronze")
    run = lake_at(root).run()
    rng = np.random.default_rng(seed)
    files = []
    for place in rng.permutation(len(run.manifest.files)):
        file = run.manifest.files[place]
        name = f"{Path(file.path).parent.as_posix()}/x{rng.integers(10**9)}.parquet"
        if file.path.startswith("bronze/"):
            (target / file.path).rename(target / name)
            files.append(msgspec.structs.replace(file, path=name))
    manifest = msgspec.structs.replace(run.manifest, files=tuple(files))
    LocalStorage(target).put("runs/a.json", encode_manifest(manifest))
    return target


def in_other_pieces(frames: Frames, root: Path) -> Path:
    """The same records in small row groups."""
    record(root, frames.stored, group_rows=97)
    return root


def with_doubles(frames: Frames, root: Path, *, as_backfill: bool, run_id: str = RUN.id) -> Path:
    """The same records and one in twenty of them again: fetched later, or in a run of their own."""
    rng = np.random.default_rng(9)
    again = frames if as_backfill else Frames()
    for kind, found in by_kind(session()):
        picked = found[np.sort(rng.choice(len(found), len(found) // 20, replace=False))]
        again.records(kind, picked, backfill=as_backfill)
    if not as_backfill:
        record(root, session().stored)
    record(root, again.stored, msgspec.structs.replace(RUN, id=run_id))
    return root


def by_kind(frames: Frames) -> Iterator[tuple[Kind, NDArray[Any]]]:
    """All records of each kind."""
    from spymaster.journal.codec import decode_records
    from spymaster.journal.format import FrameKind

    batches = [decode_records(frame) for frame in frames.stored if frame.kind is FrameKind.RECORDS]
    for kind in (Kind.MBP10, Kind.TRADE):
        yield kind, np.concatenate([batch.arrays[kind] for batch in batches if kind in batch.arrays])


@pytest.mark.parametrize("seed", [1, 2])
def test_other_names_and_orders_of_files_give_the_same_bytes(seed: int, tmp_path: Path) -> None:
    record(tmp_path / "a", session().stored)
    renamed(tmp_path / "a", tmp_path / "b", seed)
    compacted(tmp_path / "a")
    compacted(tmp_path / "b")
    assert silver(tmp_path / "a") == silver(tmp_path / "b")


def test_other_pieces_give_the_same_bytes(tmp_path: Path) -> None:
    record(tmp_path / "a", session().stored)
    in_other_pieces(session(), tmp_path / "b")
    compacted(tmp_path / "a")
    compacted(tmp_path / "b")
    assert silver(tmp_path / "a") == silver(tmp_path / "b")


@pytest.mark.parametrize(
    ("as_backfill", "run_id"),
    [
        pytest.param(True, RUN.id, id="fetched again"),
        pytest.param(False, "zz", id="a later run"),
        pytest.param(False, "00", id="an earlier run"),
    ],
)
def test_one_in_twenty_twice_gives_the_same_bytes(as_backfill: bool, run_id: str, tmp_path: Path) -> None:
    record(tmp_path / "a", session().stored)
    with_doubles(session(), tmp_path / "b", as_backfill=as_backfill, run_id=run_id)
    compacted(tmp_path / "a")
    done = compacted(tmp_path / "b")
    assert silver(tmp_path / "a") == silver(tmp_path / "b")
    assert sum(one.doubles for one in done) == 30 * 200 // 20 + 30 * 43 // 20


def test_doing_it_again_gives_the_same_bytes(tmp_path: Path) -> None:
    record(tmp_path, session().stored)
    compacted(tmp_path)
    before = silver(tmp_path)
    compacted(tmp_path)
    assert silver(tmp_path) == before


def test_a_hole_is_filled_by_what_was_fetched_later(tmp_path: Path) -> None:
    whole = es_depth(100, T0_NS, step_ns=SECOND)
    frames = Frames()
    frames.records(Kind.MBP10, whole[:40])
    frames.records(Kind.MBP10, whole[60:])
    frames.records(Kind.MBP10, whole[30:70], backfill=True)
    record(tmp_path, frames.stored)
    (done,) = compacted(tmp_path)
    (table,) = rows(tmp_path, "futures/mbp10")
    assert records_of(Kind.MBP10, table).tobytes() == whole.tobytes()
    assert done.doubles == 20


def test_files_that_have_lost_their_reason_go(tmp_path: Path) -> None:
    record(tmp_path, session().stored)
    compacted(tmp_path)
    stray = tmp_path / "silver/futures/trades/symbol=ES/date=2020-01-01/hour=00/part-0.parquet"
    stray.parent.mkdir(parents=True)
    stray.touch()
    compacted(tmp_path)
    assert not stray.exists()


def test_one_date_leaves_the_others_alone(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.TRADE, es_trades(5))
    frames.records(Kind.TRADE, es_trades(5, T0_NS + 24 * HOUR_NS))
    record(tmp_path, frames.stored)
    assert [one.path[:53] for one in compact(lake_at(tmp_path), "2024-01-06")] == [
        "silver/futures/trades/symbol=ES/date=2024-01-06/hour="
    ]
    before = silver(tmp_path)
    assert list(compact(Lake(LocalStorage(tmp_path)), "2024-01-04")) == []
    assert silver(tmp_path) == before


def option_lake(root: Path, quotes: NDArray[Any], trades: NDArray[Any]) -> Any:
    """Quotes and trades of options, compacted; the trades."""
    frames = Frames()
    frames.add(config_frame())
    for number in (5, 6):
        frames.add(MappingFrame(OPRA, number, f"SPY   240105C0047{number}000"))
    frames.records(Kind.CBBO, quotes)
    frames.records(Kind.CMBP1, trades)
    record(root, frames.stored)
    compacted(root)
    (table,) = rows(root, "options/trades/underlying=SPY")
    return table


def option(kind: Kind, at_s: list[float], number: int = 5, **about: Any) -> NDArray[Any]:
    """Records of an option, so many seconds after the beginning."""
    times = np.array([T0_NS + round(second * SECOND) for second in at_s], np.uint64)
    return records(kind, len(at_s), recv_ns=times, instrument_id=number, publisher_id=OPRA, **about)


def test_an_option_trade_has_the_last_quote_strictly_before_it(tmp_path: Path) -> None:
    quotes = option(Kind.CBBO, [1, 2, 3], bid_px_00=[10, 20, 30], ask_px_00=[11, 21, 31], bid_sz_00=4, ask_sz_00=5)
    trades = option(Kind.CMBP1, [0.5, 2, 2.5, 9], action=b"T")
    table = option_lake(tmp_path, quotes, trades)
    assert table["nbbo_bid_px"].to_pylist() == [None, 10, 20, 30]
    assert table["nbbo_ask_px"].to_pylist() == [None, 11, 21, 31]
    assert table["nbbo_ts_ns"].to_pylist() == [None, *(T0_NS + s * SECOND for s in (1, 2, 3))]
    assert table["nbbo_ask_sz"].to_pylist() == [None, 5, 5, 5]


def test_quotes_of_other_options_and_of_long_ago_are_not_joined(tmp_path: Path) -> None:
    quotes = np.concatenate([option(Kind.CBBO, [1], bid_px_00=10), option(Kind.CBBO, [2], 6, bid_px_00=99)])
    trades = option(Kind.CMBP1, [3, 31, 31.001], action=b"T")
    table = option_lake(tmp_path, quotes, trades)
    assert table["nbbo_bid_px"].to_pylist() == [10, 10, None]


def test_the_tolerance_is_stated_in_the_file(tmp_path: Path) -> None:
    option_lake(tmp_path, option(Kind.CBBO, [1]), option(Kind.CMBP1, [2], action=b"T"))
    (path,) = (tmp_path / "silver/options/trades").rglob("*.parquet")
    said = pq.read_metadata(path).metadata
    assert said[b"spymaster.nbbo_tolerance_ns"] == b"30000000000"
    assert said[b"spymaster.greeks_tolerance_ns"] == b"150000000000"
    assert said[b"spymaster.schema"] == b"silver/CMBP1/2"


VENDOR = 0xF001
"""Publisher id of the vendor that gives greeks."""


def greeks_lake(root: Path, arrived_s: list[float], traded_s: list[float], **about: Any) -> Any:
    """Snapshots of a contract that rest on what was a second before they arrived, and trades of it; the trades."""
    frames = Frames()
    frames.add(config_frame())
    for number in (5, 6):
        frames.add(MappingFrame(VENDOR, number, f"O:SPY240105C0047{number}000"))
    recv_ns = np.array([T0_NS + round(second * SECOND) for second in arrived_s], np.int64)
    snapshots = np.zeros(len(arrived_s), DTYPES[Kind.GREEKS])
    snapshots["publisher_id"], snapshots["instrument_id"] = VENDOR, about.get("number", 5)
    snapshots["ts_recv"], snapshots["ts_event"] = recv_ns, recv_ns - SECOND
    snapshots["implied_vol"], snapshots["delta"] = 0.2, about["delta"]
    snapshots["gamma"], snapshots["open_interest"] = np.nan, about.get("open_interest", -1)
    trades = np.zeros(len(traded_s), DTYPES[Kind.XTRADE])
    trades["publisher_id"], trades["instrument_id"] = VENDOR, 5
    trades["ts_event"] = trades["ts_recv"] = [T0_NS + round(second * SECOND) for second in traded_s]
    frames.records(Kind.GREEKS, snapshots)
    frames.records(Kind.XTRADE, trades)
    record(root, frames.stored)
    compacted(root)
    (table,) = rows(root, "options/trades/underlying=SPY")
    return table


def test_a_vendors_greeks_have_a_table_of_their_own_by_underlying(tmp_path: Path) -> None:
    greeks_lake(tmp_path, [1], [2], delta=[0.5])
    (bronze,) = (tmp_path / "bronze/options/greeks_snapshots").rglob("*.parquet")
    assert "underlying=SPY" in bronze.as_posix()
    (table,) = rows(tmp_path, "options/greeks_snapshots/underlying=SPY")
    assert table["delta"].to_pylist() == [0.5]
    assert table["ts_event"].to_pylist() == [T0_NS]


def test_an_option_trade_has_the_vendors_greeks_that_had_arrived_before_it(tmp_path: Path) -> None:
    table = greeks_lake(tmp_path, [1, 61], [1, 1.5, 61, 62, 211, 211.5], delta=[0.5, 0.6], open_interest=77)
    assert table["vendor_delta"].to_pylist() == [None, 0.5, 0.5, 0.6, 0.6, None]
    assert table["greeks_ts_ns"].to_pylist()[1] == T0_NS + SECOND
    assert table["vendor_open_interest"].to_pylist() == [None, 77, 77, 77, 77, None]


def test_greeks_that_the_vendor_does_not_give_and_those_of_other_contracts_are_absent(tmp_path: Path) -> None:
    table = greeks_lake(tmp_path, [1], [2], delta=[0.5])
    assert table["vendor_gamma"].to_pylist() == [None]
    assert table["vendor_open_interest"].to_pylist() == [None]
    other = greeks_lake(tmp_path / "other", [1], [2], delta=[0.5], number=6)
    assert other["vendor_delta"].to_pylist() == [None]


def test_an_interrupted_hour_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, session().stored)
    compacted(tmp_path)
    before = silver(tmp_path)
    monkeypatch.setattr("spymaster.lake.tables.part.Part.commit", _refuse)
    with pytest.raises(OSError, match="No space"):
        compacted(tmp_path)
    assert silver(tmp_path) == before
    assert list(tmp_path.rglob("*.partial")) == []


def _refuse(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


def test_quotes_before_the_hour_are_joined_to_its_first_trades(tmp_path: Path) -> None:
    half = HOUR_NS / SECOND / 2
    table = option_lake(
        tmp_path,
        option(Kind.CBBO, [half - 1], bid_px_00=10),
        option(Kind.CMBP1, [half + 1], action=b"T"),
    )
    assert table["nbbo_bid_px"].to_pylist() == [10]


def test_depth_keeps_every_field(tmp_path: Path) -> None:
    record(tmp_path, session().stored)
    compacted(tmp_path)
    depth = dict(by_kind(session()))[Kind.MBP10]
    back = np.concatenate([records_of(Kind.MBP10, table) for table in rows(tmp_path, "futures/mbp10")])
    order = np.argsort(by_name(Kind.MBP10, depth)["ts_event"], kind="stable")
    assert back.tobytes() == depth[order].tobytes()
