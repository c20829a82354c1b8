"""Settling: each decision is judged by the price that was recorded after it, by the rule of the labels."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.evaluate.record.settle import settled
from spymaster.labels.path import PricePath
from spymaster.ledger.predictions.entries import Entry, Outcome, Round, Said
from tests.support.predicted import S, model_said, run_begins, said

DATE = 20260105


def path(*steps: tuple[float, float], end_s: float = 1000.0, holes: tuple[tuple[float, float], ...] = ()) -> PricePath:
    """A price of (second, points)."""
    times = np.array([round(second * S) for second, _ in steps], np.int64)
    spans = np.array([[round(a * S), round(b * S)] for a, b in holes], np.int64).reshape(-1, 2)
    return PricePath(times, np.array([points for _, points in steps]), round(end_s * S), spans)


def outcome_of(price: PricePath, word: Said, at_s: int = 10) -> tuple[Outcome, float]:
    entries: list[Entry] = [run_begins(), Round(at_s * S, DATE, (word,))]
    (one,) = settled(entries, price, "root").settled
    return one.outcome, one.after_s


@pytest.mark.parametrize(
    ("price", "outcome", "after_s"),
    [
        (path((0, 4999.5), (30, 5002.0)), Outcome.BREAK, 20.0),
        (path((0, 4999.5), (30, 4998.0), (40, 5002.0)), Outcome.BOUNCE, 20.0),
        (path((0, 4999.5), (30, 5001.75)), Outcome.CHOP, 480.0),
        (path((0, 4999.5), (30, 5002.0), holes=((20.0, 25.0),)), Outcome.CENSORED, 10.0),
        (path((0, 4999.5), end_s=110.0), Outcome.CENSORED, 100.0),
        (path((0, 5003.0)), Outcome.NO_RACE, 0.0),
    ],
)
def test_a_decision_upwards_is_settled_by_what_price_did_first(
    price: PricePath, outcome: Outcome, after_s: float
) -> None:
    assert outcome_of(price, said()) == (outcome, after_s)


def test_upside_down_it_is_the_same() -> None:
    price = path((0, 5000.5), (30, 4998.0))
    assert outcome_of(price, said(direction=-1)) == (Outcome.BREAK, 20.0)


def test_the_distance_is_the_one_that_was_said_with_it() -> None:
    price = path((0, 4999.5), (30, 5002.0), (50, 5003.0))
    assert outcome_of(price, said(distance=3.0)) == (Outcome.BREAK, 40.0)


def test_words_between_decisions_are_not_settled() -> None:
    entries: list[Entry] = [run_begins(), Round(10 * S, DATE, (said(is_decision=False), said()))]
    (one,) = settled(entries, path((0, 4999.5), (30, 5002.0)), "root").settled
    assert (one.line, one.place) == (2, 1)


def test_models_before_and_after_a_pause_are_told_apart() -> None:
    before, after = run_begins(model_said(sha256="a" * 64)), run_begins(model_said(sha256="b" * 64))
    word = Round(10 * S, DATE, (said(),))
    found = settled([before, word, after, word], path((0, 4999.5), (30, 5002.0)), "root")
    assert [found.models[one.said.model].sha256[0] for one in found.settled] == ["a", "b"]


def test_what_it_is_of_stands_in_the_file() -> None:
    found = settled([run_begins(simulated=True), Round(10 * S, DATE, (said(),))], path((0, 4999.5)), "root")
    assert (found.run, found.simulated, found.root, found.lines) == ("20260105T143000Z-000001", True, "root", 2)


def test_entries_of_no_run_are_refused() -> None:
    with pytest.raises(ValueError, match="which run"):
        settled([], path((0, 4999.5)), "root")
