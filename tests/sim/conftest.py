"""Sessions of the second market, made once."""

from __future__ import annotations

import pytest

from spymaster.sim.recording.second import START_NS
from spymaster.sim.second.plan import opening_plan
from spymaster.sim.second.session import SecondSession, generate
from tests.sim.reading import Row, rows


@pytest.fixture(scope="session")
def opening() -> SecondSession:
    """The whole opening, with every mechanism at work."""
    return generate(58, 14, START_NS, opening_plan())


@pytest.fixture(scope="session")
def opening_rows(opening: SecondSession) -> list[Row]:
    """The minutes around 09:30, row by row."""
    return rows(opening.records[:20_000])
