"""A run held against the vendor's files: every record, then what the differences did to signals."""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.lake.audit.accounts import COMPARED, LivedAccount, Piece, VendorAccount, instruments_of
from spymaster.lake.audit.compare import Found, by_minute, compared
from spymaster.lake.audit.report import AuditReport, Difference, KindLine, MinuteLine, SignalsChange, What
from spymaster.lake.audit.signals import Replaced, signals_change
from spymaster.lake.audit.summary import Spill, both, summaries
from spymaster.lake.catalog import Lake, LakeRun
from spymaster.lake.tables.arrow_records import raw_rows
from spymaster.market.dtypes import recv_ns
from spymaster.market.kinds import Kind
from spymaster.market.manifest import Audit, AuditedFile, RunStatus, encode_manifest

MOST_LISTED: Final = 1000
"""Differences that are listed one by one; beyond that they are counted."""

_READ_BYTES: Final = 4 * 1024 * 1024

Tell = Callable[[str], None]


def audit(
    lake: Lake, run: LakeRun, paths: Sequence[Path], *, with_signals: bool = True, tell: Tell = lambda said: None
) -> AuditReport:
    """Hold a run against the vendor's files. ``tell``: is told what is being done.

    Only kinds and instruments that were recorded are compared, from the first record that arrived to the end of the
    run, as far as the files go; what is not compared is counted. Memory is that of ten minutes of one kind. Raises
    LakeError, SourceError, OSError.
    """
    lived, vendor = LivedAccount(lake.storage, run), VendorAccount(paths)
    kinds = sorted(vendor.kinds & lived.counts.keys())
    with tempfile.TemporaryDirectory(prefix="spymaster-audit-") as folder:
        spills = Spill(Path(folder) / "lived"), Spill(Path(folder) / "vendor")
        for account, spill, name in ((lived, spills[0], "the run"), (vendor, spills[1], "the vendor's files")):
            tell(f"reading {name}")
            for piece in account.pieces(kinds):
                _spill(spill, piece)
        tell("comparing")
        comparison = _Comparison(lived, vendor, spills)
        lines = [comparison.of_kind(kind) for kind in kinds]
    signals = SignalsChange(reason="" if with_signals else "they were not asked for")
    if with_signals and any(line.counts for line in lines):
        tell("playing both accounts")
        signals = signals_change(lake.storage, lived, vendor, {kind: comparison.replaced(kind) for kind in kinds})
    return AuditReport(
        run=run.run.id,
        files=tuple(_audited(file.path) for file in vendor.files),
        kinds=tuple(lines),
        minutes=tuple(comparison.minutes),
        differences=tuple(comparison.listed()),
        unlisted=comparison.unlisted,
        left_out={kind.name: count for kind, count in lived.counts.items() if kind in COMPARED and kind not in kinds},
        signals=signals,
        problems=vendor.problems,
    )


def keep_receipt(lake: Lake, run: LakeRun, report: AuditReport, at: dt.datetime) -> bool:
    """Write the receipt into the manifest of a sealed run; whether it is one. Raises OSError."""
    own = run.manifest.run
    if own is None or own.status is not RunStatus.SEALED:
        return False
    counts = {line.kind: {"compared": line.compared, **line.counts} for line in report.kinds}
    played = None if report.signals.reason else report.signals.differing
    receipt = Audit(at, report.verdict, report.files, counts, played)
    kept = msgspec.structs.replace(own, audits=(*own.audits, receipt))
    lake.storage.put(run.name, encode_manifest(msgspec.structs.replace(run.manifest, run=kept)))
    return True


