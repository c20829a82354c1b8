"""Levels out of free text, as providers of gamma levels send it: names and prices in any order, one line or many.

Nothing is passed over in silence: every piece of the text is a level, a remark, or left out with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from spymaster.market.frames import UserLevel
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.levels import MAX_USER_LEVELS, format_price_e9
from spymaster.session.levels.user import unique_levels

LONGEST_NAME: Final = 40
_FARTHEST: Final = 1.5
"""A price beyond this many times the market's, or below its part of it, is taken for something else."""

_SPACES: Final = "\u00a0\u2009\u202f"
_NUMBER: Final = re.compile(
    r"(?<![\w.,'])(?P<sign>[-−+]?)(?P<currency>[$€£]|(?:USD|US\$)\s?)?"
    rf"(?P<digits>\d{{1,3}}(?:[,'{_SPACES}]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<unit>\s?(?:pts?|points?|USD|\$|€))?(?![\w%'])(?!\.\d)(?!,\d{3}(?!\d))"
)
_DECIMAL_COMMA: Final = re.compile(r"(?<![\w.,])(\d{1,3}(?:\.\d{3})+),(\d{1,2})(?![\d,])")
_GROUPED: Final = re.compile(r"(?<![\w.,'])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w,])")
_SEPARATORS: Final = re.compile(r"[;|\t\n]|,(?!\d{3}(?!\d))|(?<!\d),|,(?=\s)")
_SYMBOL: Final = re.compile(r"^\s*\$?[A-Z]{1,6}\d?\s*:(?!\d)")
_REMARK: Final = re.compile(r"(?:^|\s)(?:#|//)(?!\d).*$")
_RANGE: Final = re.compile(r"\d\s*[-–—]\s*[$€£]?\d{3,}|\d\s+to\s+[$€£]?\d", re.IGNORECASE)
_TIME: Final = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}")
_PERCENT: Final = re.compile(r"^[-−+]?\d[\d.,]*\s?%$")
_HEADS: Final = frozenset(
    (
        "name",
        "names",
        "level",
        "levels",
        "price",
        "prices",
        "strike",
        "label",
        "note",
        "comment",
        "kind",
        "type",
        "value",
    )
)
_EDGES: Final = " \r:=–—-•*·()[]{}<>\"'@→" + _SPACES


