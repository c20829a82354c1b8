"""Gold holds what was published by name: near levels at every snap, the others when something happens to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from spymaster.lake.gold.choice import GoldChoice
from spymaster.lake.gold.cluster import row_groups
from spymaster.lake.gold.writer import GoldWriter
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.tables.routing import hour_of
from spymaster.market.frames import UserLevel
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, SNAP, BarrierState, Signal
from spymaster.signals.columns import Words, level_columns
from tests.support.blocks import SNAP_NS, level
from tests.support.journals import T0_NS
from tests.support.lakes import Frames, config_frame, es_depth, published, raised, record

BAND = 5.0
FAR = 40.0


def rows_of(*levels: dict[str, float]) -> NDArray[Any]:
    return np.array([tuple(row.values()) for row in levels], LEVEL_ROW).view(np.float64).reshape(len(levels), -1)


def keep(choice: GoldChoice, *snaps: tuple[int, list[dict[str, float]]]) -> list[list[bool]]:
    """Which levels of each snap (milliseconds after a full second) are kept, all given at once."""
    rows = rows_of(*(row for _, levels in snaps for row in levels))
    times = np.repeat([T0_NS + ms * 1_000_000 for ms, _ in snaps], [len(levels) for _, levels in snaps])
    kept = choice.keep(rows, times).tolist()
    return [[kept.pop(0) for _ in levels] for _, levels in snaps]


def test_levels_within_two_bands_are_kept_at_every_snap() -> None:
    snaps = [(250 + 250 * k, [level(distance=2 * BAND), level(price=1.0, distance=2 * BAND + 0.01)]) for k in range(3)]
    assert keep(GoldChoice(BAND), *snaps) == [[True, True], [True, False], [True, False]]


def test_a_far_level_is_kept_each_full_second() -> None:
    snaps = [(250 * k, [level(distance=FAR)]) for k in range(9)]
    assert keep(GoldChoice(BAND), *snaps) == [[k % 4 == 0] for k in range(9)]


@pytest.mark.parametrize(
    ("column", "value"), [("barrier_state", BarrierState.WALL), ("signal", Signal.REJECT), ("direction", 1.0)]
)
def test_a_far_level_is_kept_when_its_state_changes(column: str, value: float) -> None:
    usual, other = level(distance=FAR), level(**{"distance": FAR, column: value})
    snaps = [(250, [usual]), (500, [usual]), (750, [other]), (1250, [other]), (1500, [usual])]
    assert keep(GoldChoice(BAND), *snaps) == [[True], [False], [True], [False], [True]]


def test_levels_are_told_apart_by_price_and_by_their_place_in_the_users_list() -> None:
    many = [level(price=float(4800 + k), distance=FAR) for k in range(3)]
    mine = [level(kind=LevelKind.USER, user_index=float(k), price=4800.0, distance=FAR) for k in range(2)]
    assert keep(GoldChoice(BAND), (250, many + mine), (500, mine + many)) == [[True] * 5, [False] * 5]


def test_a_level_that_moves_with_the_market_stays_the_same_level() -> None:
    vwap = [level(kind=LevelKind.VWAP, dynamic=1.0, price=4800.0 + k / 7, distance=FAR) for k in range(3)]
    assert keep(GoldChoice(BAND), *((250 * k + 250, [row]) for k, row in enumerate(vwap))) == [[True], [False], [False]]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_choice_does_not_depend_on_how_snaps_are_grouped(size: int) -> None:
    rng = np.random.default_rng(3)
    states = [[float(rng.integers(0, 2)) for _ in range(4)] for _ in range(20)]
    snaps = [
        (250 * k + 250, [level(price=float(p), distance=FAR, barrier_state=s) for p, s in enumerate(states[k])])
        for k in range(20)
    ]
    parts = GoldChoice(BAND)
    apart = [row for at in range(0, 20, size) for row in keep(parts, *snaps[at : at + size])]
    assert apart == keep(GoldChoice(BAND), *snaps)


def gold(root: Path, table: str) -> Any:
    (path,) = (root / "gold" / table).rglob("*.parquet")
    return pq.ParquetFile(path).read()


def written(root: Path, *, snaps: int = 8, groups: int = 8) -> Path:
    frames = Frames()
    frames.add(config_frame(levels=[UserLevel("MINE", 4805 * NS_PER_S)]))
    frames.records(Kind.MBP10, es_depth(1))
    heads, levels = published(snaps)
    for part in np.array_split(np.arange(snaps), groups):
        frames.signals(heads[part], levels[part[0] * 3 : (part[-1] + 1) * 3])
    frames.alerts(raised())
    record(root, frames.stored)
    return root


def test_signals_have_every_published_column_by_name_and_full_nanoseconds(tmp_path: Path) -> None:
    table = gold(written(tmp_path), "levels/signals/underlying=ES")
    assert table.column_names == ["ts_event_ns", "session_date", "level_id", *(LEVEL_ROW.names or ())]
    assert sorted(table["ts_event_ns"].to_pylist())[::3] == [T0_NS + SNAP_NS * k for k in range(8)]
    assert set(table["level_id"].to_pylist()) == {"ROUND_4805", "ROUND_4804.75", "ROUND_4804.5"}
    assert table["signal"].to_pylist()[0] == "BREAK"
    assert table["attribution_fuel"].to_pylist()[0] is None


def test_alerts_have_ids_and_reasons(tmp_path: Path) -> None:
    table = gold(written(tmp_path), "alerts/underlying=ES")
    assert table["id"].to_pylist() == [f"2024-01-05:ROUND_4805:BREAK:{T0_NS}"]
    assert table["event"].to_pylist() == ["raised"]


def test_the_same_snaps_in_other_frames_give_the_same_file(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a", groups=8), written(tmp_path / "b", groups=2)
    first, second = (next((root / "gold" / "levels").rglob("*.parquet")) for root in (one, other))
    assert first.read_bytes() == second.read_bytes()


def test_rows_lie_by_kind_and_level_and_those_of_a_level_by_time(tmp_path: Path) -> None:
    table = gold(written(tmp_path), "levels/signals/underlying=ES")
    rows = list(
        zip(table["kind"].to_pylist(), table["price"].to_pylist(), table["ts_event_ns"].to_pylist(), strict=True)
    )
    assert rows == sorted(rows)


def row_group_sizes(root: Path, path: str) -> list[int]:
    groups = pq.ParquetFile(root / path).metadata
    return [groups.row_group(k).num_rows for k in range(groups.num_row_groups)]


def test_full_bundles_are_written_as_they_fill(tmp_path: Path) -> None:
    writer = GoldWriter(PartMaker(LocalStorage(tmp_path), "run"), "ES", BAND)
    heads, levels = np.zeros(1, SNAP), np.repeat(published(1, 1)[1], 60)
    heads["levels"], heads["session_date"] = 60, 20240105
    for snap in range(1200):
        heads["t_ns"] = T0_NS + snap * SNAP_NS
        writer.signals(heads, levels, hour_of(T0_NS))
    (file,) = writer.close_hour()
    assert (file.records, row_group_sizes(tmp_path, file.path)) == (72_000, [32_768, 32_768, 6_464])


def test_a_kind_with_many_rows_has_row_groups_of_its_own_and_rare_ones_share(tmp_path: Path) -> None:
    writer = GoldWriter(PartMaker(LocalStorage(tmp_path), "run"), "ES", BAND)
    kinds = [LevelKind.ROUND] * 12 + [LevelKind.STRIKE] * 12 + [LevelKind.VWAP, LevelKind.POC]
    levels = np.repeat(published(1, 1)[1], len(kinds))
    levels["kind"] = kinds
    heads = np.zeros(1, SNAP)
    heads["levels"], heads["session_date"] = len(kinds), 20240105
    for snap in range(1000):
        heads["t_ns"] = T0_NS + snap * SNAP_NS
        writer.signals(heads, levels, hour_of(T0_NS))
    (file,) = writer.close_hour()
    assert row_group_sizes(tmp_path, file.path) == [12_000, 12_000, 2000]
    groups = pq.ParquetFile(tmp_path / file.path)
    assert [set(groups.read_row_group(k)["kind"].to_pylist()) for k in range(3)] == [
        {"ROUND"},
        {"STRIKE"},
        {"VWAP", "POC"},
    ]
    stats = [groups.metadata.row_group(k).column(3).statistics for k in range(3)]
    assert [(stat.min, stat.max) for stat in stats] == [("ROUND", "ROUND"), ("STRIKE", "STRIKE"), ("POC", "VWAP")]


@pytest.mark.parametrize(
    ("counts", "groups"),
    [
        ([100], [100]),
        ([100, 200, 300], [600]),
        ([8192, 1], [8192, 1]),
        ([8191, 1], [8192]),
        ([50, 20_000, 60, 70], [50, 20_000, 130]),
        ([5000, 5000, 3000, 300], [5000, 8000, 300]),
    ],
)
def test_kinds_share_a_row_group_as_long_as_it_stays_small(counts: list[int], groups: list[int]) -> None:
    kinds = np.repeat(np.arange(len(counts)), counts).astype(np.float64)
    assert [group.stop - group.start for group in row_groups(kinds)] == groups


def test_a_level_that_moves_has_one_name() -> None:
    rows = rows_of(*(level(kind=LevelKind.VWAP, dynamic=1.0, price=4800.0 + k / 7) for k in range(9)))
    names = level_columns(rows, np.full(9, T0_NS), np.full(9, 20240105))["level_id"]
    assert isinstance(names, Words)
    assert (names.words, names.tolist()) == (("VWAP",), ["VWAP"] * 9)