class _Comparison:
    """Kind after kind; what is found is gathered here."""

    def __init__(self, lived: LivedAccount, vendor: VendorAccount, spills: tuple[Spill, Spill]) -> None:
        self._lived, self._vendor, self._spills = lived, vendor, spills
        manifest = lived.run.manifest
        self._span = manifest.start_ns, max(manifest.end_ns, spills[0].last_ns) + 1
        self._gaps = [(gap.from_ns, gap.to_ns) for gap in lived.run.run.gaps]
        self.minutes: list[MinuteLine] = []
        self.unlisted = 0
        self._rows: list[tuple[Kind, What, Any, int]] = []

    def of_kind(self, kind: Kind) -> KindLine:
        """Compare all records of one kind."""
        instruments, span = self._scope(kind)
        line = {"compared": 0, "not_compared": 0, "only_lived": 0}
        counts: dict[str, int] = {}
        minutes: dict[int, dict[str, int]] = {}
        for lived, vendor in both(*self._spills, kind):
            known, wanted = np.isin(lived["instrument"], instruments), np.isin(vendor["instrument"], instruments)
            found = _within(compared(lived[known], vendor[wanted], self._gaps), span)
            inside = wanted & (vendor["received_ns"] >= span[0]) & (vendor["received_ns"] < span[1])
            line["compared"] += int(inside.sum())
            line["not_compared"] += int((~inside).sum())
            line["only_lived"] += int((~known).sum())
            for minute_ns, what, count in by_minute(found):
                here = minutes.setdefault(minute_ns, {})
                here[what] = here.get(what, 0) + count
                counts[what] = counts.get(what, 0) + count
            self._list(kind, found)
        self.minutes += [
            MinuteLine(kind.name, minute_ns, _in_order(minutes[minute_ns])) for minute_ns in sorted(minutes)
        ]
        return KindLine(kind.name, counts=_in_order(counts), **line)

    def replaced(self, kind: Kind) -> Replaced:
        """Which records of a kind both accounts are about."""
        instruments, span = self._scope(kind)

        def within(piece: Piece) -> NDArray[np.bool_]:
            received = recv_ns(piece.kind, piece.records)
            inside = (received >= span[0]) & (received < span[1])
            return inside & np.isin(instruments_of(piece.kind, piece.records), instruments)

        return within

    def _scope(self, kind: Kind) -> tuple[NDArray[np.int64], tuple[int, int]]:
        """The instruments and the span of time that both accounts are about."""
        begin_ns, end_ns = self._vendor.span_ns(kind)
        ours, theirs = (spill.instruments.get(kind, np.zeros(0, np.int64)) for spill in self._spills)
        return np.intersect1d(ours, theirs), (max(begin_ns, self._span[0]), min(end_ns, self._span[1]))

    def listed(self) -> list[Difference]:
        """The differences one by one, with the fields that differ, by kind and time."""
        found = []
        for kind in sorted({kind for kind, *_ in self._rows}):
            own = [row for row in self._rows if row[0] is kind]
            pairs = [(int(row["place"]), place) for _, what, row, place in own if what is What.CHANGED]
            fields = self._fields(kind, pairs)
            for _, what, row, _ in sorted(own, key=lambda each: (int(each[2]["received_ns"]), each[1])):
                instrument, sequence = int(row["instrument"]) >> 16, int(row["sequence"])
                changed = fields.get(int(row["place"]), ()) if what is What.CHANGED else ()
                found.append(Difference(kind.name, what, int(row["received_ns"]), instrument, sequence, changed))
        return found

    def _list(self, kind: Kind, found: Found) -> None:
        for what, rows in found.rows.items():
            places = found.lived.tolist() if what is What.CHANGED else [0] * len(rows)
            room = max(MOST_LISTED - len(self._rows), 0)
            self._rows += [(kind, what, row, place) for row, place in zip(rows[:room], places[:room], strict=True)]
            self.unlisted += max(len(rows) - room, 0)

    def _fields(self, kind: Kind, places: list[tuple[int, int]]) -> dict[int, tuple[str, ...]]:
        """What differs between the vendor's record at a place and the lived one, by the vendor's place."""
        if not places:
            return {}
        theirs = self._vendor.rows_at(kind, [vendor for vendor, _ in places])
        ours = self._lived.rows_at(kind, [lived for _, lived in places])
        return {
            vendor: _differing(raw_rows(kind, ours[lived])[0], raw_rows(kind, theirs[vendor])[0])
            for vendor, lived in places
        }


def _in_order(counts: dict[str, int]) -> dict[str, int]:
    return {what.value: counts[what] for what in What if what in counts}


def _within(found: Found, span: tuple[int, int]) -> Found:
    """The differences of a span of time; those outside are of no account."""
    rows, lived = {}, found.lived
    for what, some in found.rows.items():
        inside = (some["received_ns"] >= span[0]) & (some["received_ns"] < span[1])
        if inside.any():
            rows[what] = some[inside]
        if what is What.CHANGED:
            lived = lived[inside]
    return Found(rows, lived)


def _differing(ours: Any, theirs: Any) -> tuple[str, ...]:
    names = ours.dtype.names or ()
    return tuple(f"{name}: {_text(ours[name])}, {_text(theirs[name])}" for name in names if ours[name] != theirs[name])


def _text(value: Any) -> str:
    return value.tobytes().rstrip(b"\0").decode("utf-8", "replace") if isinstance(value, np.void) else str(value)


def _spill(spill: Spill, piece: Piece) -> None:
    spill.add(piece.kind, summaries(piece.kind, piece.records, piece.places, piece.late))


def _audited(path: Path) -> AuditedFile:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while some := file.read(_READ_BYTES):
            digest.update(some)
    return AuditedFile(path.name, digest.hexdigest(), path.stat().st_size)
