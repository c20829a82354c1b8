"""A seed and a plan mean the same bytes, however they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.sim.recording.second import START_NS
from spymaster.sim.second.plan import opening_plan, scattered_plan
from spymaster.sim.second.session import SecondSession, generate, stream

MINUTES = 4.0


@pytest.fixture(scope="module")
def session() -> SecondSession:
    return generate(7, MINUTES, START_NS, opening_plan())


def test_the_same_seed_gives_the_same_records_and_truth(session: SecondSession) -> None:
    again = generate(7, MINUTES, START_NS, opening_plan())
    assert again.records.tobytes() == session.records.tobytes()
    assert again.flows.tobytes() == session.flows.tobytes()
    assert again.work.tobytes() == session.work.tobytes()
    assert again.touches.tobytes() == session.touches.tobytes()


def test_another_seed_gives_another_market(session: SecondSession) -> None:
    other = generate(8, MINUTES, START_NS, opening_plan())
    assert other.records.tobytes() != session.records.tobytes()


def test_another_plan_gives_another_market_under_the_same_seed(session: SecondSession) -> None:
    other = generate(7, MINUTES, START_NS, scattered_plan(7, MINUTES))
    assert other.records.tobytes() != session.records.tobytes()


@pytest.mark.parametrize("records_per_chunk", [1, 3_000, 50_000])
def test_how_a_session_is_cut_into_chunks_changes_nothing(session: SecondSession, records_per_chunk: int) -> None:
    chunks = list(stream(7, MINUTES, START_NS, opening_plan(), records_per_chunk=records_per_chunk))
    assert np.concatenate([chunk.records for chunk in chunks]).tobytes() == session.records.tobytes()
    for name in ("flows", "work", "touches"):
        whole = np.concatenate([getattr(chunk, name) for chunk in chunks])
        assert whole.tobytes() == getattr(session, name).tobytes()


def test_the_beginning_of_a_session_does_not_depend_on_its_length(session: SecondSession) -> None:
    shorter = generate(7, MINUTES / 2, START_NS, opening_plan()).records
    assert len(shorter) < len(session.records)
    assert shorter.tobytes() == session.records[: len(shorter)].tobytes()


def test_a_later_start_shifts_the_times_and_nothing_else(session: SecondSession) -> None:
    hour_ns = 3_600_000_000_000
    later = generate(7, MINUTES, START_NS + hour_ns, opening_plan()).records.copy()
    later[:, (1, 4)] -= hour_ns
    assert later.tobytes() == session.records.tobytes()
