"""What is typed and pasted in one piece, in a real terminal: every key belongs to what is there when its turn comes."""

from __future__ import annotations

import re

import pytest

from tests.support.pty_terminal import PtyTerminal
from tests.tui.conftest import Launch

ENTER = "\r"
PALETTE = "\x10"
LOGGED = re.compile(r"\s+\d\d:\d\d:\d\d · ")


@pytest.fixture
def cockpit(launch: Launch) -> PtyTerminal:
    terminal = launch("REPLAY")
    # The edges of the first picture come first: the rest of it must be there too before anything is typed.
    whole = ("Space pause", "? help", "REPLAY", "HEATMAP", "LADDER", "ALERTS", "PRICE")
    terminal.wait_for(lambda text: all(word in text for word in whole))
    return terminal


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def logged(terminal: PtyTerminal, *wanted: str) -> list[str]:
    """Lines of the open log page that hold the wanted words, once all of them are there."""
    terminal.wait_for(lambda text: "newest last" in text and all(label in text for label in wanted))
    lines = [line for line in terminal.lines() if LOGGED.match(line)]
    return [line for line in lines if any(label in line for label in wanted)]


def test_two_lines_typed_in_one_piece_are_two_answers(cockpit: PtyTerminal) -> None:
    cockpit.send(f":moon{ENTER}:sun{ENTER}l")
    first, second = logged(cockpit, "moon: is not a price", "sun: is not a price")
    assert "moon" in first
    assert "sun" in second


def test_digits_behind_the_colon_are_not_keys_of_the_cockpit(cockpit: PtyTerminal) -> None:
    cockpit.send(f":12x{ENTER}l")
    logged(cockpit, "12x: is not a price")


def test_keys_behind_enter_belong_to_what_lies_below_the_line(cockpit: PtyTerminal) -> None:
    cockpit.send(f":687.5{ENTER}?")
    cockpit.wait_for("what each does, and where")


def test_a_question_mark_in_the_line_opens_no_help(cockpit: PtyTerminal) -> None:
    cockpit.send(f":?{ENTER}l")
    logged(cockpit, "?: is not a price")


def test_a_command_typed_into_the_palette_in_one_piece_is_carried_out(cockpit: PtyTerminal) -> None:
    cockpit.send(f"{PALETTE}help: keys{ENTER}")
    cockpit.wait_for("what each does, and where")


def test_keys_behind_a_command_of_the_palette_belong_to_what_it_opened(cockpit: PtyTerminal) -> None:
    cockpit.send(f"{PALETTE}help: keys{ENTER}ql")
    logged(cockpit, "newest last")


def test_two_commands_of_the_palette_in_one_piece(cockpit: PtyTerminal) -> None:
    cockpit.send(f"{PALETTE}next theme{ENTER}{PALETTE}next theme{ENTER}l")
    assert len(logged(cockpit, "theme high-contrast", "theme light")) == 2


def test_pages_open_and_close_in_one_piece(cockpit: PtyTerminal) -> None:
    cockpit.send("?qhql")
    logged(cockpit, "newest last")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("moon", "moon: is not a price"),
        ("\nmoon", "moon: is not a price"),
        ("   moon\t ", "moon: is not a price"),
        ("\n\n  moon \nsun\n", "moon: is not a price"),
        ("moon\nsun\n", "pasted the first of 2 lines"),
        ("\n \n", "nothing pasted"),
        ("x" * 100, "its first 64 of 100 characters"),
        ("6012,25", "6012,25: is not a price"),
        ("1_0", "1_0: is not a price"),
    ],
)
def test_what_is_pasted_is_taken_as_one_line_or_said_to_be_left_out(
    cockpit: PtyTerminal, text: str, answer: str
) -> None:
    cockpit.send(f":{pasted(text)}{ENTER}l")
    logged(cockpit, answer)


@pytest.mark.parametrize("text", ["6,870.00", "\n6,870", "  6870  ", "$687.00"])
def test_a_pasted_price_is_held_in_the_middle(cockpit: PtyTerminal, text: str) -> None:
    cockpit.send(f":{pasted(text)}{ENTER}")
    middle = len(cockpit.lines()) * 14 // 40
    cockpit.wait_for(lambda screen: "6870.00" in "\n".join(screen.splitlines()[middle : middle + 4]))
