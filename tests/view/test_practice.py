"""Practice on the screen: the panel beside the ladder, the one row, the marks, and the word that is never left out."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from spymaster.practice.standing import PracticeRules, PracticeStanding, PracticeTrade, WorkingOrder
from spymaster.signals.frame import Frame, Mode, ReplayStatus
from spymaster.view.cockpit import CockpitProjector
from spymaster.view.drawing.cells import text_of, width_of
from spymaster.view.edges import practice
from spymaster.view.edges.header import left_row
from spymaster.view.layout import layout_for
from spymaster.view.state import PracticeChoice, ViewState
from tests.support.scripted_source import BASE, ScriptedSource

OPEN = PracticeTrade(
    number=2,
    side=1,
    kind="limit",
    size=2,
    placed_ns=1,
    tick=BASE,
    stop=BASE - 8,
    target=BASE + 16,
    rules=PracticeRules(),
    status="open",
    joined_ahead=12,
    filled=2,
    open=2,
    entry=float(BASE),
    adverse=-2.0,
    favourable=6.0,
)
LOST = msgspec.structs.replace(
    OPEN, number=1, side=-1, status="closed", by="stop", open=0, stop=BASE + 8, result=-8.0, r=-1.0
)
ORDERS = (
    WorkingOrder("stop", -1, "stop", BASE - 8, 2, None, True),
    WorkingOrder("target", -1, "limit", BASE + 16, 1, 41.25, True),
    WorkingOrder("target", -1, "limit", BASE + 16, 1, 50.0, True),
)
STANDING = PracticeStanding(True, PracticeRules(), (OPEN, LOST), ORDERS, mark=4.0, sum_r=-1.0, counted=1)
IDLE = PracticeStanding(True, PracticeRules())


def shown(standing: PracticeStanding | None) -> Frame:
    """A frame of a replay with that practice."""
    frame = ScriptedSource(Mode.REPLAY).latest()
    assert frame is not None
    return dataclasses.replace(frame, replay=ReplayStatus(practice=standing))


def state(width: int, height: int, cursor: int | None = None) -> ViewState:
    """A screen of that size."""
    return ViewState(width, height, practice=PracticeChoice(cursor))


def panel(standing: PracticeStanding, width: int, height: int = 24) -> list[str]:
    """The panel as text, without its empty rows."""
    rows = practice.panel(shown(standing), state(120, 40), width, height)
    assert len(rows) == height
    assert {width_of(row) for row in rows} == {width}
    return [text for row in rows if (text := text_of(row).rstrip())]


def test_the_panel_of_a_position_in_seventeen_cells() -> None:
    assert panel(STANDING, 17) == [
        "PRACTICE    paper",
        "latency     50 ms",
        "cancels ahead .25",
        "1 lot −8 +16",
        f"cursor    {shown(None).header.es_last_tick * 0.25:.2f}",
        "LONG 2 @6871.25",
        "now        +0.50R",
        "MAE        −0.25R",
        "MFE        +0.75R",
        "stop      6869.25",
        "target   41 ahead",
        "1 counted  −1.00R",
        "1 S stop   −1.00R",
        "u buy  d sell",
        "^u ^d at market",
        "Z set  x out",
        "P export  B off",
        "j k cursor",
    ]


def test_where_rows_are_few_the_keys_and_the_past_go_first() -> None:
    rows = panel(STANDING, 17, 12)
    assert rows[-1] == "1 counted  −1.00R"
    assert "target   41 ahead" in rows


def test_the_panel_with_room_says_more() -> None:
    rows = panel(STANDING, 46)
    assert rows[1] == "latency 50 ms" + "cancels ahead 0.25".rjust(33)
    assert "target" + "6875.25 41 ahead".rjust(40) in rows
    assert "1 sell stop" + "−0.25R +0.75R −1.00R".rjust(35) in rows


def test_before_an_order_the_panel_says_which_keys_there_are() -> None:
    text = "\n".join(panel(IDLE, 17))
    for keys in ("u buy  d sell", "^u ^d at market", "Z set  x out", "P export  B off", "j k cursor"):
        assert keys in text


def test_what_was_foreseen_is_told_on_the_spot_and_in_the_list() -> None:
    seen = msgspec.structs.replace(OPEN, foreseen=True)
    lost = msgspec.structs.replace(LOST, foreseen=True)
    rows = panel(PracticeStanding(True, PracticeRules(), (seen, lost), ORDERS), 17)
    assert "seen: not counted" in rows
    assert "1 S stop  ~−1.00R" in rows


def test_an_order_on_its_way_and_one_out_of_sight_say_so() -> None:
    working = msgspec.structs.replace(OPEN, status="working", filled=0, open=0, entry=0.0)
    for order, said in (
        (WorkingOrder("entry", 1, "limit", BASE, 2, None, False), "limit  on its way"),
        (WorkingOrder("entry", 1, "limit", BASE, 2, None, True), "limit      unseen"),
        (WorkingOrder("entry", 1, "market", 0, 2, None, True), "market  at market"),
    ):
        assert said in panel(PracticeStanding(True, PracticeRules(), (working,), (order,)), 17)


def test_one_row_holds_all_that_fits_with_the_word_first() -> None:
    (row,) = practice.row(shown(STANDING), state(80, 24), 78)
    assert text_of(row).startswith("PRACTICE LONG 2 @6871.25  now +0.50R  MAE −0.25R  MFE +0.75R  stop 6869.25")
    (narrow,) = practice.row(shown(IDLE), state(48, 24), 46)
    assert text_of(narrow).startswith("PRACTICE 50 ms, cancels ahead 0.25")
    assert practice.row(shown(None), state(80, 24), 78) == ()


@pytest.mark.parametrize("width", [40, 48, 60, 80, 100, 120, 160, 200])
def test_the_word_stands_in_the_first_row_at_every_width(width: int) -> None:
    on, off = (text_of(left_row(shown(one), state(width, 40), width)) for one in (IDLE, None))
    assert "PRACTICE" in on
    assert "PRACTICE" not in off


@pytest.mark.parametrize("size", [(30, 8), (80, 24), (120, 40), (200, 60)])
def test_the_word_stands_on_the_screen_at_every_size(size: tuple[int, int]) -> None:
    panels = CockpitProjector().project(shown(IDLE), state(*size), layout_for(*size, True), 0.0)
    assert any("PRACTICE" in text_of(row) for rows in panels.values() for row in rows)


def test_the_ladder_marks_orders_and_the_cursor() -> None:
    marks = practice.marks(shown(STANDING), state(120, 40, cursor=BASE + 2))
    assert marks == {BASE + 2: ("", "selected"), BASE - 8: ("x", "ask"), BASE + 16: ("o", "ask")}
    assert practice.marks(shown(None), state(120, 40)) == {}
