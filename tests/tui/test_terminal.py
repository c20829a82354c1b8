"""The cockpit in a real terminal: what is emitted, how soon keys are answered, and how the terminal is given back."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from spymaster.tui.options import Ending
from tests.support.pty_terminal import PtyTerminal
from tests.tui.conftest import Launch

KEY_ANSWERED_S = 10.0
"""Generous, because a busy machine is no fault: a key that waits for more than is under way waits without end."""
SLOW_LINK = 50_000


def settled(terminal: PtyTerminal) -> PtyTerminal:
    terminal.wait_for(lambda text: "Space pause" in text and "? help" in text and "REPLAY" in text.splitlines()[0])
    return terminal


def frames_sent(terminal: PtyTerminal) -> int:
    """Questions behind frames so far, pings left out."""
    return len(re.findall(rb"\x1b\[2;(?!65H)\d+H\x1b\[6n", bytes(terminal.raw)))


def answer_times(terminal: PtyTerminal, presses: int) -> list[float]:
    """Seconds from pressing space to seeing the footer say the opposite."""
    times = []
    for press in range(presses):
        label = "Space play" if press % 2 == 0 else "Space pause"
        pressed = terminal.send(" ")
        times.append(terminal.wait_for(label) - pressed)
        time.sleep(0.31 + 0.07 * press)
    return times


def screen_age_ms(terminal: PtyTerminal) -> float:
    found = re.search(r"([\d.]+) (ms|s)\b", terminal.lines()[0])
    assert found is not None, terminal.lines()[0]
    return float(found.group(1)) * (1 if found.group(2) == "ms" else 1000)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 60)])
def test_the_cockpit_fills_the_terminal_it_finds(launch: Launch, columns: int, rows: int) -> None:
    terminal = settled(launch("REPLAY", columns=columns, rows=rows))
    assert "REPLAY" in terminal.lines()[0]
    assert "? help" in terminal.lines()[rows - 1]


def test_a_key_is_answered_at_once(launch: Launch) -> None:
    terminal = settled(launch("REPLAY"))
    assert max(answer_times(terminal, 4)) < KEY_ANSWERED_S


@pytest.mark.slow
def test_a_key_is_answered_at_once_on_a_slow_link(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", rate=SLOW_LINK))
    time.sleep(4.0)
    times = sorted(answer_times(terminal, 6))
    assert times[len(times) // 2] < KEY_ANSWERED_S
    assert times[-1] < 2 * KEY_ANSWERED_S


def test_a_key_is_answered_while_kernels_compile(launch: Launch) -> None:
    terminal = launch("REPLAY", "compile=30")
    terminal.wait_for("compiling")
    pressed = terminal.send("?")
    assert terminal.wait_for("what each does, and where") - pressed < 2 * KEY_ANSWERED_S


@pytest.mark.slow
def test_what_is_on_a_slow_screen_is_never_older_than_a_frame_and_the_link(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", "fast", rate=SLOW_LINK))
    time.sleep(4.0)
    ages = []
    for _ in range(8):
        time.sleep(0.4)
        ages.append(screen_age_ms(terminal))
    assert max(ages) < 1000 * KEY_ANSWERED_S


@pytest.mark.slow
def test_a_slow_link_lowers_the_quality_and_says_so(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", "fast", rate=12_000))
    terminal.wait_for(lambda text: re.search(r"256|slow heat|rows|1 Hz", text.splitlines()[0]) is not None, 30)


@pytest.mark.slow
def test_nothing_piles_up_behind_a_terminal_that_does_not_read(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", "fast"))
    terminal.rate = 1.0
    time.sleep(3.0)
    terminal.rate = None
    behind = len(terminal.raw)
    resumed = time.monotonic()
    time.sleep(0.6)
    first = max((total for at, total in terminal.arrivals if at < resumed + 0.3), default=behind) - behind
    assert first < 120_000


@pytest.mark.slow
def test_without_replies_the_cockpit_goes_on_by_counting_unsent_bytes(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", answers=False))
    time.sleep(2.5)
    before = len(terminal.raw)
    terminal.wait_until(lambda: len(terminal.raw) > before)
    assert max(answer_times(terminal, 2)) < KEY_ANSWERED_S


def test_frames_are_bracketed_where_the_terminal_can_draw_them_at_once(launch: Launch) -> None:
    terminal = settled(launch("REPLAY"))

    def bracketed() -> int:
        return bytes(terminal.raw).count(b"\x1b[?2026h")

    terminal.wait_until(lambda: bracketed() > 0)
    before, frames = bracketed(), frames_sent(terminal)
    terminal.wait_until(lambda: frames_sent(terminal) > frames + 4)
    raw = bytes(terminal.raw)
    assert bracketed() - before >= 4
    assert raw.count(b"\x1b[?2026h") - raw.count(b"\x1b[?2026l") in (0, 1)


def test_a_screen_painted_row_by_row_is_what_a_whole_repaint_shows(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", columns=120, rows=40))
    terminal.wait_until(lambda: bytes(terminal.raw).count(b"\x1b[6n") > 12)
    terminal.send(" ")
    terminal.wait_for("Space play")
    terminal.send("j")
    terminal.wait_for(lambda text: "▎" in text)
    # below the rows that tell how the link is
    painted = terminal.lines()[2:]
    before = len(terminal.raw)
    terminal.send("\x0c")
    terminal.wait_until(lambda: len(terminal.raw) - before > 5_000)
    terminal.wait_for(lambda _: terminal.lines()[2:] == painted)


def test_frames_are_not_bracketed_for_a_terminal_that_cannot(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", sync=False))
    assert b"\x1b[?2026h" not in terminal.raw


def test_motion_of_the_mouse_is_never_asked_for(launch: Launch) -> None:
    terminal = settled(launch("REPLAY"))
    assert b"\x1b[?1000h" in terminal.raw
    assert b"\x1b[?1003h" not in terminal.raw


@pytest.mark.parametrize(
    ("sent", "ending"),
    [
        (signal.SIGTERM, Ending.TERMINATED),
        (signal.SIGINT, Ending.INTERRUPTED),
        (signal.SIGHUP, Ending.HANGUP),
    ],
)
def test_a_signal_ends_the_program_and_gives_the_terminal_back(
    launch: Launch, sent: signal.Signals, ending: Ending
) -> None:
    terminal = settled(launch("REPLAY"))
    terminal.signal(sent)
    assert terminal.wait() == ending
    assert terminal.restored()
    assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize(("key", "ending"), [("q", Ending.QUIT), ("\x03", Ending.INTERRUPTED)])
def test_a_key_ends_the_program_and_gives_the_terminal_back(launch: Launch, key: str, ending: Ending) -> None:
    terminal = settled(launch("REPLAY"))
    terminal.send(key)
    assert terminal.wait() == ending
    assert terminal.restored()


@pytest.mark.slow
def test_the_terminal_is_given_back_even_if_it_was_busy_with_a_frame(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", "fast", rate=8_000))
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == Ending.TERMINATED
    assert terminal.restored()


def test_a_closed_terminal_ends_the_screen_quietly_and_calls_the_hangup_seam(launch: Launch, tmp_path: Path) -> None:
    told = tmp_path / "told"
    terminal = settled(launch("REPLAY", f"hangup={told}"))
    terminal.hang_up()
    assert terminal.wait() == Ending.HANGUP
    assert told.read_text(encoding="utf-8") == "gone"


def test_a_stop_and_a_return_bring_the_whole_screen_back(launch: Launch) -> None:
    terminal = settled(launch("REPLAY"))
    terminal.signal(signal.SIGTSTP)
    terminal.wait_until(terminal.restored)
    terminal.wait_stopped()
    terminal.clear()
    terminal.signal(signal.SIGCONT)
    settled(terminal)
    terminal.send(" ")
    terminal.wait_for("Space play")


@pytest.mark.slow
def test_a_start_screen_without_replies_still_answers_keys(launch: Launch) -> None:
    terminal = launch("start", answers=False)
    terminal.wait_for("RECORDINGS")
    time.sleep(2.0)
    terminal.send("k\r")
    terminal.wait_for(lambda text: text.count("no key: set") == 2)


@pytest.mark.slow
def test_a_closed_terminal_is_no_reason_to_spin(launch: Launch) -> None:
    terminal = settled(launch("REPLAY"))
    before = os.times()
    terminal.hang_up()
    terminal.wait()
    after = os.times()
    assert (after.children_user + after.children_system) - (before.children_user + before.children_system) < 60.0


@pytest.mark.slow
def test_a_storm_of_sizes_ends_in_a_whole_screen(launch: Launch) -> None:
    terminal = settled(launch("REPLAY"))
    for step in range(60):
        terminal.resize(80 + 2 * step, 24 + step % 30)
        time.sleep(0.005)
    terminal.resize(100, 30)
    terminal.wait_for(lambda text: "? help" in text.splitlines()[29] and "REPLAY" in text.splitlines()[0])
    terminal.send("q")
    assert terminal.wait() == Ending.QUIT


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (20, 4), (39, 11), (40, 12), (63, 20)])
def test_no_size_is_too_small_to_live(launch: Launch, columns: int, rows: int) -> None:
    terminal = settled(launch("REPLAY"))
    terminal.resize(columns, rows)
    time.sleep(0.4)
    terminal.send("q")
    assert terminal.wait() == Ending.QUIT
    assert b"Traceback" not in terminal.raw


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "rows", "budget"), [(200, 60, 8_000), (120, 40, 6_000), (80, 24, 4_000)])
def test_a_frame_costs_no_more_than_its_byte_budget(launch: Launch, columns: int, rows: int, budget: int) -> None:
    terminal = settled(launch("REPLAY", columns=columns, rows=rows))
    time.sleep(1.5)
    bytes_before, frames_before = len(terminal.raw), frames_sent(terminal)
    # Long enough for a step of the heatmap, which moves all of it.
    time.sleep(10.0)
    terminal.wait_until(lambda: frames_sent(terminal) - frames_before > 20)
    frames = frames_sent(terminal) - frames_before
    assert (len(terminal.raw) - bytes_before) / frames < budget


def colours(terminal: PtyTerminal) -> set[bytes]:
    return set(re.findall(rb"[34]8;([25]);", bytes(terminal.raw)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("depth", "sent"), [("truecolor", {b"2"}), ("256", {b"5"}), ("16", set[bytes]()), ("none", set[bytes]())]
)
def test_only_colours_of_the_chosen_depth_are_sent(launch: Launch, depth: str, sent: set[bytes]) -> None:
    terminal = settled(launch("REPLAY", f"color={depth}"))
    assert colours(terminal) == sent


def test_no_color_is_respected(launch: Launch) -> None:
    terminal = settled(launch("REPLAY", env={"NO_COLOR": "1"}))
    codes = {code for found in re.findall(rb"\x1b\[([0-9;]*)m", bytes(terminal.raw)) for code in found.split(b";")}
    # 39 and 49 are the terminal's own colours.
    assert codes <= {b"", b"0", b"1", b"39", b"49"}


def test_the_start_screen_starts_nothing_by_itself(launch: Launch) -> None:
    terminal = launch("start")
    terminal.wait_for("RECORDINGS")
    terminal.send("q")
    assert terminal.wait() == Ending.QUIT
    assert b"took nothing" in terminal.raw


def test_the_start_screen_hands_back_what_was_chosen(launch: Launch) -> None:
    terminal = launch("start")
    terminal.wait_for("RECORDINGS")
    terminal.send("d")
    assert terminal.wait() == Ending.QUIT
    assert b"took Demo" in terminal.raw
