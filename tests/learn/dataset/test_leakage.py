"""Every test for leaks, on rows that know nothing of the future, and with a leak planted that it has to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.features.follower import FeatureFollower
from spymaster.labels.attempts import Scales, attempts
from spymaster.labels.first_passage import Outcome
from spymaster.labels.path import PricePath
from spymaster.learn.dataset.findings import Grade
from spymaster.learn.dataset.gather import DecisionSink, Gathered
from spymaster.learn.dataset.leakage import (
    FEWEST_BLOCKS,
    check_alone,
    check_folds,
    check_placebo,
    check_same,
    check_shuffled,
)
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.folds import FOLDS, by_block, out_of_fold
from spymaster.learn.logistic import fit_logistic
from spymaster.market.batches import Batch
from spymaster.market.frames import Frame, RecordsFrame
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.models.break_model import chance
from spymaster.models.brownian import log_odds
from spymaster.physics.engine import Engine
from spymaster.session.sources.replay_source import ReplaySource
from tests.learn.dataset.conftest import plan_of
from tests.learn.dataset.some_set import some_set

Floats = NDArray[np.float64]


def peeking(gathered: Gathered) -> Floats:
    """The leak: features of which the first was shifted by one row, and so is the price at the next decision."""
    features = gathered.features.copy()
    features[:-1, 0] = gathered.decisions["microprice"][1:]
    return features


class Lived(NamedTuple):
    """What came of a recording, and the time of the last snap before ``change`` was applied."""

    gathered: Gathered
    until_ns: int


def lived(folder: Path, change: Callable[[Frame], Frame | None] | None = None, *, snaps_per_block: int = 64) -> Lived:
    """A recording whose frames after its middle are changed, or left out where the change says None."""
    source, engine, sink = (
        ReplaySource(plan_of(folder)),
        Engine(snaps_per_block=snaps_per_block),
        DecisionSink(FeatureFollower(0.25)),
    )
    middle_ns = (source.begins_ns + source.last_ns) // 2
    until_ns = 0
    for frame in source.frames():
        is_late = engine.config is not None and int(engine.state["clock"][0]["next_snap_ns"]) > middle_ns
        if is_late and not until_ns:
            until_ns = int(engine.state["clock"][0]["next_snap_ns"]) - NS_PER_S
        given = change(frame) if is_late and change is not None else frame
        if given is None:
            break
        for block in engine.feed(given):
            sink.on_block(block)
    for block in engine.finish():
        sink.on_block(block)
    source.close()
    found = sink.gathered()
    assert found is not None
    return Lived(found, until_ns)


def cut(frame: Frame) -> None:
    """Nothing comes any more."""


def poisoned(frame: Frame) -> Frame:
    """Prices stand a hundred points higher, and sizes are other ones."""
    if not isinstance(frame, RecordsFrame) or Kind.MBP10 not in frame.batch.arrays:
        return frame
    words = frame.batch.arrays[Kind.MBP10].copy()
    words[:, 6::4] += 100 * 10**9
    words[:, 7::4] += 100 * 10**9
    words[:, 8::4] += 7
    return RecordsFrame(Batch({**frame.batch.arrays, Kind.MBP10: words}, frame.batch.order, frame.batch.first_seq))


@pytest.fixture(scope="module")
def whole(recordings: tuple[Path, Path]) -> Gathered:
    return lived(recordings[0]).gathered


def test_a_row_told_snap_by_snap_as_a_session_is_told_is_the_same_bits(
    recordings: tuple[Path, Path], whole: Gathered
) -> None:
    one = lived(recordings[0], snaps_per_block=1).gathered
    assert one.features.tobytes() == whole.features.tobytes()
    assert one.known.tobytes() == whole.known.tobytes()
    assert one.decisions["t_ns"].tobytes() == whole.decisions["t_ns"].tobytes()
    assert one.holes.tolist() == whole.holes.tolist()


@pytest.mark.parametrize("change", [cut, poisoned])
def test_what_follows_a_decision_changes_no_bit_of_its_row(
    recordings: tuple[Path, Path], whole: Gathered, change: Callable[[Frame], Frame | None]
) -> None:
    other, until_ns = lived(recordings[0], change)
    times = (whole.decisions["t_ns"], other.decisions["t_ns"])
    assert (times[0] <= until_ns).sum() > 10
    found = check_same(whole.features, times[0], other.features, times[1], until_ns, change.__name__)
    assert found.grade is Grade.OK, found.said
    known = check_same(whole.known, times[0], other.known, times[1], until_ns, change.__name__)
    assert known.grade is Grade.OK, known.said


@pytest.mark.parametrize("change", [cut, poisoned])
def test_a_row_that_peeks_is_found(
    recordings: tuple[Path, Path], whole: Gathered, change: Callable[[Frame], Frame | None]
) -> None:
    other, until_ns = lived(recordings[0], change)
    times = (whole.decisions["t_ns"], other.decisions["t_ns"])
    found = check_same(peeking(whole), times[0], peeking(other), times[1], until_ns, change.__name__)
    assert found.grade is Grade.FAILED
    assert "in columns [0]" in found.said


def test_rows_that_come_or_go_with_the_future_are_found() -> None:
    rows, times = np.zeros((3, 2)), np.arange(3)
    assert check_same(rows, times, rows[1:], times[1:], 5, "cut").grade is Grade.FAILED


def planted(strength: float, blocks: int = FEWEST_BLOCKS) -> DataSet:
    """A set in which one feature knows what comes at every horizon, as surely as asked."""
    data = some_set(rows=1200, blocks=blocks)
    came = (data.labels["fixed"].outcome[:, 4] == Outcome.BREAK).astype(np.float64)
    data.design[:, 1] = strength * came + np.random.default_rng(9).normal(size=len(data))
    return data


def test_no_honest_feature_is_stopped() -> None:
    data = planted(0.5)
    found = check_alone(data, by_block(data.date, data.source))
    assert found.grade is Grade.OK, found.said
    assert found.said.startswith("best AUC 0.6")


def test_a_feature_that_knows_what_comes_is_stopped_by_name() -> None:
    data = planted(3.0)
    found = check_alone(data, by_block(data.date, data.source))
    assert found.grade is Grade.FAILED
    assert "second alone at ARM says fixed 240 s with AUC 0.9" in found.said


def test_a_feature_that_knows_it_upside_down_is_stopped_too() -> None:
    data = planted(-3.0)
    assert check_alone(data, by_block(data.date, data.source)).grade is Grade.FAILED


def test_later_a_feature_may_know_since_the_race_is_half_run() -> None:
    data = planted(3.0)
    later = data.select(data.stage >= 2)
    assert check_alone(later, by_block(later.date, later.source)).grade is not Grade.FAILED


def test_of_few_days_a_high_area_is_a_warning() -> None:
    data = planted(3.0, blocks=FEWEST_BLOCKS - 1)
    assert check_alone(data, by_block(data.date, data.source)).grade is Grade.WARNING


def test_folds_of_whole_days_share_nothing() -> None:
    data = some_set(rows=1200, blocks=10)
    held = by_block(data.date, data.source) % FOLDS == 0
    assert check_folds(data, ~held, held).grade is Grade.OK


def test_an_attempt_whose_rows_go_to_both_folds_is_found() -> None:
    data = some_set(rows=1200, blocks=10)
    held = np.arange(len(data)) % 2 == 0
    found = check_folds(data, ~held, held)
    assert found.grade is Grade.FAILED
    assert "is in both folds" in found.said


def test_a_label_that_looks_into_the_other_fold_is_found() -> None:
    data = some_set(rows=1200, blocks=1)
    held = data.attempt >= 300
    found = check_folds(data, ~held, held)
    assert found.grade is Grade.FAILED
    assert "overlap the time of the other fold" in found.said


def learnable() -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
    """(design, came, attempt, block): thirty features, of which one says something."""
    dice = np.random.default_rng(3)
    design = np.concatenate([np.ones((600, 1)), dice.normal(size=(600, 30))], axis=1)
    came = (dice.random(600) < chance(design[:, 1])).astype(np.float64)
    return design, came, np.arange(600) // 2, np.arange(600) // 30


def in_sample(design: Floats, came: Floats) -> Floats:
    """The leak: chances of the rows that were learnt from."""
    return chance(design @ fit_logistic(design, came, np.full(design.shape[1], 1e-3), np.zeros(design.shape[1])))


def test_of_shuffled_labels_nothing_is_learnt() -> None:
    design, came, attempt, block = learnable()
    found = check_shuffled(lambda dealt: out_of_fold(design, dealt, block), came, attempt, block)
    assert found.grade is Grade.OK, found.said


def test_chances_of_rows_that_were_learnt_from_are_found_by_shuffled_labels() -> None:
    design, came, attempt, block = learnable()
    found = check_shuffled(lambda dealt: in_sample(design, dealt), came, attempt, block)
    assert found.grade is Grade.FAILED, found.said


def test_labels_are_dealt_to_whole_attempts() -> None:
    _, came, attempt, block = learnable()
    came = came[attempt * 2]
    seen: list[Floats] = []

    def tell(dealt: Floats) -> Floats:
        seen.append(dealt)
        return np.full(len(dealt), dealt.mean())

    check_shuffled(tell, came, attempt, block)
    (dealt,) = seen
    assert (dealt[::2] == dealt[1::2]).all()
    assert dealt.sum() == came.sum()
    assert (dealt != came).any()


SIGMA = 1.5
"""Points per square root of a minute, of a walk that knows no levels and no past."""
STEP_NS = NS_PER_S // 4


def walks() -> Iterator[PricePath]:
    """Forty sessions of an hour of a market without levels, drift or memory."""
    for seed in range(40):
        dice = np.random.default_rng(seed)
        steps = dice.normal(scale=SIGMA * np.sqrt(STEP_NS / (60 * NS_PER_S)), size=4 * 3600)
        price = 5000.0 + np.cumsum(steps)
        yield PricePath(np.arange(len(price), dtype=np.int64) * STEP_NS, price, len(price) * STEP_NS)


def placebo_rows(peek_s: int) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """(what a model is told, the Brownian chance, came, session) of attempts at prices at which nothing is.

    The model is told where price is and how it moved in ten seconds, which end ``peek_s`` after the decision.
    """
    found = []
    for number, path in enumerate(walks()):
        for level in np.arange(4990.75, 5010.0, 1.25):
            tested = attempts(path, float(level), Scales(np.full(len(path.t_ns), SIGMA), 0.25))
            tested = tested[np.isin(tested["outcome"], (Outcome.BREAK, Outcome.BOUNCE))]
            at = np.searchsorted(path.t_ns, tested["touch_ns"], side="right") - 1
            end = np.minimum(at + peek_s * 4, len(path.price) - 1)
            moved = tested["direction"] * (path.price[end] - path.price[np.maximum(end - 40, 0)])
            away = tested["direction"] * (path.price[at] - tested["level"]) / tested["distance"]
            found.append(np.stack([away, moved, tested["outcome"] == Outcome.BREAK, np.full(len(at), number)], axis=1))
    rows = np.concatenate(found)
    odds = log_odds(rows[:, 0], np.full(len(rows), 2.0))
    design = np.stack([np.ones(len(rows)), odds, rows[:, 1]], axis=1)
    return design, chance(odds), rows[:, 2], rows[:, 3].astype(np.int64)


def test_at_placebo_levels_nothing_is_worth_more_than_distance() -> None:
    design, baseline, came, session = placebo_rows(0)
    assert len(came) > 1000
    found = check_placebo(out_of_fold(design, came, session), baseline, came, session)
    assert found.grade is Grade.OK, found.said


def test_a_move_that_ends_after_the_decision_is_found_at_placebo_levels() -> None:
    design, baseline, came, session = placebo_rows(5)
    found = check_placebo(out_of_fold(design, came, session), baseline, came, session)
    assert found.grade is Grade.FAILED, found.said


def test_of_one_block_nothing_is_said_of_skill() -> None:
    same = np.full(50, 0.5)
    assert check_placebo(same, same, (np.arange(50) % 2).astype(float), np.zeros(50, np.int64)).grade is Grade.WARNING
