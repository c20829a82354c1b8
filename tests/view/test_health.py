"""Session health: coverage drawn where it was, everything counted said in words, the newest event first."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from spymaster.market.manifest import TrustChange
from spymaster.physics.memory.counters import COUNTERS, REJECTIONS
from spymaster.signals.frame import Frame, RecordingLight
from spymaster.signals.header_parts import LATENCY_US, ScoringHealth, SessionHealth
from spymaster.view.drawing.cells import text_of, width_of
from spymaster.view.pages.health import PASSED, REFUSED, TAKEN, health_rows
from tests.support import frames
from tests.support.heat_scene import T0

S = 1_000_000_000
BEGUN = T0 - 100 * S
TRACK = slice(31, 91)
"""Cells of the lines of time on a page of 100 cells."""


def change(before_s: float, name: str, state: str, reason: str = "") -> TrustChange:
    return TrustChange(T0 - round(before_s * S), name, state, reason)


QUIET = (*(change(100, name, "GREEN") for name in ("depth", "tape", "equity")), change(100, "options", "ABSENT"))


def scene(*changes: TrustChange, **parts: Any) -> Frame:
    """The scene with inputs watched for a hundred seconds."""
    green = parts.pop("green_ns", (100 * S, 100 * S, 0, 100 * S))
    health = SessionHealth(since_ns=BEGUN, green_ns=green, changes=(*QUIET, *changes), **parts)
    frame = frames.frame()
    return replace(frame, header=msgspec.structs.replace(frame.header, health=health))


def page(frame: Frame | None, width: int = 100) -> list[str]:
    return [text_of(row) for row in health_rows(frame, (("quality", "full", "text"),), width)]


def line(rows: list[str], name: str) -> str:
    return next(row for row in rows if row.startswith(name))


@pytest.mark.parametrize("width", [36, 76, 100, 160, 196])
def test_every_row_fills_the_width(width: int) -> None:
    parts = {"latency": (1, 2, 0, 0, 0, 0, 0, 3), "rates": (3, 0, 9)}
    rows = health_rows(scene(**parts), (("quality", "full", "text"),), width)
    assert {width_of(row) for row in rows} == {width}


def test_everything_the_engine_counts_is_said_in_words() -> None:
    assert {*TAKEN, *PASSED, *REFUSED} == set(COUNTERS)
    assert set(REFUSED) == set(REJECTIONS)


def test_what_was_refused_is_said_with_its_reason_and_its_number() -> None:
    rows = page(scene(counts=(("records", 500), ("bad_price", 1_234))))
    assert any("without usable price" in row and "1,234" in row for row in rows)
    assert not any("every record could be used" in row for row in rows)


def test_where_nothing_was_refused_that_is_said() -> None:
    assert any("every record could be used" in row for row in page(scene()))


def test_a_blind_spell_stands_where_it_was() -> None:
    track = line(page(scene(change(50, "depth", "BLIND"), change(25, "depth", "GREEN"))), "depth")[TRACK]
    assert track == "━" * 30 + "✕" * 15 + "━" * 15


def test_a_spell_shorter_than_a_cell_is_still_seen() -> None:
    track = line(page(scene(change(50.0, "depth", "BLIND"), change(49.99, "depth", "GREEN"))), "depth")[TRACK]
    assert track.count("✕") == 1


def test_a_hole_in_the_data_is_drawn_as_one() -> None:
    track = line(page(scene(change(50, "tape", "GAP", "nothing arrived"), change(40, "tape", "GREEN"))), "tape")[TRACK]
    assert track.count("┊") == 6


def test_the_share_counts_from_where_an_input_began() -> None:
    frame = scene(change(40, "options", "GREEN"), green_ns=(100 * S, 50 * S, 40 * S, 100 * S))
    rows = page(frame)
    assert line(rows, "options").endswith("100 %")
    assert line(rows, "tape").endswith("50.00 %")


def test_an_input_that_never_was_has_no_share() -> None:
    assert line(page(scene()), "options").endswith("—")


def test_why_an_input_is_not_green_stands_below_the_table() -> None:
    frame = replace(scene(), trust=frames.BLIND)
    assert any(row.startswith("✕ depth: closed by peer at 11:02:51.104") for row in page(frame))


def test_events_begin_with_the_newest_and_leave_out_how_it_began() -> None:
    rows = page(scene(change(50, "depth", "BLIND", "feed down"), change(25, "depth", "GREEN")))
    events = rows[rows.index(next(row for row in rows if row.startswith("EVENTS"))) + 1 :]
    assert [row.split()[0] for row in events] == ["11:02:26", "11:02:01"]
    assert "depth BLIND: feed down" in events[1]


def test_without_a_change_that_is_said() -> None:
    assert page(scene())[-1].startswith("no input has changed its state")


def test_the_latency_is_told_by_bucket_with_its_middle_and_its_end() -> None:
    rows = page(scene(latency=(98, 0, 0, 0, 0, 0, 0, 2), worst_us=7_000.0), 90)
    assert any("half of them" in row and row.endswith("below 200 µs") for row in rows)
    assert any("99 in 100" in row and "above 5.0 ms" in row for row in rows)
    assert any("longest" in row and "7.0 ms" in row for row in rows)
    assert sum("µs" in row or " ms" in row for row in rows) >= len(LATENCY_US)


def test_a_recording_that_fails_is_said_with_its_reason() -> None:
    frame = scene()
    light = RecordingLight(fault="no space left", lost_records=12)
    header = msgspec.structs.replace(frame.header, recording=light)
    rows = page(replace(frame, header=header))
    assert any("NOT RECORDING: no space left" in row for row in rows)
    assert any("records lost" in row and "12" in row for row in rows)


def test_before_the_first_frame_the_way_to_the_terminal_is_told_all_the_same() -> None:
    rows = page(None)
    assert rows[0].startswith("waiting for the Session")
    assert any("quality" in row for row in rows)


def models_block(health: ScoringHealth) -> str:
    text = [text_of(row) for row in health_rows(scene(scoring=health), (), 60)]
    begin = next(place for place, row in enumerate(text) if row.startswith("MODELS"))
    return "\n".join(text[begin : begin + 7])


def test_how_much_models_said_and_how_much_was_passed_over() -> None:
    text = models_block(ScoringHealth("screen", ("sim-heads", "sim-other"), said=1234, missed=5, is_written=True))
    assert "sim-heads, sim-other, screen" in text
    assert re.search(r"said +1,234", text)
    assert re.search(r"snaps passed over +5", text)
    assert re.search(r"written down +yes", text)
    assert "lost" not in text


def test_a_model_that_cannot_be_used_is_told_with_the_reason() -> None:
    assert "made for other features" in models_block(ScoringHealth("screen", fault="was made for other features"))


def test_words_that_are_not_written_down_and_decisions_that_were_lost_are_told() -> None:
    text = models_block(ScoringHealth("shadow", ("sim-heads",), said=9, lost=3, log_fault="No space left on device"))
    assert re.search(r"written down +No space left on device", text)
    assert re.search(r"decisions lost +3", text)


def test_without_models_there_is_no_such_block() -> None:
    assert not any(text_of(row).startswith("MODELS") for row in health_rows(frames.frame(), (), 60))
