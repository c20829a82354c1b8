"""A run held against the vendor's files: every planted difference is found, as what it is, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.config.loader import load_config
from spymaster.feeds.errors import SourceError
from spymaster.lake.audit.audit import audit, keep_receipt
from spymaster.lake.audit.report import AuditReport, Difference, SignalsChange, What
from spymaster.lake.catalog import Lake
from spymaster.lake.export.dbn import DbnExport
from spymaster.market import dtypes
from spymaster.market.batches import Batch
from spymaster.market.calendar_table import ET
from spymaster.market.frames import ConfigFrame, GapFrame, RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RunStatus
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from tests.support.blocks import SNAP_NS
from tests.support.dbn import records, trades_of
from tests.support.journals import T0_NS
from tests.support.lakes import Frames, config_frame, es_depth, es_trades, lake_at, record
from tests.support.small_files import busy_words

MS = 1_000_000
AT = dt.datetime(2024, 1, 6, 12, tzinfo=dt.UTC)

Account = dict[Kind, NDArray[Any]]
Planted = tuple[str, What, int, tuple[str, ...]]
"""Kind, what it is, sequence, fields that differ."""


def sent() -> Account:
    """What a vendor sent: records of four schemas over some minutes, each 50 ms after the one before."""
    depth = es_depth(4000, sequence=np.arange(1, 4001))
    about = {"instrument_id": 17, "publisher_id": 1}
    account: Account = {
        Kind.MBP10: depth,
        Kind.TRADE: es_trades(2000, sequence=np.arange(1, 2001)),
        Kind.BBO: records(Kind.BBO, 300, recv_ns=T0_NS, bid_px_00=10**9, sequence=np.arange(1, 301), **about),
        Kind.STAT: records(Kind.STAT, 60, recv_ns=T0_NS, quantity=np.arange(60), sequence=np.arange(1, 61), **about),
    }
    for kind, rows in account.items():
        named = dtypes.by_name(kind, rows)
        times = T0_NS + np.arange(len(rows)) * 50 * MS
        named["ts_event"], named["ts_recv"] = times, times + MS
    return account


def copied(account: Account) -> Account:
    return {kind: rows.copy() for kind, rows in account.items()}


def vendor_files(folder: Path, account: Account) -> list[Path]:
    """The files in which the vendor sells it."""
    folder.mkdir(exist_ok=True)
    with DbnExport(
        str(folder / "sold"), {int(dtypes.by_name(Kind.MBP10, account[Kind.MBP10])["instrument_id"][0]): "ESH4"}
    ) as export:
        for kind, rows in account.items():
            export.on_batch(Batch.of(kind, rows))
        return [written.path for written in export.close()]


def lived(
    root: Path,
    account: Account,
    *,
    late: Account | None = None,
    gap: GapFrame | None = None,
    status: RunStatus = RunStatus.SEALED,
    config: ConfigFrame | None = None,
) -> Lake:
    """A run that recorded this; ``late``: what it fetched to fill a hole."""
    frames = Frames()
    frames.add(config or config_frame(), T0_NS)
    for kind, rows in account.items():
        frames.add(RecordsFrame(Batch.of(kind, rows)))
    if gap is not None:
        frames.add(gap)
    for kind, rows in (late or {}).items():
        frames.records(kind, rows, backfill=True)
    record(root, frames.stored, status=status)
    return lake_at(root)


def audited(tmp_path: Path, account: Account, theirs: Account | None = None, **about: Any) -> AuditReport:
    """The audit of a run that lived ``account`` where the vendor has ``theirs``, by default what it sent."""
    lake = lived(tmp_path / "lake", account, **about)
    files = vendor_files(tmp_path / "vendor", theirs or sent())
    return audit(lake, lake.run(), files, with_signals=False)


def without(rows: NDArray[Any], *places: int) -> NDArray[Any]:
    return np.delete(rows, places, axis=0)


def test_the_same_account_has_no_difference(tmp_path: Path) -> None:
    report = audited(tmp_path, sent())
    assert (report.verdict, report.differences, report.minutes) == ("same", (), ())
    assert {line.kind: line.compared for line in report.kinds} == {"MBP10": 4000, "TRADE": 2000, "BBO": 300, "STAT": 60}
    assert not any(line.not_compared or line.only_lived for line in report.kinds)


def planted(account: Account) -> tuple[Account, Account, GapFrame, set[Planted]]:
    """An account with twenty differences: (lived, fetched later, the gap it knows of, what is to be found)."""
    own = copied(account)
    depth, trades, quotes, stats = (dtypes.by_name(kind, own[kind]) for kind in own)
    depth["bid_sz_03"][700] += 5
    depth["price"][2500] -= 250_000_000
    depth["flags"][2501] ^= 8
    trades["size"][90] = 77
    trades["side"][1500] = b"N"
    trades["ts_recv"][1600] += 17
    quotes["ask_sz_00"][200] = 9
    stats["quantity"][30] = 4242
    changed = [
        *(("MBP10", 700, ("bid_sz_03",)), ("MBP10", 2500, ("price",)), ("MBP10", 2501, ("flags",))),
        *(("TRADE", 90, ("size",)), ("TRADE", 1500, ("side",)), ("TRADE", 1600, ("ts_recv",))),
        *(("BBO", 200, ("ask_sz_00",)), ("STAT", 30, ("quantity",))),
    ]
    missed = [("MBP10", 1200), ("MBP10", 3900), ("TRADE", 4), ("BBO", 17), ("STAT", 59)]
    doubled = [("MBP10", 10), ("TRADE", 1000), ("STAT", 3)]
    late = [("MBP10", 3000), ("TRADE", 1200)]
    in_gap = [("TRADE", 1240)]
    unknown = [("BBO", 250)]
    found: set[Planted] = {(kind, What.CHANGED, place + 1, fields) for kind, place, fields in changed}
    for what, places in ((What.MISSED, missed), (What.DOUBLED, doubled), (What.LATE, late), (What.IN_GAP, in_gap)):
        found |= {(kind, what, place + 1, ()) for kind, place in places}
    found |= {(kind, What.UNKNOWN, 9999, ()) for kind, _ in unknown}
    strange = own[Kind.BBO][250:251].copy()
    strange["sequence"], strange["ts_recv"], strange["ts_event"] = 9999, strange["ts_recv"] + 7, strange["ts_event"] + 3
    fetched = {Kind[kind]: own[Kind[kind]][place : place + 1].copy() for kind, place in late}
    for kind in own:
        twice = [place for name, place in doubled if name == kind.name]
        gone = [place for name, place in (*missed, *late, *in_gap) if name == kind.name]
        order = np.sort(np.concatenate([np.arange(len(own[kind])), np.array(twice, np.int64)]))
        own[kind] = own[kind][order[~np.isin(order, gone)]]
    own[Kind.BBO] = np.concatenate([own[Kind.BBO], strange])
    gap_ns = T0_NS + 1240 * 50 * MS
    return own, fetched, GapFrame("tape", gap_ns, gap_ns + 2 * MS, "reconnect"), found


def test_each_of_twenty_planted_differences_is_found_as_what_it_is_and_no_other(tmp_path: Path) -> None:
    own, fetched, gap, expected = planted(sent())
    assert len(expected) == 20
    report = audited(tmp_path, own, late=fetched, gap=gap)
    found = [
        (each.kind, each.what, each.sequence, tuple(field.partition(":")[0] for field in each.fields))
        for each in report.differences
    ]
    assert len(found) == 20
    assert set(found) == expected
    assert report.verdict == "differs"


def test_differences_are_counted_by_schema_and_minute(tmp_path: Path) -> None:
    own, fetched, gap, expected = planted(sent())
    report = audited(tmp_path, own, late=fetched, gap=gap)
    by_kind = Counter((kind, what) for kind, what, *_ in expected)
    assert {(line.kind, what): count for line in report.kinds for what, count in line.counts.items()} == by_kind
    found: Counter[tuple[str, str]] = Counter()
    for line in report.minutes:
        assert line.minute_ns % (60_000 * MS) == 0
        found.update({(line.kind, what): count for what, count in line.counts.items()})
    assert found == by_kind
    minutes = {line.minute_ns for line in report.minutes if line.kind == "MBP10"}
    assert T0_NS // (60_000 * MS) * 60_000 * MS in minutes


def test_a_changed_field_is_named_with_both_values(tmp_path: Path) -> None:
    own = copied(sent())
    dtypes.by_name(Kind.TRADE, own[Kind.TRADE])["size"][90] = 77
    (difference,) = audited(tmp_path, own).differences
    expected = Difference("TRADE", What.CHANGED, T0_NS + 90 * 50 * MS + MS, 17, 91, ("size: 77, 1",))
    assert difference == expected


def test_twins_that_the_vendor_sold_twice_are_no_doubles(tmp_path: Path) -> None:
    theirs = copied(sent())
    theirs[Kind.TRADE] = np.repeat(theirs[Kind.TRADE], 2)
    assert audited(tmp_path, copied(theirs), theirs).verdict == "same"


def test_what_was_fetched_although_it_was_there_is_no_difference(tmp_path: Path) -> None:
    account = sent()
    assert audited(tmp_path, account, late={Kind.TRADE: account[Kind.TRADE][5:9].copy()}).verdict == "same"


def test_only_known_gaps_and_late_records_are_a_verdict_of_their_own(tmp_path: Path) -> None:
    own, at_ns = copied(sent()), T0_NS + 1240 * 50 * MS
    own[Kind.TRADE] = without(own[Kind.TRADE], 1240)
    report = audited(tmp_path, own, gap=GapFrame("tape", at_ns, at_ns + 2 * MS, "reconnect"))
    assert (report.verdict, report.counts[What.IN_GAP], report.counts[What.MISSED]) == ("known gaps", 1, 0)


def test_instruments_that_were_not_recorded_are_counted_and_not_compared(tmp_path: Path) -> None:
    theirs = copied(sent())
    other = theirs[Kind.TRADE][:7].copy()
    other["instrument_id"] = 99
    theirs[Kind.TRADE] = np.concatenate([theirs[Kind.TRADE], other])
    report = audited(tmp_path, sent(), theirs)
    (line,) = (line for line in report.kinds if line.kind == "TRADE")
    assert (report.verdict, line.compared, line.not_compared) == ("same", 2000, 7)


def test_schemas_that_no_file_is_of_are_counted_and_not_compared(tmp_path: Path) -> None:
    theirs = {Kind.MBP10: sent()[Kind.MBP10]}
    report = audited(tmp_path, sent(), theirs)
    assert (report.verdict, report.left_out) == ("same", {"TRADE": 2000, "BBO": 300, "STAT": 60})


def test_files_of_a_longer_time_than_the_run_are_compared_for_its_time_alone(tmp_path: Path) -> None:
    own = {kind: rows[: len(rows) // 2].copy() for kind, rows in sent().items()}
    report = audited(tmp_path, {Kind.MBP10: own[Kind.MBP10]})
    (line,) = report.kinds
    assert (report.verdict, line.compared, line.not_compared) == ("same", 2000, 2000)


def test_files_of_a_shorter_time_are_held_against_what_they_are_about(tmp_path: Path) -> None:
    theirs = {Kind.MBP10: sent()[Kind.MBP10][:1000].copy()}
    assert audited(tmp_path, sent(), theirs).verdict == "same"


def test_differences_beyond_the_list_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spymaster.lake.audit.audit.MOST_LISTED", 10)
    own = copied(sent())
    own[Kind.TRADE] = without(own[Kind.TRADE], *range(100, 130))
    report = audited(tmp_path, own)
    assert (len(report.differences), report.unlisted, report.counts[What.MISSED]) == (10, 20, 30)


def test_a_receipt_is_kept_in_the_manifest_of_a_sealed_run(tmp_path: Path) -> None:
    own, fetched, gap, _ = planted(sent())
    report = audited(tmp_path, own, late=fetched, gap=gap)
    lake = lake_at(tmp_path / "lake")
    assert keep_receipt(lake, lake.run(), report, AT)
    again = lake_at(tmp_path / "lake")
    (receipt,) = again.run().run.audits
    assert (receipt.at, receipt.verdict) == (AT, "differs")
    assert receipt.counts["STAT"] == {"compared": 60, "missed": 1, "doubled": 1, "changed": 1}
    assert {file.name for file in receipt.files} == {path.name for path in (tmp_path / "vendor").iterdir()}
    assert keep_receipt(again, again.run(), report, AT)
    assert len(lake_at(tmp_path / "lake").run().run.audits) == 2
    assert lake_at(tmp_path / "lake").run().manifest.files == lake.run().manifest.files


def test_a_run_that_is_not_sealed_gets_none(tmp_path: Path) -> None:
    report = audited(tmp_path, sent(), status=RunStatus.TORN)
    lake = lake_at(tmp_path / "lake")
    assert not keep_receipt(lake, lake.run(), report, AT)
    assert lake_at(tmp_path / "lake").run().run.audits == ()


def test_a_folder_without_files_of_the_vendor_is_refused_in_one_line(tmp_path: Path) -> None:
    lake = lived(tmp_path / "lake", sent())
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no file of the vendor"):
        audit(lake, lake.run(), [tmp_path / "empty"])


def market() -> Account:
    """A busy market whose signals come and go."""
    words = busy_words(1500, start_ns=T0_NS)
    return {Kind.MBP10: words, Kind.TRADE: trades_of(words)}


def played(tmp_path: Path, own: Account, theirs: Account) -> AuditReport:
    """The audit of a session on that market, with what it did to signals."""
    files = vendor_files(tmp_path / "vendor", theirs)
    plan = ReplayPlan((files[0],), load_config().profile("es"))
    lake = lived(tmp_path / "lake", own, config=ReplaySource(plan).config_frame())
    return audit(lake, lake.run(), files)


def test_where_records_are_the_same_signals_need_no_playing(tmp_path: Path) -> None:
    report = played(tmp_path, market(), market())
    assert (report.verdict, report.signals) == ("same", SignalsChange())


def test_what_missed_records_did_to_signals_is_said_from_the_first_row_on(tmp_path: Path) -> None:
    own = market()
    middle = len(own[Kind.MBP10]) // 2
    gone_ns = int(own[Kind.MBP10][middle, dtypes.W_TS_RECV])
    own[Kind.MBP10] = without(own[Kind.MBP10], *range(middle, middle + 120))
    report = played(tmp_path, own, market())
    signals = report.signals
    assert report.counts[What.MISSED] == 120
    assert 0 < signals.differing < signals.rows
    moment, _, said = signals.first.partition(", ")
    first_ns = parse_et(moment)
    assert gone_ns - SNAP_NS <= first_ns <= gone_ns + 2 * SNAP_NS
    assert ", not " in said


def parse_et(stamp: str) -> int:
    """``2024-01-05 09:30:00.250 EST`` in ns UTC."""
    moment = dt.datetime.strptime(stamp.rpartition(" ")[0], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=ET)
    return round(moment.timestamp() * 1000) * MS


def test_played_accounts_of_the_same_market_publish_the_same(tmp_path: Path) -> None:
    # a status of another venue's, of which the engine has no use: both accounts are played, and nothing else differs
    received_ns = int(market()[Kind.MBP10][5, dtypes.W_TS_RECV])
    status = records(Kind.STATUS, 2, recv_ns=received_ns, instrument_id=5, publisher_id=1)
    report = played(tmp_path, {**market(), Kind.STATUS: status[:1]}, {**market(), Kind.STATUS: status})
    assert (report.verdict, report.counts[What.MISSED]) == ("differs", 1)
    assert report.signals.snaps > 10
    assert (report.signals.differing, report.signals.lost, report.signals.added) == (0, (), ())
