"""Practice beside a replay: paper orders live on the engine's records, and leaps are told honestly."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from spymaster.practice.journal import read
from spymaster.practice.standing import Bracket, PracticeRequest, PracticeRules, PracticeStanding
from spymaster.session.replay.practice import PracticePlan
from spymaster.signals.frame import Command, Frame
from tests.session.screen import Open, S, Screen

pytestmark = pytest.mark.usefixtures("warm")

AT_ONCE = PracticePlan(PracticeRules(0.0, 0.25))


def asked(screen: Screen, request: PracticeRequest) -> Frame:
    """Ask a paused replay, and wait until it has answered."""
    number = screen.frame().number
    screen.session.send(Command.PRACTICE, subject=msgspec.json.encode(request).decode())
    return screen.wait(lambda frame: frame.number > number and frame.replay is not None and bool(frame.replay.answer))


def practised(screen: Screen) -> PracticeStanding:
    """What stands on the newest frame."""
    replay = screen.frame().replay
    assert replay is not None
    assert replay.practice is not None
    return replay.practice


def market(side: int, ticks: int = 400) -> PracticeRequest:
    """A bracket at the market, so wide that nothing ends it."""
    return PracticeRequest("place", Bracket(side, "market", 0, 1, ticks, ticks))  # type: ignore[arg-type]


@pytest.fixture
def screen(open_screen: Open) -> Screen:
    """A replay that stands a second in, with practice on."""
    screen = open_screen(practice=AT_ONCE)
    screen.paused_at_the_first_snap()
    screen.ask(Command.STEP_SECOND)
    asked(screen, PracticeRequest("on"))
    return screen


def test_a_replay_that_is_not_practised_on_shows_nothing_of_it(open_screen: Open) -> None:
    screen = open_screen(practice=AT_ONCE)
    frame = screen.paused_at_the_first_snap()
    assert frame.replay is not None
    assert frame.replay.practice is None
    assert asked(screen, market(1)).replay.answer == "PRACTICE: it is off"  # type: ignore[union-attr]


def test_the_answer_says_that_it_is_paper_and_by_which_rules(screen: Screen) -> None:
    standing = practised(screen)
    assert standing.is_on
    assert screen.frame().replay.answer == "PRACTICE on: paper orders only, 0 ms, cancels ahead 0.25"  # type: ignore[union-attr]


@pytest.mark.parametrize("side", [1, -1])
def test_a_market_order_is_filled_at_the_price_that_stands_on_the_ladder(screen: Screen, side: int) -> None:
    head = screen.frame().header
    asked(screen, market(side))
    screen.ask(Command.STEP_SNAP)
    trade = practised(screen).trades[0]
    assert (trade.status, trade.entry) == ("open", head.es_ask_tick if side > 0 else head.es_bid_tick)


def test_it_stands_against_its_entry_as_the_book_of_the_frame_says(screen: Screen) -> None:
    asked(screen, market(1))
    screen.ask(Command.STEP_SECOND)
    frame = screen.ask(Command.STEP_SECOND)
    standing = practised(screen)
    trade = standing.trades[0]
    assert standing.mark == frame.header.es_bid_tick - trade.entry
    assert trade.adverse <= standing.mark <= trade.favourable


def test_stepping_and_playing_on_fill_alike(open_screen: Open) -> None:
    ends = []
    for step in (Command.STEP_SNAP, Command.STEP_SECOND):
        screen = open_screen(practice=AT_ONCE)
        first = screen.paused_at_the_first_snap()
        asked(screen, PracticeRequest("on"))
        asked(screen, market(1, 2))
        while screen.frame().t_ns < first.t_ns + 5 * S:
            screen.ask(step)
        ends.append(practised(screen).trades[0])
    assert ends[0] == ends[1]


def test_going_back_makes_void_what_is_open_and_marks_what_comes_as_foreseen(screen: Screen) -> None:
    asked(screen, market(1))
    screen.ask(Command.STEP_SECOND)
    screen.ask(Command.BACK_SECOND)
    standing = practised(screen)
    assert standing.trades[0].status == "void"
    assert standing.trades[0].why_void == "the replay leapt to another moment"
    asked(screen, market(1))
    assert practised(screen).trades[0].foreseen
    screen.ask(Command.STEP_SNAP)
    asked(screen, PracticeRequest("flat"))
    screen.ask(Command.STEP_SECOND)
    standing = practised(screen)
    assert (standing.trades[0].status, standing.counted) == ("closed", 0)


def test_what_is_placed_beyond_all_that_was_shown_is_not_foreseen(screen: Screen) -> None:
    screen.ask(Command.BACK_SNAP)
    screen.ask(Command.STEP_SECOND)
    asked(screen, market(-1))
    assert not practised(screen).trades[0].foreseen


def test_ending_practice_makes_void_what_is_open(screen: Screen) -> None:
    asked(screen, market(1))
    screen.ask(Command.STEP_SNAP)
    frame = asked(screen, PracticeRequest("off"))
    assert frame.replay is not None
    assert frame.replay.practice is None
    assert [trade.status for trade in asked(screen, PracticeRequest("on")).replay.practice.trades] == ["void"]  # type: ignore[union-attr]


def test_what_is_over_is_added_to_the_journal_once(open_screen: Open, tmp_path: Path) -> None:
    journal = tmp_path / "practice.jsonl"
    screen = open_screen(practice=PracticePlan(AT_ONCE.rules, journal, "small", simulated=True))
    screen.paused_at_the_first_snap()
    asked(screen, PracticeRequest("on"))
    for side in (1, -1):
        asked(screen, market(side))
        screen.ask(Command.STEP_SECOND)
        asked(screen, PracticeRequest("flat"))
        screen.ask(Command.STEP_SECOND)
    lines, unreadable = read(journal)
    assert [(line.source, line.simulated, line.trade.side, line.trade.by) for line in lines] == [
        ("small", True, 1, "flat"),
        ("small", True, -1, "flat"),
    ]
    assert unreadable == 0


def test_the_journal_is_exported_as_its_ending_says(screen: Screen, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    asked(screen, market(1))
    screen.ask(Command.STEP_SECOND)
    asked(screen, PracticeRequest("flat"))
    screen.ask(Command.STEP_SECOND)
    file = tmp_path / "journal.parquet"
    answer = asked(screen, PracticeRequest("export", file=str(file))).replay.answer  # type: ignore[union-attr]
    assert answer == f"PRACTICE: 1 brackets in {file}"
    assert pq.read_table(file)["exit_by"].to_pylist() == ["flat"]


def test_an_export_that_cannot_be_is_said_in_one_line(screen: Screen, tmp_path: Path) -> None:
    assert asked(screen, PracticeRequest("export", file="x.csv")).replay.answer == "PRACTICE: no bracket is over yet"  # type: ignore[union-attr]


def test_practice_changes_nothing_of_what_is_published(open_screen: Open) -> None:
    hashes = []
    for practises in (False, True):
        screen = open_screen(practice=AT_ONCE)
        screen.paused_at_the_first_snap()
        if practises:
            asked(screen, PracticeRequest("on"))
            asked(screen, market(1))
        for _ in range(3):
            screen.ask(Command.STEP_SECOND)
        hashes.append(screen.session.signal_hash)
    assert hashes[0] == hashes[1]
