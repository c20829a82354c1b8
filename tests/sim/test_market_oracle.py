"""The oracle runs a saved moment's futures."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.simulation import Moment, Session, simulate
from spymaster.sim.truth.oracle import Oracle, OracleEstimate, estimate_outcomes
from tests.sim.market_support import settings


@pytest.fixture(scope="module")
def run() -> Session:
    found = simulate(settings(9, "vacuum", "open"), 8, keep_moments=8)
    assert len(found.moments) >= 3
    return found


def kind_of(run: Session, moment: Moment) -> LevelKind:
    [row] = run.planted[run.planted["level"] == moment.level]
    return LevelKind(row["kind"])


def test_chances_add_up_and_the_same_moment_has_the_same(run: Session) -> None:
    moment = run.moments[0]
    first = estimate_outcomes(moment, 20)
    assert first.p_break + first.p_bounce + first.p_chop == pytest.approx(1.0)
    assert estimate_outcomes(moment, 20) == first


def test_asking_leaves_the_moment_as_it_was(run: Session) -> None:
    before = run.moments[0].state.copy()
    estimate_outcomes(run.moments[0], 3)
    assert (run.moments[0].state == before).all()


def test_a_vacuum_is_likelier_to_break_than_a_placebo(run: Session) -> None:
    chances: dict[LevelKind, list[float]] = {LevelKind.VACUUM: [], LevelKind.PLACEBO: []}
    for moment in run.moments:
        chances[kind_of(run, moment)].append(estimate_outcomes(moment, 20).p_break_decided)
    vacuum, placebo = (sum(c) / len(c) for c in chances.values())
    assert vacuum > placebo


def test_answers_are_kept(run: Session, tmp_path: Path) -> None:
    first = Oracle(paths=10, cache=tmp_path).ask(run.moments[:1])
    [kept] = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes().replace(b'"paths":10', b'"paths":11'))
    [again] = Oracle(paths=10, cache=tmp_path).ask(run.moments[:1])
    assert again == OracleEstimate(
        first[0].level, first[0].ts_ns, 11, first[0].p_break, first[0].p_bounce, first[0].p_chop
    )


def test_too_many_moments_are_refused(run: Session) -> None:
    with pytest.raises(ValueError, match="at most 50"):
        Oracle().ask([run.moments[0]] * 51)
