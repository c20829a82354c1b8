"""What is sent to the terminal: enough to show what is wanted, and nothing that it shows already."""

from __future__ import annotations

import random

import pyte
import pytest
from rich.segment import Segment
from rich.style import Style

from spymaster.tui.terminal.canvas import Canvas
from spymaster.tui.terminal.pens import PLAIN, Pens

WIDTH, HEIGHT = 40, 8
STYLES = [
    Style.parse(text)
    for text in ("#ff0000 on #000010", "bold #00ff00 on #000010", "underline #0000ff on #202020", "on #303030", "")
]


class Screen:
    """A terminal that is sent what the canvas says."""

    def __init__(self) -> None:
        self.canvas = Canvas()
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.Stream(self.screen)

    def put(self, x: int, y: int, text: str, style: Style = STYLES[0]) -> None:
        self.canvas.put(x, y, self.canvas.cells([Segment(text, style)]))

    def send(self) -> str:
        text = self.canvas.take()
        self.stream.feed(text)
        return text

    def seen(self, x: int, y: int) -> tuple[str, str, str, bool, bool]:
        char = self.screen.buffer[y][x]
        shown = char.fg if char.data != " " or char.underscore else ""
        return char.data, shown, char.bg, char.bold and char.data != " ", char.underscore


@pytest.fixture
def terminal() -> Screen:
    return Screen()


def test_the_terminal_shows_what_was_put_however_often_it_changes(terminal: Screen) -> None:
    choice = random.Random(7)
    straight = Screen()
    for _ in range(300):
        for _ in range(choice.randrange(1, 4)):
            text = "".join(choice.choice(" ab─▀╱") for _ in range(choice.randrange(1, 12)))
            x, y = choice.randrange(WIDTH - len(text)), choice.randrange(HEIGHT)
            style = choice.choice(STYLES)
            terminal.put(x, y, text, style)
            straight.stream.feed(f"\x1b[{y + 1};{x + 1}H" + style.render(text) + "\x1b[0m")
        terminal.send()
        places = [(x, y) for y in range(HEIGHT) for x in range(WIDTH)]
        assert [terminal.seen(*place) for place in places] == [straight.seen(*place) for place in places]


def test_what_is_shown_already_is_not_sent_again(terminal: Screen) -> None:
    terminal.put(3, 2, "depth")
    assert terminal.send()
    terminal.put(3, 2, "depth")
    assert terminal.send() == ""


def test_of_a_row_only_changed_cells_are_sent(terminal: Screen) -> None:
    terminal.put(0, 0, "6871.25 bid 40 ask 107")
    terminal.send()
    terminal.put(0, 0, "6871.50 bid 40 ask 108")
    sent = terminal.send()
    assert "bid" not in sent
    assert terminal.screen.display[0].rstrip() == "6871.50 bid 40 ask 108"


def test_a_colour_is_sent_only_where_it_changes(terminal: Screen) -> None:
    terminal.put(0, 0, "  aa  ", Style.parse("#ff0000 on #101010"))
    terminal.put(6, 0, "bb", Style.parse("#00ff00 on #101010"))
    assert terminal.send().count("48;2;16;16;16") == 1


def test_the_ink_of_blanks_is_not_sent(terminal: Screen) -> None:
    terminal.put(0, 0, "   ", Style.parse("#ff0000 on #101010"))
    assert "38;2" not in terminal.send()


def test_a_blank_under_a_line_keeps_its_ink(terminal: Screen) -> None:
    terminal.put(0, 0, "   ", Style.parse("underline #ff0000"))
    assert "38;2;255;0;0" in terminal.send()


def test_everything_is_sent_once_nothing_is_known_of_the_terminal(terminal: Screen) -> None:
    terminal.put(0, 0, "depth")
    terminal.send()
    terminal.canvas.forget()
    terminal.put(0, 0, "depth")
    assert "depth" in terminal.send()


def test_wide_characters_and_marks_are_written_whole(terminal: Screen) -> None:
    terminal.put(0, 0, "a漢b e\u0301f")
    terminal.send()
    terminal.put(0, 0, "a字b e\u0300f")
    sent = terminal.send()
    assert "字" in sent
    assert "e\u0300" in sent
    assert "f" not in sent


def test_a_frame_of_the_toolkit_is_cut_down_to_what_changes(terminal: Screen) -> None:
    frame = "\x1b[1;1H\x1b[1;31;44mdepth\x1b[0m\x1b[31mtape\x1b[0m\r\n\x1b[3;2Hoptions\x1b[5;5H"
    first = terminal.canvas.shortened(frame)
    terminal.stream.feed(first)
    assert [terminal.screen.display[y].strip() for y in (0, 2)] == ["depthtape", "options"]
    assert first.endswith("\x1b[5;5H")
    assert terminal.canvas.shortened(frame) == "\x1b[5;5H"


def test_the_brackets_of_a_frame_are_kept(terminal: Screen) -> None:
    assert terminal.canvas.shortened("\x1b[?2026h") == "\x1b[?2026h"


def test_a_sequence_nobody_knows_is_sent_as_it_is_and_trusts_nothing_after(terminal: Screen) -> None:
    terminal.put(0, 0, "depth")
    terminal.send()
    foreign = "\x1b]8;;https://example.org\x1b\\link"
    assert terminal.canvas.shortened(foreign) == foreign
    terminal.put(0, 0, "depth")
    assert "depth" in terminal.send()


def test_without_colours_no_colour_is_sent(terminal: Screen) -> None:
    terminal.canvas.colours = None
    terminal.put(0, 0, "depth", Style.parse("#ff0000"))
    assert "\x1b[3" not in terminal.send()


@pytest.mark.parametrize(
    ("held", "wanted", "sent"),
    [
        ("31;44", "31;44", ""),
        ("31;44", "32;44", "\x1b[32m"),
        ("31;44", "1;31;44", "\x1b[1m"),
        ("1;31;44", "31;44", "\x1b[0;31;44m"),
        ("31;44", "31", "\x1b[49m"),
        ("38;2;1;2;3", "38;5;7", "\x1b[38;5;7m"),
        ("1", "", "\x1b[0m"),
    ],
)
def test_the_shortest_change_from_one_pen_to_another(held: str, wanted: str, sent: str) -> None:
    pens = Pens()
    text, now = pens.change(pens.number(held), pens.number(wanted))
    assert text == sent
    assert now == pens.number(wanted)


def test_a_reset_is_the_plain_pen() -> None:
    assert Pens().number("0") == Pens().number("") == PLAIN
