"""What ``lake audit`` does: hold a run against the vendor's files, say what differs, keep the receipt."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.tables.lake import open_lake
from spymaster.errors import ExitCode
from spymaster.lake.audit.audit import audit, keep_receipt
from spymaster.lake.audit.report import AuditReport, Difference
from spymaster.lake.catalog import Lake, LakeRun
from spymaster.lake.days.choice import ALL_TIME, days_of
from spymaster.market.sessions import et_stamp

_MOST_SHOWN: Final = 20


def run_audit(
    config_path: Path | None,
    root: str | None,
    against: tuple[Path, ...],
    run_id: str | None,
    as_json: bool,
    with_signals: bool,
) -> int:
    """Print what differs; returns the exit code. Raises UserError."""
    lake = open_lake(config_path, root)
    run = _chosen(lake, run_id)
    report = audit(lake, run, against, with_signals=with_signals, tell=lambda said: print(said, file=sys.stderr))
    kept = keep_receipt(lake, run, report, dt.datetime.now(dt.UTC))
    if as_json:
        said = msgspec.json.encode({"verdict": report.verdict, "report": report})
        print(msgspec.json.format(said, indent=2).decode())
    else:
        print("\n".join(_lines(report)))
    for problem in report.problems:
        print(f"warning: {problem}", file=sys.stderr)
    without = f"no receipt is kept: the run is {run.run.status}, not sealed"
    receipt = "the receipt is in its manifest" if kept else without
    print(f"{report.run}: {report.verdict}; {receipt}", file=sys.stderr)
    return os.EX_OK if report.verdict != "differs" else ExitCode.DATA


def _chosen(lake: Lake, run_id: str | None) -> LakeRun:
    """The run that is named, else the only one that counts on its date."""
    days = days_of(lake.runs, ALL_TIME)
    if run_id is None and len({day.run.name for day in days}) == 1:
        return days[0].run
    return lake.run(run_id)


def _lines(report: AuditReport) -> list[str]:
    """The report for people."""
    lines = []
    for kind in report.kinds:
        counts = ", ".join(f"{count:,} {what}" for what, count in kind.counts.items()) or "the same"
        apart = [
            f"{count:,} {words}"
            for count, words in (
                (kind.not_compared, "of the files not compared"),
                (kind.only_lived, "recorded ones of instruments that no file holds"),
            )
            if count
        ]
        beside = f" ({', '.join(apart)})" if apart else ""
        lines.append(f"{kind.kind:<8} {kind.compared:>12,} compared: {counts}{beside}")
    lines += [f"{name:<8} {count:>12,} recorded, no file to compare with" for name, count in report.left_out.items()]
    for minute in report.minutes:
        counts = ", ".join(f"{count:,} {what}" for what, count in minute.counts.items())
        lines.append(f"  {et_stamp(minute.minute_ns)[:16]} {minute.kind}: {counts}")
    lines += [f"  {_one(difference)}" for difference in report.differences[:_MOST_SHOWN]]
    if (more := len(report.differences) - _MOST_SHOWN + report.unlisted) > 0:
        lines.append(f"  and {more:,} more; --json lists {len(report.differences):,} of them")
    return [*lines, *_of_signals(report)]


def _one(difference: Difference) -> str:
    fields = f"; {', '.join(difference.fields[:4])}" if difference.fields else ""
    about = f"{difference.kind} of {difference.instrument_id}, sequence {difference.sequence}"
    return f"{et_stamp(difference.ts_recv_ns)} {about}: {difference.what}{fields}"


def _of_signals(report: AuditReport) -> list[str]:
    signals = report.signals
    if signals.reason:
        return [f"signals  not played: {signals.reason}"]
    if not signals.snaps:
        return ["signals  the same, since the records are"]
    lines = [f"signals  {signals.differing:,} of {signals.rows:,} rows in {signals.snaps:,} snaps differ"]
    lines += [f"  first at {signals.first}"] if signals.first else []
    for what, alerts in (("lost", signals.lost), ("added", signals.added)):
        lines += [f"  {what}: {alert.signal} at {alert.level_id}, {et_stamp(alert.raised_ns)}" for alert in alerts]
    return lines
