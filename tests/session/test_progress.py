"""Progress: one line that rewrites itself on a terminal, a line now and then anywhere else, nothing for a short run."""

from __future__ import annotations

import io

import pytest

from spymaster.session.progress import Progress


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_run_that_is_over_at_once_says_nothing(clock: Clock) -> None:
    for stream in (Screen(), io.StringIO()):
        progress = Progress(stream, "replay", clock)
        progress.show(0.5, "12 snaps")
        progress.close()
        assert stream.getvalue() == ""


def test_on_a_terminal_a_line_rewrites_itself(clock: Clock) -> None:
    stream = Screen()
    progress = Progress(stream, "replay", clock)
    for share in (0.25, 0.5):
        clock.s += 0.25
        progress.show(share, f"{share} done")
    assert stream.getvalue() == "\rreplay  25%  0.25 done\x1b[K\rreplay  50%  0.5 done\x1b[K"


def test_a_terminal_is_not_written_to_more_than_five_times_a_second(clock: Clock) -> None:
    stream = Screen()
    progress = Progress(stream, "replay", clock)
    for _ in range(1000):
        clock.s += 0.01
        progress.show(0.5, "")
    assert 30 <= stream.getvalue().count("\r") <= 50


def test_on_a_terminal_the_line_is_cleared_at_the_end(clock: Clock) -> None:
    stream = Screen()
    progress = Progress(stream, "replay", clock)
    clock.s += 1
    progress.show(1.0, "")
    progress.close()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_elsewhere_a_whole_line_every_ten_seconds(clock: Clock) -> None:
    stream = io.StringIO()
    progress = Progress(stream, "export", clock)
    for second in range(25):
        clock.s += 1
        progress.show(second / 100, f"{second} rows")
    progress.close()
    assert stream.getvalue() == "export   9%  9 rows\nexport  19%  19 rows\n"


@pytest.mark.parametrize(("share", "shown"), [(-0.5, "  0%"), (1.7, "100%")])
def test_a_share_beyond_the_span_is_shown_as_its_end(clock: Clock, share: float, shown: str) -> None:
    stream = io.StringIO()
    progress = Progress(stream, "replay", clock)
    clock.s += 11
    progress.show(share, "")
    assert shown in stream.getvalue()
