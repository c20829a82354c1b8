"""What is published from known recordings is what was published before, cell by cell (``tests/support/values.py``)."""

from __future__ import annotations

import pytest

from tests.support.values import REAL, SHIPPED, differing, published_columns, recorded_columns, request_for


@pytest.mark.parametrize("name", [*SHIPPED, REAL])
def test_the_columns_of_a_recording_hold_what_they_held(name: str) -> None:
    """After a change of rules or of the recording: ``python -m tests.support.values``."""
    request = request_for(name)
    if request is None:
        pytest.skip("SPYMASTER_DATA does not name a folder of market data")
    assert differing(published_columns(request), recorded_columns(name)) == []


def test_a_column_that_came_went_or_changed_is_named() -> None:
    before = {"levels": {"price": "a", "score": "b", "gone": "c"}}
    after = {"levels": {"price": "a", "score": "x", "new": "d"}}
    assert differing(after, before) == ["levels.gone", "levels.new", "levels.score"]
