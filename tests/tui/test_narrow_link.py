"""A narrow link: only differences are sent, the newest first, so that the answer to a key overtakes a picture.

The link is virtual: bytes pass at its rate on a clock moved by hand, and pyte draws what has arrived.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pyte
import pytest
from pyte.screens import Char

from spymaster.tui.terminal.shadow import ShadowScreen
from spymaster.tui.terminal.thrift import WIDE_BYTES_PER_S, ThriftyOutput
from spymaster.tui.terminal.window import FIRST_BYTES, LEAST_BYTES, TARGET_S, SendWindow

COLUMNS, ROWS = 80, 24
STYLES = ("", "1;38;5;246;48;5;233", "38;2;1;2;3;48;2;4;5;6", "31", "97;44", "1", "38;5;3")
FRAME_QUESTION = "\x1b7\x1b[2;1H\x1b[6n\x1b8"


def painted(spans: list[tuple[int, int, list[tuple[str, str]]]]) -> str:
    """A frame as the toolkit writes it: (row, column, [(style, text)])."""
    out = ["\x1b[?2026h"]
    for row, column, segments in spans:
        out.append(f"\x1b[{row + 1};{column + 1}H")
        out += [f"\x1b[{style}m{text}\x1b[0m" if style else text for style, text in segments]
        out.append("\n" if row + 1 < ROWS else "")
    return "".join([*out, "\x1b[?2026l"])


def whole_picture(letter: str) -> str:
    """Every cell, in colours that change often, as the cockpit's do."""
    segments = [(STYLES[1 + n % 2], letter * 4) for n in range(COLUMNS // 4)]
    return painted([(row, 0, segments) for row in range(ROWS)])


def terminal() -> tuple[Any, Any]:
    screen = pyte.Screen(COLUMNS, ROWS)
    return screen, pyte.ByteStream(screen)


@dataclass
class VirtualLink:
    """Carries what the output hands over at ``rate`` bytes a second, ``length_s`` there and back."""

    rate: float
    length_s: float = 0.0
    now: float = 100.0
    window: SendWindow = field(default_factory=SendWindow)

    def __post_init__(self) -> None:
        self.output = ThriftyOutput(COLUMNS, ROWS, 1, self.window)
        self.screen, self._stream = terminal()
        self._under_way: list[tuple[float, float, bytes]] = []
        self._free_at = self.now

    def show(self, text: str) -> None:
        self.output.frame(text, FRAME_QUESTION)
        self._hand_over()

    def _hand_over(self) -> None:
        while piece := self.output.piece(self.now):
            data = piece.encode()
            self._free_at = max(self._free_at, self.now) + len(data) / self.rate
            self._under_way.append((self._free_at + self.length_s / 2, self._free_at + self.length_s, data))

    def step(self) -> bool:
        """Until the next piece is drawn and its reply is back; False where nothing is under way."""
        if not self._under_way:
            return False
        drawn_at, self.now, data = self._under_way.pop(0)
        self._stream.feed(data)
        self.drawn_at = drawn_at
        self.window.acked(self.now)
        self._hand_over()
        return True

    def row(self, row: int) -> str:
        return str(self.screen.display[row])

    def until_shown(self, row: int, text: str) -> float:
        """Seconds until a row of the terminal holds the text."""
        began = self.now
        while text not in self.row(row):
            assert self.step(), f"never shown: {text}"
        return self.drawn_at - began


def visible(char: Char) -> tuple[str, str, str, bool, bool]:
    """What is to be seen of a cell: the ink of a blank is not."""
    is_inked = char.data != " " or char.underscore or char.reverse
    return char.data, char.fg if is_inked else "", char.bg, char.bold and is_inked, char.underscore


def test_whatever_is_overtaken_the_terminal_ends_with_the_newest_picture() -> None:
    shadow = ShadowScreen(COLUMNS, ROWS)
    (expected, whole), (seen, pieces) = terminal(), terminal()
    chance = random.Random(7)
    for turn in range(120):
        spans = [
            (row, at, [(chance.choice(STYLES), chance.choice(("ab", "─ é", "   ", "▶x"))) for _ in range(5)])
            for row, at in ((chance.randrange(ROWS), chance.randrange(COLUMNS - 20)) for _ in range(6))
        ]
        if not turn:
            spans = [(row, 0, [("38;5;246", " " * COLUMNS)]) for row in range(ROWS)]
        frame = painted(spans)
        whole.feed(frame.encode())
        shadow.take(frame)
        pieces.feed(shadow.piece(chance.choice((1, 30, 200))).encode())
    while shadow.behind:
        pieces.feed(shadow.piece(60).encode())
    cells = [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
    assert [visible(seen.buffer[y][x]) for y, x in cells] == [visible(expected.buffer[y][x]) for y, x in cells]


def test_what_is_shown_already_is_not_sent_again() -> None:
    shadow = ShadowScreen(COLUMNS, ROWS)
    shadow.take(whole_picture("a"))
    shadow.piece(1 << 20)
    shadow.take(whole_picture("a"))
    assert not shadow.behind
    shadow.take(painted([(3, 0, [(STYLES[1 + n % 2], "aaaa") for n in range(10)]), (5, 8, [(STYLES[1], "ab")])]))
    assert shadow.piece(1 << 20) == "\x1b[6;10Hb" or shadow.piece(1 << 20) == ""


def test_a_style_is_changed_by_what_differs_in_it() -> None:
    shadow = ShadowScreen(COLUMNS, 1)
    shadow.take(painted([(0, 0, [("38;5;1;48;5;233", "a"), ("38;5;2;48;5;233", "b"), ("1;38;5;2;48;5;233", "c")])]))
    assert "a\x1b[38;5;2mb\x1b[1mc" in shadow.piece(1 << 20)


def test_a_wide_character_keeps_its_two_cells() -> None:
    shadow = ShadowScreen(COLUMNS, ROWS)
    screen, stream = terminal()
    shadow.take(painted([(0, 0, [("", "界x")])]))
    stream.feed(shadow.piece(1 << 20).encode())
    assert screen.display[0].startswith("界x")


def test_what_is_not_for_a_cell_is_handed_back_to_be_sent_at_once() -> None:
    bell = "\a\x1b]9;BREAK STRIKE_687\x1b\\"
    shadow = ShadowScreen(COLUMNS, ROWS)
    assert shadow.take(bell + painted([(0, 0, [("", "text")])])) == bell
    assert "text" in shadow.piece(1 << 20)


@pytest.mark.parametrize(("rate", "length_s"), [(960.0, 0.0), (960.0, 0.02), (5_000.0, 0.05), (50_000.0, 0.04)])
def test_the_answer_to_a_key_is_there_within_150_ms_although_a_picture_is_under_way(
    rate: float, length_s: float
) -> None:
    link = VirtualLink(rate, length_s)
    link.window.measured(length_s)
    link.show(whole_picture("a"))
    while "a" not in link.row(ROWS - 3):
        link.step()
    link.show(whole_picture("b"))
    for _ in range(4):
        link.step()
    assert link.output.unsent
    link.show(painted([(ROWS - 1, 1, [(STYLES[1], "pause")])]))
    assert link.until_shown(ROWS - 1, "pause") < 0.150


def test_a_row_of_an_older_picture_is_sent_as_the_newest_has_it() -> None:
    link = VirtualLink(960.0)
    link.show(whole_picture("a"))
    link.show(whole_picture("b"))
    while link.step():
        pass
    assert all(link.row(row) == "b" * COLUMNS for row in range(ROWS))
    assert not link.output.unsent


def test_the_window_is_what_passes_in_its_target_time() -> None:
    link = VirtualLink(20_000.0)
    link.show(whole_picture("a"))
    for _ in range(30):
        link.show(whole_picture("b"))
        link.step()
        link.show(whole_picture("a"))
        link.step()
    assert link.window.piece <= 2 * TARGET_S * 20_000
    assert link.window.rate == pytest.approx(20_000, rel=0.05)


def test_a_long_link_is_not_taken_for_a_narrow_one() -> None:
    link = VirtualLink(5_000_000.0, length_s=0.2)
    link.window.measured(0.2)
    for letter in "abcdefgh":
        link.show(whole_picture(letter))
        while link.step():
            pass
    assert link.output.is_wide


def test_a_wide_link_is_known_after_a_few_pieces() -> None:
    link = VirtualLink(10_000_000.0)
    link.show(whole_picture("a"))
    steps = 0
    while link.step():
        steps += 1
    assert link.output.is_wide
    assert steps < 12
    assert link.window.rate is not None
    assert link.window.rate > WIDE_BYTES_PER_S


def test_no_more_than_a_little_is_handed_over_before_anything_is_known() -> None:
    output = ThriftyOutput(COLUMNS, ROWS, 1, SendWindow())
    output.frame(whole_picture("a"), FRAME_QUESTION)
    handed = 0
    while piece := output.piece(0.0):
        handed += len(piece.encode())
    assert LEAST_BYTES < handed < 2 * FIRST_BYTES


def test_a_terminal_that_does_not_answer_is_sent_everything() -> None:
    output = ThriftyOutput(COLUMNS, ROWS, 1, SendWindow())
    output.frame(whole_picture("a"), FRAME_QUESTION)
    output.piece(0.0)
    output.heeded = False
    while output.piece(0.0):
        pass
    assert not output.unsent
    assert output.is_wide


def test_a_question_behind_a_piece_never_comes_from_the_row_of_the_frames() -> None:
    output = ThriftyOutput(COLUMNS, ROWS, 1, SendWindow())
    output.frame(painted([(1, 0, [(STYLES[1 + n % 2], "abcd") for n in range(20)])]), FRAME_QUESTION)
    screen, stream = terminal()
    now = 0.0
    while output.unsent:
        piece = output.piece(now)
        before, asked, _ = piece.rpartition("\x1b[6n")
        stream.feed(before.encode())
        if asked and output.unsent:
            assert screen.cursor.y != 1
        now += 1.0
        output._window.acked(now)


def test_pieces_that_are_never_answered_are_forgotten() -> None:
    window = SendWindow()
    window.sent(1000, 0.0)
    assert not window.overdue(1.0, patience_s=1.5)
    assert window.overdue(2.0, patience_s=1.5)
    assert window.outstanding == 0
