"""What became of a level's tests on the days before, as it stands on the level's page."""

from __future__ import annotations

import pytest

from spymaster.signals.header_parts import PastTests
from spymaster.view.drawing.part_rows import PartLook
from spymaster.view.levels import tests_ledger
from tests.support import past

WIDE, NARROW = 40, 26


def said(told: PastTests | None, width: int) -> list[str]:
    rows = tests_ledger.past_rows(told, PartLook(width, False, "", "unicode"))
    texts = ["".join(run[0] for run in row) for row in rows]
    assert all(len(text) == width for text in texts)
    return [text.rstrip() for text in texts]


@pytest.mark.parametrize(
    ("told", "wide", "narrow"),
    [
        (PastTests(12, 7, 5, 2, 4.4), "12 days: 7 tests, 5 held; base 4.4", "7 tests: 5 held; base 4.4"),
        (PastTests(1, 1, 0, 1, 0.6), "1 day: 1 test, 0 held; base 0.6", "1 test: 0 held; base 0.6"),
        (PastTests(3, 2, 1, 0), "3 days: 2 tests, 1 held", "2 tests: 1 held"),
        (PastTests(3), "3 days before: no test", "3 days before: no test"),
        (PastTests(), "no days before in the lake", "no days before in the lake"),
        (PastTests(note="days before are not sent"), "days before are not sent", "days before are not sent"),
    ],
)
def test_tests_stand_beside_what_prices_like_any_other_do(told: PastTests, wide: str, narrow: str) -> None:
    assert said(told, WIDE) == [wide]
    assert said(told, NARROW) == [narrow]


def test_where_nothing_is_known_there_is_no_row() -> None:
    assert said(None, WIDE) == []


@pytest.mark.parametrize("touches", [(), past.level_history().touches], ids=["none", "some"])
def test_they_stand_between_the_title_and_this_session_s(touches: tuple[object, ...]) -> None:
    look = PartLook(WIDE, False, "", "unicode")
    section = tests_ledger.tests_section(touches, 10**18, look, PastTests(2, 3, 1, 2, 1.5))  # type: ignore[arg-type]
    for form in section.variants:
        texts = ["".join(run[0] for run in row) for row in form]
        assert texts[0].startswith("TESTS")
        assert texts[1].startswith("2 days: 3 tests, 1 held")
