"""Levels of the trader's own: on the command line, in a CSV, in plain lines; mistakes are named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.market.frames import UserLevel
from spymaster.session.levels.user import LevelError, levels_from_file, levels_from_flags, price_e9, unique_levels

POINT = 1_000_000_000


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "levels.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_level_on_the_command_line_is_named_after_its_price() -> None:
    levels = levels_from_flags(["4805", "4807.50"])
    assert levels == [UserLevel("USER_4805", 4805 * POINT), UserLevel("USER_4807.5", 4_807_500_000_000)]


@pytest.mark.parametrize("text", ["4805.25", " 4805.25 ", "4,805.25", "$4805.25", "4805.250", "4.80525e3"])
def test_a_price_is_taken_exactly_however_it_is_written(text: str) -> None:
    assert price_e9(text, "here") == 4_805_250_000_000


def test_a_price_is_not_rounded_through_a_float() -> None:
    assert price_e9("687.123456789", "here") == 687_123_456_789


@pytest.mark.parametrize("text", ["", "abc", "48O5", "4805 points", "--", "0x10"])
def test_what_is_no_number_is_said_with_its_place(text: str) -> None:
    with pytest.raises(LevelError, match=r"^--level: '.*' is not a price; write a number such as 4807.5$"):
        levels_from_flags([text])


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e30", "-1e30", "1e-12", "-1e-12"])
def test_what_is_no_usable_price_is_said_with_its_place(text: str) -> None:
    with pytest.raises(LevelError, match=r"^--level: .* is not a usable price; write a number such as 4807.5$"):
        levels_from_flags([text])


@pytest.mark.parametrize(
    ("text", "ident", "e9"),
    [
        ("-37.63", "USER_-37.63", -37_630_000_000),
        ("-0.05", "USER_-0.05", -50_000_000),
        ("-$2,000", "USER_-2000", -2000 * POINT),
        ("0", "USER_0", 0),
    ],
)
def test_a_price_may_be_below_zero(text: str, ident: str, e9: int) -> None:
    """Spreads trade there, and in April 2020 oil did."""
    assert levels_from_flags([text]) == [UserLevel(ident, e9)]


def test_lines_of_a_file_may_hold_prices_below_zero(tmp_path: Path) -> None:
    levels = [UserLevel("USER_april", -37_630_000_000), UserLevel("USER_-1.5", -1_500_000_000)]
    assert levels_from_file(written(tmp_path, "april -37.63\n-1.5\n")) == levels
    assert levels_from_file(written(tmp_path, "name,price\napril,-37.63\n,-1.5\n")) == levels


def test_lines_hold_a_name_and_a_price_or_a_price(tmp_path: Path) -> None:
    path = written(tmp_path, "support 4800.25\n4810\nyesterday high\t4820.5\n")
    assert levels_from_file(path) == [
        UserLevel("USER_support", 4_800_250_000_000),
        UserLevel("USER_4810", 4810 * POINT),
        UserLevel("USER_yesterday_high", 4_820_500_000_000),
    ]


def test_blank_lines_and_remarks_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "# my levels\n\n  \n4800\n  # and no more\n")
    assert levels_from_file(path) == [UserLevel("USER_4800", 4800 * POINT)]


def test_a_csv_is_known_by_the_price_in_its_header(tmp_path: Path) -> None:
    path = written(tmp_path, "note,Price,Name\nold,4800,lunch\nnew,4810.5,\n")
    assert levels_from_file(path) == [
        UserLevel("USER_lunch", 4800 * POINT),
        UserLevel("USER_4810.5", 4_810_500_000_000),
    ]


def test_a_csv_may_quote_its_cells(tmp_path: Path) -> None:
    path = written(tmp_path, 'name,price\n"pit, low","4,800.5"\n')
    assert levels_from_file(path) == [UserLevel("USER_pit,_low", 4_800_500_000_000)]


def test_a_csv_with_only_prices(tmp_path: Path) -> None:
    assert levels_from_file(written(tmp_path, "price\n4800\n")) == [UserLevel("USER_4800", 4800 * POINT)]


def test_a_spreadsheet_s_byte_order_mark_and_line_ends_are_no_trouble(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbfname,price\r\nlunch,4800\r\n")
    assert levels_from_file(path) == [UserLevel("USER_lunch", 4800 * POINT)]


@pytest.mark.parametrize(
    ("text", "line"), [("4800\n\nsupport x\n", 3), ("# head\nname,price\n\na,4800\nb,none\n", 5), ("price\n-1e12\n", 2)]
)
def test_a_mistake_in_a_file_is_said_with_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    path = written(tmp_path, text)
    with pytest.raises(LevelError, match=rf"^{path}: line {line}: [^\n]*; write a number"):
        levels_from_file(path)


def test_a_row_without_its_columns_is_said_with_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, "name,price\nlunch,4800\nlost\n")
    with pytest.raises(LevelError, match=rf"^{path}: line 3: 1 columns where the header has 2; fill in every column$"):
        levels_from_file(path)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_a_file_without_levels_is_said(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(LevelError, match=rf"^{path}: holds no levels; write lines such as"):
        levels_from_file(path)


def test_a_csv_with_a_header_and_nothing_else_holds_no_levels(tmp_path: Path) -> None:
    path = written(tmp_path, "name,price\n")
    with pytest.raises(LevelError, match="holds no levels"):
        levels_from_file(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(LevelError, match=rf"^{tmp_path}/none\.csv: no such file; --levels takes a file of levels$"):
        levels_from_file(tmp_path / "none.csv")


def test_a_folder_is_no_file_of_levels(tmp_path: Path) -> None:
    with pytest.raises(LevelError, match=r"cannot be read .*; --levels takes a text file of levels$"):
        levels_from_file(tmp_path)


def test_bytes_that_are_no_text_are_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LevelError, match=r"^[^\n]*cannot be read [^\n]*$"):
        levels_from_file(written(tmp_path, b"\x28\xb5\x2f\xfd\x00\xff"))


def test_the_same_level_twice_is_one_level() -> None:
    assert unique_levels([UserLevel("USER_1", POINT), UserLevel("USER_1", POINT)]) == [UserLevel("USER_1", POINT)]


def test_two_prices_under_one_name_are_told_apart() -> None:
    levels = unique_levels([UserLevel("USER_low", 4800 * POINT), UserLevel("USER_low", 4790 * POINT)])
    assert levels == [UserLevel("USER_low", 4800 * POINT), UserLevel("USER_low_4790", 4790 * POINT)]


def test_one_price_under_two_names_is_two_levels() -> None:
    levels = [UserLevel("USER_low", POINT), UserLevel("USER_stop", POINT)]
    assert unique_levels(levels) == levels


def test_levels_keep_the_order_they_were_given_in(tmp_path: Path) -> None:
    path = written(tmp_path, "4810\n4790\n4800\n")
    assert [level.id for level in levels_from_file(path)] == ["USER_4810", "USER_4790", "USER_4800"]
