"""Whether the rows of a data set are what they should be: types, ranges, order, doubles, weights, balance, gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.learn.dataset.columns import COLUMNS, Role
from spymaster.learn.dataset.findings import Finding, Grade, finding
from spymaster.learn.dataset.label_columns import (
    DISTANCE,
    END,
    LABEL_SETS,
    NOT_ASKED,
    OUTCOME,
    PASSAGE,
    SCALED,
    STRENGTH,
    THIRD,
    label_column,
)
from spymaster.market.levels import LevelKind
from spymaster.models.prediction import Stage
from spymaster.session.sources.trade_day import day_ns

Columns = Mapping[str, NDArray[Any]]

_LEAST_SHARE: Final = 0.05
_MOST_MISSING: Final = 0.99
_ENDS_S: Final = 1e-6
_REACHED: Final = 1.0


def check_columns(columns: Columns, found: Mapping[str, str]) -> list[Finding]:
    """All checks of rows by columns, ``date`` and ``source`` among them; ``found``: the types the files have."""
    table = check_schema(found)
    if table.grade is not Grade.OK:
        return [table]
    return [
        table,
        check_ranges(columns),
        check_labels(columns),
        check_doubles(columns),
        check_order(columns),
        check_weights(columns),
        check_missing(columns),
        check_balance(columns),
    ]


def check_schema(found: Mapping[str, str]) -> Finding:
    """The columns and their types are those of this program's table."""
    table = {one.name: one.dtype for one in COLUMNS}
    wrong = [f"{name} is missing" for name in table if name not in found]
    wrong += [f"{name} is not in the table" for name in found if name not in table]
    wrong += [f"{name} is {found[name]}, not {t}" for name, t in table.items() if found.get(name, t) != t]
    return finding("schema", wrong, f"{len(table)} columns as in the table")


def check_ranges(columns: Columns) -> Finding:
    """Codes are known ones, what is always known is finite, and no feature is infinite."""
    within = {
        "stage": np.isin(columns["stage"], list(Stage)),
        "kind": np.isin(columns["kind"], list(LevelKind)),
        "side": np.isin(columns["side"], (-1, 1)),
        "sigma": columns["sigma"] > 0.0,
        "level": np.isfinite(columns["level"]),
        "distance_signed": np.isfinite(columns["distance_signed"]),
        "score": np.isnan(columns["score"]) | ((columns["score"] >= 0.0) & (columns["score"] <= 100.0)),
    }
    wrong = [f"{name} is out of range in {int((~good).sum())} rows" for name, good in within.items() if not good.all()]
    for one in COLUMNS:
        if one.role is Role.FEATURE and np.isinf(columns[one.name]).any():
            wrong.append(f"{one.name} is infinite in {int(np.isinf(columns[one.name]).sum())} rows")
    return finding("ranges", wrong, "codes are known, numbers finite")


def check_labels(columns: Columns) -> Finding:
    """Labels agree with each other: who passed was far enough, nobody else was, and no race outlasts its horizon."""
    wrong = []
    for one in LABEL_SETS:
        for horizon in HORIZONS_S:
            outcome, end, passage, third, strength, distance = (
                columns[label_column(one, part, horizon)] for part in (OUTCOME, END, PASSAGE, THIRD, STRENGTH, DISTANCE)
            )
            passed = (outcome == Outcome.BREAK) | (outcome == Outcome.BOUNCE)
            ran = passed | (outcome == Outcome.CHOP) | (outcome == Outcome.CENSORED)
            with np.errstate(invalid="ignore"):
                bad = ~np.isin(outcome, (NOT_ASKED, *Outcome))
                bad |= ran & ~((end >= 0.0) & (end <= horizon + _ENDS_S))
                bad |= passed & ~((np.abs(strength) >= _REACHED) & (passage <= horizon + _ENDS_S) & (third <= passage))
                bad |= ran & ~passed & ~((np.abs(strength) < _REACHED) & np.isnan(passage))
                bad |= ~ran & ~(np.isnan(end) & np.isnan(strength))
                bad |= (outcome != NOT_ASKED) & ~(distance > 0.0)
            if bad.any():
                wrong.append(f"labels {one} {horizon} s contradict each other in {int(bad.sum())} rows")
    return finding("labels", wrong, "outcome, time and strength agree")


