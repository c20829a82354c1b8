"""What a model was worth on rows it had never seen, head by head, as figures with intervals by day or world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.labels.incidence import incidence
from spymaster.learn.calibration import Calibration, Interval, brier_skill, calibration, mean_difference
from spymaster.learn.heads.baselines import BROWNIAN, Chances
from spymaster.learn.heads.questions import Questions
from spymaster.models.head_model import DIRECTION, TRADEABLE
from spymaster.models.heads import QUANTILES, stage_group

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

STAGES: Final = ("all", "arm", "contact and later")
_TIMES: Final = np.array(HORIZONS_S, np.float64)
_LEAST_SEEN: Final = 0.05
"""Weights of rows that were seen where hardly any was are held to twenty."""


class Against(msgspec.Struct, frozen=True):
    """Skill over another baseline, on the rows where it says anything."""

    baseline: str
    rows: int
    brier_skill: Interval


class HeadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A head in a stage. ``figures``: beside the Brownian baseline; ``ece_before``: before its calibration map."""

    head: str
    stage: str
    figures: Calibration
    ece_before: float
    against: tuple[Against, ...]


class CurveFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Incidence curves of one cause. ``integrated_brier``: over the horizons, rows weighted by how likely they were to
    be seen; ``skill``: over the curve of all rows; ``told``: in the mean by each horizon; ``came``: what happened, by
    Aalen and Johansen."""

    cause: str
    rows: int
    integrated_brier: float
    skill: Interval
    told: tuple[float, ...]
    came: tuple[float, ...]


class StrengthFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Quantiles of strength. ``below``: the share of rows below each; ``skill``: of their loss over fixed ones'."""

    rows: int
    below: tuple[float, ...]
    skill: Interval


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What was said of n rows, and what came. ``before``: chances before their calibration maps; ``baselines``: by
    name; ``stage`` int[n]."""

    asked: Questions
    stage: NDArray[np.integer]
    said: NDArray[Any]
    before: Chances
    baselines: Mapping[str, Chances]

    @property
    def after(self) -> Chances:
        """As they are published."""
        tradeable = self.said["p_tradeable"]
        return Chances(tradeable, self.said["p_break"] / tradeable)

    def question(self, head: str) -> tuple[Mask, Floats]:
        """The rows a head is asked of, and what came, 0 or 1, of all rows."""
        asked = self.asked
        wanted, came = (asked.known, asked.resolved) if head == TRADEABLE else (asked.resolved, asked.broke)
        return wanted, came.astype(np.float64)


def pooled(parts: list[Told]) -> Told:
    """Several folds as one."""
    first = parts[0]
    fields = Questions.__dataclass_fields__
    asked = Questions(**{name: np.concatenate([getattr(part.asked, name) for part in parts]) for name in fields})

    def joined(chances: list[Chances]) -> Chances:
        return Chances(*(np.concatenate([one.of(head) for one in chances]) for head in (TRADEABLE, DIRECTION)))

    return Told(
        asked,
        np.concatenate([part.stage for part in parts]),
        np.concatenate([part.said for part in parts]),
        joined([part.before for part in parts]),
        {name: joined([part.baselines[name] for part in parts]) for name in first.baselines},
    )


def head_figures(told: Told) -> tuple[HeadFigures, ...]:
    """Both heads in all stages together and in each."""
    found = []
    group = stage_group(told.stage)
    for head in (TRADEABLE, DIRECTION):
        wanted, came = told.question(head)
        for number, stage in enumerate(STAGES):
            chosen = wanted & ((group == number - 1) | (number == 0))
            figures = _of_head(told, head, stage, chosen, came)
            if figures is not None:
                found.append(figures)
    return tuple(found)


def _of_head(told: Told, head: str, stage: str, chosen: Mask, came: Floats) -> HeadFigures | None:
    after, before = told.after.of(head)[chosen], told.before.of(head)[chosen]
    block, happened = told.asked.block[chosen], came[chosen]
    brownian = told.baselines[BROWNIAN].of(head)[chosen]
    figures = calibration(after, brownian, happened, block)
    unmapped = calibration(before, brownian, happened, block)
    if figures is None or unmapped is None:
        return None
    against = []
    for name, baseline in told.baselines.items():
        says = np.isfinite(baseline.of(head)[chosen])
        skill = brier_skill(after[says], baseline.of(head)[chosen][says], happened[says], block[says])
        if name != BROWNIAN and skill is not None:
            against.append(Against(name, int(says.sum()), skill))
    return HeadFigures(
        head=head, stage=stage, figures=figures, ece_before=unmapped.ece_corrected, against=tuple(against)
    )


def curve_figures(told: Told) -> tuple[CurveFigures, ...]:
    """Of breaks and of bounces."""
    ran = told.asked.ran
    if not ran.any():
        return ()
    outcome, end_s = told.asked.outcome[ran], told.asked.end_s[ran]
    block = told.asked.block[ran]
    curves = incidence(outcome, end_s, _TIMES)
    found = []
    for cause, column, number, came in (
        ("break", "break_by", Outcome.BREAK, curves.break_by),
        ("bounce", "bounce_by", Outcome.BOUNCE, curves.bounce_by),
    ):
        said = told.said[column][ran]
        ours = integrated_brier(said, outcome, end_s, number)
        theirs = integrated_brier(np.tile(came, (len(said), 1)), outcome, end_s, number)
        skill = _loss_skill(ours, theirs, block)
        figures = CurveFigures(
            cause=cause,
            rows=len(said),
            integrated_brier=float(ours.mean()),
            skill=skill,
            told=tuple(said.mean(axis=0).tolist()),
            came=tuple(came.tolist()),
        )
        found.append(figures)
    return tuple(found)


def integrated_brier(curve: Floats, outcome: NDArray[np.int64], end_s: Floats, cause: int) -> Floats:
    """The squared error of incidence curves float64[n, 6], the mean over the horizons, of each row: float64[n].

    A row that was censored before a horizon says nothing of it, and the others count for it: each by one over the
    chance of having been seen as long as it was (Graf et al., 1999).
    """
    resolved = (outcome == Outcome.BREAK) | (outcome == Outcome.BOUNCE)
    loss = np.zeros(curve.shape)
    for k, time in enumerate(_TIMES.tolist()):
        ended = resolved & (end_s <= time)
        running = (end_s > time) | ((outcome == Outcome.CHOP) & (end_s >= time))
        weight = np.where(ended, 1.0 / _seen_until(outcome, end_s, end_s, before=True), 0.0)
        weight = np.where(running, 1.0 / _seen_until(outcome, end_s, np.full(len(end_s), time), before=False), weight)
        came = (ended & (outcome == cause)).astype(np.float64)
        loss[:, k] = weight * (came - curve[:, k]) ** 2
    mean: Floats = loss.mean(axis=1)
    return mean


def _seen_until(outcome: NDArray[np.int64], end_s: Floats, at_s: Floats, *, before: bool) -> Floats:
    """The chance of not having been censored by a time (just before it): Kaplan-Meier's, float64[n]."""
    times, place = np.unique(end_s, return_inverse=True)
    left = np.bincount(place, minlength=len(times))
    censored = np.bincount(place, outcome == Outcome.CENSORED, len(times))
    # who ended at a moment was still seen at it: an end comes before a censoring of that moment
    ended = left - censored
    risk = left[::-1].cumsum()[::-1] - ended
    steps = np.where(censored > 0.0, 1.0 - censored / np.maximum(risk, 1), 1.0)
    seen = np.concatenate([[1.0], np.cumprod(steps)])
    at = np.searchsorted(times, at_s, side="left" if before else "right")
    chance: Floats = np.maximum(seen[at], _LEAST_SEEN)
    return chance


