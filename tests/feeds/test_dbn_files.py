"""Reading whole DBN files: what comes out is what is in the file, whatever the chunk size, compression and version."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from databento_dbn import DBNDecoder, VersionUpgradePolicy

from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.dtypes import DTYPES, SCHEMA_KINDS, SCHEMA_RTYPES
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind
from tests.support.dbn import (
    MS,
    START_NS,
    body,
    dbn_file,
    depth,
    header,
    put,
    records,
    with_ts_out,
    zstd,
)

VERSION_1_SIZES = {Kind.DEF: 360, Kind.MAPPING: 80, Kind.STAT: 64}


def _bytes(file: DbnFile, chunk: int | None = None) -> dict[Kind, bytes]:
    """Everything the file gives, by kind."""
    found: dict[Kind, bytes] = {}
    for batch in file.chunks(chunk):
        for kind, rows in batch.arrays.items():
            found[kind] = found.get(kind, b"") + body(rows)
    return found


@pytest.mark.parametrize("ending", [".dbn", ".dbn.zst"])
@pytest.mark.parametrize("schema", SCHEMA_KINDS)
def test_every_schema_is_read_bit_for_bit(tmp_path: Path, schema: str, ending: str) -> None:
    kind = SCHEMA_KINDS[schema]
    rows = records(kind, 50, rtype=SCHEMA_RTYPES[schema])
    file = DbnFile.open(dbn_file(tmp_path / f"a{ending}", schema, rows))
    assert file.kind is kind
    assert file.schema == schema
    assert _bytes(file) == {kind: body(rows)}
    assert file.torn_at is None
    assert file.problems == ()


ANNOUNCED = 197
"""What DBN version 4 is to call a record of tbbo."""


@pytest.mark.parametrize("schema", ["tbbo", "mbp-1", None])
@pytest.mark.parametrize("rtypes", [[ANNOUNCED] * 6, [1] * 6, [1, 1, ANNOUNCED, 1, ANNOUNCED, ANNOUNCED]])
def test_the_announced_record_type_of_tbbo_is_a_quote_wherever_one_is_read(
    tmp_path: Path, schema: str | None, rtypes: list[int]
) -> None:
    rows = records(Kind.MBP1, 6, rtype=np.array(rtypes))
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn.zst", schema, rows))
    for chunk in (1, 4, 100):
        assert _bytes(file, chunk) == {Kind.MBP1: body(rows)}
    assert (file.rejected, file.torn_at) == ({}, None)
    assert file.head.arrays.keys() == {Kind.MBP1}


@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_chunk_size_does_not_change_the_records(tmp_path: Path, chunk: int) -> None:
    words = depth(100)
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn.zst", "mbp-10", words))
    sizes = [len(batch) for batch in file.chunks(chunk)]
    assert max(sizes) <= chunk
    assert sum(sizes) == 100
    assert _bytes(file, chunk) == {Kind.MBP10: words.tobytes()}


def test_depth_travels_as_writable_contiguous_words(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn.zst", "mbp-10", depth(5)))
    (batch,) = file.chunks()
    words = batch.arrays[Kind.MBP10]
    assert words.dtype == np.int64
    assert words.shape == (5, 46)
    assert words.flags.c_contiguous
    assert words.flags.writeable
    assert batch.order.tolist() == [Kind.MBP10] * 5


def test_other_kinds_travel_as_writable_structured_arrays(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "trades", records(Kind.TRADE, 5)))
    (batch,) = file.chunks()
    assert batch.arrays[Kind.TRADE].dtype == DTYPES[Kind.TRADE]
    assert batch.arrays[Kind.TRADE].flags.writeable


def test_chunks_are_numbered_from_zero(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "trades", records(Kind.TRADE, 10)))
    assert [batch.first_seq for batch in file.chunks(4)] == [0, 4, 8]


def test_a_few_buffers_go_round(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", depth(400)))
    places = {batch.arrays[Kind.MBP10].ctypes.data for batch in file.chunks(10)}
    assert len(places) <= 3


def test_without_reading_ahead_the_same_records_come_in_the_readers_own_thread(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn.zst", "trades", records(Kind.TRADE, 5000)))
    ahead = _bytes(file, 700)
    file.reads_ahead = False
    chunks = file.chunks(700)
    first = next(chunks)
    assert "read-ahead" not in {thread.name for thread in threading.enumerate()}
    assert len(first) == 700
    chunks.close()
    assert _bytes(file, 700) == ahead


def test_header_in_one_frame_with_the_records(tmp_path: Path) -> None:
    words = depth(30)
    path = put(tmp_path / "a.dbn.zst", zstd(header("mbp-10") + words.tobytes()))
    assert _bytes(DbnFile.open(path)) == {Kind.MBP10: words.tobytes()}


def test_records_in_many_frames(tmp_path: Path) -> None:
    words = depth(30)
    raw = words.tobytes()
    frames = [raw[at : at + 1000] for at in range(0, len(raw), 1000)]
    path = put(tmp_path / "a.dbn.zst", zstd(header("mbp-10"), *frames))
    assert _bytes(DbnFile.open(path)) == {Kind.MBP10: raw}


def test_compression_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    words = depth(3)
    path = put(tmp_path / "a.dbn", zstd(header("mbp-10"), words.tobytes()))
    assert _bytes(DbnFile.open(path)) == {Kind.MBP10: words.tobytes()}


@pytest.mark.parametrize("kind", [Kind.MBP10, Kind.TRADE, Kind.STAT])
def test_ts_out_is_cut_off(tmp_path: Path, kind: Kind) -> None:
    schema = next(name for name, of in SCHEMA_KINDS.items() if of is kind)
    rows = records(kind, 20)
    path = put(tmp_path / "a.dbn", header(schema, ts_out=True) + with_ts_out(rows))
    assert _bytes(DbnFile.open(path), 7) == {kind: body(rows)}


@pytest.mark.parametrize("ts_out", [False, True])
def test_a_batch_of_one_contract_says_of_which(tmp_path: Path, ts_out: bool) -> None:
    rows = depth(3, instrument_id=2**31 + 5, publisher_id=41)
    path = put(tmp_path / "a.dbn", header("mbp-10", ts_out=ts_out) + (with_ts_out(rows) if ts_out else body(rows)))
    assert [batch.key for batch in DbnFile.open(path).chunks()] == [(2**31 + 5) << 16 | 41]


@pytest.mark.parametrize("other", [{"instrument_id": 5}, {"publisher_id": 2}])
def test_a_batch_of_several_contracts_or_publishers_says_nothing(tmp_path: Path, other: dict[str, int]) -> None:
    path = put(tmp_path / "a.dbn", header("mbp-10") + body(depth(3)) + body(depth(1, **other)))
    file = DbnFile.open(path)
    assert [batch.key for batch in file.chunks()] == [None]
    assert [batch.key for batch in file.chunks(1)] == [17077 << 16 | 1] * 3 + [
        other.get("instrument_id", 17077) << 16 | other.get("publisher_id", 1)
    ]


def test_mixed_kinds_keep_their_order(tmp_path: Path) -> None:
    words, trades, system = depth(40), records(Kind.TRADE, 20), records(Kind.SYSTEM, 2, msg=b"Heartbeat")
    pieces = [(Kind.SYSTEM, system[:1])]
    for i in range(20):
        pieces += [(Kind.MBP10, words[2 * i : 2 * i + 2]), (Kind.TRADE, trades[i : i + 1])]
    pieces.append((Kind.SYSTEM, system[1:]))
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", zstd(header(None), b"".join(body(rows) for _, rows in pieces))))
    order = np.concatenate([batch.order for batch in file.chunks(9)])
    assert file.kind is None
    assert order.tolist() == [int(kind) for kind, rows in pieces for _ in range(len(rows))]
    assert _bytes(file, 9) == {Kind.MBP10: body(words), Kind.TRADE: body(trades), Kind.SYSTEM: body(system)}


def test_mixed_kinds_with_ts_out(tmp_path: Path) -> None:
    words, trades = depth(3), records(Kind.TRADE, 2)
    path = put(tmp_path / "a.dbn", header(None, ts_out=True) + with_ts_out(words) + with_ts_out(trades))
    assert _bytes(DbnFile.open(path)) == {Kind.MBP10: body(words), Kind.TRADE: body(trades)}


def test_a_foreign_record_in_a_uniform_file_is_given_as_its_kind(tmp_path: Path) -> None:
    words, system = depth(10), records(Kind.SYSTEM, 1)
    raw = body(words[:4]) + body(system) + body(words[4:])
    file = DbnFile.open(put(tmp_path / "a.dbn", header("mbp-10") + raw))
    assert _bytes(file, 3) == {Kind.MBP10: body(words), Kind.SYSTEM: body(system)}
    assert file.torn_at is None


def test_a_short_foreign_record_at_the_end_is_given(tmp_path: Path) -> None:
    words, trade = depth(10), records(Kind.TRADE, 1)
    file = DbnFile.open(put(tmp_path / "a.dbn", header("mbp-10") + body(words) + body(trade)))
    assert _bytes(file) == {Kind.MBP10: body(words), Kind.TRADE: body(trade)}
    assert file.torn_at is None


def test_a_mixed_file_larger_than_the_staging_buffer(tmp_path: Path) -> None:
    words, trades = depth(4000), records(Kind.TRADE, 4000)
    raw = b"".join(body(words[i : i + 1]) + body(trades[i : i + 1]) for i in range(4000))
    file = DbnFile.open(put(tmp_path / "a.dbn", header(None) + raw))
    assert _bytes(file) == {Kind.MBP10: body(words), Kind.TRADE: body(trades)}


@pytest.mark.parametrize(
    ("schema", "kind"), [("definition", Kind.DEF), ("statistics", Kind.STAT), (None, Kind.MAPPING)]
)
def test_old_layouts_become_version_3(tmp_path: Path, schema: str | None, kind: Kind) -> None:
    size = VERSION_1_SIZES[kind]
    old = records(kind, 5).view(np.uint8).reshape(5, -1)[:, :size].copy()
    old[:, 0] = size // 4
    file = DbnFile.open(put(tmp_path / "a.dbn", header(schema, version=1) + old.tobytes()))
    decoder = DBNDecoder(has_metadata=False, input_version=1, upgrade_policy=VersionUpgradePolicy.from_int(3))
    expected = b"".join(bytes(record) for record in decoder.write_and_decode(old.tobytes()))
    assert file.header.version == 1
    assert len(expected) == 5 * DTYPES[kind].itemsize
    assert _bytes(file, 2) == {kind: expected}


def test_records_of_no_use_are_left_out_and_counted(tmp_path: Path) -> None:
    words = depth(4)
    order_level = np.zeros((3, 56), dtype=np.uint8)
    order_level[:, 0], order_level[:, 1] = 14, 160
    unknown = np.zeros((1, 32), dtype=np.uint8)
    unknown[:, 0], unknown[:, 1] = 8, 250
    raw = body(words[:2]) + order_level.tobytes() + unknown.tobytes() + body(words[2:])
    file = DbnFile.open(put(tmp_path / "a.dbn", header(None) + raw))
    assert _bytes(file) == {Kind.MBP10: body(words)}
    assert file.rejected == {"mbo records are not used": 3, "record type 250 is unknown": 1}
    assert file.problems == (
        f"{file.path}: 3 records left out: mbo records are not used",
        f"{file.path}: 1 records left out: record type 250 is unknown",
    )


def test_a_file_without_records_is_fine(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn.zst", "trades"))
    assert list(file.chunks()) == []
    assert file.torn_at is None
    assert file.first_ns == 0


def test_header_facts(tmp_path: Path) -> None:
    path = dbn_file(tmp_path / "a.dbn", "trades", symbol_map={5: "ESH4", 6: "ESM4"}, end_ns=START_NS + 5)
    file = DbnFile.open(path)
    assert (file.dataset, file.header.version) == ("GLBX.MDP3", 3)
    assert (file.header.start_ns, file.header.end_ns) == (START_NS, START_NS + 5)
    assert file.header.symbols == ("ESH4", "ESM4")
    assert file.symbols_by_id() == {5: "ESH4", 6: "ESM4"}
    assert file.symbols_by_id(dt.date(2023, 12, 25)) == {5: "ESH4", 6: "ESM4"}
    assert file.symbols_by_id(dt.date(2030, 1, 1)) == {}


def test_an_open_end_is_none(tmp_path: Path) -> None:
    assert DbnFile.open(dbn_file(tmp_path / "a.dbn", "trades")).header.end_ns is None


def test_first_time_is_that_of_the_first_record(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", depth(3, recv_ns=START_NS + MS)))
    assert file.first_ns == START_NS + MS


def test_an_undefined_first_time_is_no_time(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "trades", records(Kind.TRADE, 3, ts_recv=UNDEF_TIMESTAMP)))
    assert file.first_ns == 0


def test_a_pass_can_be_given_up_and_begun_again(tmp_path: Path) -> None:
    words = depth(500)
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn.zst", "mbp-10", words))
    for _ in range(3):
        chunks = file.chunks(1)
        next(chunks)
        chunks.close()
    assert _bytes(file) == {Kind.MBP10: words.tobytes()}


def test_reading_imports_nothing_heavy() -> None:
    modules = "merge, dbn.files, dbn.writer, dbn.trades_once, choice.discover, choice.front_month"
    heavy = "{'pandas', 'databento', 'numba', 'textual', 'pyarrow', 'asyncio'}"
    imports = ", ".join(f"spymaster.feeds.{module}" for module in modules.split(", "))
    code = f"import sys, {imports}; print(sorted({heavy} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