def check_doubles(columns: Columns) -> Finding:
    """Each attempt has each decision once."""
    names = np.char.add(np.char.add(columns["attempt_id"], " "), columns["stage"].astype(np.str_))
    known, count = np.unique(names, return_counts=True)
    return finding("doubles", [f"{name} stands {n} times" for name, n in _twice(known, count)], "none")


def check_order(columns: Columns) -> Finding:
    """Rows of a part are in time, inside their trade date, and nothing ends before it begins."""
    t_ns, dates = columns["t_ns"], columns["date"]
    wrong = []
    for date, source in sorted(set(zip(dates.tolist(), columns["source"].tolist(), strict=True))):
        own = t_ns[(dates == date) & (columns["source"] == source)]
        begin_ns, end_ns = day_ns(date)
        if (np.diff(own) < 0).any():
            wrong.append(f"rows of {source} on {date} go back in time")
        if own.min() < begin_ns or own.max() >= end_ns:
            wrong.append(f"rows of {source} on {date} lie outside that trade date")
    arm, contact = columns["arm_ns"], columns["contact_ns"]
    is_arm = columns["stage"] == Stage.ARM
    bad = (
        (arm > t_ns) | (columns["ends_ns"] < t_ns) | np.where(is_arm, contact != -1, (contact < arm) | (contact > t_ns))
    )
    if bad.any():
        wrong.append(f"arm, contact, decision and end are not in this order in {int(bad.sum())} rows")
    return finding("order", wrong, "in time")


def check_weights(columns: Columns) -> Finding:
    """The weights of each attempt's rows add up to one."""
    names, place = np.unique(columns["attempt_id"], return_inverse=True)
    sums = np.bincount(place, columns["weight"])
    wrong = [f"weights of {name} add up to {total:g}" for name, total in zip(names, sums, strict=True)
             if abs(total - 1.0) > 1e-9]  # fmt: skip
    return finding("weights", wrong, f"{len(names):,} attempts count once each")


def check_missing(columns: Columns) -> Finding:
    """Features that are hardly ever known are said: whatever is learnt from them rests on a few rows."""
    shares = {one.name: float(np.isnan(columns[one.name]).mean()) for one in COLUMNS if one.role is Role.FEATURE}
    gone = [name for name, share in shares.items() if share > _MOST_MISSING]
    mean = sum(shares.values()) / max(len(shares), 1)
    said = f"{mean:.0%} of all cells"
    if not gone:
        return Finding("missing", Grade.OK, said)
    names = ", ".join(gone[:3]) + (" and others" if len(gone) > 3 else "")
    return Finding("missing", Grade.WARNING, f"{said}; {len(gone)} features hardly ever known ({names})")


def check_balance(columns: Columns) -> Finding:
    """Of races by the scaled distance both ends came, and none in nearly all of them."""
    wrong, said = [], []
    for horizon in HORIZONS_S:
        outcome = columns[label_column(SCALED, OUTCOME, horizon)]
        ran = (outcome >= Outcome.BREAK) & (outcome <= Outcome.CENSORED)
        shares = [float((outcome[ran] == one).mean()) if ran.any() else 0.0 for one in (Outcome.BREAK, Outcome.BOUNCE)]
        said.append(f"{horizon} s {shares[0]:.0%}/{shares[1]:.0%}")
        if min(shares) < _LEAST_SHARE:
            wrong.append(f"within {horizon} s {shares[0]:.1%} of races break and {shares[1]:.1%} bounce")
    return finding("balance", wrong, f"break/bounce {', '.join(said)}", Grade.WARNING)


def _twice(names: NDArray[Any], count: NDArray[Any]) -> list[tuple[str, int]]:
    more = count > 1
    return list(zip(names[more].tolist(), count[more].tolist(), strict=True))
