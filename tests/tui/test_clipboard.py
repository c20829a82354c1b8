"""How a text reaches the terminal's clipboard, and what is said where it does not."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest

from spymaster.tui.terminal.clipboard import copy_of

TEXT = "STRIKE_687\t687.00\t+0.25\tWALL ╱"


def decoded(sequence: str) -> str:
    (encoded,) = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    return b64decode(encoded).decode()


def test_a_terminal_gets_the_text_as_osc_52() -> None:
    copy = copy_of(TEXT, {"TERM": "xterm-256color"})
    assert decoded(copy.sequence) == TEXT
    assert copy.note == ""


@pytest.mark.parametrize(
    "environment", [{"TERM": "tmux-256color"}, {"TERM": "screen-256color", "TMUX": "/tmp/tmux,1,0"}]
)
def test_tmux_gets_it_for_itself_and_to_pass_through(environment: dict[str, str]) -> None:
    copy = copy_of(TEXT, environment)
    own, passed = copy.sequence.split("\x1bPtmux;")
    assert decoded(own) == TEXT
    assert passed.endswith("\x1b\\")
    assert decoded(passed.removesuffix("\x1b\\").replace("\x1b\x1b", "\x1b")) == TEXT
    assert "set-clipboard" in copy.note
    assert "allow-passthrough" in copy.note


def test_screen_gets_it_in_pieces_to_pass_through() -> None:
    copy = copy_of(TEXT * 30, {"TERM": "screen.xterm-256color", "STY": "1.pts"})
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", copy.sequence, re.DOTALL)
    assert len(pieces) > 1
    assert max(map(len, pieces)) < 256
    assert decoded("".join(pieces)) == TEXT * 30


@pytest.mark.parametrize(
    "environment", [{"TERM": "linux"}, {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}]
)
def test_a_terminal_without_such_a_clipboard_is_told_of(environment: dict[str, str]) -> None:
    copy = copy_of(TEXT, environment)
    assert copy.sequence == ""
    assert "not copied" in copy.note


def test_more_than_terminals_take_is_not_sent() -> None:
    copy = copy_of("x" * 80_000, {"TERM": "xterm"})
    assert copy.sequence == ""
    assert "80,000 bytes" in copy.note
