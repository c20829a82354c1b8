"""What is said of a live session when it is over."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import JOURNAL_FOLDER
from spymaster.session.record.sidecar_watch import MirrorHealth, SidecarHealth
from spymaster.signals.header_parts import GreeksCheck
from spymaster.signals.headless import TrustSpell


class LiveReport(msgspec.Struct, frozen=True):
    """What was lived and recorded. ``complete``: sealed with nothing missing; None where the lake is not finished.
    ``greeks``: the vendor's against ours at the end; ``bus``: how the mirror stood; ``earlier``: of the trade dates
    before, the first first."""

    run: str
    out: str
    complete: bool | None
    records: int
    journal_bytes: int
    lost_records: int
    lake_files: int
    snaps: int
    signals: int
    alerts: int
    signal_hash: str
    trust: dict[str, tuple[TrustSpell, ...]]
    problem: str
    greeks: GreeksCheck | None = None
    bus: MirrorHealth | None = None
    earlier: tuple[LiveReport, ...] = ()


def report_of(session: LiveSession, out: Path, health: SidecarHealth, stop: str) -> LiveReport:
    """The report of a session whose journal is closed."""
    recording, totals = session.recording, session.totals
    assert recording is not None
    assert totals is not None
    light = recording.light
    return LiveReport(
        run=recording.run_id,
        out=str(out),
        complete=health.complete,
        records=recording.records,
        journal_bytes=light.written_bytes,
        lost_records=light.lost_records,
        lake_files=health.durable_files,
        snaps=totals.tally.snaps,
        signals=totals.tally.signals,
        alerts=totals.tally.alerts,
        signal_hash=totals.hash.hexdigest(),
        trust=totals.trust.spells(),
        problem=session.failure or stop or light.fault or health.fault,
        greeks=session.greeks,
        bus=health.mirror,
    )


def print_report(report: LiveReport, problems: tuple[str, ...], as_json: bool, *, simulated: bool) -> None:
    """The report on stdout, what went wrong on stderr."""
    for line in problems:
        print(f"warning: {line}", file=sys.stderr)
    if report.complete is None:
        print("warning: the lake is not finished; its sidecar goes on without this command", file=sys.stderr)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        return
    if simulated:
        print("SIMULATED data")
    for one in (*report.earlier, report):
        _print_one(one)


def _print_one(report: LiveReport) -> None:
    state = {True: "complete", False: "NOT COMPLETE", None: "not all in the lake yet"}[report.complete]
    lost = f", {report.lost_records:,} lost" if report.lost_records else ""
    print(f"run      {report.run}: {state}{f' ({report.problem})' if report.problem else ''}")
    print(f"records  {report.records:,} recorded{lost}; {report.snaps:,} snaps, {report.alerts:,} alerts")
    print(f"journal  {report.journal_bytes / 1e6:,.1f} MB through {Path(report.out) / JOURNAL_FOLDER}")
    print(f"lake     {report.lake_files:,} files in {report.out}")
    if report.bus is not None:
        print(f"bus      {report.bus.words}{f' ({report.bus.fault})' if report.bus.fault else ''}")
    if report.greeks is not None:
        print(f"greeks   {_greeks(report.greeks)}")
    if report.snaps:
        print(f"hash     {report.signal_hash}")


def _greeks(check: GreeksCheck) -> str:
    if not check.compared:
        return f"nothing to compare: {check.only_ours} only ours, {check.only_theirs} only the vendor's"
    return (
        f"the vendor's against ours, {check.compared} contracts, median and 90 %: delta {check.delta_median:.4f} "
        f"{check.delta_most:.4f}, gamma {check.gamma_median:.4f} {check.gamma_most:.4f}, volatility "
        f"{check.vol_median:.4f} {check.vol_most:.4f}"
    )