def strength_figures(told: Told) -> StrengthFigures | None:
    """Of the quantiles of strength; None without rows."""
    chosen = told.asked.measurable
    if not chosen.any():
        return None
    strength = told.asked.strength[chosen]
    said = np.stack([told.said[name][chosen] for name in ("strength_p10", "strength_p50", "strength_p90")], axis=1)
    flat = np.tile(np.quantile(strength, QUANTILES), (len(strength), 1))
    skill = _loss_skill(_pinball(said, strength), _pinball(flat, strength), told.asked.block[chosen])
    below = (strength[:, np.newaxis] <= said).mean(axis=0)
    return StrengthFigures(rows=len(strength), below=tuple(below.tolist()), skill=skill)


def _pinball(said: Floats, strength: Floats) -> Floats:
    off = strength[:, np.newaxis] - said
    share = np.array(QUANTILES)
    loss: Floats = np.maximum(share * off, (share - 1.0) * off).mean(axis=1)
    return loss


def _loss_skill(ours: Floats, theirs: Floats, block: NDArray[np.int64]) -> Interval:
    """1 - loss / loss, of losses that are not squares of chances: the root makes squares of them."""
    skill = brier_skill(np.sqrt(ours), np.sqrt(theirs), np.zeros(len(ours)), block)
    assert skill is not None
    return skill


def paired(told: Floats, other: Floats, came: Floats, block: NDArray[np.int64]) -> Interval | None:
    """How much larger the Brier score of ``other`` is than of ``told`` on the same rows."""
    return mean_difference((other - came) ** 2, (told - came) ** 2, block)
