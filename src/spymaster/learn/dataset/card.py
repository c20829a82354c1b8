"""A data set's card: what is in it, from where, how much, what was left out, and what it is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.labels.incidence import incidence
from spymaster.learn.dataset.columns import COLUMNS, Role
from spymaster.learn.dataset.findings import Finding
from spymaster.learn.dataset.label_columns import FIXED, LABEL_SETS
from spymaster.learn.dataset.read import DataSet, load
from spymaster.learn.dataset.set_manifest import SetManifest
from spymaster.market.levels import LevelKind
from spymaster.models.prediction import Stage

_STAGES = {Stage.ARM: "arm", Stage.CONTACT: "contact", Stage.AFTER_15_S: "15 s later", Stage.AFTER_60_S: "60 s later"}
_SHOWN_INPUTS = 20


def card_text(folder: Path, manifest: SetManifest, findings: Sequence[Finding] = ()) -> str:
    """Markdown. Raises UserError where the set cannot be read."""
    data = load(folder)
    pieces = [
        _head(manifest, data),
        _inputs(manifest),
        _table(["decision", "rows"], [[_STAGES[one], f"{int((data.stage == one).sum()):,}"] for one in Stage]),
        _kinds(data),
        _balance(data),
        _incidence(data),
        _excluded(manifest),
        _columns(),
    ]
    if findings:
        pieces.append("## Checks\n\n" + _table(["check", "", ""], [[f.check, f.grade.value, f.said] for f in findings]))
    return "\n\n".join(pieces) + "\n"


def _head(manifest: SetManifest, data: DataSet) -> str:
    worlds = sum(one.simulated for one in manifest.inputs)
    real = len(manifest.inputs) - worlds
    if not real:
        nature = "**Simulated markets only. Not measured on real markets.**"
    elif worlds:
        nature = f"**{worlds} of {len(manifest.inputs)} runs are simulated, the others recordings of a market.**"
    else:
        nature = "Recordings of a market."
    dates = np.unique(data.date)
    days = f"{len(dates)} trade date{'s' if len(dates) != 1 else ''}, {_day(dates[0])} to {_day(dates[-1])}"
    lines = [
        f"# Data set {manifest.name or manifest.id}",
        "",
        nature,
        "",
        f"- id `{manifest.id}`, {manifest.rows:,} rows of {manifest.attempts:,} attempts at levels",
        f"- {days}; profiles {', '.join(manifest.profiles)}",
        f"- made by version {manifest.code_version}, sources `{manifest.code_sha256[:12]}`, columns "
        f"`{manifest.schema[:12]}`, features `{manifest.feature_schema[:12]}`",
    ]
    return "\n".join(lines)


def _inputs(manifest: SetManifest) -> str:
    shown = manifest.inputs[:_SHOWN_INPUTS]
    rows = [[one.name, "simulated" if one.simulated else "market", f"`{one.sha256[:12]}`"] for one in shown]
    more = len(manifest.inputs) - len(shown)
    rest = f"\n\nand {more} more, in the manifest." if more else ""
    return "## Made from\n\n" + _table(["run", "", "SHA-256"], rows) + rest


def _kinds(data: DataSet) -> str:
    rows = []
    for kind in np.unique(data.kind).tolist():
        own = data.kind == kind
        rows.append([LevelKind(kind).label, f"{len(np.unique(data.attempt[own])):,}", f"{int(own.sum()):,}"])
    return "## Levels\n\n" + _table(["kind", "attempts", "rows"], rows)


def _balance(data: DataSet) -> str:
    rows = []
    for label_set in LABEL_SETS:
        for k, horizon in enumerate(HORIZONS_S):
            outcome = data.labels[label_set].outcome[:, k]
            asked = outcome >= 0
            if asked.any():
                shares = [f"{float((outcome[asked] == one).mean()):.1%}" for one in Outcome]
                rows.append([label_set.replace("_", " "), f"{horizon} s", f"{int(asked.sum()):,}", *shares])
    head = ["distance", "within", "rows", "break", "bounce", "neither", "censored", "no race"]
    return "## What came\n\n" + _table(head, rows)


def _incidence(data: DataSet) -> str:
    """From contact on, by two points: with censored attempts counted as long as they were seen."""
    contact = data.select(data.stage == Stage.CONTACT)
    known = contact.labels[FIXED]
    found = incidence(known.outcome[:, -1], known.end_s[:, -1], np.array(HORIZONS_S, np.float64))
    rows = [
        [f"{horizon} s", *(f"{value:.1%}" if np.isfinite(value) else "-" for value in three)]
        for horizon, three in zip(
            HORIZONS_S, zip(found.break_by, found.bounce_by, found.neither, strict=True), strict=True
        )
    ]
    return "From contact on, by two points (Aalen-Johansen):\n\n" + _table(["by", "broke", "bounced", "neither"], rows)


def _excluded(manifest: SetManifest) -> str:
    rows = [[reason, f"{count:,}"] for reason, count in manifest.excluded.items()] or [["nothing", "0"]]
    return "## Left out\n\n" + _table(["what", "count"], rows)


def _columns() -> str:
    rows = [[role.value, str(sum(one.role is role for one in COLUMNS))] for role in Role]
    return "## Columns\n\n" + _table(["what for", "columns"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "/") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def _day(date: int) -> str:
    text = str(date)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
