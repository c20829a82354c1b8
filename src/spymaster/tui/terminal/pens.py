"""Styles of cells as numbers, and the shortest sequence that changes one into another."""

from __future__ import annotations

from typing import Final, NamedTuple

PLAIN: Final = 0
"""The number of the terminal's own style, which is in force after a reset."""

_SHOW_ON_BLANK: Final = frozenset({4, 7, 9, 21, 51, 52, 53})
"""Attributes that are seen where there is no character: lines, frames and exchanged colours."""


class Pen(NamedTuple):
    """What a character is written with. ``ink``, ``ground``: parameters of the sequence, empty for the terminal's own;
    an ink that is None may be any, as may the attributes that a blank does not show."""

    attributes: frozenset[int]
    ink: str | None
    ground: str


class Pens:
    """Pens by number. A number stays the same; there are as many as a program has styles."""

    def __init__(self) -> None:
        plain = Pen(frozenset(), "", "")
        self._pens = [plain]
        self._numbers = {plain: PLAIN}
        self._parsed = {"": PLAIN, "0": PLAIN}
        self._blanks: dict[int, int] = {}
        self._changes: dict[tuple[int, int], tuple[str, int]] = {}

    def number(self, parameters: str) -> int:
        """The pen of ``ESC [ parameters m`` after a reset. Raises ValueError for what is no such list."""
        number = self._parsed.get(parameters)
        if number is None:
            number = self._parsed[parameters] = self._numbered(_parse(parameters))
        return number

    def blank(self, number: int) -> int:
        """The pen of a blank that looks as one written with that pen."""
        blank = self._blanks.get(number)
        if blank is None:
            pen = self._pens[number]
            shown = pen.attributes & _SHOW_ON_BLANK
            blank = self._blanks[number] = self._numbered(Pen(shown, pen.ink if shown else None, pen.ground))
        return blank

    def change(self, held: int, wanted: int) -> tuple[str, int]:
        """The sequence from the pen in force to one that writes as the wanted one, and the pen in force then."""
        found = self._changes.get((held, wanted))
        if found is None:
            found = self._changes[held, wanted] = self._change(self._pens[held], self._pens[wanted])
        return found

    def _numbered(self, pen: Pen) -> int:
        number = self._numbers.get(pen)
        if number is None:
            number = self._numbers[pen] = len(self._pens)
            self._pens.append(pen)
        return number

    def _change(self, held: Pen, wanted: Pen) -> tuple[str, int]:
        attributes, ink = wanted.attributes, wanted.ink
        if ink is None:
            attributes, ink = attributes | (held.attributes - _SHOW_ON_BLANK), held.ink or ""
        codes: list[str] = []
        if not held.attributes <= attributes:
            codes.append("0")
            held = self._pens[PLAIN]
            if wanted.ink is None:
                attributes, ink = wanted.attributes, ""
        codes += [str(code) for code in sorted(attributes - held.attributes)]
        if ink != held.ink:
            codes.append(ink or "39")
        if wanted.ground != held.ground:
            codes.append(wanted.ground or "49")
        text = f"\x1b[{';'.join(codes)}m" if codes else ""
        return text, self._numbered(Pen(attributes, ink, wanted.ground))


def _parse(parameters: str) -> Pen:
    attributes: set[int] = set()
    ink = ground = ""
    codes = [int(code or "0") for code in parameters.split(";")]
    at = 0
    while at < len(codes):
        code = codes[at]
        count = 1
        if code in (38, 48):
            count = 5 if codes[at + 1] == 2 else 3
        text = ";".join(map(str, codes[at : at + count]))
        at += count
        if code == 0:
            attributes, ink, ground = set(), "", ""
        elif 30 <= code <= 38 or 90 <= code <= 97:
            ink = text
        elif 40 <= code <= 48 or 100 <= code <= 107:
            ground = text
        elif code == 39:
            ink = ""
        elif code == 49:
            ground = ""
        else:
            attributes.add(code)
    return Pen(frozenset(attributes), ink, ground)
