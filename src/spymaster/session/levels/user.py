"""Levels a person asks for: on the command line, in a file, or in a recording's manifest."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import ClassVar, Final

from spymaster.errors import ExitCode, UserError
from spymaster.market.frames import UserLevel
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.levels import format_price_e9

_LEAST: Final = Decimal(1) / PRICE_SCALE
_MAX_PRICE: Final = 10**9
"""Prices of spreads, and once of oil, lie below zero; beyond this on either side nothing trades."""


class LevelError(UserError):
    """A level that cannot be understood. Caught where the lines after it are still read."""

    default_code: ClassVar[ExitCode] = ExitCode.USAGE


def price_e9(text: str, place: str) -> int:
    """A price as written, to 1e-9 exactly. Raises LevelError when it is no number a market could trade at."""
    try:
        value = Decimal(_plain(text))
    except InvalidOperation:
        raise LevelError(place, f"'{text.strip()}' is not a price", "write a number such as 4807.5") from None
    if not value.is_finite() or not (value == 0 or _LEAST <= abs(value) < _MAX_PRICE):
        raise LevelError(place, f"{text.strip()} is not a usable price", "write a number such as 4807.5")
    return int((value * PRICE_SCALE).to_integral_value())


def _plain(text: str) -> str:
    """``-$1,234.5`` as ``-1234.5``."""
    bare = text.strip().replace(",", "").replace("−", "-")
    sign = "-" if bare.startswith("-") else ""
    return sign + bare.removeprefix("-").removeprefix("$")


def levels_from_flags(prices: Iterable[str]) -> list[UserLevel]:
    """``--level 4805``: a level named ``USER_4805``."""
    return [_unnamed(price_e9(text, "--level")) for text in prices]


def levels_from_file(path: Path) -> list[UserLevel]:
    """A file of levels: CSV with a header that has ``price`` and perhaps ``name``, or lines ``[name] price``.

    Blank lines and lines that begin with # are passed over. Raises LevelError naming file and line.
    """
    levels, errors = parse_levels(read_levels_text(path), str(path))
    if errors:
        raise errors[0]
    return levels


def read_levels_text(path: Path) -> str:
    """The text of a file of levels. Raises LevelError when there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LevelError(path, "no such file", "--levels takes a file of levels") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LevelError(path, f"cannot be read ({error})", "--levels takes a text file of levels") from None


def parse_levels(text: str, place: str) -> tuple[list[UserLevel], list[LevelError]]:
    """Every level of a text (CSV or lines, see ``levels_from_file``), and one error for each line that is none.

    ``place``: what to call the text in errors.
    """
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1)]
    lines = [(n, line) for n, line in lines if line and not line.startswith("#")]
    if not lines:
        return [], [LevelError(place, "holds no levels", "write lines such as 'support 4800.25'")]
    header = [cell.strip().lower() for cell in lines[0][1].split(",")]
    read: Callable[[str, str], UserLevel] = _CsvRow(header) if "price" in header else _plain_row
    levels: list[UserLevel] = []
    errors: list[LevelError] = []
    for n, line in lines[1 if "price" in header else 0 :]:
        try:
            levels.append(read(line, f"{place}: line {n}"))
        except LevelError as error:
            errors.append(error)
    if not levels and not errors:
        errors.append(LevelError(place, "holds no levels below its header", "add a line with a price"))
    return levels, errors


def unique_levels(levels: Iterable[UserLevel]) -> list[UserLevel]:
    """The levels without repeats; of two with one name and different prices the second gets its price appended."""
    known: dict[str, int] = {}
    for level in levels:
        name = level.id
        if known.get(name, level.price_e9) != level.price_e9:
            name = f"{name}_{format_price_e9(level.price_e9)}"
        known.setdefault(name, level.price_e9)
    return [UserLevel(name, price) for name, price in known.items()]


def _unnamed(price: int) -> UserLevel:
    return UserLevel(f"USER_{format_price_e9(price)}", price)


def _named(name: str, price: int) -> UserLevel:
    return UserLevel(f"USER_{'_'.join(name.split())}", price) if name.strip() else _unnamed(price)


class _CsvRow:
    """Reads the lines below a header."""

    def __init__(self, header: list[str]) -> None:
        self._columns = len(header)
        self._price = header.index("price")
        self._name = header.index("name") if "name" in header else -1

    def __call__(self, line: str, place: str) -> UserLevel:
        cells = next(csv.reader([line]))
        if len(cells) <= max(self._price, self._name):
            problem = f"{len(cells)} columns where the header has {self._columns}"
            raise LevelError(place, problem, "fill in every column")
        return _named(cells[self._name] if self._name >= 0 else "", price_e9(cells[self._price], place))


def _plain_row(line: str, place: str) -> UserLevel:
    name, _, price = line.replace("\t", " ").rpartition(" ")
    return _named(name, price_e9(price, place))
