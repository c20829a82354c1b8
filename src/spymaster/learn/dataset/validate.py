"""All checks of a data set at once: of its files, its rows, what leaks, and what moved since the set before."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from spymaster.labels.first_passage import Outcome
from spymaster.learn.dataset.checks import check_columns
from spymaster.learn.dataset.drift import check_drift
from spymaster.learn.dataset.findings import Finding, Grade, failed, finding
from spymaster.learn.dataset.label_columns import FIXED
from spymaster.learn.dataset.leakage import check_alone, check_folds, check_shuffled
from spymaster.learn.dataset.parts import read_columns
from spymaster.learn.dataset.read import DataSet, load
from spymaster.learn.dataset.set_manifest import SetManifest, read_set_manifest
from spymaster.learn.folds import FOLDS, by_block, out_of_fold
from spymaster.models.prediction import Stage

_HORIZON = 4
"""Place of 240 s among the horizons."""
_LEAST_ROWS = 200
_MOST_FEATURES = 20


def validate(folder: Path, against: Path | None = None) -> tuple[Finding, ...]:
    """What the checks say of a data set; ``against``: the set before it. Raises UserError where one cannot be read."""
    manifest = read_set_manifest(folder)
    columns = read_columns(folder, manifest)
    findings = [_check_counts(manifest, len(columns["date"])), *check_columns(columns, _types(folder, manifest))]
    if failed(findings[:2]):
        return tuple(findings)
    data = load(folder)
    findings += [check_alone(data, by_block(data.date, data.source)), *_learnt(data)]
    if against is not None:
        findings.append(check_drift(load(against), data))
    return tuple(findings)


def _check_counts(manifest: SetManifest, rows: int) -> Finding:
    """The manifest counts what is there; that the bytes are those it names was checked when they were read."""
    wrong = [] if manifest.rows == rows else [f"the manifest says {manifest.rows:,} rows and there are {rows:,}"]
    known = {one.name for one in manifest.inputs}
    wrong += [f"{part.path} is of no input of the manifest" for part in manifest.parts if part.source not in known]
    twice = [path for path, count in Counter(part.path for part in manifest.parts).items() if count > 1]
    wrong += [f"{path} stands twice in the manifest" for path in twice]
    return finding("files", wrong, f"{len(manifest.parts)} parts, {rows:,} rows")


def _types(folder: Path, manifest: SetManifest) -> dict[str, str]:
    """The types that the columns have in the files; where they differ from part to part, both."""
    found: dict[str, str] = {}
    for part in manifest.parts:
        for field in pq.read_schema(folder / part.path):
            said = {"double": "float64", "string": "str", "large_string": "str"}.get(str(field.type), str(field.type))
            found[field.name] = said if found.get(field.name, said) == said else f"{found[field.name]} and {said}"
    return found


def _learnt(data: DataSet) -> list[Finding]:
    """Folds by day and source, and what a cheap model learns of labels that were dealt out anew."""
    rows = data.select(data.stage == Stage.CONTACT)
    outcome = rows.labels[FIXED].outcome[:, _HORIZON]
    rows = rows.select((outcome == Outcome.BREAK) | (outcome == Outcome.BOUNCE))
    block = by_block(rows.date, rows.source)
    blocks = len(np.unique(block))
    if len(rows) < _LEAST_ROWS or blocks < FOLDS:
        said = f"{len(rows)} resolved contacts on {blocks} days of runs: too few to learn from, not judged"
        return [Finding(name, Grade.WARNING, said) for name in ("folds", "shuffled labels")]
    held = block % FOLDS == 0
    came = (rows.labels[FIXED].outcome[:, _HORIZON] == Outcome.BREAK).astype(np.float64)
    design = _few(rows)
    shuffled = check_shuffled(lambda dealt: out_of_fold(design, dealt, block), came, rows.attempt, block)
    return [check_folds(rows, ~held, held), shuffled]


def _few(rows: DataSet) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Some features on a common scale, absent ones in the middle: enough for a leak to show, few enough to be quick."""
    known = np.isfinite(rows.design).mean(axis=0)
    chosen = np.sort(np.argsort(-known, kind="stable")[:_MOST_FEATURES])
    design = rows.design[:, chosen]
    centre, spread = np.nanmean(design, axis=0), np.nanstd(design, axis=0)
    scaled = np.where(np.isnan(design), 0.0, (design - centre) / np.where(spread > 0.0, spread, 1.0))
    return np.concatenate([np.ones((len(rows), 1)), scaled], axis=1)
