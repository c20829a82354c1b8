"""What a model says on the screen: with its horizon, what came of it before, and what it has seen."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from spymaster.signals.frame import Frame
from spymaster.signals.said.viewport import SaidBefore
from spymaster.view.drawing.cells import text_of, width_of
from spymaster.view.drawing.part_rows import PartLook
from spymaster.view.drawing.sections import column_rows
from spymaster.view.levels.items import level_items
from spymaster.view.levels.said import model_sections, part
from tests.support import frames, viewports

WIDTHS = (17, 20, 26, 31, 34, 40, 90)


def rows(
    frame: Frame, width: int = 40, *, page: bool = True, blind: bool = False, glyphs: str = "unicode"
) -> list[str]:
    (item, *_) = level_items(frame)
    sections = model_sections(frame, item, PartLook(width, blind, "", glyphs), page=page, chosen=1)
    found = column_rows(sections, width, 30) if sections else ()
    assert all(width_of(row) == width for row in found)
    return [text_of(row).rstrip() for row in found]


def before(**changes: object) -> SaidBefore:
    return msgspec.structs.replace(viewports.BEFORE, **changes)


def with_before(said: SaidBefore | None) -> Frame:
    frame = frames.frame()
    return dataclasses.replace(frame, viewport=viewports.viewport(frame, viewports.chances(said)))


def test_in_one_row_where_there_is_room_it_reads_as_a_sentence() -> None:
    text = rows(viewports.spoken(frames.frame()), 90)
    assert text[1].startswith("break .34 (2 min)")
    assert text[2] == "said 30-40 % before: 31 % [24-39], n 142, base 28 %"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_is_never_shown_without_its_record_and_its_badge(width: int) -> None:
    text = " ".join(" ".join(rows(viewports.spoken(frames.frame()), width)).split())
    assert "break .34 (2 min)" in text
    for words in ("said 30-40 % before:", "31 % [24-39]", "n 142,", "base 28 %", "SIMULATED MARKETS"):
        assert words in text


def test_where_there_is_no_room_for_the_badge_there_is_no_number() -> None:
    assert rows(viewports.spoken(frames.frame()), 16) == []


def test_without_a_record_it_says_so() -> None:
    assert "no record yet" in rows(with_before(None))


def test_of_what_it_never_said_before_it_says_so() -> None:
    assert "said 30-40 % before: never" in rows(with_before(before(share=None, interval=None, n=0)))


def test_a_record_of_words_that_nobody_saw_says_so() -> None:
    assert "n 142, base 28 %, in shadow" in rows(with_before(before(in_shadow=True)))


def test_the_curves_grow_from_both_ends_over_the_horizons() -> None:
    text = rows(viewports.spoken(frames.frame()))
    foot = next(row for row in text if row.startswith("15s"))
    assert foot.split() == ["15s", "30s", "1m", "2m", "4m", "8m"]
    lowest = text[text.index(foot) - 1]
    assert [lowest[k * 6] for k in range(6)] == ["▁", "▃", "▅", "█", "█", "█"]


def test_how_far_price_has_to_go_stands_on_the_page() -> None:
    assert "4.25 points beyond, or back, first" in rows(viewports.spoken(frames.frame()))


def test_in_plain_characters_it_says_the_same() -> None:
    text = "\n".join(rows(viewports.spoken(frames.frame()), glyphs="ascii"))
    assert text.isascii()
    assert "break .34 (2 min)" in text


def test_the_attempts_like_this_one_stand_with_what_came_of_them() -> None:
    text = rows(viewports.spoken(frames.frame()))
    at = text.index("LIKE THIS ONE")
    assert [row.split()[:2] for row in text[at + 1 : at + 6]] == [
        ["broke", "42s"],
        [">", "bounced"],
        ["broke", "130s"],
        ["neither", "VWAP"],
        ["unseen", "VWAP"],
    ]


def test_on_the_cockpit_they_are_left_out() -> None:
    assert "LIKE THIS ONE" not in rows(viewports.spoken(frames.frame()), page=False)


def test_on_a_real_market_without_a_record_it_counts() -> None:
    text = rows(viewports.collecting(frames.frame()))
    assert text[0].split() == ["MODEL", "at", "contact"]
    assert text[1] == "collecting 312 of 784"
    assert not any(text[2:])


@pytest.mark.parametrize("blind", [True, False])
def test_what_cannot_be_believed_is_not_scored(blind: bool) -> None:
    assert (rows(viewports.spoken(frames.frame()), blind=blind) == []) is blind


@pytest.mark.parametrize(("chance", "text"), [(0.34, ".34"), (0.0, ".00"), (0.996, "1.00"), (1.0, "1.00")])
def test_a_chance_is_a_part_of_one(chance: float, text: str) -> None:
    assert part(chance) == text
