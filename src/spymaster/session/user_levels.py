"""Levels a person asks for: on the command line, in a file, or in a recording's manifest."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from spymaster.market.frames import UserLevel
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.levels import format_price_e9

_MIN_PRICE: Final = Decimal(1) / PRICE_SCALE
_MAX_PRICE: Final = 10**9


class LevelError(ValueError):
    """A level that cannot be understood: one line naming it, its place and the remedy."""


def price_e9(text: str, place: str) -> int:
    """A price as written, to 1e-9 exactly. Raises LevelError when it is no positive number."""
    try:
        value = Decimal(text.strip().replace(",", "").removeprefix("$"))
    except InvalidOperation:
        raise LevelError(f"{place}: '{text.strip()}' is not a price; write a number such as 4807.5") from None
    if not value.is_finite() or not _MIN_PRICE <= value < _MAX_PRICE:
        raise LevelError(f"{place}: {text.strip()} is not a usable price; write a positive number such as 4807.5")
    return int((value * PRICE_SCALE).to_integral_value())


def levels_from_flags(prices: Iterable[str]) -> list[UserLevel]:
    """``--level 4805``: a level named ``USER_4805``."""
    return [_unnamed(price_e9(text, "--level")) for text in prices]


def levels_from_file(path: Path) -> list[UserLevel]:
    """A file of levels: CSV with a header that has ``price`` and perhaps ``name``, or lines ``[name] price``.

    Blank lines and lines that begin with # are passed over. Raises LevelError naming file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LevelError(f"{path}: no such file; --levels takes a file of levels") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LevelError(f"{path}: cannot be read ({error}); --levels takes a text file of levels") from None
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1)]
    lines = [(n, line) for n, line in lines if line and not line.startswith("#")]
    if not lines:
        raise LevelError(f"{path}: holds no levels; write lines such as 'support 4800.25'")
    header = [cell.strip().lower() for cell in lines[0][1].split(",")]
    rows = list(_csv_rows(path, lines, header) if "price" in header else _plain_rows(path, lines))
    if not rows:
        raise LevelError(f"{path}: holds no levels below its header; add a line with a price")
    return unique_levels(rows)


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


def _csv_rows(path: Path, lines: list[tuple[int, str]], header: list[str]) -> Iterator[UserLevel]:
    at_price = header.index("price")
    at_name = header.index("name") if "name" in header else -1
    numbers = [n for n, _ in lines[1:]]
    for n, cells in zip(numbers, csv.reader(line for _, line in lines[1:]), strict=True):
        place = f"{path}: line {n}"
        if len(cells) <= max(at_price, at_name):
            raise LevelError(f"{place}: {len(cells)} columns where the header has {len(header)}; fill in every column")
        yield _named(cells[at_name] if at_name >= 0 else "", price_e9(cells[at_price], place))


def _plain_rows(path: Path, lines: list[tuple[int, str]]) -> Iterator[UserLevel]:
    for n, line in lines:
        name, _, price = line.replace("\t", " ").rpartition(" ")
        yield _named(name, price_e9(price, f"{path}: line {n}"))
