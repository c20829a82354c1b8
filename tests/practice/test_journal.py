"""The practice journal: lines of a file, and a table in points and R."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from spymaster.practice.journal import JournalLine, append, columns, read
from spymaster.practice.standing import PracticeRules, PracticeTrade

WON = PracticeTrade(
    number=1,
    side=-1,
    kind="limit",
    size=2,
    placed_ns=1_000,
    tick=27_480,
    stop=27_488,
    target=27_464,
    rules=PracticeRules(50.0, 0.25),
    status="closed",
    joined_ahead=31,
    filled=2,
    entry=27_480.0,
    entered_ns=2_500_001_000,
    exit=27_464.0,
    ended_ns=9_000,
    by="target",
    adverse=-4.0,
    favourable=16.0,
    result=16.0,
    r=2.0,
)
VOID = msgspec.structs.replace(WON, number=2, status="void", by="", result=0.0, r=0.0, why_void="the replay leapt")
NEVER = PracticeTrade(3, 1, "stop", 1, 5, 27_500, 27_492, 27_516, PracticeRules(), status="cancelled")


def line(trade: PracticeTrade) -> JournalLine:
    """A bracket on a recording of the future."""
    return JournalLine("first-look", "ESM6", 20260317, True, 250_000_000, trade)


def test_a_line_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "practice.jsonl"
    append(path, [line(WON)])
    append(path, [line(VOID)])
    assert read(path) == ([line(WON), line(VOID)], 0)


def test_lines_that_are_none_are_counted_and_lose_no_other(tmp_path: Path) -> None:
    path = tmp_path / "practice.jsonl"
    append(path, [line(WON)])
    with path.open("ab") as file:
        file.write(b'{"source": "torn\n\xff\xfe\n')
    append(path, [line(VOID)])
    assert read(path) == ([line(WON), line(VOID)], 2)


def test_the_table_is_in_points_and_r() -> None:
    table = columns([line(WON)])
    row = {name: values[0] for name, values in table.items()}
    assert (row["side"], row["entry_price"], row["exit_price"], row["stop_price"]) == ("SELL", 6870.0, 6866.0, 6872.0)
    assert (row["result_points"], row["result_r"], row["mae_points"], row["mae_r"]) == (4.0, 2.0, -1.0, -0.5)
    assert (row["mfe_points"], row["mfe_r"], row["joined_ahead"], row["waited_s"]) == (4.0, 2.0, 31, 2.5)
    assert (row["counts"], row["latency_ms"], row["cancels_ahead"]) == (True, 50.0, 0.25)


def test_what_nobody_knows_is_absent_and_not_zero() -> None:
    table = columns([line(VOID), line(NEVER)])
    assert math.isnan(table["result_points"][0])
    assert table["mae_points"][0] == -1.0
    assert all(math.isnan(table[name][1]) for name in ("entry_price", "exit_price", "result_r", "mfe_points"))
    assert (table["entered_ns"][1], table["joined_ahead"][1]) == (-1, -1)
    assert table["counts"].tolist() == [False, False]


@pytest.mark.parametrize(
    ("trade", "counts"), [(WON, True), (VOID, False), (msgspec.structs.replace(WON, foreseen=True), False)]
)
def test_only_what_ended_by_itself_and_was_not_foreseen_counts(trade: PracticeTrade, counts: bool) -> None:
    assert trade.counts is counts
