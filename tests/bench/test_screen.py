"""What ``bench`` counts in the bytes a cockpit writes to its terminal."""

from __future__ import annotations

from spymaster.bench.links.narrow import TextScreen
from spymaster.bench.screen import OutputCount

SYNC = b"\x1b[?2026$p"
PING = b"\x1b7\x1b[2;65H\x1b[6n\x1b8"


def frame(slot: int, text: bytes) -> bytes:
    return b"\x1b[?2026h\x1b[1;1H" + text + b"\x1b[?2026l\x1b7\x1b[2;%dH\x1b[6n\x1b8" % (slot + 1)


def test_every_question_behind_a_frame_is_one_frame() -> None:
    count = OutputCount()
    count.feed(b"".join(frame(slot, b"text") for slot in (0, 1, 63, 0)))
    assert count.frames == 4


def test_a_question_without_a_frame_is_none() -> None:
    count = OutputCount()
    count.feed(PING + frame(0, b"text") + PING)
    assert count.frames == 1


def test_every_byte_counts() -> None:
    count = OutputCount()
    data = SYNC + PING + frame(0, b"text")
    count.feed(data)
    assert count.total_bytes == len(data)


def test_questions_are_answered_in_their_order_and_from_their_cell() -> None:
    answers = OutputCount().feed(SYNC + PING + frame(6, b"text"))
    assert answers == b"\x1b[?2026;2$y\x1b[2;65R\x1b[2;7R"


def test_the_cockpit_is_painted_when_the_frame_that_shows_it_is_complete() -> None:
    count = OutputCount()
    shown = frame(1, b"HEATMAP")
    painted = []
    for part in (frame(0, b"empty"), shown[:-5], shown[-5:]):
        count.feed(part)
        painted.append(count.painted)
    assert painted == [False, False, True]


def test_a_ping_does_not_complete_a_frame() -> None:
    count = OutputCount()
    count.feed(b"HEATMAP" + PING)
    assert not count.painted


def test_where_the_bytes_are_cut_changes_nothing() -> None:
    data = SYNC + PING + frame(0, b"empty") + frame(1, b"HEATMAP") + frame(2, b"more")
    whole, cut = OutputCount(), OutputCount()
    answers = whole.feed(data)
    pieces = b"".join(cut.feed(data[at : at + 1]) for at in range(len(data)))
    assert pieces == answers
    assert (
        (cut.frames, cut.total_bytes, cut.painted)
        == (whole.frames, whole.total_bytes, whole.painted)
        == (3, len(data), True)
    )


def test_a_question_behind_a_part_of_a_frame_is_answered_and_is_no_frame() -> None:
    count = OutputCount()
    assert count.feed(b"\x1b[9;4Htext\x1b[6n") == b"\x1b[9;1R"
    assert count.frames == 0


def test_a_text_screen_shows_what_was_written_where_the_cursor_was_sent() -> None:
    written = "\x1b[2;3H\x1b[1;38;5;3mSpace pause\x1b[0m", "\x1b[2;10Hlay \x1b[2C\x1b[6nx\x1b7\x1b[1;1H\x1b8─"
    data = "".join(written).encode()
    for size in (len(data), 1, 7):
        screen = TextScreen(20, 2)
        for at in range(0, len(data), size):
            screen.feed(data[at : at + size])
        assert screen.row(-1) == "  Space play   x─   "