class LeftOut(NamedTuple):
    """A piece of the text that is no level, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was understood of a text. ``remarks``: pieces that are meant for people: comments, heads, a symbol."""

    levels: tuple[UserLevel, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    """Reads piece by piece. ``near``: the market's price, or what most of the text's own numbers are near to, and
    ``known`` which of the two."""

    near: float
    known: bool
    levels: list[UserLevel] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    name: str | None = None
    """A name that waits for its price."""
    price: Decimal | None = None
    """A price whose name may follow."""
    names_first: bool | None = None

    def line(self, text: str) -> None:
        """Take one line."""
        if found := _REMARK.search(text):
            self._remark(found.group())
            text = text[: found.start()]
        if found := _SYMBOL.match(text):
            self._remark(found.group())
            text = text[found.end() :]
        text = _GROUPED.sub(self._ungrouped, text)
        fields = [piece for part in _SEPARATORS.split(text) if (piece := part.strip(_EDGES) if part else "")]
        if fields and all(piece.lower() in _HEADS for piece in fields):
            self._remark(text)
            return
        whole = len(fields) > 1
        for piece in fields:
            self._field(piece)
        if whole:
            self.end()

    def end(self) -> None:
        """Nothing follows: a name without a price is none, a price without a name is a level."""
        if self.name is not None:
            self.left_out.append(LeftOut(self.name, "no price beside it"))
        self._close()
        self.name = None

    def _close(self) -> None:
        if self.price is not None:
            self._add("", self.price)
        self.price = None

    def _field(self, text: str) -> None:
        if reason := _no_level(text):
            self.left_out.append(LeftOut(text, reason))
            return
        name, price = self._parts(text)
        if price is not None and name:
            self.end()
            self._add(name, price)
        elif price is not None:
            self._price(price)
        else:
            self._name(name)

    def _price(self, price: Decimal) -> None:
        if self.name is not None:
            self._add(self.name, price)
            self.name, self.names_first = None, True
            return
        self._close()
        self.price = price

    def _name(self, name: str) -> None:
        if self.price is not None and not self.names_first:
            self._add(name, self.price)
            self.price, self.names_first = None, False
            return
        self.end()
        self.name = name

    def _parts(self, text: str) -> tuple[str, Decimal | None]:
        """A field as a name and a price; of several numbers the one that looks most like a price."""
        found = [(match, _decimal(match)) for match in _NUMBER.finditer(text)]
        alone = _NUMBER.fullmatch(text) is not None
        if not found or not (alone or any(self._is_near(price) for _, price in found)):
            return " ".join(text.split()), None
        match, price = max(found, key=lambda each: self._likeness(each[0], each[1]))
        rest = re.sub(r"[()\[\]{}]", " ", f"{text[: match.start()]} {text[match.end() :]}")
        rest = re.sub(r"\s[@:=–—→-]+(?=\s|$)|[:=@]+(?=\s|$)", " ", rest)
        return " ".join(rest.split()).strip(_EDGES), price

    def _likeness(self, match: re.Match[str], price: Decimal) -> tuple[bool, bool, float]:
        marked = bool(match["currency"] or match["unit"] or "." in match["digits"])
        return self._is_near(price), marked, -abs(float(price) - self.near)

    def _is_near(self, price: Decimal) -> bool:
        return self.near / _FARTHEST < float(price) < self.near * _FARTHEST

    def _ungrouped(self, match: re.Match[str]) -> str:
        """Commas between thousands, or between prices of three digits: what is near the market decides."""
        parts = match.group().split(",")
        if self._is_near(Decimal("".join(parts))) or not all(self._is_near(Decimal(part)) for part in parts):
            return match.group()
        return ";".join(parts)

    def _add(self, name: str, price: Decimal) -> None:
        text = f"{name} {price}".strip()
        if not self._is_near(price):
            of = "the market" if self.known else "the others"
            self.left_out.append(LeftOut(text, f"far from {of}, about {self.near:,.2f}"))
        else:
            price_e9 = int((price * PRICE_SCALE).to_integral_value())
            label = "".join(char for char in "_".join(name.split()) if char.isprintable())[:LONGEST_NAME]
            self.levels.append(UserLevel(f"USER_{label or format_price_e9(price_e9)}", price_e9))

    def _remark(self, text: str) -> None:
        if text.strip():
            self.remarks.append(" ".join(text.split()))


def read_pasted(text: str, near: float | None = None) -> Pasted:
    """The levels of a free text. ``near``: the market's price in the unit of the levels, which tells prices from other
    numbers; None where it is not known."""
    text = "".join(char for char in text if char.isprintable() or char in "\n\r\t")
    text = _DECIMAL_COMMA.sub(lambda match: f"{match[1].replace('.', '')}.{match[2]}", text)
    reader = _Reader(near or _most_near(text), bool(near))
    for line in _lines(text):
        reader.line(line)
    reader.end()
    levels = unique_levels(reader.levels)
    repeated = len(reader.levels) - len(levels)
    left_out = list(reader.left_out)
    if repeated:
        left_out.append(LeftOut(f"{repeated} repeated", "the same name and price as before"))
    left_out += [LeftOut(level.id, f"more than {MAX_USER_LEVELS} levels") for level in levels[MAX_USER_LEVELS:]]
    return Pasted(tuple(levels[:MAX_USER_LEVELS]), tuple(left_out), tuple(reader.remarks))


def _most_near(text: str) -> float:
    """The number that most of the text's numbers are near to; of equals the larger."""
    numbers = [float(_decimal(match)) for match in _NUMBER.finditer(_SEPARATORS.sub(" ; ", text))]
    numbers += [float(part) for match in _GROUPED.finditer(text) for part in match.group().split(",")]
    numbers = [number for number in numbers if number > 0]

    def company(number: float) -> tuple[int, float]:
        return sum(number / _FARTHEST < other < number * _FARTHEST for other in numbers), number

    return max(numbers, key=company, default=1.0)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        bare = line.strip()
        if bare:
            yield bare


def _no_level(text: str) -> str:
    """Why a field is none, empty where it may be one."""
    checks: Iterable[tuple[re.Pattern[str], str]] = (
        (_DATE, "a date"),
        (_TIME, "a time"),
        (_PERCENT, "a percentage"),
    )
    for pattern, reason in checks:
        if pattern.search(text):
            return reason
    return "a range: write its two ends" if _RANGE.search(text) else ""


def _decimal(match: re.Match[str]) -> Decimal:
    plain = re.sub(rf"[,'{_SPACES}]", "", match["digits"])
    return Decimal(("-" if match["sign"] in ("-", "−") else "") + plain)
